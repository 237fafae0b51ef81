"""stable-diffusion.cpp: A1111's text with a JSON record of everything at its end."""

from __future__ import annotations

from typing import Any

from . import jsons
from .draft import Draft
from .values import Unclear

_IDS = {
    "Steps": "num_inference_steps",
    "Seed": "seed",
    "Eta": "eta",
    "Clip skip": "clip_skip",
    "VAE": "vae",
    "Hires scale": "hires_scale",
    "Hires steps": "hires_steps",
    # Its key says 'upscale', its value is the upscaler's name.
    "Hires upscale": "hires_upscaler",
}


def read(pairs: dict[str, str], draft: Draft) -> None:
    """Fills a draft from the pairs of the line of settings, and from the JSON behind them."""
    record = _record(pairs.pop("SDCPP", ""), draft)
    for key, value in pairs.items():
        if key in _IDS:
            draft.put(_IDS[key], value, key)
        elif key not in ("Size", "Model", "Unet", "Sampler", "CFG scale", "Denoising strength"):
            draft.keep(key, value)
    draft.put_size(pairs.get("Size"), "Size")
    draft.name_model(pairs.get("Unet") or pairs.get("Model"))
    method, _, schedule = pairs.get("Sampler", "").partition(" ")
    draft.sampler, draft.schedule = method or None, schedule or None
    key = "hires_denoising_strength" if "Hires upscale" in pairs else "strength"
    draft.put(key, pairs.get("Denoising strength"), "Denoising strength")
    _guidance(pairs, draft)
    for one in record.get("loras") or []:
        if isinstance(one, dict):
            draft.lora(one.get("name"), one.get("multiplier"))
    sampling = record.get("sampling")
    if isinstance(sampling, dict):
        draft.put("shift", sampling.get("flow_shift"), "flow_shift")
    video = record.get("video")
    if isinstance(video, dict):
        draft.put("num_frames", video.get("frame_count"), "frame_count")
        draft.put("fps", video.get("fps"), "fps")


def _guidance(pairs: dict[str, str], draft: Draft) -> None:
    # 'Guidance' is written for every model; only those that take it as an input act on it.
    names = f"{draft.model or ''} {pairs.get('Model', '')}".lower()
    acts = "flux" in names and "schnell" not in names
    distilled = pairs.get("Guidance") if acts else None
    draft.put_guidance(pairs.get("CFG scale"), distilled, ("CFG scale", "Guidance"))


def _record(text: str, draft: Draft) -> dict[str, Any]:
    if not text:
        return {}
    try:
        return jsons.parse_object(text)
    except Unclear as error:
        draft.note(f"SDCPP: {error}; the text before it is read")
        return {}
