"""Runware: the list of one imageInference task that is posted to its API.

Source: Runware/sdk-python@5cad93528cd6b7b79c76209e2ffd978b8d22c84f, docs/text_to_image.md#L41-L74
(fields and ranges); model ids: runware.ai/docs/models/flux-1-dev-srpo, -/alibaba-z-image and
-/alibaba-z-image-turbo; those of FLUX.1 dev and schnell as public clients of the service name them.
"""

from __future__ import annotations

from typing import Any

from .._hosted import limits
from . import support
from .plan import Plan, plain, tidy

MODELS = {
    "flux-1-schnell": "runware:100@1",
    "flux-1-dev": "runware:101@1",
    "flux-1-dev-srpo": "runware:111@1",
    "z-image": "runware:z-image@0",
    "z-image-turbo": "runware:z-image@turbo",
}
# What its documents give for these models; others of theirs take more, so lint judges more slackly.
MOST_GUIDANCE = 30


def text(plan: Plan) -> str:
    """Returns the request as JSON."""
    model: str = support.listed_model(plan, MODELS)
    task: dict[str, Any] = {"taskType": "imageInference", "model": model}
    task["positivePrompt"] = plan.prompt
    if plan.negative:
        task["negativePrompt"] = plan.negative
    _lengths(plan)
    taken = limits("runware")
    size = plan.size(*taken["width"])
    if size is None:
        plan.note("size: Runware wants one, so 1024 x 1024 stands there.")
    task["width"], task["height"] = size or (1024, 1024)
    steps = plan.found.steps
    if steps is not None:
        task["steps"] = plan.fit("steps", steps, *taken["num_inference_steps"].span)
    scale = plan.one_guidance()
    if scale is not None:
        task["CFGScale"] = tidy(plan.fit("guidance", float(scale), 0, MOST_GUIDANCE))
    if plan.seed is not None:
        task["seed"] = plan.fit("seed", plan.seed, *taken["seed"].span)
    layers = plan.number("clip_skip")
    if layers is not None and layers > 1:
        task["clipSkip"] = plan.fit("clip skip", int(layers) - 1, 0, 2)
        plan.note(f"clip skip {plain(layers)} became {task['clipSkip']}, the layers skipped.")
    if plan.strength is not None:
        task |= {
            "seedImage": "https://",
            "strength": tidy(plan.fit("strength", plan.strength, *taken["strength"].span)),
        }
        plan.note("seedImage: write the address of your own picture there.")
    if plan.found.scheduler is not None:
        plan.note("sampler: its names for this one are not known; the model's own stays.")
    task["numberResults"] = 1
    plan.note("taskUUID: choose a new one for every task.")
    plan.mute_negative()
    plan.rest()
    return support.dump([{"taskType": task["taskType"], "taskUUID": _uuid(task), **task}])


def _lengths(plan: Plan) -> None:
    for name, prompt in (("prompt", plan.prompt), ("negative prompt", plan.negative)):
        needed = name == "prompt" or prompt
        if needed and not 4 <= len(prompt) <= 2000:
            plan.note(f"{name}: {len(prompt)} characters; Runware documents 4 to 2,000.")


def _uuid(task: dict[str, Any]) -> str:
    """Returns an id of version 4's form, the same for the same task."""
    from hashlib import sha256
    from uuid import UUID

    return str(UUID(bytes=sha256(support.dump(task).encode()).digest()[:16], version=4))
