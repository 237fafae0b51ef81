"""InvokeAI's three generations: `invokeai_metadata`, `sd-metadata`, and the `Dream` command."""

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
    "strength": "strength",
    "cfg_rescale_multiplier": "guidance_rescale",
    "negative_prompt": "negative_prompt",
    "refiner_steps": "refiner_steps",
    "hrf_strength": "hires_denoising_strength",
    "z_image_shift": "shift",
    "qwen_image_shift": "shift",
}
_TEXTS_ELSEWHERE = {"positive_prompt", "cfg_scale", "guidance", "scheduler", "model", "loras",
                    "clip_skip", "vae"}  # fmt: skip


def parse(text: str) -> Draft:
    """Returns what `invokeai_metadata` (version 3 and later) says."""
    data = parse_object(text)
    draft = Draft("InvokeAI")
    prompt = data.get("positive_prompt")
    draft.prompt = clean(prompt) if isinstance(prompt, str) else ""
    for key, value in data.items():
        if key in _IDS:
            draft.put(_IDS[key], value, key)
        elif key not in _TEXTS_ELSEWHERE and isinstance(value, str | int | float):
            draft.keep(key, value)
    draft.put_guidance(data.get("cfg_scale"), data.get("guidance"), ("cfg_scale", "guidance"))
    _scheduler(data.get("scheduler"), draft)
    _clip_skip(data.get("clip_skip"), draft)
    name, hash = _named(data.get("model"))
    draft.name_model(name, hash)
    draft.put("vae", _named(data.get("vae"))[0])
    loras = data.get("loras")
    for one in loras if isinstance(loras, list) else []:
        if isinstance(one, dict):
            name, hash = _named(one.get("model") or one.get("lora"))
            draft.lora(name, one.get("weight"), hash)
    return draft


def parse_old(text: str) -> Draft:
    """Returns what `sd-metadata` (version 2) says."""
    data = parse_object(text)
    image = data.get("image")
    if not isinstance(image, dict):
        raise Unclear("no 'image' in it")
    draft = Draft("InvokeAI")
    prompts = image.get("prompt")
    if isinstance(prompts, list):
        texts = [one.get("prompt") for one in prompts if isinstance(one, dict)]
        prompts = ", ".join(text for text in texts if isinstance(text, str))
    _both_prompts(prompts if isinstance(prompts, str) else "", draft)
    for key in ("steps", "seed", "width", "height"):
        draft.put(_IDS[key], image.get(key), key)
    if image.get("type") == "img2img":
        draft.put("strength", image.get("strength"), "strength")
    draft.put_guidance(image.get("cfg_scale"), None, ("cfg_scale", ""))
    _scheduler(image.get("sampler"), draft)
    draft.name_model(data.get("model_weights") or data.get("model"), data.get("model_hash"))
    draft.keep("app_version", data.get("app_version"))
    return draft


_OPTIONS = {"-s": "num_inference_steps", "-S": "seed", "-W": "width", "-H": "height",
            "-f": "strength"}  # fmt: skip


def parse_dream(text: str) -> Draft:
    """Returns what a `Dream` command line (version 1) says: '"prompt [negative]" -s 50 …'."""
    draft = Draft("InvokeAI")
    text = text.strip()
    end = text.rfind('"')
    if not text.startswith('"') or end == 0:
        raise Unclear("no prompt in quotes")
    _both_prompts(text[1:end], draft)
    words = text[end + 1 :].split()
    for at, word in enumerate(words):
        # '-s 50' and '-s50' are the same to the tool.
        value = word[2:] or (words[at + 1] if at + 1 < len(words) else "")
        if word[:2] in _OPTIONS:
            draft.put(_OPTIONS[word[:2]], value, word[:2])
        elif word[:2] == "-C":
            draft.put_guidance(value, None, ("-C", ""))
        elif word[:2] == "-A":
            _scheduler(value, draft)
    if not draft.settings:
        raise Unclear("no options such as -s 50")
    return draft


def _both_prompts(text: str, draft: Draft) -> None:
    """Parts 'a lake [blurry]': what stands in brackets is the negative prompt."""
    positive, negative, rest = [], [], clean(text)
    while "[" in rest:
        before, _, rest = rest.partition("[")
        inside, closed, after = rest.partition("]")
        positive.append(before if closed else before + "[" + inside)
        negative += [inside] if closed else []
        rest = after
    draft.prompt = "".join([*positive, rest]).strip()
    draft.put("negative_prompt", ", ".join(negative))


def _scheduler(name: Any, draft: Draft) -> None:
    if not isinstance(name, str) or not name:
        return
    draft.sampler = name.removeprefix("k_")
    if draft.sampler.endswith("_k"):
        draft.settings["schedule_type"] = "karras"


def _clip_skip(skipped: Any, draft: Draft) -> None:
    # Counted here as layers left out; elsewhere 1 is the last layer.
    count = number(skipped)
    if count is not None and count > 0:
        draft.put("clip_skip", count + 1)


def _named(model: Any) -> tuple[Any, Any]:
    if not isinstance(model, dict):
        return model, None
    return model.get("name") or model.get("model_name"), model.get("hash")
