"""Reads and writes what a plan's folder of pictures holds. Imports neither torch nor Pillow.

A file is valid only if its bytes hash to what the manifest says, never because it exists.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from . import provenance
from .plan import Cell, Plan, digest


def read_cells(folder: Path) -> dict[str, dict[str, Any]]:
    """The recorded pictures of a folder by id; none when there is no whole manifest."""
    path = folder / "manifest.json"
    if not path.is_file():
        return {}
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return {cell["id"]: cell for cell in cells}
    except (ValueError, KeyError, TypeError):
        # A torn manifest: every picture it named is made again.
        return {}


def valid(folder: Path, cell: dict[str, Any]) -> bool:
    """True when the recorded picture is there, byte for byte, and made by the recipe it stands for.

    An entry alone proves nothing: its file must say by itself which recipe made it.
    """
    path = folder / cell["file"]
    if not path.is_file():
        return False
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != cell["sha256"]:
        return False
    told = provenance.read(content)
    return told is not None and digest(told["recipe"]) == cell["id"]


def record(
    cell: Cell, content: bytes, size: tuple[int, int], environment: dict[str, Any]
) -> dict[str, Any]:
    """The manifest's entry for a finished picture."""
    return {
        "id": cell.id,
        "file": f"{cell.id}.webp",
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "width": size[0],
        "height": size[1],
        "alt": alt_text(cell),
        "axes": cell.axes,
        "settings": cell.settings,
        "recipe": cell.recipe,
        "environment": environment,
    }


def alt_text(cell: Cell) -> str:
    """What a reader who cannot see the picture is told."""
    place = ", ".join(f"{key} {value}" for key, value in cell.axes.items() if key != "prompt")
    return f"{cell.settings['prompt']}: {place} ({cell.model.name})"


def write(folder: Path, plan: Plan, cells: dict[str, dict[str, Any]]) -> None:
    """Writes the manifest with these pictures in the plan's order."""
    ordered = [cells[cell.id] for cell in plan.cells() if cell.id in cells]
    models = {
        model.name: {
            **model.identity,
            "parameters_m": model.parameters_m,
            "resolution": model.trained_size,
        }
        for model in plan.models
    }
    sources = {name: _publish(folder, source) for name, source in plan.sources().items()}
    content = {
        "plan": plan.id,
        "title": plan.title,
        "transfers": plan.data["transfers"],
        "models": models,
        "sources": sources,
        "cells": ordered,
    }
    text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=False) + "\n"
    write_whole(folder / "manifest.json", text.encode())


def source_file(content: bytes) -> str:
    """The name under which a source picture is published beside the renders that start from it."""
    return f"source-{hashlib.sha256(content).hexdigest()[:16]}.png"


def _publish(folder: Path, content: bytes) -> dict[str, Any]:
    path = folder / source_file(content)
    if not path.is_file() or path.read_bytes() != content:
        write_whole(path, content)
    width, height = (int.from_bytes(content[i : i + 4], "big") for i in (16, 20))  # IHDR
    return {"file": path.name, "width": width, "height": height}


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all: temporary name beside it, fsync, rename, fsync."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
