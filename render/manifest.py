"""Reads and writes what a plan's folder of pictures holds. Imports neither torch nor Pillow.

A picture is valid only if its bytes hash to what it says itself, never because it exists.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from . import provenance
from .durable import write_whole
from .models import name_of
from .plan import Cell, Plan, digest

FILE = "manifest.json"


def read_cells(folder: Path) -> dict[str, dict[str, Any]]:
    """The recorded pictures of a folder by id; none when there is no whole manifest."""
    path = folder / FILE
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return {cell["id"]: cell for cell in cells if _is_entry(cell)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _is_entry(cell: Any) -> bool:
    """True for what has the form of an entry; what else a damaged manifest holds says nothing."""
    forms = {"id": str, "file": str, "sha256": str, "settings": dict, "recipe": dict}
    return isinstance(cell, dict) and all(isinstance(cell.get(k), f) for k, f in forms.items())


def read_models(folder: Path) -> dict[str, dict[str, Any]]:
    """What a folder's manifest says of the models that drew its pictures."""
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))["models"]
        return {str(name): dict(told) for name, told in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def is_guest(plan: Plan, entry: dict[str, Any]) -> bool:
    """True for a picture by a model that is not of this run: it stays beside the run's own."""
    return entry["settings"].get("model") not in {model.name for model in plan.models}


def of_another_model(plan: Plan, path: Path) -> bool:
    """True for a whole picture that says itself that another model drew it."""
    told = provenance.read(_content(path))
    drawn = (told or {}).get("recipe", {}).get("model")
    if not isinstance(drawn, dict):
        return False
    return (drawn.get("name") or drawn.get("repo")) not in {model.name for model in plan.models}


def valid(folder: Path, cell: dict[str, Any]) -> bool:
    """True when the recorded picture is there, byte for byte, and made by the recipe it stands for.

    An entry alone proves nothing: its file must say by itself which recipe made it.
    """
    if cell["file"] != picture_file(cell["id"]):
        return False
    content = _content(folder / cell["file"])
    told = provenance.read(content)
    digested = hashlib.sha256(content).hexdigest() == cell["sha256"]
    return digested and told is not None and digest(told["recipe"]) == cell["id"]


def find(folder: Path, cell: Cell) -> dict[str, Any] | None:
    """The entry of a cell, from its picture alone; None when that is missing or not whole.

    So a manifest can be torn or lost: the pictures are the record, and it is their index.
    """
    content = _content(folder / picture_file(cell.id))
    told = provenance.read(content)
    if told is None or digest(told["recipe"]) != cell.id:
        return None
    return record(cell, content, told["environment"])


def picture_file(id: str) -> str:
    return f"{id}.webp"


def map_file(id: str) -> str:
    """Where the map of a picture's differences from another lies."""
    return f"difference-{id}.webp"


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # missing, or unreadable, which is as good as missing


def record(cell: Cell, content: bytes, environment: dict[str, Any]) -> dict[str, Any]:
    """The manifest's entry for a finished picture."""
    width, height = provenance.size(content)
    return {
        "id": cell.id,
        "file": picture_file(cell.id),
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "width": width,
        "height": height,
        **words(cell),
        "recipe": cell.recipe,
        "environment": environment,
    }


def words(cell: Cell) -> dict[str, Any]:
    """What the plan alone says of a picture; it may change though no picture does."""
    return {"alt": alt_text(cell), "axes": cell.axes, "settings": cell.settings}


def alt_text(cell: Cell) -> str:
    """What a reader who cannot see the picture is told."""
    place = ", ".join(f"{key} {value}" for key, value in cell.axes.items() if key != "prompt")
    return f"{cell.settings['prompt']}: {place} ({cell.model.name})"


def write(
    folder: Path, plan: Plan, entries: list[dict[str, Any]], unfinished: Iterable[str] = ()
) -> None:
    """Writes the manifest with these pictures, unless it says just that already.

    The models that the plan names come first, whichever of them this run renders. `unfinished`
    are files that a run is about to make or to remove: whatever is left of it when it is killed
    is known by them, also once the plan asks for other pictures.
    """
    drawn = {str(entry["settings"].get("model")) for entry in entries}
    models = {name: told for name, told in read_models(folder).items() if name in drawn}
    models |= {model.name: _told(plan, model) for model in plan.models}
    hosts = {name: place for place, name in enumerate(map(name_of, plan.data["models"]))}
    place = {name: hosts.get(name, len(hosts)) for name in models}
    sources = {name: _publish(folder, source) for name, source in plan.sources().items()}
    content = {
        "plan": plan.id,
        "title": plan.title,
        "transfers": plan.data["transfers"],
        **({"difference": plan.data["difference"]} if "difference" in plan.data else {}),
        "models": dict(sorted(models.items(), key=lambda item: place[item[0]])),
        "sources": sources,
        "cells": sorted(entries, key=lambda e: place.get(e["settings"].get("model"), 0)),
    }
    if left := sorted(unfinished):
        content["unfinished"] = left
    text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=False) + "\n"
    if _content(folder / FILE) != text.encode():
        write_whole(folder / FILE, text.encode())


def _told(plan: Plan, model: Any) -> dict[str, Any]:
    return {
        **model.identity,
        "parameters_m": model.parameters_m,
        "resolution": model.trained_size,
        **({"prompts": plan.prompts} if plan.prompts else {}),
    }


def source_file(content: bytes) -> str:
    """The name under which a source picture is published beside the renders that start from it."""
    return f"source-{hashlib.sha256(content).hexdigest()[:16]}.png"


def _publish(folder: Path, content: bytes) -> dict[str, Any]:
    path = folder / source_file(content)
    if not path.is_file() or path.read_bytes() != content:
        write_whole(path, content)
    width, height = (int.from_bytes(content[i : i + 4], "big") for i in (16, 20))  # IHDR
    return {"file": path.name, "width": width, "height": height}
