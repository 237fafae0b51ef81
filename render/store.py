"""A plan's folder while a run works on it: what is there, what is wanted, what has been made."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
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
    guests: list[Any] = field(default_factory=list)  # entries of models that this run leaves alone
    measured: dict[str, Any] = field(default_factory=dict)
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
            {**self.kept[cell.id], **manifest.words(cell), **self._measured(cell)}
            for cell in self.cells
            if cell.id in self.kept
        ]
        entries += self.guests
        if entries or (self.path / manifest.FILE).is_file():
            manifest.write(self.path, self.plan, entries)
        self._written = time.monotonic()

    def measure(self) -> None:
        """Compares the finished pictures, where the plan asks for it."""
        if "difference" in self.plan.data:
            from .differences import measure

            whole = [cell for cell in self.cells if cell.id in self.kept]
            self.measured = measure(self.plan, self.path, whole)

    def _measured(self, cell: Cell) -> dict[str, Any]:
        return {"measured": self.measured[cell.id]} if cell.id in self.measured else {}

    def sweep(self) -> None:
        """Removes pictures that no cell asks for, and what an interrupted write left.

        A whole picture by a model that this run does not render is not its to remove.
        """
        files = {entry["file"] for entry in (*self.kept.values(), *self.guests)}
        files |= {e["measured"]["map"] for e in self.guests if "map" in e.get("measured", {})}
        files |= {manifest.source_file(content) for content in self.plan.sources().values()}
        files |= {told["map"] for told in self.measured.values() if "map" in told}
        for path in self.path.glob("*"):
            stray = path.name not in files and path.suffix in _MADE
            if stray and not manifest.of_another_model(self.plan, path):
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
    guests = [e for e in named.values() if manifest.is_guest(plan, e) and manifest.valid(path, e)]
    return Folder(plan, path, cells, kept, list(wanted.values()), guests)


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
