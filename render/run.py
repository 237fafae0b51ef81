"""Renders what is missing or stale, cell after cell, and records each as soon as it is whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from . import manifest
from .errors import RenderError
from .images import encode
from .plan import Cell, Plan


@dataclass
class Summary:
    """What a run did."""

    rendered: int = 0
    reused: int = 0
    failed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"rendered {self.rendered}, reused {self.reused}, failed {len(self.failed)}"


def run(
    plans: list[Plan],
    out: Path,
    *,
    device: str = "auto",
    dtype: str = "auto",
    strict_environment: bool = False,
) -> Summary:
    """Makes every missing or stale picture of the plans under `out`/<plan>/.

    Finished pictures stay whatever happens later. With `strict_environment` a picture made in
    another environment (device, precision, library versions) counts as stale too.
    """
    summary = Summary()
    studios: dict[str, Any] = {}
    for plan in plans:
        cells = plan.cells()
        folder = out / plan.id
        recorded = manifest.read_cells(folder)
        kept = {
            c.id: recorded[c.id]
            for c in cells
            if c.id in recorded and manifest.valid(folder, recorded[c.id])
        }
        if strict_environment and kept:
            here = {m.name: _studio(studios, m, device, dtype).environment() for m in plan.models}
            kept = {
                i: c for i, c in kept.items() if c["environment"] == here[c["settings"]["model"]]
            }
        wanted = [cell for cell in cells if cell.id not in kept]
        summary.reused += len(kept)
        for cell in tqdm(wanted, desc=plan.id, unit="picture", disable=not wanted or None):
            studio = _studio(studios, cell.model, device, dtype)
            try:
                pixels = studio.make(cell, plan)
            except RenderError as error:
                summary.failed.append(f"{plan.id}: {cell.name}: {error}.".replace("..", "."))
                continue
            content = encode(pixels)
            manifest.write_whole(folder / f"{cell.id}.webp", content)
            height, width = pixels.shape[:2]
            kept[cell.id] = manifest.record(cell, content, (width, height), studio.environment())
            manifest.write(folder, plan, kept)
            summary.rendered += 1
        _refresh(folder, plan, recorded, kept)
        _sweep(folder, plan, kept)
    return summary


def _studio(studios: dict[str, Any], model: Any, device: str, dtype: str) -> Any:
    """The loaded model; one at a time, since two large ones may not fit."""
    if model.name not in studios:
        from .pipelines import Studio  # torch and diffusers: only once something must be made

        studios.clear()
        studios[model.name] = Studio(model, device, dtype)
    return studios[model.name]


def _refresh(folder: Path, plan: Plan, recorded: dict[str, Any], kept: dict[str, Any]) -> None:
    """Rewrites the manifest when words or order changed though no picture did."""
    cells: dict[str, Cell] = {cell.id: cell for cell in plan.cells()}
    for i, entry in kept.items():
        cell = cells[i]
        kept[i] = {
            **entry,
            "axes": cell.axes,
            "settings": cell.settings,
            "alt": manifest.alt_text(cell),
        }
    if kept or recorded:
        manifest.write(folder, plan, kept)


def _sweep(folder: Path, plan: Plan, kept: dict[str, Any]) -> None:
    """Removes pictures that no cell of the plan asks for, and what an interrupted write left."""
    files = {entry["file"] for entry in kept.values()}
    files |= {manifest.source_file(content) for content in plan.sources().values()}
    made = (".webp", ".png", ".partial")
    stray = [p for p in folder.glob("*") if p.name not in files and p.suffix in made]
    for path in stray:
        path.unlink()
