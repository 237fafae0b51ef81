"""mflux: a command line for Apple's chips; its image strength runs the other way round.

Source: filipstrand/mflux@97ac5e6280e8c65e48a609722229eb9d03ef2cbe, pyproject.toml (commands),
src/mflux/cli/parser/parsers.py#L78-L135 (options), src/mflux/cli/defaults/defaults.py (names),
src/mflux/models/common/config/config.py#L119 (how many steps run), and each command's own file
(which guidance it takes).
"""

from __future__ import annotations

import shlex
from typing import NamedTuple

from . import support
from .plan import Plan, plain, tidy

_OWN_SAMPLER = "FlowMatchEulerDiscreteScheduler"


class Command(NamedTuple):
    """One model's command: its program, its --model, and what it does with guidance."""

    program: str
    model: str | None
    guidance: str | None = None
    negative: bool = False


_FLUX, _FLUX_2 = "mflux-generate", "mflux-generate-flux2"
COMMANDS = {
    "flux-1-dev": Command(_FLUX, "dev", "distilled"),
    "flux-1-krea-dev": Command(_FLUX, "krea-dev", "distilled"),
    "flux-1-schnell": Command(_FLUX, "schnell"),
    "flux-2-klein-4b": Command(_FLUX_2, "flux2-klein-4b"),
    "flux-2-klein-9b": Command(_FLUX_2, "flux2-klein-9b"),
    "flux-2-klein-base-4b": Command(_FLUX_2, "flux2-klein-base-4b", "cfg"),
    "flux-2-klein-base-9b": Command(_FLUX_2, "flux2-klein-base-9b", "cfg"),
    "qwen-image": Command("mflux-generate-qwen", None, "cfg", negative=True),
    "fibo": Command("mflux-generate-fibo", None, "cfg", negative=True),
    "z-image": Command("mflux-generate-z-image", None, "cfg", negative=True),
    "z-image-turbo": Command("mflux-generate-z-image-turbo", None),
    "ernie-image": Command("mflux-generate-ernie-image", None, "cfg", negative=True),
    "ernie-image-turbo": Command("mflux-generate-ernie-image-turbo", None, "cfg", negative=True),
    "krea-2-turbo": Command("mflux-generate-krea2", None, "cfg", negative=True),
}


def text(plan: Plan) -> str:
    """Returns the command, quoted for a POSIX shell."""
    command: Command = support.listed_model(plan, COMMANDS)
    words = [command.program]
    if command.model is not None:
        words += ["--model", command.model]
    words += _said("--prompt", plan.prompt)
    _negative(plan, command, words)
    steps = plan.share_of_steps(runs, 1, None)
    if steps is not None:
        words += ["--steps", str(steps)]
    _guidance(plan, command, words)
    size = plan.size(16, None, 16)
    if size:
        words += ["--width", str(size[0]), "--height", str(size[1])]
    if plan.seed is not None:
        words += ["--seed", str(plan.fit("seed", plan.seed, 0, None))]
    if plan.strength is not None:
        kept = tidy(1 - plan.fit("strength", plan.strength, 0, 1))
        words += ["--image", "input.png", plain(kept)]
        plan.note(
            f"strength {plain(plan.strength)} became {plain(kept)}: here 1 keeps the picture."
        )
        plan.note("input.png: write the path of your own picture there.")
    if plan.found.scheduler not in (None, _OWN_SAMPLER):
        plan.note(f"sampler: mflux has no {plan.found.scheduler}; its own stays.")
    plan.rest()
    return shlex.join(words)


def runs(steps: int, strength: float) -> int:
    """Returns how many of the steps run from a picture; at least one is left out."""
    kept = 1 - strength
    return steps - max(1, int(steps * kept)) if kept > 0 else steps


def _said(option: str, prompt: str) -> list[str]:
    # argparse takes a word that begins with '-' for an option.
    return [f"{option}={prompt}"] if prompt.startswith("-") else [option, prompt]


def _negative(plan: Plan, command: Command, words: list[str]) -> None:
    if plan.negative and not command.negative:
        plan.note(f"negative prompt: {command.program} takes none for this model.")
    elif plan.negative:
        words += _said("--negative-prompt", plan.negative)
        plan.mute_negative()


def _guidance(plan: Plan, command: Command, words: list[str]) -> None:
    scale = plan.distilled if command.guidance == "distilled" else plan.cfg
    if command.guidance is None or scale is None:
        if plan.cfg is not None and plan.cfg > 1:
            plan.note(f"guidance {plain(plan.cfg)}: {command.program} takes none for this model.")
        return
    words += ["--guidance", plain(tidy(scale))]
    if command.guidance == "distilled" and plan.cfg is not None and plan.cfg > 1:
        plan.note(f"true CFG {plain(plan.cfg)}: mflux has none for this model.")
