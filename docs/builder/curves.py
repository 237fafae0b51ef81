"""Turns the numbers of a computed figure into a drawing's coordinates and into a table.

The numbers come from docs/content/curves, where `python -m render curves` wrote them; the drawing
itself is a template. Nothing here computes a figure.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markup import figure as written

CURVES = Path(__file__).resolve().parents[1] / "content" / "curves"
# The drawing's own units. At this width the text is readable on a phone of 360 pixels.
WIDTH, LEFT, RIGHT, TOP = 420, 44, 12, 26
LINES_HEIGHT, ROW_HEIGHT, FOOT, BARE_TOP = 208, 20, 40, 8
LETTER, LABEL_ROOM = 6.6, 18  # a row's name: the width of a letter, and what is left beside it
# With more points than this their marks would run together.
MOST_MARKS = 26
LONG = 4  # powers of ten: beyond, ticks are written as powers


class CurveError(Exception):
    """A computed figure that cannot be read."""


def load_curves(folder: Path = CURVES) -> dict[str, dict[str, Any]]:
    """Reads every computed figure below a folder, keyed by its name."""
    curves = {}
    for path in sorted(folder.glob("*.json")):
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            curves[path.stem] = {"diffusers": None, **data, **_drawn(data)}
        except (ValueError, KeyError, TypeError, ZeroDivisionError) as error:
            raise CurveError(
                f"{path}: expected a figure written by `python -m render curves`, "
                f"got one that cannot be drawn ({error!r}). Compute it again."
            ) from None
    return curves


def charts(
    shown: Sequence[Mapping[str, Any]], curves: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Returns a page's computed figures by where they stand; one without numbers is left out."""
    places: dict[str, list[dict[str, Any]]] = {"pictures": [], "cost": []}
    for one in shown:
        if one["curve"] in curves:
            places[one.get("beside", "pictures")].append({**curves[one["curve"]], **one})
    return places


def _drawn(data: Mapping[str, Any]) -> dict[str, Any]:
    """Returns where everything of a figure stands, and its table."""
    strips = data["kind"] == "strips"
    series = data["series"]
    longest = max(len(one["name"]) for one in series)
    left = round(min(LABEL_ROOM + LETTER * longest, WIDTH / 2)) if strips else LEFT
    top = BARE_TOP if strips else TOP
    low = top + ROW_HEIGHT * len(series) if strips else TOP + LINES_HEIGHT
    x = _Scale(data["x"], [v for one in series for v in one["xs"]], left, WIDTH - RIGHT)
    drawn: dict[str, Any] = {
        "width": WIDTH,
        "height": low + FOOT,
        "left": left,
        "right": WIDTH - RIGHT,
        "low": low,
        "top": top,
        "x_ticks": x.ticks(),
        "table": _strip_table(data) if strips else _line_table(data),
    }
    if strips:
        rows = [top + ROW_HEIGHT * (index + 0.5) for index in range(len(series))]
        drawn["rows"] = [
            {"name": one["name"], "y": y, "dots": [x(value) for value in one["xs"]]}
            for one, y in zip(series, rows, strict=True)
        ]
        return drawn
    y = _Scale(data["y"], [v for one in series for v in one["ys"]], low, TOP)
    drawn["y_ticks"] = y.ticks()
    marked = max(len(one["xs"]) for one in series) <= MOST_MARKS
    drawn["lines"] = [_line(one, x, y, marked) for one in series]
    return drawn


def _line(one: Mapping[str, Any], x: _Scale, y: _Scale, marked: bool) -> dict[str, Any]:
    places = [(x(a), y(b)) for a, b in zip(one["xs"], one["ys"], strict=True)]
    return {
        "name": one["name"],
        "points": " ".join(f"{a:g},{b:g}" for a, b in places),
        "marks": places if marked else [],
    }


class _Scale:
    """Places numbers between two ends of the drawing, evenly or by their logarithm."""

    def __init__(
        self, axis: Mapping[str, Any], values: Sequence[float], start: float, end: float
    ) -> None:
        self.log, self.values = axis["log"], axis["ticks"]
        ticks = self.values
        first, last = ticks[0], ticks[-1]
        low, high = min(first, last, *values), max(first, last, *values)
        first, last = (low, high) if first < last else (high, low)
        self.first, self.reach = self._of(first), self._of(last) - self._of(first)
        self.start, self.length = start, end - start

    def _of(self, value: float) -> float:
        return math.log10(value) if self.log else value

    def __call__(self, value: float) -> float:
        share = (self._of(value) - self.first) / self.reach
        return round(self.start + self.length * share, 1)

    def ticks(self) -> list[tuple[float, str]]:
        long = self.log and abs(self.reach) > LONG
        return [(self(value), _tick(value) if long else written(value)) for value in self.values]


def _tick(value: float) -> str:
    """Writes a tick of a long logarithmic axis: 10⁻⁵ for 0.00001, and 1 as it is."""
    power = math.log10(value)
    if power != round(power) or power == 0:
        return written(value)
    return f"10{str(round(power)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def _line_table(data: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the lines as a table: a row for each x, empty where a line has no point."""
    columns = [dict(zip(one["xs"], one["ys"], strict=True)) for one in data["series"]]
    xs = sorted({value for column in columns for value in column})
    return {
        "head": [data["x"]["label"], *(one["name"] for one in data["series"])],
        "rows": [[x, *(column.get(x) for column in columns)] for x in xs],
        "says": data["y"]["label"],
    }


def _strip_table(data: Mapping[str, Any]) -> dict[str, Any]:
    notes = any(one.get("note") for one in data["series"])
    rows = [
        [one["name"], ", ".join(written(value) for value in one["xs"]), one.get("note")]
        for one in data["series"]
    ]
    return {
        "head": ["Row", data["x"]["label"], *(["Who"] if notes else [])],
        "rows": [row if notes else row[:2] for row in rows],
        "says": data["x"]["label"],
    }
