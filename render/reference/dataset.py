"""Draws the training scenes once and keeps them on disk, in shards that outlive a kill."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import numpy as np

from . import ahead
from .painting import paint
from .scenes import Scene

SHARD = 1000  # pictures of 128 px in a file, and as many bytes of larger ones
HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "postcards"


@cache
def world_digest() -> str:
    """Names the world that was drawn, so that an edited brush never mixes with old pictures."""
    probes = b"".join(paint(Scene.sample(seed), 48).tobytes() for seed in range(64))
    return hashlib.sha256(probes).hexdigest()[:12]


def training_seeds(count: int, first: int = 0) -> list[int]:
    """The first `count` seeds from `first` on whose combination of factors training may see."""
    return _seeds(count, first, False)[:]


def combination_seeds(count: int, first: int = 0) -> list[int]:
    """The first `count` seeds from `first` on whose combination of factors is never trained on."""
    return _seeds(count, first, True)[:]


@cache
def _seeds(count: int, first: int, never_trained: bool) -> list[int]:
    seeds: list[int] = []
    seed = first
    while len(seeds) < count:
        if Scene.sample(seed).never_trained == never_trained:
            seeds.append(seed)
        seed += 1
    return seeds


def jobs(seeds: list[int], size: int, name: str) -> list[ahead.Job]:
    """The shards that hold these scenes."""
    folder = CACHE / world_digest() / f"{name}-{size}"
    shard = max(1, SHARD * 128**2 // max(128, size) ** 2)
    parts = [(start, seeds[start : start + shard]) for start in range(0, len(seeds), shard)]
    # A shard that is not full is named by its length too: others may want more scenes of the name.
    names = [f"{start:07d}" + f"-{len(part)}" * (len(part) < shard) for start, part in parts]
    return [
        ahead.Job(folder / f"{name}.npy", len(part), drawn, (part, size))
        for name, (_, part) in zip(names, parts, strict=True)
    ]


def pictures(seeds: list[int], size: int, name: str, workers: int | None = None) -> np.ndarray:
    """Pictures of the scenes with these seeds: uint8 [n, size, size, 3], drawn once."""
    files = ahead.finish(jobs(seeds, size, name), f"drawing {name}", workers)
    return np.concatenate([np.load(path, mmap_mode="r") for path in files])


def drawn(seeds: list[int], size: int) -> np.ndarray:
    """The same, drawn now and here."""
    return np.stack([np.asarray(paint(Scene.sample(seed), size)) for seed in seeds])
