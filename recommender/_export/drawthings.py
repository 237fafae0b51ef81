"""Draw Things: a configuration as the app copies and pastes it.

Source: drawthingsai/draw-things-community@bfafc68cf2c105319f8a5fe7e12bb9bd6f2b3a09,
Libraries/DataModels/Sources/config.fbs (fields and types),
Libraries/Scripting/Sources/ScriptModels.swift#L100 (the JSON's names),
Libraries/SwiftDiffusion/Sources/UNetFixedEncoder.swift#L1213 (which field is distilled guidance),
Libraries/ModelZoo/Sources/ModelZoo.swift#L3688-L3702 (shift by size; where clip skip acts).
"""

from __future__ import annotations

from typing import Any

from . import support
from .plan import Plan, plain, tidy
from .samplers import Named, named

# SamplerType: the number is what the configuration holds.
SAMPLERS = (
    "DPM++ 2M Karras", "Euler Ancestral", "DDIM", "PLMS", "DPM++ SDE Karras", "UniPC", "LCM",
    "Euler A Substep", "DPM++ SDE Substep", "TCD", "Euler A Trailing", "DPM++ SDE Trailing",
    "DPM++ 2M AYS", "Euler A AYS", "DPM++ SDE AYS", "DPM++ 2M Trailing", "DDIM Trailing",
    "UniPC Trailing", "UniPC AYS", "TCD Trailing",
)  # fmt: skip
FAMILIES = frozenset(
    ("sd-1", "sd-2", "sdxl", "sd-3", "flux-1", "flux-2", "auraflow", "pixart-alpha", "pixart-sigma",
     "wan-2-1", "wan-2-2", "qwen-image", "z-image", "ernie-image", "hunyuan-video", "hidream",
     "kandinsky-2", "wuerstchen", "stable-cascade", "stable-video-diffusion", "ltx-2", "anima",
     "ideogram", "krea-2")
)  # fmt: skip
LARGEST_SEED, LARGEST_SIDE = 2**32 - 1, 65535 * 64


def text(plan: Plan) -> str:
    """Returns the configuration as JSON."""
    support.families(plan, FAMILIES, support.PICTURES | support.VIDEOS)
    support.something(plan)
    data: dict[str, Any] = {}
    _steps(plan, data)
    _guidance(plan, data)
    found = _sampler(plan)
    if found is not None:
        data["sampler"] = SAMPLERS.index(found.sampler)
    if plan.seed is not None:
        data["seed"] = plan.fit("seed", plan.seed, -1, LARGEST_SEED)
    size = plan.size(64, LARGEST_SIDE, 64)
    if size:
        data["width"], data["height"] = size
    _others(plan, data)
    if plan.prompt or plan.negative:
        plan.note("prompts: a configuration holds none; paste them beside it.")
    plan.mute_negative()
    plan.rest()
    return support.dump(data)


def _steps(plan: Plan, data: dict[str, Any]) -> None:
    if plan.strength is None:
        steps = plan.steps(1, None)
    else:
        steps = plan.found.steps
        data["strength"] = tidy(plan.fit("strength", float(plan.strength), 0, 1))
        plan.note("steps: Draw Things runs those below the strength's noise level, about a share.")
    if steps is not None:
        data["steps"] = steps


def _guidance(plan: Plan, data: dict[str, Any]) -> None:
    if plan.cfg is None:
        return
    data["guidanceScale"] = tidy(plan.cfg)
    if plan.distilled is None:
        return
    # With the speed-up the one guidance field is the distilled one; without, it is true CFG.
    one_pass = plan.cfg <= 1
    data["speedUpWithGuidanceEmbed"] = one_pass
    data["guidanceEmbed"] = tidy(plan.distilled)
    if one_pass:
        data["guidanceScale"] = tidy(plan.distilled)


def _sampler(plan: Plan) -> Named | None:
    """Returns the app's sampler; its names fold the schedule in."""
    found = named(plan, ("draw_things",), SAMPLERS)
    schedule = found.schedule if found else None
    if found and schedule in ("karras", "exponential", "beta"):
        if schedule.title() in found.sampler:
            return found
        plan.note(f"schedule: Draw Things has no {found.sampler} with {schedule}.")
    return found


def _others(plan: Plan, data: dict[str, Any]) -> None:
    shift = plan.number("shift")
    if shift is not None:
        data |= {"shift": tidy(shift), "resolutionDependentShift": False}
    layers = plan.number("clip_skip")
    if layers is not None:
        data["clipSkip"] = plan.fit("clip skip", int(layers), 1, None)
    image = plan.number("image_guidance_scale")
    if image is not None:
        data["imageGuidanceScale"] = tidy(image)
    if plan.video:
        for id, name in (("num_frames", "numFrames"), ("fps", "fps")):
            value = plan.number(id)
            if value is not None:
                data[name] = plan.fit(id, int(value), 1, None)
        bucket, noise = plan.number("motion_bucket_id"), plan.number("noise_aug_strength")
        if bucket is not None:
            data["motionScale"] = int(bucket)
        if noise is not None:
            data["guidingFrameNoise"] = tidy(noise)
    scale = plan.number("lora_scale")
    if scale is not None:
        plan.note(f"lora_scale {plain(scale)}: set it as the weight of the LoRA you choose.")
