"""Finds what a new rendering changed, and how far each picture is from what it was.

Pillow is imported only once there is something to compare.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import RenderError


@dataclass(frozen=True)
class Pair:
    """A place in a plan, and its picture before and after; either may be missing."""

    plan: str
    name: str
    before: Path | None
    after: Path | None
    flip: float = 0.0
    largest: int = 0

    @property
    def kind(self) -> str:
        if self.before is None or self.after is None:
            return "new" if self.before is None else "gone"
        return "changed" if self.largest else "the same"


def compare(before: Path, after: Path) -> list[Pair]:
    """Returns every picture of two folders of renders, the greatest ꟻLIP distance first.

    Pictures are paired by plan, model and place on the axes: a new recipe gives another file name.
    """
    for folder in (before, after):
        if not folder.is_dir():
            raise RenderError(f"{folder}: expected a folder of renders, got none.")
    old, new = dict(_pictures(before)), dict(_pictures(after))
    pairs = [_pair(place, old.get(place), new.get(place)) for place in {**new, **old}]
    return sorted(pairs, key=lambda pair: (-pair.flip, -pair.largest, pair.plan, pair.name))


def _pictures(folder: Path) -> Iterator[tuple[tuple[str, str], Path]]:
    """Yields (plan, place) and the picture's path, as the manifests record them."""
    for path in sorted(folder.glob("*/manifest.json")):
        try:
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
                axes = ", ".join(f"{key} {value}" for key, value in cell["axes"].items())
                file = path.parent / Path(cell["file"]).name
                yield (path.parent.name, f"{cell['settings']['model']}: {axes}"), file
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RenderError(f"{path}: expected a manifest of renders, got: {error!r}") from None


def _pair(place: tuple[str, str], before: Path | None, after: Path | None) -> Pair:
    if before is None or after is None or before.read_bytes() == after.read_bytes():
        return Pair(*place, before, after)
    from ..images import drift
    from ..sweeps.metrics import flip

    a, b = (pixels(path) for path in (before, after))
    if a.shape != b.shape:
        return Pair(*place, before, after, 1.0, 255)
    largest, _ = drift(a, b)
    return Pair(*place, before, after, flip(a, b) if largest else 0.0, largest)


def pixels(path: Path) -> Any:
    """A picture's uint8 pixels [height, width, 3]."""
    from ..images import decode

    try:
        return decode(path.read_bytes())
    except OSError:
        raise RenderError(f"{path}: expected a picture, got something else.") from None
