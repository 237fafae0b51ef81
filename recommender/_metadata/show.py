"""How read settings look on a terminal: one thing a line, nothing from the file raw."""

from __future__ import annotations

from .draft import ReadSettings
from .values import shown

_LONGEST = 400


def lines(found: ReadSettings) -> list[str]:
    """Returns what a file says, for people."""
    out = [f"{shown(found.file, 300)}: {found.tool} ({found.where})"]
    rows = [(name, _value(found, name)) for name in found.settings if name != "negative_prompt"]
    rows.append(("model", " ".join(word for word in (found.model, _hash(found)) if word)))
    for one in found.loras:
        weight = "" if one.weight is None else f" at {one.weight:g}"
        rows.append(("lora", f"{one.name}{weight}"))
    rows += [("prompt", found.prompt), ("negative_prompt", found.negative_prompt)]
    rows = [(name, text) for name, text in rows if text]
    width = max(len(name) for name, _ in rows)
    out += [f"  {name:<{width}}  {shown(text, _LONGEST)}" for name, text in rows]
    if found.problems:
        out.append("Not read, or in doubt:")
        out += [f"  {problem}" for problem in found.problems]
    return out


def _value(found: ReadSettings, name: str) -> str:
    value = found.settings[name]
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if name == "guidance_scale" and found.guidance == "distilled":
        return f"{text} (distilled)"
    if name == "scheduler" and found.sampler and found.sampler != value:
        return f"{text} (the tool's '{found.sampler}')"
    return text


def _hash(found: ReadSettings) -> str:
    return f"({found.model_hash[:24]})" if found.model_hash else ""
