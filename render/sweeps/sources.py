"""Pictures for image-to-image to start from: real scenes other than those asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

from ..reference import dataset
from ..reference.scenes import HELD_OUT_FROM
from .pictures import Asked

FAR = 500_000  # from the scenes that the prompts describe


def with_sources(asked: Asked, folder: Path, places: Sequence[int]) -> Asked:
    """The same prompts, each with a held-out scene that shows something else.

    `places` are those of the prompts in the whole measurement: what is added gets further scenes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    every = dataset.training_seeds(max(places) + 1, first=HELD_OUT_FROM + FAR)
    seeds = [every[place] for place in places]
    names = []
    for seed, pixels in zip(seeds, dataset.pictures(seeds, 128, "sources"), strict=True):
        Image.fromarray(pixels).save(folder / f"scene-{seed}.png")
        names.append(f"scene-{seed}.png")
    return replace(asked, sources=tuple(names), folder=folder)
