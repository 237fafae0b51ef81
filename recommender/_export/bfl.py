"""BFL's own API: the body for the one open-weights model it serves with figures.

Source: docs.bfl.ml, api-reference/tasks/generate-an-image-with-flux1-[dev] and -[pro].
"""

from __future__ import annotations

from typing import Any

from .._hosted import limits
from . import support
from .plan import Plan, plain, tidy

ENDPOINTS = {"flux-1-dev": "/v1/flux-dev"}


def text(plan: Plan) -> str:
    """Returns the body as JSON; its endpoint stands first among the notes."""
    endpoint: str = support.listed_model(plan, ENDPOINTS)
    plan.notes.insert(0, f"endpoint: {endpoint}")
    data: dict[str, Any] = {"prompt": plan.prompt, "prompt_upsampling": False}
    if plan.negative:
        plan.note("negative prompt: this model takes none.")
    taken = limits("bfl-flux-dev")
    steps = plan.steps(*taken["num_inference_steps"].span)
    if steps is not None:
        data["steps"] = steps
    scale = plan.one_guidance()
    if scale is not None:
        data["guidance"] = tidy(plan.fit("guidance", float(scale), *taken["guidance_scale"].span))
    size = plan.size(*taken["width"])
    if size:
        data["width"], data["height"] = size
    if plan.seed is not None:
        data["seed"] = plan.seed
    if plan.strength is not None:
        plan.note(
            f"strength {plain(plan.strength)}: the service has none; image_prompt_strength is "
            "another thing and runs the other way."
        )
    if plan.found.scheduler is not None:
        plan.note("sampler: the service chooses it.")
    plan.rest()
    return support.dump(data)
