"""Replicate: the body of a prediction for the FLUX models whose source is public.

Source: replicate/cog-flux@51e81e03b5d80180edaaa852022cd5c4b835872c, predict.py: the inputs of each
model (lines in MODELS), the aspect ratios (#L69-L82) and the megapixels (#L123).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from . import support
from .plan import Plan, tidy


class Model(NamedTuple):
    """One hosted model: its name, the line of its inputs, and what they accept."""

    name: str
    line: int
    most_steps: int
    most_guidance: float | None
    from_picture: str | None = None
    sized: bool = True


_OWNER = "black-forest-labs"
MODELS = {
    "flux-1-schnell": Model(f"{_OWNER}/flux-schnell", 329, 4, None),
    "flux-1-dev": Model(f"{_OWNER}/flux-dev", 377, 50, 10, "prompt_strength"),
    "flux-1-krea-dev": Model(f"{_OWNER}/flux-krea-dev", 1041, 50, 10, "prompt_strength"),
    "flux-1-fill-dev": Model(f"{_OWNER}/flux-fill-dev", 708, 50, 100, sized=False),
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
    model: Model = support.listed_model(plan, MODELS)
    plan.notes.insert(0, f"model: {model.name}")
    data: dict[str, Any] = {"prompt": plan.prompt}
    if plan.negative:
        plan.note("negative prompt: this model takes none.")
    _picture(plan, model, data)
    from_picture = plan.strength is not None and model.from_picture is not None
    steps = (plan.share_of_steps(runs, 1, model.most_steps) if from_picture
             else plan.steps(1, model.most_steps))  # fmt: skip
    if steps is not None:
        data["num_inference_steps"] = steps
    _guidance(plan, model, data)
    if plan.seed is not None:
        data["seed"] = plan.seed
    _size(plan, model, data)
    if plan.found.scheduler is not None:
        plan.note("sampler: the service chooses it.")
    plan.rest()
    return support.dump({"input": data})


def runs(steps: int, strength: float) -> int:
    """Returns how many of the steps run from a picture (bfl_predictor.py#L304)."""
    return steps - int((1 - strength) * steps)


def _picture(plan: Plan, model: Model, data: dict[str, Any]) -> None:
    if not model.sized:
        data |= {"image": "https://", "mask": "https://"}
        plan.note("image, mask: write the addresses of your own there; white is painted anew.")
    if plan.strength is None:
        return
    if model.from_picture is None:
        plan.note("strength: this model starts from no picture.")
        return
    data |= {
        "image": "https://",
        model.from_picture: tidy(plan.fit("strength", plan.strength, 0, 1)),
    }
    plan.note("image: write the address of your own picture there.")


def _guidance(plan: Plan, model: Model, data: dict[str, Any]) -> None:
    scale = plan.one_guidance()
    if model.most_guidance is None:
        return
    if scale is not None:
        data["guidance"] = tidy(plan.fit("guidance", float(scale), 0, model.most_guidance))


def _size(plan: Plan, model: Model, data: dict[str, Any]) -> None:
    width, height = plan.take("width"), plan.take("height")
    if not model.sized or width is None or height is None:
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
