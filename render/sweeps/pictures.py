"""Renders a sweep's pictures through the engine, kept without loss so that a killed run goes on."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from ..durable import write_whole
from ..errors import RenderError
from ..pipelines import Studio, build_scheduler
from ..plan import Cell, Plan
from .specs import Spec


@dataclass(frozen=True)
class Asked:
    """The prompts and seeds of a measurement; pictures come prompt by prompt, seeds inside."""

    prompts: tuple[str, ...]
    seeds: tuple[int, ...]
    sources: tuple[str, ...] = ()  # files that image-to-image starts from, one a prompt
    folder: Path = Path()  # where they lie


def plan_of(spec: Spec, studio: Studio, asked: Asked, values: tuple[float, ...]) -> Plan:
    """The sweep as a plan like any other, made in memory: values outermost."""
    prompts = {
        f"p{i}": {
            "prompt": prompt,
            **({"source_image": asked.sources[i]} if asked.sources else {}),
        }
        for i, prompt in enumerate(asked.prompts)
    }
    settings = {**spec.fixed, **({} if spec.own else {"scheduler": spec.scheduler})}
    data = {
        "title": spec.id,
        "transfers": "none",
        "models": [studio.model.name],
        "settings": settings,
        "prompts": prompts,
        "axes": {spec.setting: list(values), "seed": list(asked.seeds)},
    }
    return Plan(spec.id, data, asked.folder, (studio.model,))


def draw(
    spec: Spec, studio: Studio, asked: Asked, values: tuple[float, ...], cache: Path
) -> dict[float, list[np.ndarray | str]]:
    """The pictures of every value in order, uint8; in the place of a failed one, why it failed."""
    plan = plan_of(spec, studio, asked, values)
    cells = plan.cells()
    environment = json.dumps(studio.environment(), sort_keys=True)
    folder = cache / hashlib.sha256(environment.encode()).hexdigest()[:12]
    missing = [cell for cell in cells if not (folder / f"{cell.id}.png").is_file()]
    # The longest first: the last batches stay full.
    missing.sort(key=lambda cell: -cell.settings.get("num_inference_steps", 0))
    failed = dict(_render(studio, plan, missing, folder, spec.id))
    drawn: dict[float, list[np.ndarray | str]] = {value: [] for value in values}
    for cell in cells:
        why = failed.get(cell.id)
        drawn[cell.axes[spec.setting]].append(why or _read(folder / f"{cell.id}.png"))
    return drawn


def _render(
    studio: Studio, plan: Plan, cells: list[Cell], folder: Path, name: str
) -> Iterator[tuple[str, str]]:
    """Makes and keeps pictures; yields (cell id, why) for those that failed."""

    def keep(job: Any, pixels: np.ndarray) -> None:
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
        write_whole(folder / f"{job[1].id}.png", buffer.getvalue())

    jobs = [(plan, cell) for cell in cells]
    with closing(studio.make_all(jobs, keep)) as made:
        for (_, cell), outcome in tqdm(
            made, total=len(jobs), desc=name, unit="picture", disable=not jobs or None
        ):
            if isinstance(outcome, RenderError):
                yield cell.id, f"{cell.name}: {outcome}"
            elif isinstance(outcome, BaseException):
                raise outcome


def _read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def calls_of(spec: Spec, studio: Studio, asked: Asked, value: float) -> int:
    """Network evaluations for one picture: the scheduler's, twice where guidance asks for both."""
    cell = plan_of(spec, studio, asked, (value,)).cells()[0]
    scheduler = build_scheduler(cell.recipe["scheduler"])
    count = int(cell.settings.get("num_inference_steps", 50))
    scheduler.set_timesteps(count)
    calls = len(scheduler.timesteps)
    if asked.sources:  # image-to-image leaves out the first part of the ladder
        calls = round(calls * min(int(count * cell.settings["strength"]), count) / count)
    return calls * (2 if cell.settings.get("guidance_scale", 7.5) > 1 else 1)
