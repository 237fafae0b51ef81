"""A full-size network on its device, and the ways that make pictures with it."""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from ...counters import Counters
from ...engine import Engine
from .. import fullsize
from ..batched import batched
from ..naive import naive
from ..ways import through_engine
from . import switches
from .pieces import rows_of

WARM = (1, 2)  # steps of the first pictures, while operations are counted


class Stage:
    """One pipeline with random weights; other specs of the same network only call it otherwise."""

    def __init__(self, spec: dict[str, Any], device: str) -> None:
        started = time.perf_counter()
        self.device = device
        self.pipe = fullsize.build(spec, device)
        self.denoiser = getattr(self.pipe, spec["denoiser"])
        # Without a compiler of kernels a dry run still traces every block as one whole graph.
        how = {} if device == "cuda" else {"backend": "eager"}
        self.compiled = switches.Compiled(self.pipe, **how)
        self.tuned: tuple[str, ...] = ()  # techniques that `tuned` adds to `fast`
        self._engines: dict[Any, Engine] = {}
        self._warm: set[Any] = set()
        self.sync()
        self.seconds = round(time.perf_counter() - started, 2)

    def sync(self) -> None:
        """Waits until the device is idle."""
        if self.device == "cuda":
            torch.cuda.synchronize()

    def engine(self, way: str, width: int) -> Engine:
        """A way's own engine: what it found out about the network serves all its runs."""
        key = way, width
        graphs = way == "graphs"
        self._engines[key] = self._engines.get(key) or Engine(width, Counters(), graphs=graphs)
        return self._engines[key]

    def make(self, way: str, jobs: list[Any], folder: Path, width: int) -> list[Any]:
        """The pictures of these jobs as uint8 arrays, and their files."""
        if way == "naive":
            return naive(self.pipe, jobs, folder)
        if way == "batched":
            return batched(self.pipe, jobs, folder, width)
        with switches.all_of(self._switches(way)):
            return through_engine(self.pipe, jobs, folder, width, self.engine(way, width))

    def _switches(self, way: str) -> list[Callable[[], Any]]:
        settled = partial(switches.settled, self.device)
        if way in ("exact", "graphs"):
            return [settled]
        known = switches.of(self.pipe, self.denoiser)
        return [settled, self.compiled.on, *(known[n] for n in self.tuned if way == "tuned")]

    def tune(self, names: list[str]) -> None:
        """From now on `tuned` has these; what was compiled chose its attention when it was."""
        if self.tuned != tuple(names):
            self.tuned = tuple(names)
            torch._dynamo.reset()
            self._warm = {one for one in self._warm if one[0] not in ("fast", "tuned")}

    def timed(self, way: str, jobs: list[Any], width: int) -> dict[str, Any]:
        """The seconds of a way, its pictures, its peak memory and what its engine counted."""
        with tempfile.TemporaryDirectory(prefix="sweetspot-bench-") as folder:
            counters = self.engine(way, width).counters
            vars(counters).update(vars(Counters()))
            if self.device == "cuda":
                torch.cuda.reset_peak_memory_stats()
            self.sync()
            started = time.perf_counter()
            pictures = self.make(way, jobs, Path(folder), width)
            self.sync()
            seconds = time.perf_counter() - started
        told = {"seconds": seconds, "pictures": pictures}
        if self.device == "cuda":
            told["peak_memory_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
        if way in ("naive", "batched"):
            return told
        return {**told, "counters": counters.to_dict(), "width": self.engine(way, width).width}

    def warm_up(self, way: str, jobs: list[Any], width: int, kind: str) -> float | None:
        """One batch of few steps, so that nothing is timed while it is loaded or compiled.

        The seconds by which it takes longer than the same batch once more; None where warm.
        """
        if (way, kind) in self._warm:
            return None
        few = [
            {**job, "call": {**job["call"], "num_inference_steps": 1}, "seed": 1000 + number}
            for number, job in enumerate([jobs[0]] * (1 if way == "naive" else width))
        ]
        make = partial(self.timed, way, few[: max(1, width // rows(jobs[0]))], width)
        first, again = make()["seconds"], make()["seconds"]
        self._warm.add((way, kind))
        return max(0.0, first - again)

    def close(self) -> None:
        """Frees the device for the next network."""
        self.__dict__.clear()
        torch._dynamo.reset()
        gc.collect()
        torch.cuda.empty_cache()


def rows(job: dict[str, Any]) -> int:
    """Rows of the denoiser's batch per picture."""
    return rows_of({"embeds": job["call"]})


def counted(stage: Stage, spec: dict[str, Any]) -> dict[str, float]:
    """TFLOP of an evaluation's step and of decoding, counted while two pictures are made."""
    [job] = fullsize.jobs(spec, stage.device, (WARM[0],))
    one, two = (fullsize.work(stage.pipe, job, steps) / 1e12 for steps in WARM)
    return {"step": two - one, "decode": one - (two - one)}
