"""What a picture differs in from another of its plan, measured and drawn, from published files.

Plans that ask for it keep their pictures lossless, so nothing here depends on the run that made
them: the same files give the same figures, and the same maps.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .durable import write_whole
from .images import as_file, decode, drift
from .manifest import map_file
from .plan import Cell, Plan


def measure(plan: Plan, folder: Path, cells: list[Cell]) -> dict[str, dict[str, Any]]:
    """Returns, by cell's id, what is measured of it; writes the maps beside the pictures.

    `mean` and `largest` are grey levels of 255 over all channels; `bytes` is the size of the
    reference picture in the cell's own format and quality, where it names one.
    """
    asked = plan.data.get("difference")
    if asked is None:
        return {}
    by_place = {(cell.model.name, *sorted(cell.axes.items())): cell for cell in cells}
    pixels: dict[str, np.ndarray] = {}
    found = {}
    for cell in cells:
        place = {**cell.axes, **asked["to"]}
        reference = by_place.get((cell.model.name, *sorted(place.items())))
        paths = [folder / f"{one.id}.webp" for one in (cell, reference) if one]
        if len(paths) == 2 and all(path.is_file() for path in paths):
            for path in paths:
                if path.name not in pixels:
                    pixels[path.name] = decode(path.read_bytes())
            here, there = (pixels[path.name] for path in paths)
            found[cell.id] = _compared(cell, here, there, folder, asked.get("times"))
    return found


def _compared(
    cell: Cell, here: np.ndarray, there: np.ndarray, folder: Path, times: int | None
) -> dict[str, Any]:
    """One picture against its reference: the figures, and the map's file where they differ."""
    largest, mean = drift(here, there)
    told: dict[str, Any] = {"mean": round(mean, 3), "largest": largest}
    if kind := cell.settings.get("output_format"):
        told["bytes"] = len(as_file(there, kind, cell.settings.get("output_quality", 90)))
    if largest and times:
        told |= {"map": map_file(cell.id), "times": times}
        content = _map(here, there, times)
        path = folder / told["map"]
        if not path.is_file() or path.read_bytes() != content:
            write_whole(path, content)
    return told


def _map(here: np.ndarray, there: np.ndarray, times: int) -> bytes:
    """The largest difference of a pixel's channels, enlarged; black is no difference."""
    far = np.abs(here.astype(int) - there).max(axis=2) * times
    buffer = io.BytesIO()
    Image.fromarray(far.clip(0, 255).astype(np.uint8)).convert("RGB").save(
        buffer, "WEBP", quality=80, method=6
    )
    return buffer.getvalue()
