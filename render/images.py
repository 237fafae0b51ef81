"""Judges and encodes pictures. Pillow and NumPy, no torch."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from .errors import BadPicture

WEBP = {"quality": 90, "method": 6}
BLANK = 2 / 255  # a picture whose pixels all lie this close together shows nothing


def to_uint8(pixels: np.ndarray) -> np.ndarray:
    """Floats in 0..1, [height, width, 3], to bytes. NaN and blank pictures raise BadPicture.

    Checked before the conversion: casting NaN to uint8 gives black without a word.
    """
    if not np.isfinite(pixels).all():
        share = 1 - np.isfinite(pixels).mean()
        raise BadPicture(f"{share:.1%} of the decoded picture is NaN or infinite")
    if float(pixels.max() - pixels.min()) < BLANK:
        raise BadPicture("the decoded picture is blank: all its pixels are the same")
    return (np.clip(pixels, 0, 1) * 255).round().astype(np.uint8)


def encode(pixels: np.ndarray, exif: bytes = b"") -> bytes:
    """A uint8 picture as WebP. The same pixels give the same bytes on one Pillow release."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", exif=exif, **WEBP)
    return buffer.getvalue()


def decode(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"))


def drift(a: np.ndarray, b: np.ndarray) -> tuple[int, float]:
    """The largest and the mean difference of two pictures, in grey levels of 255."""
    difference = np.abs(a.astype(int) - b.astype(int))
    return int(difference.max()), float(difference.mean())
