"""Draws a measured sweep: places on paper for the template of one small SVG, and its table.

Quality above, change below, on one scale of values; the 95 % band around each line; marks at the
low end, the sweet spot and the high end; pictures of the same model under the curve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markup import figure as written
from measured import Row, Sweep
from measured_cells import band_cells, cells, ends_of, head
from measured_scales import (
    BOTTOM,
    GAP,
    HEIGHT,
    LEFT,
    RIGHT,
    STEP_TICKS,
    TOP,
    WIDTH,
    Place,
    across,
    apart,
    columns,
    downwards,
    labelled,
)
from measured_time import pace

MARK_LINE = 14
SCALES = {"quality": "share", "change": "distance"}
# How much of the width a picture under the curve takes, on a desk and on a phone, of 100.
WIDE, SLIM = 12, 22
LABELS = {
    "quality": "Prompt fidelity: share of what was asked that the judge sees",
    "change": "Change (FLIP): distance from {}",
}


@dataclass(frozen=True)
class Series:
    """One line of a panel, ready to draw."""

    name: str
    path: str
    band: str
    points: tuple[tuple[float, float], ...]
    number: int


@dataclass(frozen=True)
class Panel:
    """One box of a plot: its label, its scale, its lines, and a limit drawn across."""

    label: str
    top: float
    bottom: float
    ticks: tuple[tuple[float, str], ...]
    series: tuple[Series, ...]
    limit: tuple[float, str] | None = None


@dataclass(frozen=True)
class Mark:
    """A value that is marked: where it stands and what it is called."""

    x: float
    y: float
    label: str
    kind: str
    anchor: str


@dataclass(frozen=True)
class Under:
    """A picture under the curve: its place in the strip of all, and its columns of 100.

    `slim` holds its columns on a phone, if there is room for it there.
    """

    index: int
    value: str
    wide: str
    slim: str | None


@dataclass(frozen=True)
class Strip:
    """One prompt's pictures at every value, side by side in one file."""

    src: str
    prompt: str
    seed: int
    values: tuple[float, ...]


@dataclass(frozen=True)
class Plot:
    """A figure of measurements: the drawing, its words and the same as a table."""

    id: str
    title: str
    told: str
    height: float
    panels: tuple[Panel, ...]
    ticks: tuple[tuple[float, str], ...]
    axis: str
    marks: tuple[Mark, ...] = ()
    zone: tuple[float, float] | None = None
    under: tuple[Under, ...] = ()
    strip: Strip | None = None
    head: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    legend: tuple[tuple[int, str], ...] = ()
    note: str = ""  # what a column of the table rests on

    width, left, right = WIDTH, LEFT, WIDTH - RIGHT


def sweep_plot(sweep: Sweep, title: str, axis: str, strip: Strip | None = None) -> Plot:
    """Draws one sweep: a panel for each of quality and change that it has."""
    x = across(sweep.values, logarithmic=sweep.data["sweep"] == "steps")
    kinds = [kind for kind in ("quality", "change") if _all(sweep.rows, kind)]
    marks = _marks(sweep.sweet_spot, x)
    labels = labelled(sweep.values, x, STEP_TICKS if sweep.data["sweep"] == "steps" else None)
    top = TOP + MARK_LINE * len(marks) + (4 if marks else 0)
    panels = []
    for place, kind in enumerate(kinds):
        start = top + place * (HEIGHT + GAP)
        limit = sweep.rule.get("settled") if kind == "change" and sweep.sweet_spot else None
        panels.append(_panel(_label(kind, sweep), start, {"": sweep}, kind, x, limit))
    spot = sweep.sweet_spot
    return Plot(
        id=f"{sweep.model}-{sweep.id}",
        title=title,
        told=told(sweep),
        height=top + len(kinds) * (HEIGHT + GAP) - GAP + BOTTOM,
        panels=tuple(panels),
        ticks=tuple((x(value), written(value)) for value in labels),
        axis=axis,
        marks=marks,
        zone=(x(spot["low"]), x(spot["high"])) if spot and spot["low"] and spot["high"] else None,
        under=_under(strip.values, spot, x) if strip else (),
        strip=strip,
        head=head(sweep, kinds),
        table=tuple(cells(sweep, row, kinds) for row in sweep.rows),
        note=found.note if (found := pace(sweep)) else "",
    )


def race_plot(id: str, title: str, sweeps: Mapping[str, Sweep], kind: str) -> Plot:
    """Draws several schedulers against network calls, which is what time depends on."""
    calls = [row.calls or 1 for sweep in sweeps.values() for row in sweep.rows]
    x = across([min(calls), max(calls)], logarithmic=True)
    first = next(iter(sweeps.values()))
    panel = _panel(_label(kind, first), TOP, sweeps, kind, x, None, by_calls=True)
    names = list(sweeps)
    ends = [(name, min(sweeps[name].rows, key=lambda row: getattr(row, kind))) for name in names]
    best = ", ".join(f"{name} {getattr(row, kind):.3f} at {row.calls}" for name, row in ends)
    told_now = f"{len(names)} schedulers against network calls. Least change of each: {best} calls."
    marks = [c for c in (2, 4, 10, 20, 40, 100, 200, 400) if min(calls) <= c <= max(calls)]
    return Plot(
        id=id,
        title=title,
        told=told_now,
        height=TOP + HEIGHT + BOTTOM,
        panels=(panel,),
        ticks=tuple((x(one), str(one)) for one in marks),
        axis="network calls for one picture, guidance included",
        head=("Scheduler", "Steps", "Calls", kind.capitalize(), "95 %"),
        table=tuple(
            (name, written(row.value), str(row.calls), *band_cells(row, kind))
            for name, sweep in sweeps.items()
            for row in sweep.rows
        ),
        legend=tuple(enumerate(names)),
    )


def told(sweep: Sweep) -> str:
    """Says in a sentence or two what the drawing shows, for whoever cannot see it."""
    parts = []
    for kind, name, most in (
        ("quality", "Prompt fidelity", "highest"),
        ("change", "Change", "lowest"),
    ):
        if _all(sweep.rows, kind):
            first, last = sweep.rows[0], sweep.rows[-1]
            best = (max if kind == "quality" else min)(sweep.rows, key=lambda r: getattr(r, kind))
            parts.append(
                f"{name}: {getattr(first, kind):.3f} at {written(first.value)}, "
                f"{getattr(last, kind):.3f} at {written(last.value)}, "
                f"{most} {getattr(best, kind):.3f} at {written(best.value)}."
            )
    spot = sweep.sweet_spot
    if spot:
        named = {"low": "low end", "steps": "sweet spot", "high": "high end"}
        marks = [f"{name} {written(spot[key])}" for key, name in named.items() if spot[key]]
        parts.append(", ".join(marks).capitalize() + ".")
    return " ".join(parts)


def _label(kind: str, sweep: Sweep) -> str:
    reference = (sweep.data.get("reference") or {}).get("value")
    if reference == "source":
        to = "the source picture"
    elif sweep.data["sweep"] == "steps":
        to = f"the same at {written(reference)} steps"
    else:
        to = f"the same at {written(reference)}"
    return LABELS[kind].format(to)


def _all(rows: Sequence[Row], kind: str) -> bool:
    return all(getattr(row, kind) is not None for row in rows)


def _panel(
    label: str,
    top: float,
    sweeps: Mapping[str, Sweep],
    kind: str,
    x: Place,
    limit: float | None,
    *,
    by_calls: bool = False,
) -> Panel:
    """Builds one box with the lines of one or several sweeps."""
    ends = [end for sweep in sweeps.values() for row in sweep.rows for end in ends_of(row, kind)]
    y, ticks = downwards(top, min(ends), max(ends), "log" if by_calls else SCALES[kind])
    lines = []
    for number, (name, sweep) in enumerate(sweeps.items()):
        at = [x((row.calls or 1) if by_calls else row.value) for row in sweep.rows]
        means = [y(getattr(row, kind)) for row in sweep.rows]
        lows, highs = zip(*(map(y, ends_of(row, kind)) for row in sweep.rows), strict=True)
        edge = [*zip(at, highs, strict=True), *reversed([*zip(at, lows, strict=True)])]
        points = tuple(zip(at, means, strict=True))
        lines.append(Series(name, _joined(points), _joined(edge) + "Z", points, number))
    shown = (y(limit), f"settled: {written(limit)}") if limit and limit <= max(ends) else None
    return Panel(label, top, top + HEIGHT, ticks, tuple(lines), shown)


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{a:g} {b:g}" for a, b in points)


def _marks(spot: Mapping[str, Any] | None, x: Place) -> tuple[Mark, ...]:
    if not spot:
        return ()
    named = (("high", "high"), ("steps", "sweet spot"), ("low", "low"))
    there = [(key, name) for key, name in named if spot.get(key) is not None]
    marks = []
    for line, (key, name) in enumerate(there):
        at = x(spot[key])
        left = at > WIDTH - 110
        label = f"{name} {written(spot[key])}"
        marks.append(Mark(at, 12 + MARK_LINE * line, label, key, "end" if left else "start"))
    return tuple(marks)


def _under(values: Sequence[float], spot: Mapping[str, Any] | None, x: Place) -> tuple[Under, ...]:
    """Picks pictures that stand under the curve without touching: the marked values first."""
    marked = [spot[key] for key in ("steps", "low", "high") if spot.get(key)] if spot else []
    order = [v for v in dict.fromkeys([*marked, values[0], values[-1], *values]) if v in values]
    at = {value: 100 * x(value) / WIDTH for value in order}
    wide = apart(order, at, WIDE)
    slim = apart(wide, at, SLIM)
    return tuple(
        Under(
            values.index(value),
            written(value),
            columns(at[value], WIDE),
            columns(at[value], SLIM) if value in slim else None,
        )
        for value in sorted(wide)
    )
