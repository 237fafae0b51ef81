"""stable-diffusion.cpp: a command line.

Source: leejet/stable-diffusion.cpp@97d2990807fe6d558e395f8764198d7c7e7b411c,
examples/common/common.cpp#L922-L1200 (options) and #L2363-L2390 (what it refuses),
src/stable-diffusion.cpp#L3288-L3348 (names), #L4945 (how many steps run), #L1776-L1836 (shift),
docs/ (what it runs).
"""

from __future__ import annotations

import math
import shlex

from . import support
from .plan import Plan, plain, tidy
from .samplers import named

SAMPLERS = frozenset(
    ("euler", "euler_a", "heun", "dpm2", "dpm++2s_a", "dpm++2m", "dpm++2mv2", "ipndm", "ipndm_v",
     "lcm", "ddim_trailing", "tcd", "res_multistep", "res_2s", "er_sde", "euler_cfg_pp",
     "euler_a_cfg_pp", "euler_ge", "dpm++2m_sde", "dpm++2m_sde_bt", "lms")
)  # fmt: skip
# ComfyUI's words for a schedule, and this tool's; where none is given it chooses by the model.
SCHEDULES = {
    "normal": "discrete",
    "karras": "karras",
    "exponential": "exponential",
    "sgm_uniform": "sgm_uniform",
    "simple": "simple",
    "kl_optimal": "kl_optimal",
    "align_your_steps": "ays",
    "beta": "beta",
}
_BUNDLES = ("sd-1", "sd-2", "sdxl", "sdxs")
FAMILIES = frozenset(
    (*_BUNDLES, "sd-3", "flux-1", "flux-2", "chroma", "wan-2-1", "wan-2-2", "qwen-image", "z-image",
     "anima", "ernie-image", "krea-2", "longcat", "ovis", "sefi", "ideogram", "boogu",
     "hunyuan-video-1-5", "ltx-2", "minimax-h3")
)  # fmt: skip
MODELS = ("hidream-o1-image", "hidream-o1-image-dev")
# Networks whose --flow-shift is the logarithm of what others call shift.
_BY_MU = ("flux-1", "flux-2", "longcat", "ltx-2", "krea-2")


def text(plan: Plan) -> str:
    """Returns the command, quoted for a POSIX shell."""
    support.families(plan, FAMILIES, support.PICTURES | support.VIDEOS, MODELS)
    support.something(plan)
    words = ["sd-cli", *(["-M", "vid_gen"] if plan.video else [])]
    words += [_weights(plan), f"{plan.found.model}.safetensors", "-p", plan.prompt]
    if plan.negative:
        words += ["-n", plan.negative]
    _put(words, "--steps", plan.share_of_steps(runs, 1, None))
    if plan.cfg is not None:
        _put(words, "--cfg-scale", plan.fit("guidance", float(plan.cfg), 0, None))
    if plan.distilled is not None:
        _put(words, "--guidance", float(plan.distilled))
    _sampler(plan, words)
    size = plan.size(8, None, 8)
    if size:
        words += ["-W", str(size[0]), "-H", str(size[1])]
    _put(words, "-s", plan.seed)
    _others(plan, words)
    plan.mute_negative()
    plan.rest()
    return shlex.join(words)


def runs(steps: int, strength: float) -> int:
    """Returns how many of the steps run from a picture."""
    return steps if strength >= 1 else min(int(steps * strength), steps - 1) + 1


def _put(words: list[str], option: str, value: float | None) -> None:
    if value is not None:
        words += [option, plain(tidy(value)) if isinstance(value, float) else str(value)]


def _weights(plan: Plan) -> str:
    if plan.found.family in _BUNDLES:
        plan.note(f"{plan.found.model}.safetensors: write the path of your own file there.")
        return "-m"
    plan.note(
        f"{plan.found.model}.safetensors: write the path of your own file there, and add the "
        "options of its VAE and text encoders."
    )
    return "--diffusion-model"


def _sampler(plan: Plan, words: list[str]) -> None:
    found = named(plan, ("stable_diffusion_cpp",), SAMPLERS)
    if found is None:
        return
    words += ["--sampling-method", found.sampler]
    if found.schedule is None or plan.flow:
        plan.note("schedule: stable-diffusion.cpp chooses it by the model.")
    elif found.schedule in SCHEDULES:
        words += ["--scheduler", SCHEDULES[found.schedule]]
    else:
        plan.note(f"schedule: stable-diffusion.cpp has no {found.schedule}; its own stays.")


def _others(plan: Plan, words: list[str]) -> None:
    shift = plan.number("shift")
    if shift is not None and plan.found.family in _BY_MU:
        mu = math.log(shift) if shift > 0 else 0.0
        plan.note(
            f"shift {plain(shift)} became mu {plain(tidy(mu))}, its logarithm, as it counts here."
        )
        _put(words, "--flow-shift", mu)
    elif shift is not None:
        _put(words, "--flow-shift", float(shift))
    layers = plan.number("clip_skip")
    if layers is not None:
        _put(words, "--clip-skip", int(layers))
    if plan.strength is not None:
        words += ["-i", "input.png"]
        _put(words, "--strength", plan.fit("strength", float(plan.strength), 0, 1))
        plan.note("input.png: write the path of your own picture there.")
    image = plan.number("image_guidance_scale")
    if image is not None:
        _put(words, "--img-cfg-scale", float(image))
    eta = plan.number("eta")
    if eta is not None:
        _put(words, "--eta", float(eta))
    if plan.video:
        for id, option in (("num_frames", "--video-frames"), ("fps", "--fps")):
            value = plan.number(id)
            if value is not None:
                _put(words, option, plan.fit(id, int(value), 1, None))
        second = plan.number("guidance_scale_2")
        if second is not None:
            _put(words, "--high-noise-cfg-scale", plan.cfg)
            _put(words, "--cfg-scale", float(second))
