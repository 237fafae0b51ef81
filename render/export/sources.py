"""The pictures that image-to-image starts from, as latents: a page has no encoder.

A page need not fetch one for a picture that never changes: what the model's own encoder makes of
it is 8 kB.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from ..plan import ROOT

FOLDER = ROOT / "render" / "plans"
SOURCES = ("cabin-by-day.png",)


def opened(name: str) -> Image.Image:
    """A source picture as a plan's cell is given it."""
    with Image.open(FOLDER / name) as picture:
        return picture.convert("RGB")


def latents(name: str, pipe: Any) -> np.ndarray:
    """What the pipeline of a picture starts from before noise is added, in single precision."""
    import torch

    pixels = pipe.image_processor.preprocess(opened(name))
    with torch.no_grad():
        told = pipe.vae.encode(pixels).latents
    return np.ascontiguousarray((pipe.vae.config.scaling_factor * told).numpy(), "<f4")
