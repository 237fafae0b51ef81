"""Fooocus's own scheme: JSON with Python's text for lists and pairs."""

from __future__ import annotations

from .draft import Draft
from .jsons import parse_object
from .values import clean

_IDS = {
    "steps": "num_inference_steps",
    "seed": "seed",
    "negative_prompt": "negative_prompt",
    "clip_skip": "clip_skip",
    "sharpness": "sharpness",
}
_ELSEWHERE = {"prompt", "base_model", "base_model_hash", "guidance_scale", "sampler", "scheduler",
              "resolution", "loras", "vae", "prompt_expansion"}  # fmt: skip


def parse(text: str) -> Draft:
    """Returns what Fooocus's JSON says."""
    data = parse_object(text)
    draft = Draft("Fooocus")
    prompt = data.get("prompt")
    draft.prompt = clean(prompt) if isinstance(prompt, str) else ""
    for key, value in data.items():
        if key in _IDS:
            draft.put(_IDS[key], value, key)
        elif (
            key not in _ELSEWHERE
            and not key.startswith("lora_combined_")
            and isinstance(value, str | int | float)
        ):
            draft.keep(key, value)
    draft.put_size(data.get("resolution"), "resolution")
    draft.put_guidance(data.get("guidance_scale"), None, ("guidance_scale", ""))
    sampler, schedule = data.get("sampler"), data.get("scheduler")
    draft.sampler = sampler if isinstance(sampler, str) else None
    draft.schedule = schedule if isinstance(schedule, str) else None
    draft.name_model(data.get("base_model"), data.get("base_model_hash"))
    if data.get("vae") != "Default (model)":
        draft.put("vae", data.get("vae"))
    loras = data.get("loras")
    for one in loras if isinstance(loras, list) else []:
        if isinstance(one, list) and one:
            name, weight, hash = [*one, None, None][:3]
            draft.lora(name, weight, hash)
    if not draft.loras:
        for key, value in data.items():
            if key.startswith("lora_combined_") and isinstance(value, str):
                name, _, weight = value.rpartition(" : ")
                draft.lora(name, weight)
    return draft
