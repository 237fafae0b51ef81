"""Turns a comparison and its plan's manifest into a figure: rows of captioned pictures.

Only pictures whose file exists are used. A figure that has none is None; there is no placeholder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import Any
from urllib.parse import urlencode

from markup import figure as written
from rows import Row, assigned, grouped, name, row

MIN_SLIDER_STOPS = 6
MAX_SLIDER_ROWS = 3


@dataclass(frozen=True)
class Panel:
    """What one tab of a comparison shows: the first prompt's rows, the others, a slider's rows."""

    label: str
    rows: tuple[Row, ...]
    more: tuple[Row, ...]
    slider: tuple[Row, ...]
    start: int
    rendered_with: str
    made_with: str
    command: str
    explore: str = ""

    @property
    def several_models(self) -> bool:
        """True when rows must say which model drew them."""
        return len({row.model for row in (*self.rows, *self.more)}) > 1


@dataclass(frozen=True)
class Figure:
    """A comparison, ready to print: a panel for our own models and one for each other model."""

    plan: str
    title: str
    look_for: str
    axis: str
    transfers: str
    against: str
    by: str
    panels: tuple[Panel, ...]

    @property
    def first(self) -> Panel:
        """The panel a reader sees before choosing another."""
        return self.panels[0]

    def without_slider(self) -> Figure:
        """Returns the same figure with its pictures and no slider."""
        return replace(self, panels=tuple(replace(panel, slider=()) for panel in self.panels))


class ManifestError(Exception):
    """A manifest that cannot be read."""


def load_manifests(renders: Path) -> dict[str, dict[str, Any]]:
    """Reads every plan's manifest below a folder, keyed by plan, keeping cells that have a file."""
    manifests = {}
    for path in sorted(renders.glob("*/manifest.json")):
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            cells = [c for c in manifest["cells"] if (path.parent / str(c["file"])).is_file()]
            for cell in cells:
                _ = cell["axes"], cell["width"], cell["height"], cell["alt"]
                _ = manifest["models"][cell["settings"]["model"]]
        except (ValueError, KeyError, TypeError) as error:
            raise ManifestError(
                f"{path}: expected a manifest written by `python -m render run`, "
                f"got one that cannot be read ({error!r}). Render the plan again."
            ) from None
        manifests[path.parent.name] = {**manifest, "cells": cells}
    return manifests


def build_figure(
    comparison: Mapping[str, Any], manifests: Mapping[str, Mapping[str, Any]]
) -> Figure | None:
    """Builds the figure of one comparison, or None when none of its pictures exists."""
    plan, show = comparison["plan"], comparison["show"]
    manifest = manifests.get(plan)
    if manifest is None:
        return None
    rows = [
        one
        for cells in grouped(manifest["cells"], show, comparison.get("where") or {})
        if (one := row(plan, manifest, cells, show)).pictures
    ]
    if not rows:
        return None
    # Prompts in the plan's order, and within a prompt the models in the manifest's order; the first
    # prompt is shown, the others fold away.
    prompts = list(dict.fromkeys(row.prompt for row in rows))
    models = list(manifest["models"])
    down = show.get("by_values") or []
    rows.sort(
        key=lambda row: (
            prompts.index(row.prompt),
            models.index(row.model),
            down.index(row.by) if down else 0,
        )
    )
    tabs = dict.fromkeys(_tab(manifest["models"][model], model) for model in models)
    return Figure(
        plan=plan,
        title=comparison.get("title") or manifest.get("title") or plan,
        look_for=comparison.get("look_for") or "",
        axis=show["axis"],
        transfers=manifest.get("transfers", "none"),
        against=" and ".join(
            assigned(key, value)
            for key, value in manifest.get("difference", {}).get("to", {}).items()
        ),
        by=show.get("by") or "",
        panels=tuple(panel for tab in tabs if (panel := _panel(tab, rows, manifest, show))),
    )


def _tab(model: Mapping[str, Any], model_id: str) -> str:
    """Returns which tab a model's pictures stand in: ours share one, as they are to be compared."""
    return "" if _is_ours(model) else model_id


def _panel(
    tab: str, rows: Sequence[Row], manifest: Mapping[str, Any], show: Mapping[str, Any]
) -> Panel | None:
    """Builds one tab of a figure, or None when its models drew nothing that is shown."""
    known = manifest["models"]
    here = [row for row in rows if _tab(known[row.model], row.model) == tab]
    if not here:
        return None
    first = tuple(row for row in here if row.prompt == here[0].prompt)
    slider = _slider(first)
    shown = [model for model in known if model in {row.model for row in here}]
    return Panel(
        label=" and ".join(name(known[model]) for model in shown),
        rows=first,
        more=tuple(row for row in here if row not in first),
        slider=slider,
        start=_start(slider, first[0]),
        rendered_with=" and ".join(model_words(known[model]) for model in shown),
        made_with=_made_with(first),
        command=command(manifest, [known[model] for model in shown]),
        explore=_explore(manifest["plan"], show, first[0]),
    )


def _explore(plan: str, show: Mapping[str, Any], row: Row) -> str:
    """Returns what the explorer's address says to open a row with the two at its ends chosen."""
    if len(row.pictures) < 2:
        return ""
    axis, by = show["axis"], show.get("by")
    ends = {f"a.{axis}": row.pictures[0].value, f"b.{axis}": row.pictures[-1].value}
    told = {"plan": plan, "x": axis, **({"y": by} if by else {}), **row.place, **ends}
    return urlencode({key: written(value) for key, value in told.items()})


def _made_with(rows: Sequence[Row]) -> str:
    """Names the scheduler and the seed of the pictures shown, where they all have the same."""
    schedulers = {row.scheduler for row in rows} - {""}
    seeds = {row.seed for row in rows}
    words = [f"scheduler {one}" for one in schedulers] if len(schedulers) == 1 else []
    words += [f"seed {one}" for one in seeds if one is not None] if len(seeds) == 1 else []
    return ", ".join(words)


def command(manifest: Mapping[str, Any], models: Sequence[Mapping[str, Any]]) -> str:
    """Writes the command that makes these pictures again, in a folder that has none of them.

    A guest's names its model and prompts; of a local folder only the name is known.
    """
    words = [f"python -m render run {manifest['plan']}"]
    for model in models:
        if "repo" in model:
            words.append(f"--model {model['repo']}@{model['revision']}")
        elif not _is_ours(model):
            words.append(f"--model {quote('path/to/' + name(model))}")
    words += {f"--prompts {model['prompts']}": None for model in models if model.get("prompts")}
    return " ".join([*words, "--out again"])


def _slider(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Picks the rows that a slider can flip together: numeric stops, the same in each row."""

    def values(row: Row) -> list[Any]:
        return [stop.value for stop in row.stops]

    numeric = [
        row
        for row in rows
        if not row.label and all(isinstance(v, int | float) for v in values(row))
    ]
    if not numeric or len(numeric[0].stops) < MIN_SLIDER_STOPS:
        return ()
    sortable = [
        Row(**{**row.__dict__, "stops": tuple(sorted(row.stops, key=lambda stop: stop.value))})
        for row in numeric
    ]
    return tuple(row for row in sortable if values(row) == values(sortable[0]))[:MAX_SLIDER_ROWS]


def _start(slider: Sequence[Row], row: Row) -> int:
    """Returns the stop at which a slider stands at first: the middle picture of the row shown."""
    values = [stop.value for stop in slider[0].stops] if slider else [row.pictures[0].value]
    middle = row.pictures[len(row.pictures) // 2].value
    return values.index(middle) if middle in values else 0


def model_words(model: Mapping[str, Any]) -> str:
    """Says which model drew a picture and how much that is worth."""
    title, size, side = name(model), model.get("parameters_m"), model.get("resolution")
    words = [f"{written(size)} M parameters"] if size else []
    words += [f"{side} px"] if side else []
    # Our own models know one kind of picture; a reader must not take them for general ones.
    words += ["landscapes only"] if _is_ours(model) else []
    return f"{title} ({', '.join(words)})" if words else title


def _is_ours(model: Mapping[str, Any]) -> bool:
    """True for the small models that this repository trains."""
    return name(model).startswith("postcards")
