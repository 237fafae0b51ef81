"""Renders what is missing or stale, model by model, and records each picture once it is whole."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from . import provenance
from .counters import Counters
from .errors import BadPicture, DiskError, of_cell
from .estimate import remember
from .images import encode
from .lock import alone_in
from .models import ModelSource
from .plan import Cell, Plan
from .rules import expect_apart
from .store import Folder, expect_room, look


@dataclass
class Summary:
    """What a run did."""

    rendered: int = 0
    reused: int = 0
    bytes: int = 0  # of the pictures that were rendered
    removed: int = 0  # files of earlier runs that no cell asks for
    failed: list[str] = field(default_factory=list)
    counters: Counters = field(default_factory=Counters)

    def __str__(self) -> str:
        made = f"rendered {self.rendered}, reused {self.reused}, failed {len(self.failed)}"
        return made + (f", removed {self.removed} that no cell asks for" if self.removed else "")


def run(
    plans: list[Plan],
    out: Path,
    *,
    device: str = "auto",
    dtype: str = "auto",
    width: int | None = None,
    strict_environment: bool = False,
    through: Callable[[Studios], Any] | None = None,
    profile: str = "exact",
    replace: bool = False,
) -> Summary:
    """Makes every missing or stale picture of the plans under `out`/<plan>/.

    Finished pictures stay whatever happens later. With `strict_environment` a picture made in
    another environment (device, precision, batch width, library versions) counts as stale too.
    `width` is the number of rows in a denoiser's batch, `profile` how it is computed. `through`
    gives what makes the pictures in the studios' place: the workers of a cluster.
    Pictures by another model of a guest's name go only with `replace`.
    """
    expect_apart(plans)
    summary = Summary()
    studios = Studios(device, dtype, width, summary.counters, profile)
    with contextlib.ExitStack() as locks:
        # In one order for every run, so that no two wait for each other.
        for path in sorted({out / plan.id for plan in plans}):
            locks.enter_context(alone_in(path))
        folders = [look(plan, out / plan.id, replace) for plan in plans]
        if strict_environment:
            for folder in folders:
                _drop_strangers(folder, studios)
        expect_room(folders)
        summary.reused = sum(len(folder.kept) for folder in folders)
        _make(folders, through(studios) if through else studios, summary)
    return summary


def _make(folders: list[Folder], studios: Any, summary: Summary) -> None:
    """Makes what is wanted. Every folder's manifest is written however that ends."""
    jobs = [(folder.plan, cell, folder) for folder in folders for cell in folder.wanted]
    try:
        with (
            tqdm(total=len(jobs), unit="picture", disable=not jobs or None) as bar,
            closing(studios.make_all(jobs)) as pictures,
        ):
            for (plan, cell, folder), outcome in pictures:
                bar.update()
                _keep(plan, cell, folder, outcome, summary)
    except BaseException:
        with contextlib.suppress(DiskError):
            for folder in folders:
                folder.pause()
        raise
    for folder in folders:
        summary.removed += folder.finish()


def _drop_strangers(folder: Folder, studios: Studios) -> None:
    """Counts pictures made in another environment as missing."""
    for cell in folder.cells:
        entry = folder.kept.get(cell.id)
        here = provenance.allowed(studios.of(cell.model).environment())
        if entry and entry["environment"] != here:
            del folder.kept[cell.id]
            folder.wanted.append(cell)


class Studios:
    """The loaded model; one at a time, since two large ones may not fit."""

    def __init__(
        self,
        device: str,
        dtype: str,
        width: int | None,
        counters: Counters,
        profile: str = "exact",
    ) -> None:
        self.device, self.counters = device, counters
        self._options = {"width": width, "counters": counters, "profile": profile}
        self._place = (device, dtype)
        self._loaded: dict[ModelSource, Any] = {}  # by what it is: names may be alike
        self._said: set[str] = set()

    def of(self, model: ModelSource) -> Any:
        if model not in self._loaded:
            self._loaded.clear()
            self._loaded[model] = self._load(model)
            self.say(self._loaded[model])
        return self._loaded[model]

    def say(self, studio: Any) -> None:
        """Says once what a studio's user should know and no picture tells."""
        for note in [n for n in getattr(studio, "notes", ()) if n not in self._said]:
            self._said.add(note)
            tqdm.write(note, file=sys.stderr)

    def _load(self, model: ModelSource) -> Any:
        if model.fake is not None:
            from .fake import FakeStudio

            return FakeStudio(model)
        from .pipelines import Studio  # torch and diffusers: only once something must be made

        return Studio(model, *self._place, **self._options)

    def make_all(self, jobs: list[Any]) -> Iterator[tuple[Any, Any]]:
        """Yields (job, outcome) as `finished` does, model by model."""
        for model in dict.fromkeys(job[1].model for job in jobs):
            mine = [job for job in jobs if job[1].model == model]
            held, started = model in self._loaded, time.perf_counter()
            studio, loaded = self.of(model), time.perf_counter()
            yield from finished(studio, sorted(mine, key=_place))
            self.say(studio)
            loading = None if held else loaded - started
            remember(model, [job[1] for job in mine], time.perf_counter() - loaded, loading)


def _place(job: tuple[Any, ...]) -> tuple[Any, ...]:
    """Cells of one size share batches; the longest go first, so that the last batches are full."""
    settings = job[1].settings
    size = (settings.get("height", 0), settings.get("width", 0))
    return (*size, -settings.get("num_inference_steps", 0))


def finished(studio: Any, jobs: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Yields each (plan, cell, ...) of one model with its file, size and environment, or its error.

    A failure costs its own cell only.
    """
    with closing(studio.make_all(jobs, partial(_finish, studio))) as pictures:
        yield from pictures


def _keep(plan: Plan, cell: Cell, folder: Folder, outcome: Any, summary: Summary) -> None:
    """Writes a finished picture and its entry, or notes why there is none."""
    if isinstance(outcome, Exception):
        summary.failed.append(of_cell(plan.id, cell.name, outcome))
    elif isinstance(outcome, BaseException):
        raise outcome
    else:
        content, _, environment = outcome
        folder.keep(cell, content, environment)
        summary.rendered += 1
        summary.bytes += len(content)


def _finish(studio: Any, job: Any, pixels: Any) -> tuple[bytes, tuple[int, int], dict[str, Any]]:
    """Encodes beside the denoiser; what made the picture goes into it."""
    height, width = pixels.shape[:2]
    recipe = job[1].recipe
    told = studio.environment()  # as it was for this very picture
    if told.get("noise") and not job[0].data.get("may_be_noise"):
        raise BadPicture("the final latents are still noise: no two neighbours are alike")
    environment = provenance.allowed(told)
    exif = provenance.described(recipe, environment)
    content = encode(pixels, exif, lossless=recipe.get("encoding") == "lossless")
    return provenance.seal(content), (width, height), environment
