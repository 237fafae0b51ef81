"""How far two pictures of one size lie apart, as an eye would say. Downloads nothing.

ꟻLIP (Andersson et al. 2020, doi:10.1145/3406183) models contrast sensitivity at a viewing distance,
and the limits of a sweet spot are of it alone. SSIM (Wang et al. 2004, doi:10.1109/TIP.2003.819861)
compares local structure. It stands beside ꟻLIP, as do learned distances where their weights are at
hand, each under its own name: figures of two metrics are never compared, and these decide nothing.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from ..errors import RenderError

PIXELS_PER_DEGREE = 67.0  # ꟻLIP's own default: a 0.7 m wide 4K screen seen from 0.7 m
NAME = "flip"
LADDER = (0, 1, 2, 4, 8)  # how much a picture is spoiled, to see whether a metric tells more
RANKED = 4  # pictures whose ladders are looked at
PACKAGES = ("flip_evaluator", "skimage")
Distance = Callable[[np.ndarray, np.ndarray], float]


def expect_here(*more: str) -> None:
    """Refuses to begin where what pictures are compared with, or `more`, is not installed."""
    missing = [name for name in (*PACKAGES, *more) if find_spec(name) is None]
    if missing:
        raise RenderError(
            f"measure: expected the package {missing[0]}, got none. "
            "Run: python -m pip install -e '.[measure]'"
        )


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


def beside(names: list[str], folder: Path | None = None) -> list[Any]:
    """The learned distances of these names, with weights from a folder or where they are kept."""
    from .lpips import Lpips

    known = {Lpips.name: Lpips}
    return [known[name](folder) for name in dict.fromkeys(names)]


def scale(pictures: list[np.ndarray], distance: Distance = flip) -> dict[str, float]:
    """How far harmless changes of these pictures lie: the mean of each, to compare with."""
    spoiled = {
        "webp_90": lambda picture: _saved(picture, "WEBP", 90),
        "jpeg_75": lambda picture: _saved(picture, "JPEG", 75),
        "shifted_1px": lambda picture: np.roll(picture, 1, 1),
        "brighter_2_percent": lambda picture: np.minimum(picture, 250) + np.uint8(5),
    }
    return {
        name: round(float(np.mean([distance(picture, spoil(picture)) for picture in pictures])), 4)
        for name, spoil in spoiled.items()
    }


def ranked(pictures: list[np.ndarray], distance: Distance = flip) -> dict[str, float]:
    """Share of pictures whose ladder of blur, and of noise, a distance puts in its order."""
    return {
        how: float(np.mean([_in_order(picture, how, distance) for picture in pictures[:RANKED]]))
        for how in ("blur", "noise")
    }


def _in_order(picture: np.ndarray, how: str, distance: Distance) -> bool:
    found = [distance(picture, spoiled(picture, how, amount)) for amount in LADDER]
    return found == sorted(found)


def spoiled(picture: np.ndarray, how: str, amount: int) -> np.ndarray:
    """A picture with blur of `amount` ÷ 2 pixels, or the same noise `amount` times over."""
    if how == "blur":
        return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(amount / 2)))
    noise = np.random.default_rng(0).normal(0, 3, picture.shape)
    return np.clip(picture + amount * noise, 0, 255).round().astype(np.uint8)


def _saved(picture: np.ndarray, form: str, quality: int) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, form, quality=quality)
    with Image.open(buffer) as image:
        return np.asarray(image.convert("RGB"))


def described(pictures: list[np.ndarray], learned: Sequence[Any] = ()) -> dict[str, Any]:
    """What a measurement says of its metrics, with what they say of these pictures."""
    told = named(learned)
    for metric in learned:
        told["beside"][metric.name] |= {
            "scale": scale(pictures, metric),
            "ranked": ranked(pictures, metric),
        }
    return {
        **told,
        "scale": scale(pictures),
        "ranked": {NAME: ranked(pictures), "ssim": ranked(pictures, lambda a, b: 1 - ssim(a, b))},
    }


def named(learned: Sequence[Any] = ()) -> dict[str, Any]:
    """What the metrics are, whatever pictures they are asked of."""
    beside = {
        one.name: {"package": one.package, "weights": one.digest, "noticeable": one.noticeable}
        for one in learned
    }
    return {
        "change": NAME,
        "package": f"flip-evaluator {version('flip-evaluator')}",
        "pixels_per_degree": PIXELS_PER_DEGREE,
        "similarity": f"scikit-image {version('scikit-image')}",
        **({"beside": beside} if beside else {}),
    }
