"""Finds the measured curve that belongs to a plan's pictures, and writes it for the explorer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from markup import figure as written
from measured import Sweep, steps_sweeps
from measured_known import STEPS, Known, shown
from measured_plots import Plot
from measured_scales import across
from templating import environment

# The settings of which models are measured, and what a picture has beyond the sweep's own.
BESIDE = {STEPS: set(), "guidance_scale": set(), "strength": {"source_image"}}
_FREE = {"model", "prompt", "seed", "scheduler"}


class Dim(Protocol):
    """Something in which a plan's pictures differ."""

    @property
    def name(self) -> str:
        """What a link calls it."""

    @property
    def values(self) -> tuple[str, ...]:
        """Its values as written."""


def curves_of(
    dims: Sequence[Dim], cells: Sequence[Mapping[str, Any]], known: Known
) -> list[dict[str, Any]]:
    """Lists the curves measured as a plan's pictures were made, and where its values stand."""
    names = {dim.name for dim in dims}
    found = []
    for dim in dims:
        if dim.name not in BESIDE or names - _FREE - {dim.name}:
            continue
        alike = {(str(c["settings"]["model"]), c["settings"].get("scheduler")): c for c in cells}
        for (model, scheduler), cell in alike.items():
            sweep = _sweep(known, model, dim.name, scheduler)
            if sweep and _as_measured(cell["settings"], sweep):
                where = {"model": model, **({"scheduler": scheduler} if scheduler else {})}
                at = {"axis": dim.name, "where": where, "src": _file(sweep)}
                found.append({**at, "places": _places(sweep, dim.values)})
    return found


def _sweep(known: Known, model: str, axis: str, scheduler: str | None) -> Sweep | None:
    """Returns the sweep of an axis with this scheduler, or with the model's own."""
    sweeps = known.sweeps.get(model, {})
    own = known.own(model)
    wanted = scheduler or (own.scheduler if own else "")
    if axis == STEPS:
        return steps_sweeps(sweeps).get(wanted)
    of_axis = (one for one in sweeps.values() if one.setting == axis)
    return next((one for one in of_axis if one.scheduler == wanted), None)


def _as_measured(settings: Mapping[str, Any], sweep: Sweep) -> bool:
    """True where a picture was made as the sweep's were, but for what the sweep varies."""
    fixed = sweep.data["fixed"]
    free = _FREE | BESIDE[sweep.setting] | {sweep.setting, "negative_prompt"}
    alike = all(fixed.get(key) == value for key, value in settings.items() if key not in free)
    return alike and not settings.get("negative_prompt")


def _places(sweep: Sweep, values: Iterable[str]) -> dict[str, float]:
    """Returns where a plan's values stand on the drawing; those beyond its ends do not."""
    x = across(sweep.values, logarithmic=sweep.data["sweep"] == "steps")
    low, high = min(sweep.values), max(sweep.values)
    return {value: x(float(value)) for value in values if low <= float(value) <= high}


def _file(sweep: Sweep) -> str:
    return f"curve-{sweep.model}-{sweep.id}.json"


def curve_files(known: Known) -> dict[str, str]:
    """Returns every measured curve as a file: the drawing, its words, what stands at each value."""
    files = {}
    for sweeps in known.sweeps.values():
        for sweep in sweeps.values():
            # Its strip of pictures stays behind: the reader has two of their own beside it.
            bare = {key: value for key, value in sweep.data.items() if key != "strips"}
            one = shown(known, replace(sweep, data=bare))
            data = {
                "svg": drawing(one.plot),
                "top": one.plot.panels[0].top,
                "bottom": one.plot.panels[-1].bottom,
                "heading": one.heading,
                "words": one.words,
                "rows": {written(row.value): _row(row) for row in sweep.rows},
            }
            files[f"explore/{_file(sweep)}"] = json.dumps(data, ensure_ascii=False) + "\n"
    return files


def drawing(plot: Plot) -> str:
    """Returns a plot's SVG, as pages have it."""
    parts = environment().get_template("_plots.j2").module
    return str(parts.drawing(plot)).strip()  # type: ignore[attr-defined]  # a macro


def _row(row: Any) -> str:
    told = {"fidelity": row.quality, "change": row.change}
    return ", ".join(f"{name} {value:.3f}" for name, value in told.items() if value is not None)
