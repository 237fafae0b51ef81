"""Compares pictures that no ladder compares: two large step counts, and drafts with final pictures.

A sampler that never settles has no converged picture to be measured against; whether it settles
is seen between two large counts. A draft keeps a composition if it is nearer to its own final
picture than to the final picture of another seed of the same prompt.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import RenderError
from ..pipelines import Studio
from . import metrics
from .pictures import Asked, draw
from .specs import MOST_STEPS, SCHEDULERS, own_scheduler, steps
from .summary import SETTLED

DRAFTS, FINAL = (4, 8), 25
LARGE = (50, 100)
Pictures = list[np.ndarray | str]


def measure(studio: Studio, asked: Asked, schedulers: list[str], cache: Path) -> dict[str, Any]:
    """Raw ꟻLIP of both comparisons, in order of pictures; None where one of the two failed."""
    if len(asked.seeds) < 2:
        raise RenderError("--seeds: expected 2 or more, got 1. A draft is compared across seeds.")
    wanted = schedulers or [s for s in SCHEDULERS if MOST_STEPS.get(s, LARGE[1]) >= LARGE[1]]
    package = f"flip-evaluator {version('flip-evaluator')}"
    own, identity = own_scheduler(studio.model), studio.model.identity
    ladders = {scheduler: steps(studio.model, scheduler, scheduler == own) for scheduler in wanted}
    counts = tuple(dict.fromkeys((*DRAFTS, FINAL, *LARGE)))
    settling, drafts = [], []
    for spec in ladders.values():
        drawn = draw(spec, studio, asked, counts, cache)
        settling.append(settled_by(spec.scheduler, drawn))
        drafts += drafts_of(spec.scheduler, drawn, len(asked.seeds))
    return {
        "sweep": "pairs",
        "model": studio.model.name,
        "weights": identity.get("digest") or identity["revision"],
        "environment": studio.environment(),
        "fixed": ladders[wanted[0]].fixed,
        "prompts": list(asked.prompts),
        "seeds": list(asked.seeds),
        "metric": {"change": metrics.NAME, "package": package},
        "settled": SETTLED,
        "settling": settling,
        "drafts": drafts,
    }


def settled_by(scheduler: str, drawn: dict[float, Pictures]) -> dict[str, Any]:
    """How far each picture still moves between the two large counts."""
    start, end = LARGE
    moved = distances(drawn[start], drawn[end])
    return {"scheduler": scheduler, "from": start, "to": end, "change": moved}


def drafts_of(scheduler: str, drawn: dict[float, Pictures], seeds: int) -> list[dict[str, Any]]:
    """How far each draft lies from its own final picture, and from another seed's."""
    others = of_next_seed(drawn[FINAL], seeds)
    return [
        {
            "scheduler": scheduler,
            "draft": draft,
            "final": FINAL,
            "own": distances(drawn[draft], drawn[FINAL]),
            "other_seed": distances(drawn[draft], others),
        }
        for draft in DRAFTS
    ]


def distances(some: Pictures, others: Pictures) -> list[float | None]:
    """ꟻLIP of each pair; None where a picture could not be made."""
    return [
        None if isinstance(a, str) or isinstance(b, str) else round(metrics.flip(a, b), 5)
        for a, b in zip(some, others, strict=True)
    ]


def of_next_seed(pictures: Pictures, seeds: int) -> Pictures:
    """For every picture, that of the prompt's next seed; after the last comes the first."""
    rows = [pictures[i : i + seeds] for i in range(0, len(pictures), seeds)]
    return [picture for row in rows for picture in [*row[1:], row[0]]]


def lines(found: dict[str, Any]) -> Iterator[str]:
    """Both comparisons for a terminal: means over pictures."""
    for row in found["settling"]:
        moved = _mean(row["change"])
        yield f"{row['scheduler']:<18} {row['from']} to {row['to']} steps: {moved:.3f}"
    for row in found["drafts"]:
        near, far = _mean(row["own"]), _mean(row["other_seed"])
        where = f"{row['scheduler']:<18} {row['draft']} steps for {row['final']}"
        yield f"{where}: {near:.3f} from its own, {far:.3f} from another seed's"


def _mean(numbers: list[float | None]) -> float:
    return float(np.mean([number for number in numbers if number is not None]))
