"""Our own pictures: JSON in EXIF, with the recipe of `python -m render` and its environment."""

from __future__ import annotations

from typing import Any

from .draft import Draft
from .jsons import parse_object
from .samplers import of_configuration
from .values import Unclear, clean, shown, whole

_IDS = (
    "num_inference_steps", "guidance_scale", "seed", "width", "height", "negative_prompt",
    "strength", "eta", "guidance_rescale",
)  # fmt: skip


def parse(text: str) -> Draft:
    """Returns what a picture of the studio says of itself."""
    data = parse_object(text)
    form = data.get("sweetspot")
    if form != 1:
        raise Unclear(f"sweetspot: expected form 1, got {shown(form)}")
    recipe = _object(data, "recipe")
    settings = _object(recipe, "settings")
    draft = Draft("Sweetspot")
    prompt = settings.get("prompt")
    draft.prompt = clean(prompt) if isinstance(prompt, str) else ""
    for id in _IDS:
        draft.put(id, settings.get(id), id)
    left_out = whole(settings.get("clip_skip"))
    if left_out is not None:
        draft.put("clip_skip", left_out + 1)  # diffusers counts the layers that are left out
    model = _object(recipe, "model")
    draft.name_model(
        model.get("name") or model.get("repo"), model.get("digest") or model.get("revision")
    )
    _scheduler(_object(recipe, "scheduler"), draft)
    for key in ("pipeline", "source_image", "epoch"):
        draft.keep(key, recipe.get(key))
    for key, value in list(_object(data, "environment").items())[:40]:
        if isinstance(value, str | int | float):
            draft.keep(key, value)
    return draft


def _scheduler(spec: dict[str, Any], draft: Draft) -> None:
    name, config = spec.get("class"), _object(spec, "config")
    if not isinstance(name, str) or not name:
        return
    draft.put("scheduler", of_configuration(name[:200], config) or name[:200])
    draft.put("prediction_type", config.get("prediction_type"))
    draft.keep("scheduler class", name)
    if isinstance(config.get("timestep_spacing"), str):
        draft.keep("timestep_spacing", config["timestep_spacing"])


def _object(data: dict[str, Any], key: str) -> dict[str, Any]:
    found = data.get(key)
    return found if isinstance(found, dict) else {}
