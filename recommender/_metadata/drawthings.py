"""Draw Things: JSON in EXIF's or XMP's UserComment; the app's whole configuration under `v2`."""

from __future__ import annotations

from .draft import Draft
from .jsons import parse_object
from .values import clean

_IDS = {
    "steps": "num_inference_steps",
    "seed": "seed",
    "uc": "negative_prompt",
    "strength": "strength",
    "shift": "shift",
    "clip_skip": "clip_skip",
    "sharpness": "sharpness",
    "image_guidance": "image_guidance_scale",
    "second_stage_strength": "hires_denoising_strength",
    "num_frames": "num_frames",
    "fps": "fps",
}
_ELSEWHERE = {"c", "v2", "scale", "size", "sampler", "model", "lora", "profile"}


def parse(text: str) -> Draft:
    """Returns what Draw Things says."""
    data = parse_object(text)
    draft = Draft("Draw Things")
    prompt = data.get("c")
    draft.prompt = clean(prompt) if isinstance(prompt, str) else ""
    for key, value in data.items():
        if key in _IDS:
            draft.put(_IDS[key], value, key)
        elif key not in _ELSEWHERE and isinstance(value, str | int | float):
            draft.keep(key, value)
    draft.put_size(data.get("size"), "size")
    draft.put_guidance(data.get("scale"), None, ("scale", ""))
    sampler = data.get("sampler")
    draft.sampler = sampler if isinstance(sampler, str) and sampler else None
    if draft.sampler and draft.sampler.endswith((" Karras", " Trailing", " AYS")):
        draft.settings["schedule_type"] = draft.sampler.rsplit(" ", 1)[1].lower()
    draft.name_model(data.get("model"))
    # 1 is what the app writes for a picture made from text alone.
    if draft.settings.get("strength") == 1:
        del draft.settings["strength"]
    v2 = data.get("v2")
    loras = data.get("lora") or (v2.get("loras") if isinstance(v2, dict) else None)
    for one in loras if isinstance(loras, list) else []:
        if isinstance(one, dict):
            draft.lora(one.get("model") or one.get("file"), one.get("weight"))
    return draft
