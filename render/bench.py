"""`python -m render bench`: the same cells made three ways in one process, and the ratios.

The ways take turns (A B C A B C), so that a machine that is busy for a while slows all three; what
is reported is the median of the rounds' ratios. On a CPU the time is the process's own, on a GPU
it is the clock's.
"""

from __future__ import annotations

import copy
import io
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .counters import Counters
from .durable import write_whole
from .images import drift, encode
from .plan import Cell, Plan, load_plan, plan_ids

QUICK_PLANS, QUICK_CELLS = ("guidance-scale",), 4
CELLS = 8  # of a committed plan, spread over its axes
# What the naive loop can ask diffusers for; a plan that asks for more is named and left out.
CALLED = {
    *("prompt", "negative_prompt", "num_inference_steps", "guidance_scale", "width", "height"),
    *("strength", "eta", "clip_skip", "guidance_rescale"),
}
OURS = {"model", "scheduler", "seed", "source_image"}


def bench(
    device: str,
    quick: bool,
    width: int | None,
    dry_run: bool,
    plans: list[str],
    told: Callable[[dict[str, Any]], Any] = lambda found: None,
) -> dict[str, Any]:
    """Everything measured: {sweep, plans, counters, machine}, or {models} on a GPU.

    `told` is shown what there is after each row.
    """
    import torch

    from .loading import pick_device
    from .pipelines import WIDTH

    device = "cpu" if dry_run else pick_device(device)
    found: dict[str, Any] = {"machine": machine(device), "width": width or WIDTH}
    if device == "cuda" or dry_run:
        from .fullsize import measure_all

        return {**found, **measure_all(device, width or WIDTH)}
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # process time means little while threads wait for each other
    try:
        for part, name, row in _on_cpu(width or WIDTH, quick, plans):
            (found.setdefault(part, {}) if name else found)[name or part] = row
            told(found)
        return {**found, "counters": found["sweep"]["counters"]}
    finally:
        torch.set_num_threads(before)


def _on_cpu(width: int, quick: bool, plans: list[str]) -> Iterator[tuple[str, str, Any]]:
    """The sweep that fills batches, one that leaves a tail, the plans, larger networks."""
    from . import small

    pipe = small.build()
    tail = small.jobs(pipe, steps=(1, 2, 4, 8, 16), prompts=1, seeds=1)
    yield "sweep", "", compare(pipe, small.jobs(pipe), width, 2 if quick else 3)
    yield "tail", "", compare(pipe, tail, width, 1 if quick else 3)
    studios: dict[str, Any] = {}
    for name in plans or (QUICK_PLANS if quick else plan_ids()):
        plan = load_plan(name)
        cells = _spread(plan, QUICK_CELLS if quick else CELLS)
        if odd := {key for cell in cells for key in cell.settings} - CALLED - OURS:
            yield "plans", name, f"left out: diffusers alone has no {', '.join(sorted(odd))}"
            continue
        yield "plans", name, compare(*_plan_jobs(plan, cells, studios), width, 1)
    for shape in () if quick or plans else [name for name in small.SHAPES if name != "1.5 M"]:
        pipe = small.build(shape)
        yield "sizes", shape, compare(pipe, small.jobs(pipe), width, 1)


def _spread(plan: Plan, most: int) -> list[Cell]:
    """Cells of a plan's first model: every prompt at evenly spread places."""
    cells = [cell for cell in plan.cells() if cell.model.name == plan.models[0].name]
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
) -> dict[str, Any]:
    """Makes the jobs naively, batched and through the engine, in turns; medians and differences."""
    from .batched import batched
    from .naive import naive

    counters = Counters()
    ways: dict[str, Callable[[Path], list[Any]]] = {
        "naive": lambda folder: naive(pipe, jobs, folder),
        "batched": lambda folder: batched(pipe, jobs, folder, width),
        "engine": lambda folder: through_engine(pipe, jobs, folder, width, counters),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    pictures: dict[str, list[Any]] = {}
    for _ in range(rounds):
        for name, way in ways.items():
            with tempfile.TemporaryDirectory(prefix="sweetspot-bench-") as folder:
                vars(counters).update(vars(Counters()))
                started = clock()
                pictures[name] = way(Path(folder))
                seconds[name].append(clock() - started)
    return {
        "cells": len(jobs),
        "seconds": {name: round(statistics.median(s), 3) for name, s in seconds.items()},
        "ratio": _ratio(seconds["naive"], seconds["engine"]),
        "ratio_to_batched": _ratio(seconds["batched"], seconds["engine"]),
        "max_pixel_difference": _largest(pictures["naive"], pictures["engine"]),
        "max_pixel_difference_of_batched": _largest(pictures["naive"], pictures["batched"]),
        "counters": counters.to_dict(),
    }


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


def table(found: dict[str, Any]) -> str:
    """The measurement as lines for a terminal."""
    rows = {"sweep, full batches": found.get("sweep"), "sweep with a tail": found.get("tail")}
    rows |= {f"sweep, {name}": row for name, row in found.get("sizes", {}).items()}
    rows |= {**found.get("plans", {}), **found.get("models", {})}
    lines = [
        f"{'':<22}{'cells':>6}{'naive s':>9}{'batched s':>11}{'engine s':>10}{'ratio':>7}"
        f"{'to batched':>12}{'padding':>9}{'shared':>8}{'largest difference':>20}"
    ]
    for name, row in rows.items():
        if row and "seconds" in row:
            s, counted = row["seconds"], row["counters"]
            computed = max(1, counted["denoiser_rows"] + counted["padding_rows"])
            asked = max(1, counted["denoiser_rows"] + counted["shared_rows"])
            lines.append(
                f"{name:<22}{row['cells']:>6}{s['naive']:>9.2f}{s['batched']:>11.2f}"
                f"{s['engine']:>10.2f}{row['ratio']:>7.2f}{row['ratio_to_batched']:>12.2f}"
                f"{counted['padding_rows'] / computed:>9.0%}{counted['shared_rows'] / asked:>8.0%}"
                f"{row['max_pixel_difference']:>16}/255"
            )
        elif row:
            lines.append(f"{name:<22}{row}")
    lines.append(f"width {found['width']}, {json.dumps(found['machine'])}")
    return "\n".join(lines)


def command(options: Any) -> int:
    """Prints the table; writes the JSON where asked, row by row."""
    if options.show:
        print(table(json.loads(options.show.read_text(encoding="utf-8"))))
        return 0

    def write(found: dict[str, Any]) -> None:
        if options.json:
            write_whole(options.json, (json.dumps(found, indent=1) + "\n").encode())

    found = bench(
        options.device, options.quick, options.width, options.dry_run, options.plans, write
    )
    write(found)
    print(table(found))
    if options.record and "models" in found:
        from . import fullsize, paces

        device = "cuda" if found["machine"]["device"].startswith("cuda") else "cpu"
        for path in paces.record(found, fullsize.specs(device), options.record):
            print(f"wrote {path}")
    return 0
