"""Measures one sweep: renders it, compares every picture, judges it where a judge is at hand."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import RenderError
from ..pipelines import Studio
from . import metrics
from .pictures import Asked, calls_of, draw, plan_of
from .specs import Spec, catalogue_id
from .summary import summarise

Pictures = list[np.ndarray | str]
TIMED = 3  # the median of so many single pictures


def measure(
    spec: Spec,
    studio: Studio,
    asked: Asked,
    cache: Path,
    *,
    jury: Any = None,
    clip: Any = None,
    learned: Sequence[Any] = (),
) -> tuple[dict[str, Any], dict[float, Pictures]]:
    """The measurement as data (see settings/README.md), and its pictures by value."""
    drawn = draw(spec, studio, asked, spec.values, cache)
    reference, compared = _reference(spec, studio, asked, drawn, cache, learned)
    rows, failed = [], []
    for value in spec.values:
        if all(isinstance(picture, str) for picture in drawn[value]):
            failed.append(str(drawn[value][0]))  # no picture of it, so no row: each names its place
            continue
        row: dict[str, Any] = {"value": value, "calls": calls_of(spec, studio, asked, value)}
        row |= _compared(drawn[value], reference, learned)
        row["hits"] = jury.hits(drawn[value]) if jury else None
        if clip:
            row["clip"] = clip.scores(drawn[value], [p for p in asked.prompts for _ in asked.seeds])
        if excluded := [why for why in drawn[value] if isinstance(why, str)]:
            row["excluded"] = excluded
        rows.append(row)
    if not rows:
        raise RenderError(f"{spec.id}: expected a picture, got none. The first: {failed[0]}")
    last = drawn[rows[-1]["value"]]
    found = {
        **described(spec, studio, asked),
        "metric": metrics.described(
            [p for p in last if not isinstance(p, str)], learned if reference else ()
        ),
        "judge": jury.digest if jury else None,
        **({"clip": clip.digest} if clip else {}),
        "reference": compared,
        "rows": rows,
        **({"failed": failed} if failed else {}),
        "timing": timing(spec, studio, asked) if studio.device == "cpu" else [],
    }
    return {**found, "summary": summarise(found)}, drawn


def described(spec: Spec, studio: Studio, asked: Asked) -> dict[str, Any]:
    """What was measured, on what, and how: everything but the numbers."""
    scheduler = plan_of(spec, studio, asked, spec.values[:1]).cells()[0].recipe["scheduler"]
    identity = studio.model.identity
    return {
        "sweep": spec.sweep,
        "setting": spec.setting,
        "scheduler": spec.scheduler,
        "scheduler_class": scheduler["class"],
        "scheduler_config": scheduler["config"],
        "own": spec.own,
        "model": catalogue_id(studio.model),
        "weights": identity.get("digest") or identity["revision"],
        "environment": studio.environment(),
        "fixed": spec.fixed,
        "prompts": list(asked.prompts),
        "seeds": list(asked.seeds),
    }


def _reference(
    spec: Spec,
    studio: Studio,
    asked: Asked,
    drawn: dict[float, Pictures],
    cache: Path,
    learned: Sequence[Any],
) -> tuple[Pictures | None, dict[str, Any] | None]:
    """The pictures that others are compared with, and how sure these are themselves."""
    if asked.sources:
        sources = [_source(asked, i) for i in range(len(asked.prompts)) for _ in asked.seeds]
        return sources, {"value": "source"}
    if spec.reference is None:
        return None, None
    if spec.reference in drawn:
        return drawn[spec.reference], {"value": spec.reference}
    settled = draw(spec, studio, asked, (spec.reference,), cache)[spec.reference]
    last = spec.values[-1]
    compared = {"value": spec.reference, "against": last}
    moved = _compared(drawn[last], settled, learned)
    compared |= {key: raw for key, raw in moved.items() if key != "ssim"}
    if spec.second_opinion:
        scheduler, own = spec.second_opinion
        other = replace(spec, scheduler=scheduler, own=own)
        opinion = draw(other, studio, asked, (spec.reference,), cache)[spec.reference]
        compared["second_opinion"] = scheduler
        compared["between_schedulers"] = _compared(opinion, settled)["change"]
    return settled, compared


def _source(asked: Asked, place: int) -> np.ndarray:
    from PIL import Image

    with Image.open(asked.folder / asked.sources[place]) as image:
        return np.asarray(image.convert("RGB"))


def _compared(
    pictures: Pictures, reference: Pictures | None, learned: Sequence[Any] = ()
) -> dict[str, list[float | None] | None]:
    """Each metric between every picture and its reference; None where either failed."""
    named = {"change": metrics.flip, "ssim": metrics.ssim, **{one.name: one for one in learned}}
    if reference is None:
        return dict.fromkeys(("change", "ssim"))
    pairs = list(zip(reference, pictures, strict=True))
    whole = [not (isinstance(a, str) or isinstance(b, str)) for a, b in pairs]
    return {
        name: [
            round(metric(a, b), 5) if ok else None for (a, b), ok in zip(pairs, whole, strict=True)
        ]
        for name, metric in named.items()
    }


def timing(spec: Spec, studio: Studio, asked: Asked) -> list[dict[str, Any]]:
    """CPU seconds of single pictures, on all threads, at both ends and the middle of the ladder.

    On a CPU alone: beside a GPU it would be the time that Python takes to hand it work.
    """
    few = sorted({spec.values[0], spec.values[len(spec.values) // 2], min(spec.values[-1], 50)})
    if spec.setting != "num_inference_steps":
        few = [spec.values[len(spec.values) // 2]]
    timed = []
    for value in few:
        plan = plan_of(spec, studio, asked, (value,))
        cell = plan.cells()[0]
        taken = []
        for _ in range(TIMED):
            begun = time.process_time(), time.perf_counter()
            try:
                studio.make(cell, plan)
            except RenderError:
                break
            taken.append((time.process_time() - begun[0], time.perf_counter() - begun[1]))
        if taken:
            cpu, wall = (round(statistics.median(t), 4) for t in zip(*taken, strict=True))
            calls = calls_of(spec, studio, asked, value)
            timed.append({"value": value, "calls": calls, "cpu_seconds": cpu, "seconds": wall})
    return timed
