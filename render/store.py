"""A plan's folder while a run works on it: what is there, what is wanted, what has been made."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import manifest, ours
from .durable import free_bytes, write_whole
from .errors import DiskError
from .plan import Cell, Plan

# Seconds between two manifests while pictures are made. Nothing is lost in between: a picture that
# no manifest names is found by what it says itself.
PAUSE = 1.0


@dataclass
class Folder:
    """Entries by id in `kept`; cells without a whole picture in `wanted`."""

    plan: Plan
    path: Path
    cells: list[Cell]
    kept: dict[str, Any]
    wanted: list[Cell]
    guests: list[Any] = field(default_factory=list)  # entries of models that this run leaves alone
    named: set[str] = field(default_factory=set)  # files of this run and of the manifest before it
    measured: dict[str, Any] = field(default_factory=dict)
    _written: float = float("-inf")

    def keep(self, cell: Cell, content: bytes, environment: dict[str, Any]) -> None:
        """Writes a finished picture, and then, now and then, the manifest."""
        write_whole(self.path / manifest.picture_file(cell.id), content)
        self.kept[cell.id] = manifest.record(cell, content, environment)
        if time.monotonic() - self._written >= PAUSE:
            self.pause()

    def pause(self) -> None:
        """Writes the manifest of a run that is not at its end: it names what may be left of it."""
        self._index(self._open())

    def _index(self, unfinished: Iterable[str] = ()) -> None:
        """Writes the manifest, in the plan's order and words."""
        entries = [
            {**self.kept[cell.id], **manifest.words(cell), **self._measured(cell)}
            for cell in self.cells
            if cell.id in self.kept
        ]
        entries += self.guests
        if entries or (self.path / manifest.FILE).is_file():
            manifest.write(self.path, self.plan, entries, unfinished)
        self._written = time.monotonic()

    def finish(self) -> int:
        """Measures, removes what no cell asks for any more, and counts what it removed.

        Files go only once the manifest on the disk calls them unfinished.
        """
        self._measure()
        doomed = self._doomed()
        if doomed:
            self._index({path.name for path in doomed})
        for path in doomed:
            path.unlink(missing_ok=True)
        self._index()
        return sum(not ours.torn(path.name) for path in doomed)

    def _measure(self) -> None:
        """Compares the finished pictures, where the plan asks for it."""
        if "difference" in self.plan.data:
            from .differences import measure

            whole = [cell for cell in self.cells if cell.id in self.kept]
            self.measured = measure(self.plan, self.path, whole)

    def _measured(self, cell: Cell) -> dict[str, Any]:
        return {"measured": self.measured[cell.id]} if cell.id in self.measured else {}

    def _wanted_now(self) -> set[str]:
        """Files that belong to the finished folder."""
        files = {entry["file"] for entry in (*self.kept.values(), *self.guests)}
        files |= {e["measured"]["map"] for e in self.guests if "map" in e.get("measured", {})}
        files |= {manifest.source_file(content) for content in self.plan.sources().values()}
        return files | {told["map"] for told in self.measured.values() if "map" in told}

    def _open(self) -> set[str]:
        """Files that this run makes or may have to remove."""
        return self.named - self._wanted_now()

    def _doomed(self) -> list[Path]:
        """Pictures that no cell asks for, and what an interrupted write left.

        Whatever a manifest of this folder has never named stays: it is not ours to remove. So does
        a whole picture by a model that this run does not render.
        """
        left = self._open()
        return [
            path
            for path in sorted(self.path.glob("*"))
            if ours.torn(path.name)
            or (path.name in left and not manifest.of_another_model(self.plan, path))
        ]


def look(plan: Plan, path: Path, replace: bool = False) -> Folder:
    """Reads every picture of the folder; a manifest that cannot be read is said, once."""
    ours.expect_ours(plan, path, replace)
    cells = plan.cells()
    kept = {cell.id: entry for cell in cells if (entry := manifest.find(path, cell))}
    before = manifest.read_cells(path)
    if kept and not before:
        print(
            f"{path / manifest.FILE}: missing or damaged; rebuilt from what {len(kept)} pictures "
            "say of themselves.",
            file=sys.stderr,
        )
    wanted = {cell.id: cell for cell in cells if cell.id not in kept}
    guests = [e for e in before.values() if manifest.is_guest(plan, e) and manifest.valid(path, e)]
    named = ours.named(path) | {manifest.picture_file(cell.id) for cell in cells}
    if "difference" in plan.data:
        named |= {manifest.map_file(cell.id) for cell in cells}
    return Folder(plan, path, cells, kept, list(wanted.values()), guests, named)


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
