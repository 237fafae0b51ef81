"""Weighted phrases in a prompt, as `(big clouds:1.3)`. No torch here."""

from __future__ import annotations

import re
from typing import Any

_WEIGHTED = re.compile(r"\(([^():]+):([0-9]*\.?[0-9]+)\)")


def weighted(settings: dict[str, Any]) -> dict[str, Any]:
    """Writes a cell's prompt_weight into its prompt, as the tools spell it."""
    if "prompt_weight" not in settings:
        return {key: value for key, value in settings.items() if key != "weighted"}
    phrase, prompt = settings["weighted"], settings["prompt"]
    spelled = prompt.replace(phrase, f"({phrase}:{settings['prompt_weight']:g})")
    rest = {k: v for k, v in settings.items() if k not in ("weighted", "prompt_weight")}
    return {"prompt_weighting": "a1111", **rest, "prompt": spelled}


def parts(prompt: str) -> list[tuple[str, float]]:
    """Splits a prompt into texts and their weights: 1 outside brackets."""
    found, end = [], 0
    for match in _WEIGHTED.finditer(prompt):
        found += [(prompt[end : match.start()], 1.0), (match[1], float(match[2]))]
        end = match.end()
    return [(text, weight) for text, weight in (*found, (prompt[end:], 1.0)) if text]


def plain(prompt: str) -> str:
    """The prompt without brackets and numbers: what a reader of the words sees."""
    return "".join(text for text, _ in parts(prompt))
