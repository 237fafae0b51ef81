"""Draws the training scenes once and keeps them on disk, in shards that outlive a kill."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ..stopping import end_with_parent
from .painting import paint
from .scenes import Scene

SHARD = 1000
HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "postcards"


@cache
def world_digest() -> str:
    """Names the world that was drawn, so that an edited brush never mixes with old pictures."""
    probes = b"".join(paint(Scene.sample(seed), 48).tobytes() for seed in range(64))
    return hashlib.sha256(probes).hexdigest()[:12]


def training_seeds(count: int, first: int = 0) -> list[int]:
    """The first `count` seeds from `first` on whose combination of factors training may see."""
    seeds: list[int] = []
    seed = first
    while len(seeds) < count:
        if not Scene.sample(seed).never_trained:
            seeds.append(seed)
        seed += 1
    return seeds


def pictures(seeds: list[int], size: int, name: str, workers: int | None = None) -> np.ndarray:
    """Pictures of the scenes with these seeds: uint8 [n, size, size, 3], drawn once."""
    folder = CACHE / world_digest() / f"{name}-{size}"
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [
        (folder / f"{start:07d}.npy", seeds[start : start + SHARD], size)
        for start in range(0, len(seeds), SHARD)
    ]
    missing = [job for job in jobs if not _complete(job[0], len(job[1]))]
    if missing:
        with ProcessPoolExecutor(workers or os.cpu_count(), initializer=end_with_parent) as pool:
            list(
                tqdm(
                    pool.map(_draw_shard, missing),
                    total=len(missing),
                    desc=f"drawing {name}",
                    unit="k",
                )
            )
    return np.concatenate([np.load(path, mmap_mode="r") for path, _, _ in jobs])


def _complete(path: Path, count: int) -> bool:
    return path.exists() and len(np.load(path, mmap_mode="r")) == count


def _draw_shard(job: tuple[Path, list[int], int]) -> None:
    path, seeds, size = job
    shard = np.stack([np.asarray(paint(Scene.sample(seed), size)) for seed in seeds])
    partial = path.with_suffix(".partial.npy")
    np.save(partial, shard)
    partial.replace(path)
