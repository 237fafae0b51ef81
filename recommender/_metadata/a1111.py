"""The text of A1111 and of those who write like it: Forge, SD.Next, Civitai, Fooocus.

Prompt, 'Negative prompt: …', and one line of 'Key: value, …'. Read by hand: the regular
expression the field uses needs minutes for 64 KB of spaces.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from . import civitai, sdcpp
from .draft import Draft
from .values import Unclear, clean, number

LONGEST = 1024 * 1024
_MOST_PAIRS = 1000
_NEGATIVE = "Negative prompt:"
# What SD.Next writes beside the prompts, before the settings.
_TEMPLATES = ("Template:", "Negative template:", "Negative Template:")
_IDS = {
    "Steps": "num_inference_steps",
    "Seed": "seed",
    "Image CFG scale": "image_guidance_scale",
    "CFG rescale": "guidance_rescale",
    "Clip skip": "clip_skip",
    "CLiP-skip": "clip_skip",
    "Eta": "eta",
    "Eta DDIM": "eta",
    "VAE": "vae",
    "Hires upscale": "hires_scale",
    "Hires scale": "hires_scale",
    "Hires steps": "hires_steps",
    "Hires upscaler": "hires_upscaler",
    "Hires strength": "hires_denoising_strength",
    "Refiner steps": "refiner_steps",
    "Sharpness": "sharpness",
    "Shift": "shift",
    "Strength": "strength",
}
_HIRES = ("Hires upscale", "Hires upscaler", "Hires resize")
_SCHEDULES = (" Karras", " Exponential", " Polyexponential")


def looks_like(text: str) -> bool:
    """True when a text has a line of settings as this family of tools writes it."""
    return len(text) <= LONGEST and _settings_line(text.split("\n")) is not None


def parse(text: str) -> Draft:
    """Returns what such a text says; raises Unclear where it has no line of settings."""
    if len(text) > LONGEST:
        raise Unclear(f"a text of {len(text):,} characters; at most {LONGEST:,} are read")
    lines = text.replace("\r\n", "\n").split("\n")
    at = _settings_line(lines)
    if at is None:
        raise Unclear("no line of settings, such as 'Steps: 20, Sampler: Euler, …'")
    pairs = dict(split(lines[at]))
    draft = Draft(_tool(pairs))
    _prompts(lines[:at], draft)
    behind = [line for line in lines[at + 1 :] if line.strip()]
    for line in behind[:5]:
        draft.keep("after the settings", line)
    if draft.tool == "stable-diffusion.cpp":
        sdcpp.read(pairs, draft)
    else:
        _read(pairs, draft)
    if not draft.loras:
        _loras(draft, pairs)
    civitai.read(pairs.get("Civitai resources", ""), draft)
    return draft


def _settings_line(lines: list[str]) -> int | None:
    """Returns the place of the line of settings: the last that is one."""
    for at in range(len(lines) - 1, max(-1, len(lines) - 200), -1):
        line = lines[at].strip()
        if line.startswith("Steps:") or line.count(": ") >= 3:
            keys = {key for key, _ in split(line)}
            if len(keys) >= 3 and keys & {"Steps", "Sampler", "Seed", "CFG scale"}:
                return at
    return None


def split(line: str) -> list[tuple[str, str]]:
    """Returns the pairs of a line of settings. Values may be JSON, in quotes or bare.

    One pass: whatever the line holds, no character is looked at more than a few times.
    """
    pairs: list[tuple[str, str]] = []
    at, end = 0, len(line)
    colon = comma = -1
    failures = 0
    while at < end and len(pairs) < _MOST_PAIRS:
        if line[at] in " ,\t":
            at += 1
            continue
        if colon < at:
            colon = _next(line, ":", at)
        if comma < at:
            comma = _next(line, ",", at)
        if colon == end:
            break
        if comma < colon:  # a bare word: the tool's way to say that key and value are equal
            at = comma
            continue
        key = line[at:colon].strip()
        start = colon + 1
        while start < end and line[start] == " ":
            start += 1
        stop = None
        if line[start : start + 1] in _OPEN and failures < _MOST_FAILURES:
            stop = _closed(line, start)
            failures += stop is None
        if stop is None:
            stop = comma = _next(line, ",", start) if comma < start else comma
        pairs.append((key[:80], _unquoted(line[start:stop].strip())))
        at = stop
    return pairs


def _next(line: str, mark: str, at: int) -> int:
    found = line.find(mark, at)
    return len(line) if found < 0 else found


_OPEN = ('"', "[", "{")
_PAIRS = {"]": "[", "}": "{"}
# A JSON string; it never goes back on what it has passed.
_QUOTED = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"')
_MARKS = re.compile(_QUOTED.pattern + r"|[\[\]{}]")
# Each quote or bracket that never closes costs a look at the whole line.
_MOST_FAILURES = 3


def _closed(line: str, start: int) -> int | None:
    """Returns where a quoted or bracketed value ends, or None where it never does."""
    if line[start] == '"':
        quoted = _QUOTED.match(line, start)
        return quoted.end() if quoted else None
    open_ones: list[str] = []
    for found in _MARKS.finditer(line, start):
        mark = found[0]
        if mark in "[{":
            open_ones.append(mark)
        elif mark in "]}" and (not open_ones or open_ones.pop() != _PAIRS[mark]):
            return None
        if not open_ones:
            return found.end()
    return None


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        try:
            found = json.loads(value, strict=False)
        except ValueError:
            return value[1:-1]
        return found if isinstance(found, str) else value
    return value


def _tool(pairs: dict[str, str]) -> str:
    version = pairs.get("Version", "")
    if version.startswith("stable-diffusion.cpp"):
        return "stable-diffusion.cpp"
    if pairs.get("App") == "SD.Next":
        return "SD.Next"
    if version.startswith("Fooocus") or {"Sharpness", "ADM Guidance"} <= pairs.keys():
        return "Fooocus"
    if (version[:1] == "f" and version[1:2].isdigit()) or "Distilled CFG Scale" in pairs:
        return "Forge"
    if any(key.startswith(("Civitai ", "Created Date")) for key in pairs):
        return "Civitai"
    return "A1111"


def _prompts(lines: list[str], draft: Draft) -> None:
    prompt: list[str] = []
    negative: list[str] = []
    target = prompt
    for line in lines:
        if line.startswith(_NEGATIVE):
            target, line = negative, line[len(_NEGATIVE) :].strip()
        elif line.startswith(_TEMPLATES):
            name, _, rest = line.partition(":")
            draft.keep(name, rest.strip())
            continue
        target.append(line)
    draft.prompt = clean("\n".join(prompt).strip())
    draft.put("negative_prompt", "\n".join(negative).strip())


def _read(pairs: dict[str, str], draft: Draft) -> None:
    used = {"Size", "Model", "Model hash", "Sampler", "Schedule type", "CFG scale",
            "Distilled CFG Scale", "Denoising strength", "CFG true"}  # fmt: skip
    for key, value in pairs.items():
        if key in _IDS:
            draft.put(_IDS[key], value, key)
        elif key not in used and not (draft.tool == "SD.Next" and key == "Scheduler"):
            draft.keep(key, value)
    draft.put_size(pairs.get("Size"), "Size")
    draft.name_model(pairs.get("Model"), pairs.get("Model hash"))
    draft.sampler, draft.schedule = pairs.get("Sampler"), pairs.get("Schedule type")
    if draft.tool == "Fooocus":
        draft.schedule = pairs.get("Scheduler", draft.schedule)
    for ending in _SCHEDULES:
        # Before 1.9 the schedule was the end of the sampler's name.
        if draft.sampler and draft.sampler.endswith(ending) and len(draft.sampler) > len(ending):
            draft.schedule = draft.schedule or ending.strip()
            draft.sampler = draft.sampler.removesuffix(ending)
    strength = any(key in pairs for key in _HIRES)
    draft.put(
        "hires_denoising_strength" if strength else "strength",
        pairs.get("Denoising strength"),
        "Denoising strength",
    )
    _guidance(pairs, draft)


def _guidance(pairs: dict[str, str], draft: Draft) -> None:
    cfg, distilled = pairs.get("CFG scale"), pairs.get("Distilled CFG Scale")
    if pairs.get("Sampler") == "Undefined" and "flux" in " ".join(pairs.values()).lower():
        # Civitai's own generator writes FLUX pictures so; Forge repairs them in the same way.
        cfg, distilled = None, distilled or cfg
        draft.sampler, draft.schedule = "Euler", "Simple"
        draft.settings.pop("clip_skip", None)
        draft.note("Sampler: 'Undefined', read as Forge does: Euler, Simple, distilled guidance")
    draft.put_guidance(cfg, distilled, ("CFG scale", "Distilled CFG Scale"))
    if draft.guidance == "cfg":
        draft.put("true_cfg_scale", pairs.get("CFG true"), "CFG true")


def _loras(draft: Draft, pairs: dict[str, str]) -> None:
    """Reads adapters from the tags in the prompt; the line of settings holds only hashes."""
    hashes = _named(pairs.get("Lora hashes", ""))
    for name, weight in _tags(draft.prompt):
        draft.lora(name, weight, hashes.get(name))
    if not draft.loras:
        weights = _named(pairs.get("Lora weights", ""))
        for name, hash in hashes.items():
            draft.lora(name, number(weights.get(name)), hash.split(":")[0].strip())


def _tags(text: str) -> Iterator[tuple[str, str | None]]:
    """Yields name and weight of each '<lora:name:weight>'; of two weights the U-Net's."""
    for part in text.replace("<lyco:", "<lora:").split("<lora:")[1:]:
        inside, closed, _ = part[:500].partition(">")
        if closed:
            name, *weights = inside.split(":")
            plain = [weight.strip() for weight in weights if "=" not in weight][:2]
            yield name, plain[-1] if plain else None


def _named(text: str) -> dict[str, str]:
    """Returns name → value of 'name: value, other name, with a comma: value'."""
    found: dict[str, str] = {}
    name = ""
    for part in text.split(",")[:200]:
        before, colon, after = part.partition(": ")
        name = f"{name},{before}" if name else before
        if colon:
            found[name.strip()] = after.strip()
            name = ""
    return found
