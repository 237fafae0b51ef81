"""The naive loop that everything is measured against: one call of the pipeline per picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch

SAVED = {"quality": 82, "method": 4}  # how every way writes its pictures


def naive(pipe: Any, jobs: list[dict[str, Any]], folder: Path) -> list[np.ndarray]:
    """A job is {call: keywords, seed, scheduler: (class, configuration)}; uint8 pictures."""
    pictures = []
    for number, job in enumerate(jobs):
        name, config = job["scheduler"]
        pipe.scheduler = getattr(diffusers, name).from_config(config)
        generator = torch.Generator("cpu").manual_seed(job["seed"])
        image = pipe(**job["call"], generator=generator).images[0]
        image.save(folder / f"{number}.webp", "WEBP", **SAVED)
        pictures.append(np.asarray(image))
    return pictures
