"""Builds the rows of a figure: captioned pictures that differ in one setting, from a manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markup import figure as written


@dataclass(frozen=True)
class Picture:
    """One rendered cell as a page shows it."""

    value: Any
    caption: str
    src: str
    width: int
    height: int
    alt: str
    note: str = ""


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
    by: Any = None
    label: str = ""
    scheduler: str = ""
    maps: tuple[Picture, ...] = ()
    columns: int = 0
    place: Mapping[str, Any] = field(default_factory=dict)

    @property
    def widest(self) -> int:
        """The width of the widest picture; narrower ones are shown to scale beside it."""
        return max(stop.width for stop in self.stops)


def grouped(
    cells: Sequence[Mapping[str, Any]], show: Mapping[str, Any], where: Mapping[str, Any]
) -> list[list[Mapping[str, Any]]]:
    """Splits cells into lists that agree in everything but the axis.

    One list per model, prompt and, where a figure is a grid, value down its side.
    """
    axis, by = show["axis"], show.get("by")
    down = show.get("by_values") or []
    groups: dict[tuple[str, ...], dict[str, list[Mapping[str, Any]]]] = {}
    for cell in cells:
        if axis not in cell["axes"] or any(of(cell, key) != want for key, want in where.items()):
            continue
        if by and of(cell, by) not in down:
            continue
        who = (*(str(of(cell, key)) for key in ("model", "prompt")), str(by and of(cell, by)))
        fixed = {key: value for key, value in cell["axes"].items() if key not in (axis, by)}
        rest = json.dumps(fixed, sort_keys=True)
        groups.setdefault(who, {}).setdefault(rest, []).append(cell)
    # Where further axes vary, the plan's first combination stands for the rest.
    return [next(iter(by_rest.values())) for by_rest in groups.values()]


def of(cell: Mapping[str, Any], key: str) -> Any:
    """Looks a setting of a cell up: its place in the plan first, then its full settings."""
    return cell["axes"].get(key, cell["settings"].get(key))


def row(
    plan: str,
    manifest: Mapping[str, Any],
    cells: Sequence[Mapping[str, Any]],
    show: Mapping[str, Any],
) -> Row:
    """Builds one row: the pictures at the values shown, and all stops for a slider."""
    axis, by = show["axis"], show.get("by")
    stops = [_picture(plan, cell, axis) for cell in cells]
    if by:  # the row says the axis once
        stops = [replace(stop, caption=written(stop.value)) for stop in stops]
    # By equality: a plan writes 7.0 where a page's author writes 7.
    shown = [stop for value in show["values"] for stop in stops if stop.value == value]
    maps = [found for cell in cells if (found := _map(plan, cell, axis))]
    settings = cells[0]["settings"]
    model = str(settings["model"])
    return Row(
        model=model,
        model_name=name(manifest["models"][model]),
        prompt=str(settings.get("prompt", "")),
        seed=None if axis == "seed" else settings.get("seed"),
        source=_source(plan, manifest, settings),
        pictures=tuple(shown),
        stops=tuple(stops),
        by=of(cells[0], by) if by else None,
        label=assigned(by, of(cells[0], by)) if by else "",
        scheduler=_scheduler(cells),
        maps=tuple(one for value in show["values"] for one in maps if one.value == value),
        columns=len(show["values"]),
        place={"model": model, **{key: v for key, v in cells[0]["axes"].items() if key != axis}},
    )


def _scheduler(cells: Sequence[Mapping[str, Any]]) -> str:
    """Names the class that drew a row; nothing where it varies, or where only its model knows."""
    recipes = [cell["recipe"].get("scheduler") or {} for cell in cells]
    found = {str(recipe.get("class") or "") for recipe in recipes}
    return found.pop() if len(found) == 1 else ""


def assigned(key: str, value: Any) -> str:
    """Writes a setting and its value as code would: scheduler = "euler"."""
    return f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {written(value)}"


def _picture(plan: str, cell: Mapping[str, Any], axis: str) -> Picture:
    value = cell["axes"][axis]
    return Picture(
        value=value,
        caption=assigned(axis, value),
        src=f"renders/{plan}/{cell['file']}",
        width=cell["width"],
        height=cell["height"],
        alt=cell["alt"],
        note=_note(cell.get("measured") or {}),
    )


def _note(measured: Mapping[str, Any]) -> str:
    """Says what was measured of a picture: its file's size, and how far it is from another."""
    words = [f"{measured['bytes'] / 1000:.1f} kB"] if measured.get("bytes") else []
    if measured.get("largest"):
        words.append(f"mean change {measured['mean']:.2f}")
    elif measured:
        words.append("no change")
    return ", ".join(words)


def _map(plan: str, cell: Mapping[str, Any], axis: str) -> Picture | None:
    """Returns where a picture differs from the one that it is measured against, enlarged."""
    measured = cell.get("measured") or {}
    if not measured.get("map"):
        return None
    value = cell["axes"][axis]
    return Picture(
        value=value,
        caption=assigned(axis, value),
        src=f"renders/{plan}/{measured['map']}",
        width=cell["width"],
        height=cell["height"],
        alt=f"Where the picture at {assigned(axis, value)} differs, {measured['times']} times "
        "enlarged",
    )


def _source(plan: str, manifest: Mapping[str, Any], settings: Mapping[str, Any]) -> Picture | None:
    """Returns the picture that image-to-image started from."""
    file = settings.get("source_image")
    kept = manifest.get("sources", {}).get(file)
    if kept is None:
        return None
    return Picture(
        value=file,
        caption="the source picture",
        src=f"renders/{plan}/{kept['file']}",
        width=kept["width"],
        height=kept["height"],
        alt="The picture that all others in this row start from",
    )


def name(model: Mapping[str, Any]) -> str:
    """Names a model: a folder's name, or the repository of one from a hub."""
    return str(model.get("name") or model["repo"])
