"""`python -m render bench`: the same cells made three ways in one process, and the ratios.

The ways take turns (A B C A B C), so that a machine that is busy for a while slows all three; what
is reported is the median of the rounds' ratios. On a CPU the time is the process's own, on a GPU
it is the clock's.
"""

from __future__ import annotations

import copy
import io
import math
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from .counters import Counters
from .images import drift, encode
from .plan import Cell, Plan, load_plan, plan_ids

QUICK_PLANS, QUICK_CELLS = ("guidance-scale",), 4  # cells spread over the plan's axes
# What the naive loop can ask diffusers for; a plan that asks for more is named and left out.
CALLED = {
    *("prompt", "negative_prompt", "num_inference_steps", "guidance_scale", "width", "height"),
    *("strength", "eta", "clip_skip", "guidance_rescale"),
}
OURS = {"model", "scheduler", "seed", "source_image", "timestep_spacing", "schedule_type"}
MATES = 3  # one picture of so many is made once more without the others


def bench(
    device: str,
    quick: bool,
    width: int | None,
    dry_run: bool,
    plans: list[str],
    before: dict[str, Any] | None = None,
    told: Callable[[dict[str, Any]], Any] = lambda found: None,
) -> dict[str, Any]:
    """Everything measured: {sweep, plans, counters, machine}, or {models} on a GPU.

    Rows that an earlier measurement, `before`, has are taken from it. `told` is shown what there
    is after each row.
    """
    import torch

    from .loading import pick_device
    from .pipelines import WIDTH

    device = "cpu" if dry_run else pick_device(device)
    found: dict[str, Any] = {**(before or {}), "machine": machine(device), "width": width or WIDTH}
    if device == "cuda" or dry_run:
        from .fullsize import measure_all

        return {**found, **measure_all(device, width or WIDTH)}
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # process time means little while threads wait for each other
    try:
        for part, name, measured in _on_cpu(width or WIDTH, quick, plans):
            rows = found.setdefault(part, {}) if name else found
            if (name or part) not in rows:
                rows[name or part] = measured()
                told(found)
        return {**found, "counters": found["sweep"]["counters"]}
    finally:
        torch.set_num_threads(before)


def _on_cpu(width: int, quick: bool, plans: list[str]) -> Iterator[tuple[str, str, Any]]:
    """The sweep that fills batches, one that leaves a tail, the plans, larger networks: how to."""
    from . import small

    def sweep(shape: str, rounds: int, **options: Any) -> Any:
        pipe = small.build(shape)
        return compare(pipe, small.jobs(pipe, **options), width, rounds)

    studios: dict[str, Any] = {}
    tail = {"steps": (1, 2, 4, 8, 16), "prompts": 1, "seeds": 1}
    yield "sweep", "", partial(sweep, "1.5 M", 2 if quick else 3)
    yield "tail", "", partial(sweep, "1.5 M", 1 if quick else 3, **tail)
    for name in plans or (QUICK_PLANS if quick else plan_ids()):
        yield "plans", name, partial(_plan, load_plan(name), quick, width, studios)
    for shape in () if quick or plans else [name for name in small.SHAPES if name != "1.5 M"]:
        yield "sizes", shape, partial(sweep, shape, 1)


def _plan(plan: Plan, quick: bool, width: int, studios: dict[str, Any]) -> dict[str, Any] | str:
    """A plan's row: all cells of its first model, or some; in words why there is none."""
    cells = [cell for cell in plan.cells() if cell.model.name == plan.models[0].name]
    if odd := {key for cell in cells for key in cell.settings} - CALLED - OURS:
        return f"left out: a plain call of diffusers has no {', '.join(sorted(odd))}"
    if quick:
        cells = _spread(plan, cells, QUICK_CELLS)
    return compare(*_plan_jobs(plan, cells, studios), width, 1)


def _spread(plan: Plan, cells: list[Cell], most: int) -> list[Cell]:
    """Every prompt at evenly spread places."""
    per_prompt = len(cells) // len(plan.data["prompts"])
    wanted = max(1, most // len(plan.data["prompts"]))
    places = {round(i * (per_prompt - 1) / max(1, wanted - 1)) for i in range(wanted)}
    return [cell for i, cell in enumerate(cells) if i % per_prompt in places]


def _plan_jobs(plan: Plan, cells: list[Cell], studios: dict[str, Any]) -> tuple[Any, list[Any]]:
    """The pipeline that makes these cells, and its calls."""
    from PIL import Image

    from .pipelines import Studio

    model = plan.models[0]
    studio = studios[model.name] = studios.get(model.name) or Studio(model, "cpu")
    jobs = []
    for cell in cells:
        call = {k: v for k, v in cell.settings.items() if k in CALLED}
        if "source_image" in cell.settings:
            with Image.open(io.BytesIO(plan.source(cell.settings["source_image"]))) as source:
                call["image"] = source.convert("RGB")
        spec = cell.recipe["scheduler"]
        scheduler = (spec["class"], spec["config"])
        jobs.append({"call": call, "seed": cell.settings["seed"], "scheduler": scheduler})
    return studio.pipe_for(cells[0]), jobs


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
    from .batched import batched
    from .naive import naive

    counters = Counters()
    ways: dict[str, Callable[[Any, Path], list[Any]]] = {
        "naive": lambda jobs, folder: naive(pipe, jobs, folder),
        "batched": lambda jobs, folder: batched(pipe, jobs, folder, width),
        "engine": lambda jobs, folder: through_engine(pipe, jobs, folder, width, counters),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    pictures: dict[str, list[Any]] = {}
    for _ in range(rounds):
        for name, way in ways.items():
            with tempfile.TemporaryDirectory(prefix="sweetspot-bench-") as folder:
                vars(counters).update(vars(Counters()))
                started = clock()
                pictures[name] = way(jobs, Path(folder))
                seconds[name].append(clock() - started)
    row = {
        "cells": len(jobs),
        "seconds": {name: round(statistics.median(s), 3) for name, s in seconds.items()},
        "ratio": _ratio(seconds["naive"], seconds["engine"]),
        "ratio_to_batched": _ratio(seconds["batched"], seconds["engine"]),
        "max_pixel_difference": _largest(pictures["naive"], pictures["engine"]),
        "max_pixel_difference_of_batched": _largest(pictures["naive"], pictures["batched"]),
        "counters": counters.to_dict(),
    }
    if mates:
        few = random.Random(0).sample(range(len(jobs)), math.ceil(len(jobs) / MATES))
        moved = {name: _moved(ways[name], jobs, few, pictures[name]) for name in [*ways][1:]}
        row["moved_by_mates"] = {"pictures": len(few), **moved}
    return row


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
    pipe: Any, jobs: list[dict[str, Any]], folder: Path, width: int, counters: Counters
) -> list[Any]:
    """The jobs as a run makes them: longest first, encoded beside the denoiser."""
    import numpy as np
    import torch

    from .engine import Engine
    from .loading import build_scheduler

    def make(item: tuple[int, dict[str, Any]]) -> Any:
        job = item[1]
        own = copy.copy(pipe)
        own.scheduler = build_scheduler(
            dict(zip(("class", "config"), job["scheduler"], strict=True))
        )
        generator = torch.Generator("cpu").manual_seed(job["seed"])
        picture = own(**job["call"], generator=generator, output_type="np").images[0]
        return (picture * 255).round().astype("uint8")

    def save(item: tuple[int, dict[str, Any]], picture: Any) -> Any:
        (folder / f"{item[0]}.webp").write_bytes(encode(picture))
        return picture

    def place(item: tuple[int, dict[str, Any]]) -> tuple[Any, ...]:
        call = item[1]["call"]
        return call.get("height", 0), call.get("width", 0), -call["num_inference_steps"]

    def steps(item: tuple[int, dict[str, Any]]) -> int:
        return item[1]["call"]["num_inference_steps"]

    models = [m for m in pipe.components.values() if isinstance(m, torch.nn.Module)]
    queue = sorted(enumerate(jobs), key=place)
    found: dict[int, np.ndarray] = {}
    runs = Engine(width, counters).run(queue, make, save, models, steps)
    for (number, _), outcome in runs:
        if isinstance(outcome, BaseException):
            raise outcome
        found[number] = outcome
    return [found[number] for number in range(len(jobs))]


def machine(device: str) -> dict[str, Any]:
    """Where this was measured."""
    import os

    import diffusers
    import torch

    name = torch.cuda.get_device_name() if device == "cuda" else platform.processor()
    return {
        "device": f"{device} ({name or platform.machine()})",
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "torch": torch.__version__,
        "diffusers": diffusers.__version__,
        "python": platform.python_version(),
    }
