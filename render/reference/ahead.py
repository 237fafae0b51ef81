"""Files that all cores make: at once, or ahead of time while something else trains.

A file is written whole or not at all and is never made twice, so a killed run goes on.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ..stopping import end_with_parent

_pool: ProcessPoolExecutor | None = None
_begun: dict[Path, Future[None]] = {}


@dataclass(frozen=True)
class Job:
    """An array of `count` rows that `make(*arguments)` returns, kept as a .npy file."""

    path: Path
    count: int
    make: Callable[..., np.ndarray]
    arguments: tuple[Any, ...]

    def complete(self) -> bool:
        """Whether the file is there, with all its rows."""
        return self.path.exists() and len(np.load(self.path, mmap_mode="r")) == self.count


def usable() -> int:
    """Cores that this process may use; in a container often fewer than the machine has."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with contextlib.suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text("ascii").split()
        return max(1, min(allowed or 1, round(int(quota) / int(period))))
    return allowed or 1


@contextlib.contextmanager
def cores(workers: int | None = None) -> Iterator[None]:
    """Keeps the processes for `with` around all that is made; what is not begun is then left."""
    global _pool
    if _pool is not None:
        yield
        return
    # Not forked: a process that has begun threads or a GPU cannot be.
    context = multiprocessing.get_context("spawn")
    _pool = ProcessPoolExecutor(workers or usable(), context, _settle)
    try:
        yield
    finally:
        _pool.shutdown(wait=False, cancel_futures=True)
        _pool = None
        _begun.clear()


def begin(jobs: list[Job]) -> None:
    """Starts what is missing, in this order, and returns at once. Only inside `cores()`."""
    assert _pool is not None
    for job in jobs:
        if job.path not in _begun and not job.complete():
            job.path.parent.mkdir(parents=True, exist_ok=True)
            _begun[job.path] = _pool.submit(_write, job)


def finish(jobs: list[Job], words: str, workers: int | None = None) -> list[Path]:
    """Returns the files once all are there."""
    missing = [job for job in jobs if job.path in _begun or not job.complete()]
    if len(missing) == 1 and missing[0].path not in _begun:
        missing[0].path.parent.mkdir(parents=True, exist_ok=True)
        _write(missing.pop())
    if missing:
        with cores(workers):
            begin(missing)
            for job in tqdm(missing, desc=words, unit="k"):
                if future := _begun.get(job.path):
                    future.result()
    return [job.path for job in jobs]


def _settle() -> None:
    """A worker yields to whoever feeds a GPU, and ends with its parent."""
    os.nice(10)
    end_with_parent()


def _write(job: Job) -> None:
    partial = job.path.with_suffix(".partial.npy")
    np.save(partial, job.make(*job.arguments))
    partial.replace(job.path)
