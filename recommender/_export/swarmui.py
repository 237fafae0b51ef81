"""SwarmUI: a preset as its Import window takes it, a title and text values by parameter id.

Source: mcmonkeyprojects/SwarmUI@062407c7bb488fc76ac61044cb929f0d0a30e60f,
src/Text2Image/T2IParamTypes.cs#L419-L907 (ids and ranges), src/Text2Image/T2IPreset.cs,
src/wwwroot/js/genpage/gentab/presets.js#L689 (what Import reads),
src/BuiltinExtensions/ComfyUIBackend/ComfyUIBackendExtension.cs#L628-L644 (names),
WorkflowGeneratorSteps.cs#L1384 (how many steps run), WorkflowGeneratorModelSupport.cs#L1566
(shift).
"""

from __future__ import annotations

import math

from . import comfyui, support
from .plan import Plan, plain, tidy
from .samplers import in_menus

SAMPLERS = comfyui.SAMPLERS
SCHEDULES = frozenset(
    ("normal", "karras", "exponential", "simple", "ddim_uniform", "sgm_uniform", "turbo",
     "align_your_steps", "beta", "linear_quadratic", "ltxv", "ltxv-image", "kl_optimal", "flux2",
     "ideogram4", "ideogram4turbo")
)  # fmt: skip
LARGEST_SEED = 2**63 - 1
_FLUX = ("flux-1", "flux-2")
_SHIFTED = frozenset(
    ("sd-3", "chroma", "qwen-image", "auraflow", "lumina-2", "z-image", "anima", "krea-2", "boogu",
     "hunyuan-video", "hunyuan-video-1-5", "hunyuanimage", "wan-2-1", "wan-2-2", "skyreels-v2",
     "hidream", "ideogram", "minimax-h3")
)  # fmt: skip


def text(plan: Plan) -> str:
    """Returns the preset as JSON."""
    support.something(plan)
    values: dict[str, str] = {}
    _prompts(plan, values)
    _put(values, "steps", plan.share_of_steps(runs, 0, 500))
    if plan.cfg is not None:
        _put(values, "cfgscale", plan.fit("guidance", float(plan.cfg), 0, 100))
    if plan.distilled is not None:
        scale = plan.fit("distilled guidance", float(plan.distilled), 0, 100)
        _put(values, "fluxguidancescale", scale)
    _sampler(plan, values)
    _put(values, "seed", plan.fit("seed", plan.seed, -1, LARGEST_SEED))
    size = plan.size(64, 16384, 32)
    if size:
        _put(values, "width", size[0])
        _put(values, "height", size[1])
    _shift(plan, values)
    _others(plan, values)
    plan.mute_negative()
    plan.rest()
    title = f"{plan.found.name}, {plan.found.goal}"
    preset = {
        "title": title,
        "description": "",
        "preview_image": "",
        "param_map": values,
    }
    return support.dump({title: preset})


def runs(steps: int, strength: float) -> int:
    """Returns how many of the steps run from a picture."""
    return steps - round(steps * (1 - strength))


def _put(values: dict[str, str], id: str, value: float | None) -> None:
    if value is not None:
        values[id] = plain(tidy(value)) if isinstance(value, float) else str(value)


def _prompts(plan: Plan, values: dict[str, str]) -> None:
    for id, name, prompt in (
        ("prompt", "prompt", plan.prompt),
        ("negativeprompt", "negative prompt", plan.negative),
    ):
        if "{value}" in prompt:
            plan.note(f"{name}: SwarmUI puts your own prompt where {{value}} stands in a preset.")
        if prompt:
            values[id] = prompt


def _sampler(plan: Plan, values: dict[str, str]) -> None:
    found = in_menus(plan, SAMPLERS, SCHEDULES, "normal")
    if found is None:
        return
    values["sampler"] = found.sampler
    if found.schedule is not None:
        values["scheduler"] = found.schedule


def _shift(plan: Plan, values: dict[str, str]) -> None:
    shift = plan.number("shift")
    if shift is None:
        return
    if plan.found.family in _FLUX and shift >= 1:
        mu = math.log(shift)
        plan.note(
            f"shift {plain(shift)} became mu {plain(tidy(mu))}, its logarithm; SwarmUI reaches it "
            "at 1024 x 1024 and less of it at smaller sizes."
        )
        _put(values, "sigmashift", plan.fit("shift", mu, 0, 100))
    elif plan.found.family in _SHIFTED:
        _put(values, "sigmashift", plan.fit("shift", float(shift), 0, 100))
    else:
        plan.note(f"shift {plain(shift)}: SwarmUI sets none for this family.")


def _others(plan: Plan, values: dict[str, str]) -> None:
    if plan.strength is not None:
        _put(values, "initimagecreativity", plan.fit("strength", float(plan.strength), 0, 1))
        plan.note("image: a preset holds none; choose yours as Init Image.")
    layers = plan.number("clip_skip")
    if layers is not None and layers > 1:
        last = -plan.fit("clip skip", int(layers), 1, 24)
        _put(values, "clipstopatlayer", last)
        plan.note(f"clip skip {plain(layers)} became {last}, as SwarmUI counts from the end.")
    rescale = plan.number("guidance_rescale")
    if rescale is not None:
        _put(values, "rescalecfgmultiplier", plan.fit("guidance rescale", float(rescale), 0, 1))
    image = plan.number("image_guidance_scale")
    if image is not None:
        _put(values, "ippcfg", plan.fit("image guidance", float(image), 1, 100))
    if plan.video:
        kind = "videoframes" if plan.found.task.startswith("image-") else "textvideoframes"
        frames = plan.number("num_frames")
        _put(values, kind, plan.fit("frames", None if frames is None else int(frames), 1, 1000))
        fps = plan.number("fps")
        _put(values, "videofps", plan.fit("fps", None if fps is None else int(fps), 1, 1024))
