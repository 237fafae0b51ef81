"""What programs beside this one ask of authoring and what needs neither pydantic nor YAML."""

from __future__ import annotations

from decimal import Decimal
from difflib import get_close_matches
from typing import Any


def did_you_mean(word: str, known: list[str]) -> str:
    """Returns a hint with the nearest known word, or nothing."""
    lower = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), list(lower), n=1, cutoff=0.6)
    return f" Did you mean '{lower[near[0]]}'?" if near else ""


def axis_values(axis: Any) -> list[Any]:
    """Returns an axis's values: its list, or from, from + step, … up to and with `to`."""
    if isinstance(axis, list):
        return axis
    first, last, step = (Decimal(str(axis[key])) for key in ("from", "to", "step"))
    whole = all(isinstance(axis[key], int) for key in ("from", "step"))
    count = int((last - first) / step) + 1
    return [int(v) if whole else float(v) for v in (first + step * i for i in range(count))]
