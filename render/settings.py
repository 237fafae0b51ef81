"""The settings a plan may hold or vary: their names, their limits, and what each one needs.

What a setting means is said under settings/; what a pipeline takes of it is found out when the
pipeline is called. Here is what can be refused before any model is loaded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from recommender import catalogue
from recommender.authoring import did_you_mean, visible

from .models import ModelSource, answer_of
from .schedulers import scheduler_problem

# Keywords of a pipeline's own call.
CALL = frozenset(
    (
        *("num_inference_steps", "guidance_scale", "true_cfg_scale", "strength"),
        *("prompt", "negative_prompt", "max_sequence_length", "width", "height"),
        *("eta", "guidance_rescale", "clip_skip", "padding_mask_crop"),
        *("controlnet_conditioning_scale", "control_guidance_start", "control_guidance_end"),
    )
)
# What becomes part of the scheduler's configuration.
SCHEDULER = frozenset(("scheduler", "schedule_type", "timestep_spacing"))
# What the studio does before, around and after the call.
STUDIO = frozenset(
    (
        *("seed", "variation_seed", "variation_strength"),
        *("guidance_start", "guidance_end", "prompt_weighting", "prompt_weight"),
        *("mask_blur", "lora_scale", "precision", "quantization", "aspect_ratio"),
        *("hires_scale", "hires_denoising_strength", "hires_steps"),
        *("captured", "captured_step", "output_format", "output_quality"),
    )
)
SETTINGS = CALL | SCHEDULER | STUDIO
TEXTS = frozenset(("prompt", "negative_prompt"))
SIDES = frozenset(("width", "height"))
# The shapes that tools offer, as width : height.
RATIOS = ("1:1", "5:4", "4:3", "3:2", "16:9", "21:9", "4:5", "3:4", "2:3", "9:16", "9:21")
# Settings that leave the denoising as it is: cells that differ in these alone share one run.
AFTERWARDS = frozenset(("captured", "captured_step", "output_format", "output_quality"))

CHOICES: dict[str, tuple[str, ...]] = {
    "aspect_ratio": RATIOS,
    "captured": ("latents", "prediction"),
    "output_format": ("png", "jpeg", "webp", "avif"),
    "precision": ("float32", "bfloat16", "float16", "fp8_e4m3fn", "fp8_e5m2"),
    "prompt_weighting": ("a1111", "comfyui"),
    "quantization": ("none", "8-bit", "5-bit", "4-bit", "3-bit", "2-bit"),
    "timestep_spacing": ("linspace", "leading", "trailing"),
}
# Where the catalogue has no page of the same name: kind, least, most.
LIMITS: dict[str, tuple[str, float, float | None]] = {
    "captured_step": ("integer", 1, None),
    "guidance_start": ("number", 0, 1),
    "guidance_end": ("number", 0, 1),
    "control_guidance_start": ("number", 0, 1),
    "output_quality": ("integer", 1, 100),
    "prompt_weight": ("number", 0, 10),
    "seed": ("integer", 0, 2**64 - 1),
    "variation_seed": ("integer", 0, 2**64 - 1),
}
# A setting that means nothing without another, or without something else of the plan.
NEEDS: dict[str, tuple[str, str]] = {
    "captured": ("captured_step", "a captured_step"),
    "control_guidance_end": ("control_image", "a control_image"),
    "control_guidance_start": ("control_image", "a control_image"),
    "control_image": ("controlnet", "a controlnet"),
    "controlnet_conditioning_scale": ("control_image", "a control_image"),
    "hires_denoising_strength": ("hires_scale", "a hires_scale"),
    "hires_scale": ("hires_denoising_strength", "a hires_denoising_strength"),
    "hires_steps": ("hires_scale", "a hires_scale"),
    "lora_scale": ("loras", "loras"),
    "mask_blur": ("mask_image", "a mask_image"),
    "mask_image": ("source_image", "a source_image"),
    "padding_mask_crop": ("mask_image", "a mask_image"),
    "prompt_weight": ("weighted", "a weighted phrase"),
    "strength": ("source_image", "a source_image"),
    "variation_seed": ("variation_strength", "a variation_strength"),
    "variation_strength": ("variation_seed", "a variation_seed"),
}


def problem_of(key: str, value: Any) -> str | None:
    """Says what is wrong with a setting of a plan; None when it can be rendered."""
    if key not in SETTINGS:
        return f"{key}: expected a setting the renderer knows.{did_you_mean(key, [*SETTINGS])}"
    if key == "schedule_type":
        return _schedule_problem(value)
    if key == "scheduler":
        return scheduler_problem(value)
    if key in TEXTS:
        good = isinstance(value, str)
        return None if good else f"{key}: expected text, got {visible(str(value))}. Quote it."
    if key in CHOICES:
        if value in CHOICES[key]:
            return None
        hint = did_you_mean(str(value), [*CHOICES[key]])
        return f"{key}: expected {' or '.join(CHOICES[key])}, got '{visible(str(value))}'.{hint}"
    return _number_problem(key, value)


def _number_problem(key: str, value: Any) -> str | None:
    kind, low, high = _limits(key)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind in ("integer", "seed", "number") and not number:
        return f"{key}: expected a number, got '{visible(str(value))}'."
    if kind in ("integer", "seed") and value != int(value):
        return f"{key}: expected a whole number, got {value}."
    if number and ((low is not None and value < low) or (high is not None and value > high)):
        span = f"{low} to {high}" if high is not None else f"at least {low}"
        return f"{key}: expected {span}, got {value}."
    if key in SIDES and value % 8:
        near = f"{value // 8 * 8} or {value // 8 * 8 + 8}"
        return f"{key}: expected a multiple of 8, got {value}. Take {near}."
    return None


def _limits(key: str) -> tuple[str | None, float | None, float | None]:
    if key in LIMITS:
        return LIMITS[key]
    known = catalogue().settings.get(key, {})
    limits = known.get("range", {})
    return known.get("type"), limits.get("min"), limits.get("max")


def _schedule_problem(name: Any) -> str | None:
    known = {id for id, schedule in catalogue()["schedules"].items() if "flags" in schedule}
    if name in known:
        return None
    hint = did_you_mean(str(name), sorted(known))
    wanted = "an id of settings/schedules/ that diffusers has"
    return f"schedule_type: expected {wanted}, got '{visible(str(name))}'.{hint}"


def guest_settings(model: ModelSource) -> dict[str, Any]:
    """What replaces a plan's own settings for a model it was not written for.

    A plan's size and guidance suit the model it names. A guest runs at what the recommender says of
    it; what nobody knows is left to the pipeline's default (None drops the key).
    """
    own: dict[str, Any] = {"width": None, "height": None, "guidance_scale": None}
    answer = answer_of(model)
    if answer is None:
        return own
    own.update(
        {k: v for k, v in answer.settings.items() if k in SETTINGS and k != "negative_prompt"}
    )
    own.pop("scheduler", None)  # the pipeline brings the one it was published with
    size = catalogue().models[answer.model].get("native_resolution")
    return {**own, "width": size[0], "height": size[1]} if size else own


def shaped(settings: dict[str, Any]) -> dict[str, Any]:
    """Turns a ratio into the width and height of equal area, in whole latents of 8 pixels."""
    if "aspect_ratio" not in settings:
        return settings
    across, down = map(int, settings["aspect_ratio"].split(":"))
    area = settings["width"] * settings["height"]
    sides = math.sqrt(area * across / down), math.sqrt(area * down / across)
    width, height = (round(side / 8) * 8 for side in sides)
    rest = {key: value for key, value in settings.items() if key != "aspect_ratio"}
    return {**rest, "width": width, "height": height}


def cell_problems(settings: dict[str, Any]) -> Iterator[str]:
    """Says what does not fit together in one cell; `settings` holds its pictures and files too."""
    for key in sorted(settings):
        needed, words = NEEDS.get(key, ("", ""))
        if needed and needed not in settings:
            yield f"{key}: expected {words} beside it, got none."
    steps, captured = settings.get("num_inference_steps"), settings.get("captured_step")
    if captured is not None and (steps is None or captured > steps):
        yield f"captured_step: expected at most num_inference_steps ({steps}), got {captured}."
    start, end = settings.get("guidance_start", 0), settings.get("guidance_end", 1)
    if start > end:
        yield f"guidance_start: expected at most guidance_end ({end}), got {start}."
    phrase, prompt = settings.get("weighted"), settings.get("prompt", "")
    if "prompt_weight" in settings and phrase and prompt.count(phrase) != 1:
        yield f"weighted: expected a phrase that stands once in '{visible(prompt)}'."
    if "aspect_ratio" in settings and not {"width", "height"} <= settings.keys():
        yield "aspect_ratio: expected a width and a height whose area it keeps, got none."
    if "source_image" in settings and "hires_scale" in settings:
        yield "hires_scale: expected a start from noise alone, got a source_image."
    if "source_image" in settings and "variation_strength" in settings:
        yield "variation_strength: expected a start from noise alone, got a source_image."
