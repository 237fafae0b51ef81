"""What a computed figure holds: series of numbers, two axes, words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# Four digits are more than a figure shows and fewer than two machines could disagree in.
DIGITS = 4
Numbers = Sequence[float]


def axis(label: str, ticks: Numbers, *, log: bool = False) -> dict[str, Any]:
    """Returns an axis from its first tick to its last; falling ticks turn it round."""
    return {"label": label, "log": log, "ticks": [_short(tick) for tick in ticks]}


def line(name: str, xs: Numbers, ys: Numbers) -> dict[str, Any]:
    """Returns one line of a figure."""
    return {"name": name, "xs": [_short(x) for x in xs], "ys": [_short(y) for y in ys]}


def strip(name: str, xs: Numbers, note: str | None = None) -> dict[str, Any]:
    """Returns one row of dots; a note stands beside it in the table."""
    return {"name": name, "xs": [_short(x) for x in xs], **({"note": note} if note else {})}


def _short(value: float) -> float:
    """Returns a number with four digits that count, a whole one without a point."""
    number = float(f"{float(value):.{DIGITS}g}")
    return int(number) if number.is_integer() and abs(number) < 1e9 else number
