"""Which files of a folder a run may remove or replace: those that its manifest speaks of, no other.

A folder may hold what is not ours: a reader's photo, pictures of another plan, a manifest.json of
something else. Neither torch nor Pillow is imported here.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from recommender.authoring import visible

from . import provenance
from .durable import PARTIAL
from .errors import RenderError
from .lock import ALONE
from .manifest import FILE, read_cells, valid
from .plan import Plan

_PICTURE = r"(difference-)?[0-9a-f]{16}\.webp"
_SOURCE = r"source-[0-9a-f]{16}\.png"
_NAME = re.compile(f"{_PICTURE}|{_SOURCE}")
_TORN = re.compile(
    rf"(\.({re.escape(FILE)}|{_PICTURE}|{_SOURCE})|{re.escape(ALONE)})\.\d+{re.escape(PARTIAL)}"
)


def named(folder: Path) -> set[str]:
    """The files that a folder's manifest speaks of: made, being made, or being removed.

    Of these only names that a run itself gives: no manifest can point at another file.
    """
    told = _told(folder)
    cells = [cell for cell in _list(told.get("cells")) if isinstance(cell, dict)]
    measured = [one for cell in cells if isinstance(one := cell.get("measured"), dict)]
    sources = told["sources"].values() if isinstance(told.get("sources"), dict) else ()
    names = [
        *(one.get("file") for one in (*cells, *sources) if isinstance(one, dict)),
        *(one.get("map") for one in measured),
        *_list(told.get("unfinished")),
    ]
    return {name for name in names if isinstance(name, str) and _NAME.fullmatch(name)}


def torn(name: str) -> bool:
    """True for what an interrupted write of ours leaves behind."""
    return _TORN.fullmatch(name) is not None


def expect_ours(plan: Plan, folder: Path, replace: bool = False) -> None:
    """Refuses a folder whose files a run of this plan would put an end to.

    A model that the plan was not written for may be another than the one whose pictures lie here
    under its name: `replace` says that those may go.
    """
    other = _loaded(folder / FILE) is not None and not {"plan", "cells"} <= _told(folder).keys()
    if other:
        raise RenderError(
            f"{folder / FILE}: expected a manifest of pictures, got another file of that name. "
            "Choose another folder with --out."
        )
    if any(model.fake is not None for model in plan.models) and (real := _real(folder)):
        raise RenderError(
            f"{folder}: expected no picture of a model where --backend fake renders, got "
            f"{len(real)}. Choose another folder with --out."
        )
    for name, others in () if replace else _namesakes(plan, folder):
        raise RenderError(
            f"{folder}: expected pictures by this model called '{visible(name)}', got {others} by "
            "another of that name, or by this one as it was. Choose another folder with --out, or "
            "let them go with --replace."
        )


def _namesakes(plan: Plan, folder: Path) -> list[tuple[str, int]]:
    """How many whole pictures are by another model called like one that is a guest of the plan."""
    guests = {model.name: model.identity for model in plan.models if not plan.is_host(model)}
    entries = read_cells(folder).values() if guests else ()
    found = Counter(
        name
        for entry in entries
        if (name := entry["settings"].get("model")) in guests
        and (drawn := entry["recipe"].get("model")) != guests[name]
        and not (isinstance(drawn, dict) and drawn.get("backend") == "fake")
        and valid(folder, entry)
    )
    return sorted(found.items())


def _real(folder: Path) -> set[str]:
    """The pictures of a folder that a model drew, by the manifest or by what they say."""
    cells = _list(_told(folder).get("cells"))
    said = [(str(one.get("file")), one) for one in cells if isinstance(one, dict)]
    for path in folder.glob("*.webp"):
        if path.is_file() and (told := provenance.read(path.read_bytes())):
            said.append((path.name, told))
    drawn = [(name, told.get("recipe", {})) for name, told in said]
    return {
        name
        for name, recipe in drawn
        if isinstance(recipe, dict)
        and isinstance(model := recipe.get("model"), dict)
        and model.get("backend") != "fake"
    }


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _told(folder: Path) -> dict[str, Any]:
    told = _loaded(folder / FILE)
    return told if isinstance(told, dict) else {}


def _loaded(path: Path) -> Any:
    """What a JSON file holds; None when there is none, or it is torn."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
