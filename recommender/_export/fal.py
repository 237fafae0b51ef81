"""fal: the input of a queue request, with only the fields that the model's endpoint has."""

from __future__ import annotations

from typing import Any

from . import support
from .fal_endpoints import ENDPOINTS, RANGES, TYPES
from .plan import Plan, plain, tidy


def text(plan: Plan) -> str:
    """Returns the input as JSON; its endpoint stands first among the notes."""
    endpoint, kind = support.listed_model(plan, ENDPOINTS)
    fields = TYPES[kind].fields
    plan.notes.insert(0, f"endpoint: {endpoint}")
    data: dict[str, Any] = {"prompt": plan.prompt}
    if plan.negative and "negative_prompt" in fields:
        data["negative_prompt"] = plan.negative
        plan.mute_negative()
    elif plan.negative:
        plan.note("negative prompt: this endpoint takes none.")
    steps = plan.steps(1, None)
    if steps is not None:
        data["num_inference_steps"] = steps
    _guidance(plan, fields, data)
    size = plan.size(1, None, 1) if "image_size" in fields else None
    if size:
        data["image_size"] = {"width": size[0], "height": size[1]}
    if plan.seed is not None:
        data["seed"] = plan.seed
    _frames(plan, fields, data)
    if plan.strength is not None:
        plan.note(f"strength {plain(plan.strength)}: this endpoint starts from no picture.")
    if plan.found.scheduler is not None:
        plan.note("sampler: the service chooses it.")
    plan.rest()
    return support.dump(data)


def _guidance(plan: Plan, fields: frozenset[str], data: dict[str, Any]) -> None:
    scale = plan.one_guidance()
    if scale is None:
        return
    if "guidance_scale" in fields:
        data["guidance_scale"] = tidy(scale)
    elif scale > 1:
        plan.note(f"guidance {plain(scale)}: this endpoint takes none.")
    second = plan.number("guidance_scale_2") if "guidance_scale_2" in fields else None
    if second is not None:
        data["guidance_scale_2"] = tidy(second)


def _frames(plan: Plan, fields: frozenset[str], data: dict[str, Any]) -> None:
    for id, field in (("num_frames", "num_frames"), ("fps", "frames_per_second")):
        value = plan.number(id) if field in fields else None
        if value is not None:
            data[field] = plan.fit(id, int(value), *RANGES[field])
    shift = plan.number("shift") if "shift" in fields else None
    if shift is not None:
        data["shift"] = tidy(plan.fit("shift", float(shift), *RANGES["shift"]))
    if "num_frames" in fields:
        plan.taken |= {"width", "height"}
        plan.note("size: this endpoint has a resolution and an aspect ratio of its own instead.")
