"""Replicate: the body of a prediction for the FLUX models whose source is public.

Source: replicate/cog-flux@51e81e03b5d80180edaaa852022cd5c4b835872c, predict.py: the inputs of each
model (#L329, #L377, #L1041 and #L708, in the order of MODELS), the aspect ratios (#L69-L82) and
the megapixels (#L123). What it accepts stands in _hosted.py.
"""

from __future__ import annotations

import math
from typing import Any

from .._hosted import Limit, limits
from . import support
from .plan import Plan, tidy

# Model → its endpoint's id in _hosted.py, where the limits stand, and its name on the service.
MODELS = {
    "flux-1-schnell": ("replicate-flux-schnell", "black-forest-labs/flux-schnell"),
    "flux-1-dev": ("replicate-flux-dev", "black-forest-labs/flux-dev"),
    "flux-1-krea-dev": ("replicate-flux-krea-dev", "black-forest-labs/flux-krea-dev"),
    "flux-1-fill-dev": ("replicate-flux-fill-dev", "black-forest-labs/flux-fill-dev"),
}
ASPECT_RATIOS = {
    "1:1": (1024, 1024),
    "16:9": (1344, 768),
    "21:9": (1536, 640),
    "3:2": (1216, 832),
    "2:3": (832, 1216),
    "4:5": (896, 1088),
    "5:4": (1088, 896),
    "3:4": (896, 1152),
    "4:3": (1152, 896),
    "9:16": (768, 1344),
    "9:21": (640, 1536),
}


def text(plan: Plan) -> str:
    """Returns the body as JSON; the model it is for stands first among the notes."""
    endpoint, name = support.listed_model(plan, MODELS)
    taken = limits(endpoint)
    plan.notes.insert(0, f"model: {name}")
    data: dict[str, Any] = {"prompt": plan.prompt}
    if plan.negative:
        plan.note("negative prompt: this model takes none.")
    _picture(plan, taken, data)
    span = taken["num_inference_steps"].span
    from_picture = plan.strength is not None and "strength" in taken
    steps = plan.share_of_steps(runs, *span) if from_picture else plan.steps(*span)
    if steps is not None:
        data["num_inference_steps"] = steps
    _guidance(plan, taken, data)
    if plan.seed is not None:
        data["seed"] = plan.seed
    _size(plan, taken, data)
    if plan.found.scheduler is not None:
        plan.note("sampler: the service chooses it.")
    plan.rest()
    return support.dump({"input": data})


def runs(steps: int, strength: float) -> int:
    """Returns how many of the steps run from a picture (bfl_predictor.py#L304)."""
    return steps - int((1 - strength) * steps)


def _picture(plan: Plan, taken: dict[str, Limit], data: dict[str, Any]) -> None:
    if "width" not in taken:
        data |= {"image": "https://", "mask": "https://"}
        plan.note("image, mask: write the addresses of your own there; white is painted anew.")
    if plan.strength is None:
        return
    if "strength" not in taken:
        plan.note("strength: this model starts from no picture.")
        return
    data |= {
        "image": "https://",
        "prompt_strength": tidy(plan.fit("strength", plan.strength, *taken["strength"].span)),
    }
    plan.note("image: write the address of your own picture there.")


def _guidance(plan: Plan, taken: dict[str, Limit], data: dict[str, Any]) -> None:
    scale = plan.one_guidance()
    if scale is not None and "guidance_scale" in taken:
        span = taken["guidance_scale"].span
        data["guidance"] = tidy(plan.fit("guidance", float(scale), *span))


def _size(plan: Plan, taken: dict[str, Limit], data: dict[str, Any]) -> None:
    width, height = plan.take("width"), plan.take("height")
    if "width" not in taken or width is None or height is None:
        return
    ratio = math.log(width / height)
    best = min(
        ASPECT_RATIOS,
        key=lambda name: abs(math.log(ASPECT_RATIOS[name][0] / ASPECT_RATIOS[name][1]) - ratio),
    )
    small = width * height < 1024 * 1024 / 2
    across, down = (side // 2 if small else side for side in ASPECT_RATIOS[best])
    data |= {"aspect_ratio": best, "megapixels": "0.25" if small else "1"}
    if (across, down) != (width, height):
        plan.note(f"size: {width} x {height} became {best}, {across} x {down}; no other are taken.")
