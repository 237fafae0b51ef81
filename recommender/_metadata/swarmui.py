"""SwarmUI: JSON whose values may be numbers or text, its lists JSON or text with commas."""

from __future__ import annotations

from typing import Any

from .draft import Draft
from .jsons import parse_object
from .values import Unclear, clean, number

_IDS = {
    "steps": "num_inference_steps",
    "seed": "seed",
    "width": "width",
    "height": "height",
    "negativeprompt": "negative_prompt",
    "initimagecreativity": "strength",
    "sigmashift": "shift",
    "rescalecfgmultiplier": "guidance_rescale",
    "ippcfg": "image_guidance_scale",
    "vae": "vae",
    "refinersteps": "refiner_steps",
    "refinerupscale": "hires_scale",
    "refinercontrolpercentage": "hires_denoising_strength",
    "textvideoframes": "num_frames",
    "videoframes": "num_frames",
    "videofps": "fps",
    "videomotionbucket": "motion_bucket_id",
}
_ELSEWHERE = {"prompt", "model", "cfgscale", "fluxguidancescale", "sampler", "scheduler", "loras",
              "loraweights", "clipstopatlayer"}  # fmt: skip


def parse(text: str) -> Draft:
    """Returns what SwarmUI's JSON says."""
    data = parse_object(text)
    found = data.get("sui_image_params")
    if not isinstance(found, dict):
        raise Unclear("no 'sui_image_params' in it")
    draft = Draft("SwarmUI")
    prompt = found.get("prompt")
    draft.prompt = clean(prompt) if isinstance(prompt, str) else ""
    for key, value in found.items():
        if key in _IDS:
            draft.put(_IDS[key], value, key)
        elif key not in _ELSEWHERE and isinstance(value, str | int | float):
            draft.keep(key, value)
    draft.put_guidance(
        found.get("cfgscale"), found.get("fluxguidancescale"), ("cfgscale", "fluxguidancescale")
    )
    draft.sampler, draft.schedule = _text(found.get("sampler")), _text(found.get("scheduler"))
    layer = number(found.get("clipstopatlayer"))
    if layer is not None and layer < -1:
        draft.put("clip_skip", -layer)
    hashes = _hashes(data.get("sui_models"))
    draft.name_model(found.get("model"), hashes.get(_stem(found.get("model"))))
    weights = _list(found.get("loraweights"))
    for at, name in enumerate(_list(found.get("loras"))):
        draft.lora(name, weights[at] if at < len(weights) else None, hashes.get(_stem(name)))
    return draft


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _list(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value if isinstance(value, list) else []


def _stem(name: Any) -> str:
    return name.removesuffix(".safetensors") if isinstance(name, str) else ""


def _hashes(models: Any) -> dict[str, str]:
    found = {}
    for one in models if isinstance(models, list) else []:
        if isinstance(one, dict) and isinstance(one.get("hash"), str):
            found[_stem(one.get("name"))] = one["hash"]
    return found
