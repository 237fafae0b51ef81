"""How far two pictures of one size lie apart, as an eye would say. Downloads nothing.

ꟻLIP (Andersson et al. 2020, doi:10.1145/3406183) models contrast sensitivity at a viewing distance;
SSIM (Wang et al. 2004, doi:10.1109/TIP.2003.819861) compares local structure and stands beside it.
"""

from __future__ import annotations

import io
from importlib.metadata import version
from typing import Any

import numpy as np
from PIL import Image

PIXELS_PER_DEGREE = 67.0  # ꟻLIP's own default: a 0.7 m wide 4K screen seen from 0.7 m
NAME = "flip"


def flip(a: np.ndarray, b: np.ndarray) -> float:
    """Mean ꟻLIP error of two uint8 pictures [height, width, 3]: 0 (equal) to 1."""
    import flip_evaluator

    pair = (picture.astype(np.float32) / 255 for picture in (a, b))
    options = {"applyMagma": False, "parameters": {"ppd": PIXELS_PER_DEGREE}}
    _, mean, _ = flip_evaluator.evaluate(*pair, "LDR", **options)
    return float(mean)


def ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Structural similarity of two uint8 pictures [height, width, 3]: 1 when equal."""
    from skimage.metrics import structural_similarity

    return float(structural_similarity(a, b, channel_axis=2, data_range=255))


def scale(pictures: list[np.ndarray]) -> dict[str, float]:
    """How far harmless changes of these pictures lie: the mean ꟻLIP of each, to compare with."""
    spoiled = {
        "webp_90": lambda picture: _saved(picture, "WEBP", 90),
        "jpeg_75": lambda picture: _saved(picture, "JPEG", 75),
        "shifted_1px": lambda picture: np.roll(picture, 1, 1),
        "brighter_2_percent": lambda picture: np.minimum(picture, 250) + np.uint8(5),
    }
    return {
        name: round(float(np.mean([flip(picture, spoil(picture)) for picture in pictures])), 4)
        for name, spoil in spoiled.items()
    }


def _saved(picture: np.ndarray, form: str, quality: int) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, form, quality=quality)
    with Image.open(buffer) as image:
        return np.asarray(image.convert("RGB"))


def described(pictures: list[np.ndarray]) -> dict[str, Any]:
    """What a measurement says of its metric, with what it says of these pictures."""
    return {
        "change": NAME,
        "package": f"flip-evaluator {version('flip-evaluator')}",
        "pixels_per_degree": PIXELS_PER_DEGREE,
        "similarity": f"scikit-image {version('scikit-image')}",
        "scale": scale(pictures),
    }
