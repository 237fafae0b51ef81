"""NovelAI: a JSON `Comment`, the prompt beside it in `Description`."""

from __future__ import annotations

from typing import Any

from .draft import Draft
from .jsons import parse_object
from .values import clean

_IDS = {
    "steps": "num_inference_steps",
    "seed": "seed",
    "width": "width",
    "height": "height",
    "uc": "negative_prompt",
    "cfg_rescale": "guidance_rescale",
}
_KEPT = ("noise", "sm", "sm_dyn", "dynamic_thresholding", "skip_cfg_above_sigma", "request_type",
         "uncond_scale", "n_samples")  # fmt: skip


def parse(text: str, beside: dict[str, str]) -> Draft:
    """Returns what a NovelAI picture says; `beside` maps the keys of its other texts to them."""
    data = parse_object(text)
    draft = Draft("NovelAI")
    prompt = data.get("prompt")
    draft.prompt = clean(prompt if isinstance(prompt, str) else beside.get("Description", ""))
    for key, id in _IDS.items():
        draft.put(id, data.get(key), key)
    for key in _KEPT:
        draft.keep(key, data.get(key))
    # A strength is written for pictures made from text too; only newer files say which it was.
    if data.get("request_type") in ("Img2ImgRequest", "NativeInfillingRequest"):
        draft.put("strength", data.get("strength"), "strength")
    else:
        draft.keep("strength", data.get("strength"))
    draft.put_guidance(data.get("scale"), None, ("scale", ""))
    sampler, schedule = data.get("sampler"), data.get("noise_schedule")
    if isinstance(sampler, str):
        draft.sampler = sampler.removeprefix("k_")
    draft.schedule = schedule if isinstance(schedule, str) else None
    # 'Stable Diffusion 1D44365E', 'NovelAI Diffusion V4.5 4BDE2A90': the hash is the last word.
    name, _, hash = beside.get("Source", "").rpartition(" ")
    draft.name_model(name, hash)
    _captions(data, draft)
    return draft


def _captions(data: dict[str, Any], draft: Draft) -> None:
    """Reads the prompts of single characters, which version 4 keeps apart."""
    for key, name in (("v4_prompt", "character"), ("v4_negative_prompt", "character, negative")):
        found = data.get(key)
        caption = found.get("caption") if isinstance(found, dict) else None
        parts = caption.get("char_captions") if isinstance(caption, dict) else None
        for at, one in enumerate(parts if isinstance(parts, list) else [], 1):
            if isinstance(one, dict):
                draft.keep(f"{name} {at}", one.get("char_caption"))
