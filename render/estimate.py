"""What a plan will cost before anything starts: cells, denoiser calls, seconds, bytes.

Seconds come from what this machine took before, kept in .cache/, else from the model's measured
time for one picture; bytes from pictures that are there already. Neither decides anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from . import manifest
from .durable import write_whole
from .models import REFERENCE, ModelSource
from .plan import ROOT, Cell, Plan
from .schedulers import calls_of
from .settings import AFTERWARDS

SPEEDS = ROOT / ".cache" / "render-speed.json"
MEASURED = ROOT / "settings" / "measured"
LOADING = ", loading"  # after a model's key: the seconds until it was ready, torch included
SIDE = 128  # the size that a model's measured time stands for
# Bytes per pixel where no picture of a model is there yet: the mean of the guide's own.
LOSSY, LOSSLESS = 0.2, 1.2


@dataclass(frozen=True)
class Estimate:
    """What is still to be rendered; `seconds` is None where nothing is known of a model's speed."""

    cells: int
    wanted: int
    calls: int
    seconds: float | None
    bytes: int

    def __str__(self) -> str:
        made = f"{self.cells} cells, {self.wanted} to render"
        if not self.wanted:
            return made
        time = "time unknown" if self.seconds is None else f"about {self.seconds:.0f} s"
        return f"{made}: {self.calls:,} denoiser calls, {time}, {self.bytes / 1000:.0f} kB"

    def compared(self, seconds: float, size: int) -> str:
        """How close it came to a run that took so long and wrote so many bytes."""
        said = "nothing" if self.seconds is None else f"{self.seconds:.0f} s"
        return (
            f"time: said {said}, took {seconds:.0f} s; "
            f"size: said {self.bytes / 1000:.0f} kB, wrote {size / 1000:.0f} kB"
        )


def estimate(plans: Iterable[Plan], out: Path) -> Estimate:
    """Adds up what the plans still lack under `out`. A call is one row of a denoiser's batch."""
    total, wanted, speeds = 0, [], _speeds()
    for plan in plans:
        cells = plan.cells()
        total += len(cells)
        made = {cell.id: cell for cell in cells}  # a picture may stand at two places
        wanted += [cell for cell in made.values() if not manifest.find(out / plan.id, cell)]
    runs = {run_of(cell): cell for cell in wanted}.values()
    seconds: float | None = 0.0
    for cell in runs:
        speed = _speed(cell.model, speeds)
        seconds = None if seconds is None or speed is None else seconds + speed * work(cell)
    if seconds is not None:
        models = {cell.model for cell in wanted}
        seconds += sum(speeds.get(f"{_key(model)}{LOADING}", 0.0) for model in models)
    size = sum(_bytes(cell) for cell in wanted)
    return Estimate(total, len(wanted), sum(map(_calls, runs)), seconds, round(size))


def run_of(cell: Cell) -> str:
    """What cells share that need one run of the pipeline between them."""
    settings = {k: v for k, v in cell.settings.items() if k not in AFTERWARDS}
    recipe = {k: v for k, v in cell.recipe.items() if k not in ("settings", "encoding")}
    return json.dumps([settings, recipe], sort_keys=True)


def work(cell: Cell) -> float:
    """Denoiser calls of a cell, a call at 128 x 128 pixels counting as one."""
    first, again = calls_of(cell.settings, cell.recipe["scheduler"])
    enlarged = again * cell.settings.get("hires_scale", 1) ** 2
    return (first + enlarged) * _pixels(cell) / SIDE**2


def _calls(cell: Cell) -> int:
    return sum(calls_of(cell.settings, cell.recipe["scheduler"]))


def _pixels(cell: Cell) -> int:
    side = cell.model.trained_size or SIDE
    return cell.settings.get("width", side) * cell.settings.get("height", side)


def _bytes(cell: Cell) -> float:
    rate = LOSSLESS if "encoding" in cell.recipe else LOSSY
    return rate * _pixels(cell) * cell.settings.get("hires_scale", 1) ** 2


def remember(model: ModelSource, cells: list[Cell], seconds: float, loading: float | None) -> None:
    """Keeps how long this machine took per call, and to load; a model's last run counts."""
    done = sum(work(cell) for cell in {run_of(cell): cell for cell in cells}.values())
    if done < 20 or model.fake is not None:
        return  # too little to say anything
    speeds = {**_speeds(), _key(model): round(seconds / done, 6)}
    if loading is not None:
        speeds[f"{_key(model)}{LOADING}"] = round(loading, 3)
    write_whole(SPEEDS, (json.dumps(speeds, indent=1, sort_keys=True) + "\n").encode())


def _speeds() -> dict[str, float]:
    try:
        found = json.loads(SPEEDS.read_text(encoding="utf-8"))
        return {str(name): float(seconds) for name, seconds in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _key(model: ModelSource) -> str:
    """A model's name and what tells it from another of that name."""
    told = model.identity
    return f"{model.name} {told.get('digest') or told.get('revision') or told.get('backend')}"


def _speed(model: ModelSource, speeds: dict[str, float]) -> float | None:
    """Seconds per call: of this machine's last run, else from the model's measured picture."""
    if _key(model) in speeds:
        return speeds[_key(model)]
    path = MEASURED / model.name / "quality.json"
    if model.folder is None or not model.folder.is_relative_to(REFERENCE) or not path.is_file():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    row = found["rows"]["sweet-spot"]
    return found["cpu_seconds"] / (row["steps"] * (2 if row["guidance_scale"] > 1 else 1))


def lines(plans: list[Plan], out: Path) -> list[str]:
    """What `render plan` prints: a line per plan, its odd words, and the sum."""
    found = []
    for plan in plans:
        found.append(f"{plan.id}: {estimate([plan], out)}")
        found += [
            f"  '{word}' is a word that postcards has never read; it draws a scene all the same"
            for word in sorted(unknown_words(plan))
        ]
    if len(plans) > 1:
        found.append(f"together: {estimate(plans, out)}")
    return found


def unknown_words(plan: Plan) -> set[str]:
    """Words of the prompts that no caption of the reference models' training used."""
    if not any(model.name.startswith("postcards") for model in plan.models):
        return set()
    from .reference.scenes import known_words, words_of
    from .weighting import plain

    said = {
        plain(text)
        for cell in plan.cells()
        for key in ("prompt", "negative_prompt")
        if (text := cell.settings[key])
    }
    return {word for text in said for word in words_of(text)} - known_words()
