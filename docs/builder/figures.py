"""Turns a comparison and its plan's manifest into a figure: rows of captioned pictures.

Only pictures whose file exists are used. A figure that has none is None; there is no placeholder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from markup import figure as written

MIN_SLIDER_STOPS = 6
MAX_SLIDER_ROWS = 3


@dataclass(frozen=True)
class Picture:
    """One rendered cell as a page shows it."""

    value: Any
    caption: str
    src: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True)
class Row:
    """Pictures that differ in one setting only."""

    model: str
    model_name: str
    prompt: str
    seed: Any
    source: Picture | None
    pictures: tuple[Picture, ...]
    stops: tuple[Picture, ...]

    @property
    def widest(self) -> int:
        """The width of the widest picture; narrower ones are shown to scale beside it."""
        return max(stop.width for stop in self.stops)


@dataclass(frozen=True)
class Panel:
    """What one tab of a comparison shows: the first prompt's rows, the others, a slider's rows."""

    label: str
    rows: tuple[Row, ...]
    more: tuple[Row, ...]
    slider: tuple[Row, ...]
    start: int
    rendered_with: str

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
        row
        for cells in _groups(manifest["cells"], show["axis"], comparison.get("where") or {})
        if (row := _row(plan, manifest, cells, show)).pictures
    ]
    if not rows:
        return None
    # Prompts in the plan's order, and within a prompt the models in the manifest's order; the first
    # prompt is shown, the others fold away.
    prompts = list(dict.fromkeys(row.prompt for row in rows))
    models = list(manifest["models"])
    rows.sort(key=lambda row: (prompts.index(row.prompt), models.index(row.model)))
    tabs = dict.fromkeys(_tab(manifest["models"][model], model) for model in models)
    return Figure(
        plan=plan,
        title=comparison.get("title") or manifest.get("title") or plan,
        look_for=comparison.get("look_for") or "",
        axis=show["axis"],
        transfers=manifest.get("transfers", "none"),
        panels=tuple(panel for tab in tabs if (panel := _panel(tab, rows, manifest))),
    )


def _tab(model: Mapping[str, Any], model_id: str) -> str:
    """Returns which tab a model's pictures stand in: ours share one, as they are to be compared."""
    return "" if _is_ours(model) else model_id


def _panel(tab: str, rows: Sequence[Row], manifest: Mapping[str, Any]) -> Panel | None:
    """Builds one tab of a figure, or None when its models drew nothing that is shown."""
    known = manifest["models"]
    here = [row for row in rows if _tab(known[row.model], row.model) == tab]
    if not here:
        return None
    first = tuple(row for row in here if row.prompt == here[0].prompt)
    slider = _slider(first)
    shown = [model for model in known if model in {row.model for row in here}]
    return Panel(
        label=" and ".join(_name(known[model]) for model in shown),
        rows=first,
        more=tuple(row for row in here if row not in first),
        slider=slider,
        start=_start(slider, first[0]),
        rendered_with=" and ".join(_model_words(known[model]) for model in shown),
    )


def _groups(
    cells: Sequence[Mapping[str, Any]], axis: str, where: Mapping[str, Any]
) -> list[list[Mapping[str, Any]]]:
    """Splits cells into lists that agree in everything but the axis, one per model and prompt."""
    groups: dict[tuple[str, str], dict[str, list[Mapping[str, Any]]]] = {}
    for cell in cells:
        if axis not in cell["axes"] or any(_of(cell, key) != want for key, want in where.items()):
            continue
        who = (str(_of(cell, "model")), str(_of(cell, "prompt")))
        rest = json.dumps({k: v for k, v in cell["axes"].items() if k != axis}, sort_keys=True)
        groups.setdefault(who, {}).setdefault(rest, []).append(cell)
    # Where further axes vary, the plan's first combination stands for the rest.
    return [next(iter(by_rest.values())) for by_rest in groups.values()]


def _of(cell: Mapping[str, Any], key: str) -> Any:
    """Looks a setting of a cell up: its place in the plan first, then its full settings."""
    return cell["axes"].get(key, cell["settings"].get(key))


def _row(
    plan: str,
    manifest: Mapping[str, Any],
    cells: Sequence[Mapping[str, Any]],
    show: Mapping[str, Any],
) -> Row:
    """Builds one row: the pictures at the values shown, and all stops for a slider."""
    stops = [_picture(plan, cell, show["axis"]) for cell in cells]
    # By equality: a plan writes 7.0 where a page's author writes 7.
    shown = [stop for value in show["values"] for stop in stops if stop.value == value]
    settings = cells[0]["settings"]
    model = str(settings["model"])
    return Row(
        model=model,
        model_name=_name(manifest["models"][model]),
        prompt=str(settings.get("prompt", "")),
        seed=settings.get("seed"),
        source=_source(plan, manifest, settings),
        pictures=tuple(shown),
        stops=tuple(stops),
    )


def _picture(plan: str, cell: Mapping[str, Any], axis: str) -> Picture:
    value = cell["axes"][axis]
    shown = f'"{value}"' if isinstance(value, str) else written(value)
    return Picture(
        value=value,
        caption=f"{axis} = {shown}",
        src=f"renders/{plan}/{cell['file']}",
        width=cell["width"],
        height=cell["height"],
        alt=cell["alt"],
    )


def _source(plan: str, manifest: Mapping[str, Any], settings: Mapping[str, Any]) -> Picture | None:
    """Returns the picture that image-to-image started from."""
    name = settings.get("source_image")
    kept = manifest.get("sources", {}).get(name)
    if kept is None:
        return None
    return Picture(
        value=name,
        caption="the source picture",
        src=f"renders/{plan}/{kept['file']}",
        width=kept["width"],
        height=kept["height"],
        alt="The picture that all others in this row start from",
    )


def _slider(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Picks the rows that a slider can flip together: numeric stops, the same in each row."""

    def values(row: Row) -> list[Any]:
        return [stop.value for stop in row.stops]

    numeric = [row for row in rows if all(isinstance(v, int | float) for v in values(row))]
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


def _model_words(model: Mapping[str, Any]) -> str:
    """Says which model drew a picture and how much that is worth."""
    name, size, side = _name(model), model.get("parameters_m"), model.get("resolution")
    words = [f"{written(size)} M parameters"] if size else []
    words += [f"{side} px"] if side else []
    # Our own models know one kind of picture; a reader must not take them for general ones.
    words += ["landscapes only"] if _is_ours(model) else []
    return f"{name} ({', '.join(words)})" if words else name


def _is_ours(model: Mapping[str, Any]) -> bool:
    """True for the small models that this repository trains."""
    return _name(model).startswith("postcards")


def _name(model: Mapping[str, Any]) -> str:
    """Names a model: a folder's name, or the repository of one from a hub."""
    return str(model.get("name") or model["repo"])
