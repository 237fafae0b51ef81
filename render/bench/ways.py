"""The same cells made three ways in one process, and the ratios of what they took.

The ways take turns (A B C A B C), so that a machine that is busy for a while slows all three; what
is reported is the median of the rounds' ratios. On a CPU the time is the process's own, on a GPU
it is the clock's.
"""

from __future__ import annotations

import copy
import math
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..counters import Counters
from ..images import drift
from .beyond import worst

MATES = 3  # one picture of so many is made once more without the others


def compare(
    pipe: Any,
    jobs: list[dict[str, Any]],
    width: int,
    rounds: int,
    clock: Callable[[], float] = time.process_time,
    mates: bool = True,
) -> dict[str, Any]:
    """Makes the jobs naively, batched and through the engine, in turns; medians and differences.

    With `mates` also how many pictures of two ways are others when other pictures are missing.
    """
    from ..engine import Engine
    from .batched import batched
    from .naive import naive

    counters = Counters()
    ways: dict[str, Callable[[Any, Path], list[Any]]] = {
        "naive": lambda jobs, folder: naive(pipe, jobs, folder),
        "batched": lambda jobs, folder: batched(pipe, jobs, folder, width),
        "engine": lambda jobs, folder: through_engine(
            pipe, jobs, folder, width, Engine(width, counters)
        ),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    pictures: dict[str, list[Any]] = {}
    for name in [*ways] * rounds:
        with tempfile.TemporaryDirectory(prefix="sweetspot-bench-") as folder:
            vars(counters).update(vars(Counters()))
            started = clock()
            pictures[name] = ways[name](jobs, Path(folder))
            seconds[name].append(clock() - started)
    off = [drift(a, b)[0] for a, b in zip(pictures["naive"], pictures["engine"], strict=True)]
    row = {
        "cells": len(jobs),
        "seconds": {name: round(statistics.median(s), 3) for name, s in seconds.items()},
        "ratio": _ratio(seconds["naive"], seconds["engine"]),
        "ratio_to_batched": _ratio(seconds["batched"], seconds["engine"]),
        "max_pixel_difference": max(off),
        "max_pixel_difference_of_batched": _largest(pictures["naive"], pictures["batched"]),
        "counters": counters.to_dict(),
    }
    if beyond := worst(jobs, off):
        row["beyond"] = beyond
    if mates:
        row["moved_by_mates"] = _moved_by_mates(ways, jobs, pictures)
    return row


def _moved_by_mates(
    ways: dict[str, Callable[..., list[Any]]], jobs: list[Any], pictures: dict[str, list[Any]]
) -> dict[str, int]:
    few = random.Random(0).sample(range(len(jobs)), math.ceil(len(jobs) / MATES))
    moved = {name: _moved(ways[name], jobs, few, pictures[name]) for name in [*ways][1:]}
    return {"pictures": len(few), **moved}


def _moved(
    way: Callable[..., list[Any]], jobs: list[Any], few: list[int], before: list[Any]
) -> int:
    """How many of a few pictures are no longer the same when only those few are made."""
    with tempfile.TemporaryDirectory(prefix="sweetspot-bench-") as folder:
        again = way([jobs[number] for number in few], Path(folder))
    pairs = zip((before[number] for number in few), again, strict=True)
    return sum(drift(one, other)[0] > 0 for one, other in pairs)


def _ratio(slow: list[float], fast: list[float]) -> float:
    return round(statistics.median(a / b for a, b in zip(slow, fast, strict=True)), 3)


def _largest(one: list[Any], other: list[Any]) -> int:
    """The largest difference of two lists of pictures, in grey levels of 255."""
    return max(drift(a, b)[0] for a, b in zip(one, other, strict=True))


def through_engine(
    pipe: Any, jobs: list[dict[str, Any]], folder: Path, width: int, engine: Any
) -> list[Any]:
    """The jobs as a run makes them: longest first, encoded beside the denoiser."""
    import numpy as np
    import torch
    from PIL import Image

    from ..loading import build_scheduler
    from ..pixels import rounded
    from .naive import SAVED

    def make(item: tuple[int, dict[str, Any]]) -> Any:
        job = item[1]
        own = copy.copy(pipe)
        own.scheduler = build_scheduler(
            dict(zip(("class", "config"), job["scheduler"], strict=True))
        )
        generator = torch.Generator("cpu").manual_seed(job["seed"])
        return rounded(own(**job["call"], generator=generator, output_type="pt").images[0])

    def save(item: tuple[int, dict[str, Any]], made: Any) -> Any:
        picture = made.pixels.cpu().numpy()  # whatever random weights made
        Image.fromarray(picture).save(folder / f"{item[0]}.webp", "WEBP", **SAVED)
        return picture

    def place(item: tuple[int, dict[str, Any]]) -> tuple[Any, ...]:
        call = item[1]["call"]
        return call.get("height", 0), call.get("width", 0), -call["num_inference_steps"]

    def steps(item: tuple[int, dict[str, Any]]) -> int:
        return item[1]["call"]["num_inference_steps"]

    models = [m for m in pipe.components.values() if isinstance(m, torch.nn.Module)]
    queue = sorted(enumerate(jobs), key=place)
    found: dict[int, np.ndarray] = {}
    runs = engine.run(queue, make, save, models, steps)
    for (number, _), outcome in runs:
        if isinstance(outcome, BaseException):
            raise outcome
        found[number] = outcome
    return [found[number] for number in range(len(jobs))]
