"""AVIF (and HEIF): the Exif and XMP items that the `meta` box points at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from . import exif, xmp
from .files import LONGEST_TEXT, MOST_PARTS, Texts
from .values import Unclear, decode

BRANDS = (b"avif", b"avis", b"mif1", b"msf1", b"heic", b"heix", b"heif")
_MOST_ITEMS = 1000


def read(stream: BinaryIO, size: int, texts: Texts) -> None:
    """Collects the texts of an AVIF; only the boxes that lead to them are read."""
    at = 0
    for _ in range(MOST_PARTS):
        stream.seek(at)
        head = stream.read(16)
        if len(head) < 8:
            return
        length, begin = int.from_bytes(head[:4], "big"), 8
        if length == 1:
            length, begin = int.from_bytes(head[8:16], "big"), 16
        length = length or size - at
        if length < begin or at + length > size:
            texts.problem(f"AVIF: broken box at byte {at}; what follows it is not read")
            return
        if head[4:8] == b"meta":
            _meta(stream, at + begin, length - begin, size, texts)
            return
        at += length


def _meta(stream: BinaryIO, at: int, length: int, size: int, texts: Texts) -> None:
    if length > LONGEST_TEXT:
        texts.problem(f"AVIF: a meta box of {length:,} bytes; not read")
        return
    stream.seek(at + 4)
    data = stream.read(length - 4)
    try:
        boxes = dict(_boxes(data))
        kinds = _kinds(boxes.get(b"iinf", b""))
        places = _places(boxes.get(b"iloc", b""))
    except (IndexError, Unclear):
        texts.problem("AVIF: a damaged meta box; not read")
        return
    for item, kind in kinds.items():
        method, extents = places.get(item, (0, []))
        length = sum(length for _, length in extents)
        if length > LONGEST_TEXT or not texts.spend(length):
            texts.problem("AVIF: an item with more text than is read; left out")
            continue
        parts = []
        for start, length in extents:
            if method == 1:
                parts.append(boxes.get(b"idat", b"")[start : start + length])
            elif start + length <= size:
                stream.seek(start)
                parts.append(stream.read(length))
        body = b"".join(parts)
        if kind == b"Exif":
            # Four bytes say where the TIFF header stands behind them.
            exif.read(body[4 + int.from_bytes(body[:4], "big") :], texts)
        elif body:
            xmp.read(decode(body), texts)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big") or len(data) - at
        if length < 8 or at + length > len(data):
            raise Unclear("a box longer than what holds it")
        yield data[at + 4 : at + 8], data[at + 8 : at + length]
        at += length


def _kinds(data: bytes) -> dict[int, bytes]:
    """Returns item → kind for the items that hold text."""
    found: dict[int, bytes] = {}
    skip = 6 if data[:1] == b"\0" else 8
    for name, entry in _boxes(data[skip:]):
        if name != b"infe" or entry[0] < 2:
            continue
        wide = 4 if entry[0] == 3 else 2
        item, kind = int.from_bytes(entry[4 : 4 + wide], "big"), entry[6 + wide : 10 + wide]
        if kind == b"Exif" or (kind == b"mime" and b"application/rdf+xml" in entry):
            found[item] = kind
        if len(found) > _MOST_ITEMS:
            raise Unclear("too many items")
    return found


def _places(data: bytes) -> dict[int, tuple[int, list[tuple[int, int]]]]:
    """Returns item → (where its bytes are counted from, its stretches)."""
    if not data:
        return {}
    version, sizes = data[0], data[4:6]
    offset, length = sizes[0] >> 4, sizes[0] & 15
    base, index = sizes[1] >> 4, sizes[1] & 15 if version else 0
    wide = 4 if version == 2 else 2
    at = 6

    def take(count: int) -> int:
        nonlocal at
        if at + count > len(data):
            raise Unclear("a table cut short")
        at += count
        return int.from_bytes(data[at - count : at], "big")

    found: dict[int, tuple[int, list[tuple[int, int]]]] = {}
    for _ in range(min(take(wide), MOST_PARTS)):
        item = take(wide)
        method = take(2) & 15 if version else 0
        take(2)
        start = take(base)
        extents = []
        count = take(2)
        if count > _MOST_ITEMS:
            raise Unclear("an item in too many pieces")
        for _ in range(count):
            take(index)
            first = start + take(offset)
            extents.append((first, take(length)))
        found[item] = (method, extents)
    return found
