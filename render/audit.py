"""Re-renders published pictures into a scratch folder and reports how far they drift.

Other hardware, another thread count or library release changes the last bits of a picture. How much
is a measurement, printed here; it is never a reason to fail.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import manifest
from .durable import write_whole
from .images import decode, drift, encode
from .pipelines import Studio
from .plan import Plan
from .provenance import allowed


@dataclass(frozen=True)
class Drift:
    """One re-rendered picture: differences in grey levels of 255, after the same WebP encoding."""

    plan: str
    cell: str
    largest: int
    mean: float
    same_environment: bool

    def __str__(self) -> str:
        here = "same environment" if self.same_environment else "another environment"
        drift = f"largest {self.largest}/255, mean {self.mean:.3f}/255"
        return f"{self.plan}: {self.cell}: {drift} ({here})"


def audit(
    plans: list[Plan], out: Path, scratch: Path, count: int, seed: int, device: str = "auto"
) -> Iterator[Drift]:
    """Re-makes `count` random published cells under `scratch` and yields each one's drift."""
    published = [
        (plan, cell, entry)
        for plan in plans
        for recorded in [manifest.read_cells(out / plan.id)]
        for cell in plan.cells()
        if (entry := recorded.get(cell.id)) and manifest.valid(out / plan.id, entry)
    ]
    chosen = random.Random(seed).sample(published, min(count, len(published)))
    studios: dict[str, Any] = {}
    for plan, cell, entry in sorted(chosen, key=lambda item: item[1].model.name):
        studio = studios.get(cell.model.name) or studios.setdefault(
            cell.model.name, Studio(cell.model, device)
        )
        content = encode(studio.make(cell, plan))
        write_whole(scratch / plan.id / entry["file"], content)
        before = decode((out / plan.id / entry["file"]).read_bytes())
        largest, mean = drift(before, decode(content))
        yield Drift(
            plan.id, cell.name, largest, mean, entry["environment"] == allowed(studio.environment())
        )
