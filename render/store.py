"""A plan's folder while a run works on it: what is there, what is wanted, what has been made."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import manifest
from .durable import PARTIAL, free_bytes, write_whole
from .errors import DiskError
from .plan import Cell, Plan

# Seconds between two manifests while pictures are made. Nothing is lost in between: a picture that
# no manifest names is found by what it says itself.
PAUSE = 1.0
_MADE = (".webp", ".png", PARTIAL)


@dataclass
class Folder:
    """Entries by id in `kept`; cells without a whole picture in `wanted`."""

    plan: Plan
    path: Path
    cells: list[Cell]
    kept: dict[str, Any]
    wanted: list[Cell]
    _written: float = float("-inf")

    def keep(self, cell: Cell, content: bytes, environment: dict[str, Any]) -> None:
        """Writes a finished picture, and then, now and then, the manifest."""
        write_whole(self.path / manifest.picture_file(cell.id), content)
        self.kept[cell.id] = manifest.record(cell, content, environment)
        if time.monotonic() - self._written >= PAUSE:
            self.index()

    def index(self) -> None:
        """Writes the manifest, in the plan's order and words."""
        entries = [
            {**self.kept[cell.id], **manifest.words(cell)}
            for cell in self.cells
            if cell.id in self.kept
        ]
        if entries or (self.path / manifest.FILE).is_file():
            manifest.write(self.path, self.plan, entries)
        self._written = time.monotonic()

    def sweep(self) -> None:
        """Removes pictures that no cell asks for, and what an interrupted write left."""
        files = {entry["file"] for entry in self.kept.values()}
        files |= {manifest.source_file(content) for content in self.plan.sources().values()}
        for path in self.path.glob("*"):
            if path.name not in files and path.suffix in _MADE:
                path.unlink(missing_ok=True)


def look(plan: Plan, path: Path) -> Folder:
    """Reads every picture of the folder; a manifest that cannot be read is said, once."""
    cells = plan.cells()
    kept = {cell.id: entry for cell in cells if (entry := manifest.find(path, cell))}
    named = manifest.read_cells(path)
    if kept and not named:
        print(
            f"{path / manifest.FILE}: missing or damaged; rebuilt from what {len(kept)} pictures "
            "say of themselves.",
            file=sys.stderr,
        )
    wanted = {cell.id: cell for cell in cells if cell.id not in kept}
    return Folder(plan, path, cells, kept, list(wanted.values()))


def expect_room(folders: list[Folder]) -> None:
    """Refuses, before anything is loaded, what would surely fill the disk."""
    for folder in folders:
        sizes = [entry["bytes"] for entry in folder.kept.values()]
        # Where there is none yet: what a picture says of itself alone takes about this much.
        usual = sum(sizes) / len(sizes) if sizes else 1000
        needed = int(len(folder.wanted) * usual)
        free = free_bytes(folder.path)
        if needed > free:
            raise DiskError(
                f"{folder.path}: expected room for {len(folder.wanted)} pictures, about "
                f"{needed:,} bytes, got {free:,} free. Free some or choose a folder with --out."
            )
