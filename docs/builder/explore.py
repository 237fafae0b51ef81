"""Writes what the explorer looks up: for each plan its pictures by what they were made with.

A place is what a picture differs in from its plan's others: {"model": …, "prompt": …, axis: value}.
Values are written as pages write them, so a link says 7.5 and never an index.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from explore_curves import curve_files, curves_of
from figures import Figure, command, load_manifests, model_words
from live import FIELDS, OF_SCHEDULER, Kit, fields, load_kit
from markup import figure as written
from measured_known import Known
from measured_pages import load_known
from rows import Picture, assigned, of
from rows import name as model_name
from setting_pages import grouped, setting_view, spread
from templating import render
from vendor import collect

import recommender

MODEL, PROMPT = "model", "prompt"
PRINTED = ("file", "alt", "width", "height")
# What the live page takes from its address, and what it knows by the name of a scheduler's table.
LIVE = (MODEL, PROMPT, *FIELDS, "scheduler")
_DRAWABLE = {*LIVE, *OF_SCHEDULER}
Cell = Mapping[str, Any]
Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class Dim:
    """Something in which a plan's pictures differ: its values as written, and what they say."""

    name: str
    values: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """A plan as the explorer shows it."""

    id: str
    title: str
    dims: tuple[Dim, ...]
    x: str
    y: str
    ends: tuple[str, str]
    cells: Mapping[tuple[str, ...], Cell]
    manifest: Manifest
    figure: Figure | None
    page: Mapping[str, Any] | None

    def dim(self, name: str) -> Dim:
        """Returns a dimension by its name."""
        return next(dim for dim in self.dims if dim.name == name)

    @property
    def gallery(self) -> tuple[Picture, ...]:
        """The first, the middle and the last picture of its setting's page."""
        if not self.figure:
            return ()
        # In a grid a caption is the value alone; here it stands for itself.
        return tuple(
            replace(one, caption=assigned(self.figure.axis, one.value))
            for one in spread(self.figure.first.rows[0].pictures)
        )

    @property
    def query(self) -> str:
        """What an address says to open this plan at the pictures of its setting's page."""
        return self.figure.first.explore if self.figure else ""


def explorable(
    manifests: Mapping[str, Manifest], settings: Iterable[Mapping[str, Any]]
) -> list[Plan]:
    """Returns every plan of which two pictures exist, those of settings' pages first."""
    pages: dict[str, tuple[Figure, Mapping[str, Any]]] = {}
    for setting in settings:
        for figure in setting["figures"]:
            pages.setdefault(figure.plan, (figure, setting))
    order = [*pages, *(id for id in manifests if id not in pages)]
    plans = [_plan(id, manifests[id], *pages.get(id, (None, None))) for id in order]
    return [plan for plan in plans if plan]


def _plan(
    id: str, manifest: Manifest, figure: Figure | None, page: Mapping[str, Any] | None
) -> Plan | None:
    dims = _dims(manifest)
    # A setting's own axes say more than its prompts, and prompts more than models.
    varied = [dim.name for dim in dims if len(dim.values) > 1]
    varied.sort(key=lambda name: {PROMPT: 1, MODEL: 2}.get(name, 0))
    if not varied:
        return None
    x = figure.axis if figure and figure.axis in varied else varied[0]
    by = figure.by if figure else ""
    rest = [name for name in varied if name != x]
    values = next(dim.values for dim in dims if dim.name == x)
    shown = [written(one.value) for one in figure.first.rows[0].pictures] if figure else []
    ends = [value for value in shown if value in values] or list(values)
    return Plan(
        id=id,
        title=str(manifest.get("title") or id),
        dims=dims,
        x=x,
        y=by if by in rest else next(iter(rest), ""),
        ends=(ends[0], ends[-1]),
        cells={
            tuple(place(cell).get(dim.name, "") for dim in dims): cell for cell in manifest["cells"]
        },
        manifest=manifest,
        figure=figure,
        page=page,
    )


def place(cell: Cell) -> dict[str, str]:
    """Returns where a picture stands among its plan's."""
    return {MODEL: str(cell["settings"][MODEL]), **{k: written(v) for k, v in cell["axes"].items()}}


def _dims(manifest: Manifest) -> tuple[Dim, ...]:
    """Lists what differs: models and prompts first, then the plan's axes; numbers in order."""
    found: dict[str, dict[str, str]] = {MODEL: {}}
    cells = sorted(manifest["cells"], key=lambda c: list(manifest["models"]).index(of(c, MODEL)))
    for cell in cells:
        model = str(cell["settings"][MODEL])
        found[MODEL][model] = model_name(manifest["models"][model])
        for axis, value in cell["axes"].items():
            told = cell["settings"].get(PROMPT, value) if axis == PROMPT else value
            found.setdefault(axis, {})[written(value)] = written(told) or '""'
    dims = []
    for axis, values in found.items():
        numbers = all(_number(value) is not None for value in values)
        order = (
            sorted(values, key=float) if numbers and axis not in (MODEL, PROMPT) else list(values)
        )
        dims.append(Dim(axis, tuple(order), tuple(values[value] for value in order)))
    return tuple(dims)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def plan_json(plan: Plan, known: Known, kit: Kit | None = None) -> str:
    """Writes what the page fetches of a plan: places, addresses, words, the settings of each."""
    models = {id: plan.manifest["models"][id] for id in plan.dim(MODEL).values}
    shared, by = _settings(plan)
    data = {
        "plan": plan.id,
        "title": plan.title,
        "page": {"title": plan.page["title"], "slug": plan.page["slug"]} if plan.page else None,
        "dims": [{"name": d.name, "values": d.values, "texts": d.texts} for d in plan.dims],
        "x": plan.x,
        "y": plan.y,
        "ends": plan.ends,
        "root": f"renders/{plan.id}/",
        "cells": [
            [_at(plan, key), *(cell[one] for one in PRINTED), *([table] if table else [])]
            for key, cell in plan.cells.items()
            for table in (_table_of(cell, kit),)
        ],
        "settings": shared,
        "by": by,
        "live": LIVE,
        "rendered": {id: model_words(model) for id, model in models.items()},
        "commands": {id: command(plan.manifest, [model]) for id, model in models.items()},
        "curves": curves_of(plan.dims, plan.manifest["cells"], known),
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


def _table_of(cell: Cell, kit: Kit | None) -> str:
    """Returns with which scheduler's table the live page draws a picture; nothing if it cannot."""
    settings = cell["settings"]
    if not kit or settings[MODEL] not in kit.manifest["models"] or set(settings) - _DRAWABLE:
        return ""
    whole = fields(settings, kit)
    return str(whole["scheduler"]) if whole else ""


def _at(plan: Plan, key: Sequence[str]) -> list[int]:
    return [dim.values.index(value) for dim, value in zip(plan.dims, key, strict=True)]


def _settings(plan: Plan) -> tuple[dict[str, str], dict[str, dict[str, dict[str, str]]]]:
    """Splits the pictures' settings: those that all share, and those that a dimension decides.

    A plan may give each prompt a seed, and each model its own guidance.
    """
    places = [(place(cell), cell["settings"]) for cell in plan.cells.values()]
    names = [PROMPT, *(dim.name for dim in plan.dims if dim.name != PROMPT)]
    shared: dict[str, str] = {}
    by: dict[str, dict[str, dict[str, str]]] = {}
    for key in dict.fromkeys(key for _, settings in places for key in settings):
        values = {written(settings.get(key)) for _, settings in places}
        if len(values) == 1 and key not in names:
            shared[key] = values.pop()
        elif key == PROMPT or key not in names:
            for name in names:
                pairs = {(at.get(name, ""), written(one.get(key))) for at, one in places}
                if len(pairs) == len({value for value, _ in pairs}):
                    for value, one in sorted(pairs):
                        by.setdefault(name, {}).setdefault(value, {})[key] = one
                    break
    return shared, by


def generate(renders: Path) -> dict[str, str]:
    """Returns the explorer's JSON files of this checkout by uri: one for each plan and curve."""
    catalogue, manifests = recommender.catalogue(), load_manifests(renders)
    known = load_known(catalogue, manifests, renders.parent)
    settings = catalogue["settings"]
    views = [setting_view(setting, settings, manifests) for setting in settings]
    plans = explorable(manifests, (one for _, members in grouped(views) for one in members))
    # Without the runtime the live page draws nothing, and nothing leads there.
    kit = load_kit(collect()) if (renders.parent / "live.md").is_file() else None
    kit = kit if kit and kit.runtime else None
    files = {f"explore/{plan.id}.json": plan_json(plan, known, kit) for plan in plans}
    return {**files, **curve_files(known)}


def page(manifests: Mapping[str, Manifest], settings: Iterable[Mapping[str, Any]]) -> str:
    """Writes the explorer's page: the first plan as a table, and every plan as a figure."""
    plans = explorable(manifests, settings)
    return render("explore", plans=plans, first=_table(plans[0]) if plans else None)


def _table(plan: Plan) -> dict[str, Any]:
    """Returns a plan's first pictures as the rows of a table, and the two at its ends."""
    shown = list(plan.dim(plan.x).values)
    if plan.figure:
        there = {written(one.value) for one in plan.figure.first.rows[0].pictures}
        shown = [value for value in shown if value in there]
    down = plan.dim(plan.y) if plan.y else Dim("", ("",), ("",))
    fixed = {dim.name: dim.values[0] for dim in plan.dims if dim.name not in (plan.x, plan.y)}

    def cell(x: str, y: str) -> Cell | None:
        here = {**fixed, plan.x: x, plan.y: y}
        return plan.cells.get(tuple(here[dim.name] for dim in plan.dims))

    rows = [
        (text, [cell(x, y) for x in shown]) for y, text in zip(down.values, down.texts, strict=True)
    ]
    ends = [(assigned_text(plan.x, end), cell(end, down.values[0])) for end in plan.ends]
    return {
        "plan": plan,
        "columns": [plan.dim(plan.x).texts[plan.dim(plan.x).values.index(x)] for x in shown],
        "rows": rows,
        "fixed": [(key, plan.dim(key).texts[0]) for key in fixed],
        "ends": ends if all(one for _, one in ends) else [],
        "largest": max(max(cell["width"], cell["height"]) for cell in plan.cells.values()),
    }


def assigned_text(key: str, value: str) -> str:
    """Writes a place's value as code would, numbers without quotes."""
    return f"{key} = {value}" if _number(value) is not None else assigned(key, value)
