"""Where things stand on the paper of a plot: values, axes, labels, and pictures beneath."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# One unit is a pixel on a phone and about 1.2 on a desk.
WIDTH, LEFT, RIGHT, TOP, HEIGHT, GAP, BOTTOM = 460, 46, 28, 20, 116, 30, 40
STEP_TICKS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 30, 50, 75, 100)
LABEL_ROOM = 17  # the least distance of two labels under the axis
Place = Callable[[float], float]


def across(values: Sequence[float], *, logarithmic: bool) -> Place:
    """Returns where a value stands from left to right."""
    scale: Callable[[float], float] = math.log if logarithmic else float
    start, end = scale(min(values)), scale(max(values))
    width = WIDTH - LEFT - RIGHT
    return lambda value: round(LEFT + width * (scale(value) - start) / ((end - start) or 1), 1)


def downwards(
    top: float, low: float, high: float, kind: str
) -> tuple[Place, tuple[tuple[float, str], ...]]:
    """Returns where a number stands from top to bottom, and the axis' lines with their labels.

    A "share" ends at 1 and begins near what is shown, a "distance" begins at 0, and "log" keeps
    distances that differ by factors apart.
    """
    places = _round_numbers(low, high, kind)
    scale: Callable[[float], float] = math.log if kind == "log" else float
    start, end = scale(places[0]), scale(places[-1])

    def y(number: float) -> float:
        inside = min(max(number, places[0]), places[-1])
        return round(top + HEIGHT * (end - scale(inside)) / (end - start), 1)

    return y, tuple((y(place), f"{place:.10g}") for place in places)


def _round_numbers(low: float, high: float, kind: str) -> list[float]:
    """Returns at most eight round numbers around what is shown."""
    if kind == "log":
        floor = max(low, 0.001)
        every = [one / 1000 for one in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)]
        start = max((one for one in every if one <= floor), default=every[0])
        end = min((one for one in every if one >= high), default=every[-1])
        return [one for one in every if start <= one <= end] if start < end else every[:2]
    end = 1.0 if kind == "share" else max(high, 0.05)
    start = min(low, 0.9) if kind == "share" else 0.0
    step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if (end - start) / s <= 5 or s == 0.5)
    first, last = math.floor(start / step + 1e-9), math.ceil(end / step - 1e-9)
    return [round(step * count, 2) for count in range(first, last + 1)]


def labelled(
    values: Sequence[float], x: Place, wanted: Sequence[float] | None = None
) -> list[float]:
    """Picks the values to label under an axis: the last, then each for which there is room."""
    shown = [values[-1]]
    for value in values:
        room = all(abs(x(value) - x(other)) >= LABEL_ROOM for other in shown)
        if room and (wanted is None or value in wanted):
            shown.append(value)
    return sorted(shown)


def apart(order: Sequence[Any], at: Mapping[Any, float], width: int) -> list[Any]:
    """Keeps, in this order, whatever touches nothing that is kept already."""
    kept: list[Any] = []
    for value in order:
        first = first_column(at[value], width)
        if all(abs(first - first_column(at[other], width)) >= width for other in kept):
            kept.append(value)
    return kept


def first_column(at: float, width: int) -> int:
    """Returns the first of so many columns of 100 that stand around a place, inside the paper."""
    return min(max(round(at - width / 2) + 1, 1), 101 - width)


def columns(at: float, width: int) -> str:
    """Returns those columns as CSS has them."""
    return f"{first_column(at, width)}/span {width}"
