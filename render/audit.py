"""Re-renders published pictures into a scratch folder and reports how far they drift.

Other hardware, another thread count or library release changes the last bits of a picture. How much
is a measurement, printed here by what differs; it is never a reason to fail.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import manifest
from .counters import Counters
from .durable import write_whole
from .errors import RenderError, of_cell
from .images import decode, drift
from .plan import Plan
from .provenance import allowed
from .run import Studios

SAME = "same environment"


@dataclass(frozen=True)
class Drift:
    """One re-rendered picture: differences in grey levels of 255, after the same encoding."""

    plan: str
    cell: str
    largest: int
    mean: float
    environment: str  # what differs from the published picture's

    def __str__(self) -> str:
        drift = f"largest {self.largest}/255, mean {self.mean:.3f}/255"
        return f"{self.plan}: {self.cell}: {drift} ({self.environment})"


def audit(
    plans: list[Plan], out: Path, scratch: Path, count: int, seed: int, device: str = "auto"
) -> Iterator[Drift | str]:
    """Re-makes `count` random published cells under `scratch`, each model's as one batch.

    Yields each one's drift, or a line about why it cannot be made any more.
    """
    published = [
        (plan, cell, entry)
        for plan in plans
        for recorded in [manifest.read_cells(out / plan.id)]
        for cell in plan.cells()
        if (entry := recorded.get(cell.id)) and manifest.valid(out / plan.id, entry)
    ]
    if not published:
        raise RenderError(
            f"{out}: expected a published picture of {', '.join(plan.id for plan in plans)}, got "
            "none. Render them first, or name their folder with --out."
        )
    chosen = random.Random(seed).sample(published, min(count, len(published)))
    for (plan, cell, entry), outcome in Studios(device, "auto", None, Counters()).make_all(chosen):
        if isinstance(outcome, Exception):
            yield of_cell(plan.id, cell.name, outcome)
            continue
        if isinstance(outcome, BaseException):
            raise outcome
        content, _, here = outcome
        write_whole(scratch / plan.id / entry["file"], content)
        before = decode((out / plan.id / entry["file"]).read_bytes())
        largest, mean = drift(before, decode(content))
        yield Drift(plan.id, cell.name, largest, mean, _moved(allowed(entry["environment"]), here))


def _moved(published: dict[str, Any], here: dict[str, Any]) -> str:
    keys = [key for key in {**published, **here} if published.get(key) != here.get(key)]
    told = [
        f"{key} {published.get(key, 'unknown')}, here {here.get(key, 'unknown')}" for key in keys
    ]
    return "; ".join(told) or SAME


def by_environment(drifts: Iterable[Drift]) -> Iterator[str]:
    """One line for each way in which the environments differ, the commonest first."""
    groups: dict[str, list[Drift]] = {}
    for found in drifts:
        groups.setdefault(found.environment, []).append(found)
    for environment, group in sorted(groups.items(), key=lambda item: -len(item[1])):
        equal = sum(one.largest == 0 for one in group)
        mean = sum(one.mean for one in group) / len(group)
        yield (
            f"{environment}: {len(group)} pictures, {equal} equal to the last bit, "
            f"largest difference {max(one.largest for one in group)}/255, mean {mean:.3f}/255"
        )


def command(plans: list[Plan], published: Path, n: int, seed: int, device: str) -> int:
    """Prints the drift of each picture, and of all by what differs in their environments.

    Exit status 1 when a picture cannot be made again.
    """
    drifts: list[Drift] = []
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="sweetspot-audit-") as scratch:
        for found in audit(plans, published, Path(scratch), n, seed, device):
            if isinstance(found, str):
                failed.append(found)
            else:
                print(found)
                drifts.append(found)
    for line in by_environment(drifts):
        print(line)
    for line in failed:
        print(line, file=sys.stderr)
    return 1 if failed else 0
