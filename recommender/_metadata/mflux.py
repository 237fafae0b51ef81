"""mflux: JSON in EXIF, a part of it in XMP, and the same JSON in a `.metadata.json` beside."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from .draft import Draft
from .jsons import parse_object
from .values import clean, number

_IDS = {
    "steps": "num_inference_steps",
    "seed": "seed",
    "width": "width",
    "height": "height",
    "negative_prompt": "negative_prompt",
    "precision": "precision",
    "controlnet_strength": "controlnet_conditioning_scale",
}
_KEPT = ("mflux_version", "base_model", "quantize", "created_at")


def parse(text: str) -> Draft:
    """Returns what mflux says."""
    data = parse_object(text)
    draft = Draft("mflux")
    prompt = data.get("prompt")
    draft.prompt = clean(prompt) if isinstance(prompt, str) else ""
    for key, id in _IDS.items():
        draft.put(id, data.get(key), key)
    for key in _KEPT:
        draft.keep(key, data.get(key))
    draft.put("guidance_scale", data.get("guidance"), "guidance")
    draft.flow = True
    draft.name_model(data.get("model"))
    kept = number(data.get("image_strength"))
    if kept is not None and 0 <= kept <= 1:
        # Here a strength of 1 keeps the picture; everywhere else it replaces it.
        draft.put("strength", round(1 - kept, 6))
    paths, scales = _list(data.get("lora_paths")), _list(data.get("lora_scales"))
    for path, scale in zip_longest(paths, scales[: len(paths)]):
        draft.lora(_base(path), scale)
    return draft


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _base(path: Any) -> Any:
    # A path would show the name of who made the picture.
    return path.replace("\\", "/").rsplit("/", 1)[-1] if isinstance(path, str) else None
