"""WebP: the EXIF and XMP chunks of its RIFF file."""

from __future__ import annotations

import struct
from typing import BinaryIO

from . import exif, xmp
from .files import LONGEST_TEXT, MOST_PARTS, Texts
from .values import decode


def read(stream: BinaryIO, size: int, texts: Texts) -> None:
    """Collects the texts of a WebP, jumping over everything else."""
    at = 12
    for _ in range(MOST_PARTS):
        if at + 8 > size:
            return
        stream.seek(at)
        name, length = struct.unpack("<4sI", stream.read(8))
        if at + 8 + length > size:
            texts.problem(f"WebP: broken chunk at byte {at}; what follows it is not read")
            return
        if name in (b"EXIF", b"XMP "):
            if length > LONGEST_TEXT or not texts.spend(length):
                texts.problem(f"WebP chunk at byte {at}: {length:,} bytes; left out")
            elif name == b"EXIF":
                exif.read(stream.read(length), texts)
            else:
                xmp.read(decode(stream.read(length)), texts)
        at += 8 + length + length % 2
    texts.problem(f"WebP: more than {MOST_PARTS:,} chunks; the rest are not read")
