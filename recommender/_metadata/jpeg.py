"""JPEG: EXIF, XMP and comment segments before the picture itself."""

from __future__ import annotations

from typing import BinaryIO

from . import exif, xmp
from .files import MOST_PARTS, Texts
from .values import decode

_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_BARE = {0x01, *range(0xD0, 0xD8)}  # segments without a length


def read(stream: BinaryIO, size: int, texts: Texts) -> None:
    """Collects the texts of a JPEG up to where its pixels begin."""
    at = 2
    for _ in range(MOST_PARTS):
        stream.seek(at)
        head = stream.read(4)
        if len(head) < 2 or head[0] != 0xFF:
            texts.problem(f"JPEG: broken segment at byte {at}; what follows it is not read")
            return
        kind = head[1]
        if kind == 0xFF or kind in _BARE:
            at += 1 if kind == 0xFF else 2
            continue
        if kind in (0xD9, 0xDA):
            return
        length = int.from_bytes(head[2:4], "big")
        if length < 2 or at + 2 + length > size:
            texts.problem(f"JPEG: broken segment at byte {at}; what follows it is not read")
            return
        _segment(kind, stream.read(length - 2) if kind in (0xE1, 0xFE) else b"", texts)
        at += 2 + length
    texts.problem(f"JPEG: more than {MOST_PARTS:,} segments; the rest are not read")


def _segment(kind: int, data: bytes, texts: Texts) -> None:
    if kind == 0xFE:
        texts.add("JPEG comment", "comment", decode(data))
    elif data.startswith(b"Exif\0"):
        exif.read(data, texts)
    elif data.startswith(_XMP):
        xmp.read(decode(data[len(_XMP) :]), texts)
