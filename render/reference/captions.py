"""Token ids of every training scene's captions, made by all cores once and kept on disk:

a GPU takes a step in the time in which Python writes a hundred captions.
"""

from __future__ import annotations

import hashlib
import random
from functools import cache
from typing import Any

import numpy as np
import torch

from . import ahead, dataset, tokenizer
from .scenes import Scene, caption

EACH = 12  # different captions of each scene
SHARD = 4000


def jobs(seeds: list[int]) -> list[ahead.Job]:
    """The shards that hold the captions of these scenes."""
    folder = dataset.CACHE / f"captions-{_digest()}"
    parts = [(start, seeds[start : start + SHARD]) for start in range(0, len(seeds), SHARD)]
    return [
        # The last shard is named by its length too: another preset may have more scenes.
        ahead.Job(folder / f"{start:07d}-{len(part)}.npy", len(part), written, (part,))
        for start, part in parts
    ]


def ids(seeds: list[int], device: str) -> torch.Tensor:
    """Ids of EACH captions of every scene, int16 [scenes, EACH, 32], on the device."""
    files = ahead.finish(jobs(seeds), "writing captions")
    return torch.from_numpy(np.concatenate([np.load(path) for path in files])).to(device)


def written(seeds: list[int]) -> np.ndarray:
    """The same, written now and here."""
    words, rows = _words(), []
    for seed in seeds:
        scene, rng = Scene.sample(seed), random.Random(f"captions-{seed}")
        rows.append(ids_of(words, [caption(scene, rng) for _ in range(EACH)]).numpy())
    return np.stack(rows).astype(np.int16)


def ids_of(words: Any, texts: list[str]) -> torch.Tensor:
    """Token ids of texts, padded and cut to the same length."""
    return words(
        texts,
        padding="max_length",
        max_length=tokenizer.MAX_LENGTH,
        truncation=True,
        return_tensors="pt",
    ).input_ids


@cache
def _words() -> Any:
    return tokenizer.build()


@cache
def _digest() -> str:
    """Names the words and what is said with them, so that other captions are never taken for it."""
    return hashlib.sha256(written(list(range(64))).tobytes()).hexdigest()[:12]
