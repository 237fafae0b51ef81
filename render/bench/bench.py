"""`python -m render bench`: what is made three ways: sweeps, plans, larger networks."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from ..plan import Cell, Plan, load_plan, plan_ids
from .machine import machine
from .ways import compare

MINUTES = 8.0  # of full-size models; what does not fit is left out, and done with --resume
QUICK_PLANS, QUICK_CELLS = ("guidance-scale",), 4  # cells spread over the plan's axes
# What the naive loop can ask diffusers for; a plan that asks for more is named and left out.
CALLED = {
    *("prompt", "negative_prompt", "num_inference_steps", "guidance_scale", "width", "height"),
    *("strength", "eta", "clip_skip", "guidance_rescale"),
}
OURS = {"model", "scheduler", "seed", "source_image", "timestep_spacing", "schedule_type"}


def bench(
    device: str,
    quick: bool,
    width: int | None,
    dry_run: bool,
    plans: list[Plan],
    before: dict[str, Any] | None = None,
    minutes: float = MINUTES,
    only: Sequence[str] = (),
    told: Callable[[dict[str, Any]], Any] = lambda found: None,
) -> dict[str, Any]:
    """Everything measured: {sweep, plans, counters, machine}, or {runs, networks} on a GPU.

    `plans` are the guide's own where none is given. Rows that an earlier measurement, `before`,
    has are taken from it. `told` is shown what there is after each row. On a GPU `minutes` and the
    names in `only` bound what is timed.
    """
    import torch

    from ..loading import pick_device
    from ..pipelines import WIDTH

    device = "cpu" if dry_run else pick_device(device)
    found: dict[str, Any] = {**(before or {}), "machine": machine(device), "width": width or WIDTH}
    if device == "cuda" or dry_run:
        from .full.session import Session

        return Session(device, minutes, found, told, only).go()
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


def _on_cpu(width: int, quick: bool, plans: list[Plan]) -> Iterator[tuple[str, str, Any]]:
    """The sweep that fills batches, one that leaves a tail, the plans, larger networks: how to."""
    from . import small

    def sweep(shape: str, rounds: int, **options: Any) -> Any:
        pipe = small.build(shape)
        return compare(pipe, small.jobs(pipe, **options), width, rounds)

    studios: dict[str, Any] = {}
    tail = {"steps": (1, 2, 4, 8, 16), "prompts": 1, "seeds": 1}
    yield "sweep", "", partial(sweep, "1.5 M", 2 if quick else 3)
    yield "tail", "", partial(sweep, "1.5 M", 1 if quick else 3, **tail)
    for plan in plans or [load_plan(name) for name in (QUICK_PLANS if quick else plan_ids())]:
        yield "plans", plan.id, partial(_plan, plan, quick, width, studios)
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

    from ..pipelines import Studio

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
