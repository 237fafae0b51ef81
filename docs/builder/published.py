"""What others published on steps, solvers and guidance: the figures our measurements stand beside.

Each was read in the place it links. Only figures inside one table are ever compared.
"""

from __future__ import annotations

from dataclasses import dataclass

_GITHUB = "https://github.com/"


@dataclass(frozen=True)
class Published:
    """What somebody published, and where it was read."""

    text: str
    label: str
    url: str


def _blob(repo: str, commit: str, path: str, lines: str) -> str:
    # ?plain=1 shows a Markdown file's lines, which a rendered one has not.
    plain = "?plain=1" if path.endswith((".md", ".mdx")) else ""
    return f"{_GITHUB}{repo}/blob/{commit}/{path}{plain}#{lines}"


_DIFF_SAMPLER = _blob(
    "zju-pi/diff-sampler",
    "68d5ce427f261962b89ce3b0ee8f6b29f0577328",
    "diff-solvers-main/README.md",
    "L120-L131",
)
_INVOKE = _blob(
    "invoke-ai/InvokeAI",
    "8e71a8a519399d6db32054ae9afc7c6c4e2355af",
    "docs/src/content/docs/concepts/parameters.mdx",
    "L23-L26",
)
_SENSEFLOW = _blob(
    "XingtongGe/SenseFlow", "49dd3cd659f40ef4953b318ef0e41569003e3c7e", "README.md", "L49-L50"
)
_PERFLOW = _blob(
    "magic-research/piecewise-rectified-flow",
    "87bac762f049d069497e83a76f528f007e9adabd",
    "README.md",
    "L211-L244",
)
_DIFFUSERS = "58eb52c0803ea9af3abec60841c2a093bdf1f951"
_AYS = "https://arxiv.org/abs/2404.14507"
_SCIRE = "https://arxiv.org/abs/2308.07896"

SOLVERS = (
    Published(
        "FID on CIFAR-10 at 10 calls: DDIM 15.69, DEIS 4.09, DPM++ 3M 3.00, UniPC 2.89.",
        "diff-sampler, README",
        _DIFF_SAMPLER,
    ),
    Published(
        "FID on CIFAR-10, DDIM against DPM++ 2M: 16.44 and 5.07 at 10 calls, 6.01 and 2.37 at 20, "
        "2.82 and 2.04 at 50. The gap closes.",
        "Align Your Steps, table 5",
        _AYS,
    ),
)
HEUN = (
    Published(
        "FID on CIFAR-10, Heun against Euler: 319.87 and 66.76 at 4 calls, 38.06 and 22.32 at 8, "
        "15.93 and 15.69 at 10.",
        "diff-sampler, README",
        _DIFF_SAMPLER,
    ),
    Published(
        "On the same network, Heun at 20 calls: 2.38. Euler, in the table above, is at 6.01 there.",
        "SciRE-Solver, table 1",
        _SCIRE,
    ),
)
ANCESTRAL = (
    Published(
        "Results converge as steps are increased, except for Euler a and DPM2 a.",
        "InvokeAI, documentation",
        _INVOKE,
    ),
)
DISTILLED = (
    Published(
        "LCM's FID rises from 4 to 8 steps on three sets: 15.38 to 19.21, 15.63 to 21.19, 23.49 to "
        "29.63. PeRFlow's falls on two of them.",
        "PeRFlow, README",
        _PERFLOW,
    ),
    Published(
        "AnimateLCM's FVD on RealisticVision: 1041.61 at 2 steps, 1171.54 at 4, 1300.41 at 8.",
        "AnimateDiff-Lightning, table 2",
        "https://arxiv.org/abs/2403.12706",
    ),
)
MONOTONE = (
    Published(
        "FID on ImageNet 256 rises with the steps: DPM++ 2M 4.31, 4.70 and 4.96 at 10, 20 and 30; "
        "its SDE form 6.11, 6.79 and 7.28.",
        "Align Your Steps, table 1",
        _AYS,
    ),
)
LITTLE_AFTER = (
    Published(
        "FLUX.1 dev at 25 and 50 steps: CLIP 0.3207 and 0.3202, HPSv2 0.2986 and 0.3000.",
        "SenseFlow, README",
        _SENSEFLOW,
    ),
)
SAFE_DEFAULT = (
    *LITTLE_AFTER,
    Published(
        "SDXL Turbo is made for 1 to 4 steps.",
        "Stability AI, demo",
        _blob(
            "Stability-AI/generative-models",
            "0ad7de9a5cb53fd63d6d30a4f385485e72e08597",
            "scripts/demo/turbo.py",
            "L196",
        ),
    ),
)
GUIDANCE = (
    Published(
        "FLUX.1 schnell is to be called with guidance 0.",
        "diffusers, documentation",
        _blob("huggingface/diffusers", _DIFFUSERS, "docs/source/en/api/pipelines/flux.md", "L48"),
    ),
)
NEGATIVE = (
    Published(
        "A negative prompt is ignored when guidance is not used.",
        "diffusers, source",
        _blob(
            "huggingface/diffusers",
            _DIFFUSERS,
            "src/diffusers/pipelines/stable_diffusion/pipeline_stable_diffusion.py",
            "L358",
        ),
    ),
)
DRAFTS = (
    Published(
        "A batch of candidates at 8 to 30 steps can save hours of computation.",
        "InvokeAI, documentation",
        _INVOKE,
    ),
)
