"""Draws and judges what `again` asks for. Torch."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from .again import SHEET, Work, as_it_was
from .errors import RenderError
from .loading import pick_device
from .measure import CACHE, cpu_seconds, quality_of, studio_of
from .measured import write
from .models import ModelSource
from .pipelines import Studio
from .sweeps import ladder, metrics, pairs
from .sweeps.asking import wanted
from .sweeps.ladders import Bench, asked_of, measure_one
from .sweeps.pictures import Asked
from .sweeps.specs import Spec, specs_of


class Remeasure:
    """A model on its device, loaded once for all its files."""

    def __init__(self, source: ModelSource, device: str, width: int | None, waiting: Path) -> None:
        metrics.expect_here("torchsde")  # DPM++ SDE takes its noise from it
        self.source, self.width = source, width
        self.device = pick_device(device)
        self.strips = waiting / "strips" / source.name
        self.cache = CACHE / source.name

    @property
    def on_cpu(self) -> bool:
        """Whether times can be taken."""
        return self.device == "cpu"

    @cached_property
    def studio(self) -> Studio:
        """What draws; loaded once something must be drawn."""
        return studio_of(self.source, self.device, self.width)

    def draw(self, work: Work) -> None:
        """Measures a file's successor, times too where this is a CPU."""
        sweep = work.found["sweep"]
        if sweep == "quality":
            size = work.found.get("size")
            sheet = None if size else work.waiting.with_name(SHEET)
            quality_of(self.studio, work.waiting, sheet, size)
        elif sweep == "pairs":
            asked = Asked(tuple(work.found["prompts"]), tuple(work.found["seeds"]))
            samplers = [one["scheduler"] for one in work.found["settling"]]
            write(work.waiting, pairs.measure(self.studio, asked, samplers, self.cache))
        else:
            told = wanted(None, None, self.source, work.found)
            if told.prompts != tuple(work.found["prompts"]):
                raise RenderError(
                    f"{work.file.name}: expected our own prompts, from the first on, got others. "
                    "Measure it with --sweep and --prompts."
                )
            folder = work.waiting.parent
            bench = Bench(self.studio, None, [], self.cache, folder, self.strips)
            measure_one(_spec(self.source, work.found), bench, told, work.waiting)

    def time(self, work: Work) -> None:
        """Adds the CPU time of single pictures, and what it was taken on."""
        found = work.successor()
        if found["sweep"] == "quality":
            found["cpu_seconds"] = cpu_seconds(self.studio.pipe, self.source.name)
        else:
            told = wanted(None, None, self.source, work.found)
            spec = _spec(self.source, found)
            asked = asked_of(spec, self.cache, replace(told, prompts=told.prompts[:1]))
            found["timing"] = ladder.timing(spec, self.studio, asked)
        write(work.waiting, {**found, "timed": self.studio.environment()})


def _spec(source: ModelSource, found: dict[str, Any]) -> Spec:
    spec: Spec = as_it_was(specs_of(found["sweep"], source, [found["scheduler"]]), found)
    return spec
