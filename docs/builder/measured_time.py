"""Time and cost: seconds as a line in network calls, and what fewer steps save."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from measured import Measured, Row, Sweep, steps_sweeps
from measured_stats import Line, line

NEAR = 0.1  # of the seconds that were timed: a line that misses one by more stands for none
FROM, TO = (100, 50, 40, 30, 28, 25, 20), (30, 25, 20, 12, 8, 4)


@dataclass(frozen=True)
class Timing:
    """A model's measured line with one scheduler, and what going from 50 to 8 steps saves there."""

    name: str
    scheduler: str
    line: Line
    step: float
    points: tuple[tuple[int, float], ...]
    saved: float | None


@dataclass(frozen=True)
class Pace:
    """What a picture of a sweep takes: CPU seconds by value where it was timed, and their line."""

    timed: Mapping[float, float]
    line: Line

    def of(self, row: Row) -> str:
        """Writes the seconds of a row, with ≈ where nobody timed them."""
        if row.value in self.timed:
            return f"{self.timed[row.value]:.2f}"
        seconds = self.line.fixed + self.line.each * (row.calls or 0)
        return f"≈ {seconds:.2f}"

    @property
    def note(self) -> str:
        """Says which figures were measured, and how good the others are."""
        miss = f"{100 * self.line.miss:.1f} %"
        return (
            "CPU seconds are of one picture, on all threads together. ≈ was not timed: it lies on "
            f"the line through the {len(self.timed)} that were, {self.line.fixed:.3f} s + "
            f"{self.line.each:.4f} s a call, from which the farthest of these lies {miss} away."
        )


def pace(sweep: Sweep) -> Pace | None:
    """Fits the timings of a steps sweep; None for others, and where they lie on no line."""
    points = _points(sweep)
    fitted = line(points) if sweep.data["sweep"] == "steps" else None
    if fitted is None or fitted.miss > NEAR or any(row.calls is None for row in sweep.rows):
        return None
    timed = {one["value"]: one["cpu_seconds"] for one in sweep.data["timing"]}
    return Pace(timed, fitted)


def _points(sweep: Sweep) -> tuple[tuple[int, float], ...]:
    return tuple((one["calls"], one["cpu_seconds"]) for one in sweep.data.get("timing", ()))


def timings(
    measured: Measured, name: Callable[[str], str], scheduler: Callable[[str], str]
) -> list[Timing]:
    """Fits each steps sweep's timings; CPU seconds, on all threads together."""
    found = []
    for model, sweeps in measured.items():
        for id, sweep in steps_sweeps(sweeps).items():
            points = _points(sweep)
            fitted = line(points)
            if fitted is None:
                continue
            per_step = _calls_a_step(sweep)
            step = fitted.each * per_step
            saved = saving(50, 8, step, fitted.fixed) if 50 in sweep.values else None
            found.append(Timing(name(model), scheduler(id), fitted, step, points, saved))
    return found


def _calls_a_step(sweep: Sweep) -> float:
    """Returns how many calls one more step costs, from the two ends of the ladder."""
    first, last = sweep.rows[0], sweep.rows[-1]
    if first.value == last.value or first.calls is None or last.calls is None:
        return 1.0
    return (last.calls - first.calls) / (last.value - first.value)


def saving(before: float, after: float, step: float, fixed: float = 0.0) -> float:
    """Returns the share of time or credits that fewer steps save: 0.84 from 50 to 8.

    `step` is what a step costs and `fixed` what a picture costs beside its steps, in one unit.
    """
    whole = fixed + before * step
    return (before - after) * step / whole if whole else 0.0


def savings(before: Sequence[int] = FROM, after: Sequence[int] = TO) -> dict[str, Any]:
    """Returns the table of savings in per cent, for cost that is all steps; None where more."""
    rows = [
        (a, [f"{100 * saving(a, b, 1.0):.0f} %" if b < a else None for b in after]) for a in before
    ]
    return {"after": after, "rows": rows, "example": f"{100 * saving(50, 8, 1.0):.0f} %"}


def full_size(
    times: Sequence[Mapping[str, Any]], name: Callable[[str], str]
) -> list[dict[str, Any]]:
    """Returns a row for each way that a full-size model was timed: time only, random weights."""
    return [
        {
            "model": found["model"],
            "name": name(found["model"]),
            "device": _card(found["environment"]["device"]),
            "batch": found["environment"]["batch"],
            "size": f"{found['width']} × {found['height']}",
            "way": way,
            **pace,
        }
        for found in times
        if found.get("weights") == "random"
        for way, pace in sorted(found["paces"].items())
    ]


def _card(device: str) -> str:
    """`cuda (NVIDIA H200)` is the NVIDIA H200 to a reader."""
    return device.partition("(")[2].removesuffix(")") or device
