"""A model's own scale: unfinished · draft · sweet spot · no visible gain · worse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markup import figure


def zones(answer: Mapping[str, Any]) -> str:
    """Writes a model's own scale: draft 20–27 · sweet spot 28–50.

    Where "unfinished" ends, and "no visible gain" and "worse" begin, is known of measured models
    alone. A picture that never settles has no end of its gain.
    """
    steps, low, high = answer["steps"], answer["low"], answer["high"]
    if steps is None:
        return ""
    measured = answer["basis"] == "measured"
    low, end = min(low or steps, steps), max(high or steps, steps)
    worse = answer.get("worse")
    open_end = measured and high is None
    gain_ends = measured and not open_end and (worse is None or worse > end + 1)
    parts = [
        f"unfinished below {figure(low)}" if measured and low > 1 else "",
        f"draft {_span(low, steps - 1)}" if low < steps else "",
        f"sweet spot {'from ' + figure(steps) if open_end else _span(steps, end)}",
        f"no visible gain above {figure(end)}" if gain_ends else "",
        f"worse from {figure(worse)}" if worse is not None else "",
    ]
    return " · ".join(part for part in parts if part)


def _span(low: float, high: float) -> str:
    return "–".join(dict.fromkeys((figure(low), figure(high))))


def worse_from(sweeps: Mapping[str, Any], answer: Mapping[str, Any]) -> float | None:
    """Returns the count from which on more steps do harm, or None where none was seen.

    From there on the 95 % band of the measured quality lies wholly below that at the sweet spot.
    `sweeps` are a model's measurements; the one that the answer rests on is asked.
    """
    if answer["basis"] != "measured":
        return None
    for sweep in sweeps.values():
        if not _is_it(sweep, answer):
            continue
        bands = {
            row["value"]: row["quality_95"]
            for row in sweep["summary"]["rows"]
            if row.get("quality_95")
        }
        floor = bands.get(answer["steps"], (None,))[0]
        found = None
        for value in sorted(bands, reverse=True):
            if floor is None or value <= answer["steps"] or bands[value][1] >= floor:
                break
            found = value
        return found
    return None


def _is_it(sweep: Any, answer: Mapping[str, Any]) -> bool:
    """True for the sweep over steps whose scheduler and sweet spot the answer has."""
    if not isinstance(sweep, Mapping) or sweep.get("sweep") != "steps":
        return False
    spot = (sweep.get("summary") or {}).get("sweet_spot") or {}
    same = (spot.get("steps"), spot.get("low")) == (answer["steps"], answer["low"])
    return same and sweep.get("scheduler_class") == answer["scheduler"]
