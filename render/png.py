"""Whether a PNG file is whole: read through without Pillow, before a model is loaded.

Portable Network Graphics (PNG) Specification, Third Edition, W3C 2025: chunks (5.3), interlacing
(8), filters (9).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from functools import lru_cache

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LARGEST = 8192  # pixels a side; Pillow refuses little more than such a square
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
           (0, 1, 1, 2))  # fmt: skip
_PIECE = 1 << 20


@lru_cache(maxsize=64)
def png_problem(content: bytes) -> str | None:
    """Says why a file's bytes are no whole PNG picture; None when they are."""
    if content[:8] != SIGNATURE or content[12:16] != b"IHDR" or len(content) < 33:
        return "expected a PNG picture"
    width, height, depth, colour, _, _, laced = struct.unpack(">IIBBBBB", content[16:29])
    if not (1 <= width <= LARGEST and 1 <= height <= LARGEST):
        return f"expected a PNG picture of at most {LARGEST} pixels a side"
    bits = depth * _SAMPLES.get(colour, 0)
    try:
        compressed = b"".join(data for kind, data in _chunks(content) if kind == b"IDAT")
        whole = bits and _inflated(compressed, _length(width, height, bits, laced))
    except (ValueError, struct.error, zlib.error):
        whole = False
    return None if whole else "expected a whole PNG picture, whose bytes can be decoded"


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Every chunk up to the last; ValueError where one is cut off or changed."""
    at, kind = 8, b""
    while kind != b"IEND":
        (length,) = struct.unpack(">I", content[at : at + 4])
        kind, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        (told,) = struct.unpack(">I", content[at + 8 + length : at + 12 + length])
        if zlib.crc32(data, zlib.crc32(kind)) != told:
            raise ValueError("a chunk is not what was written")
        yield kind, data
        at += 12 + length


def _length(width: int, height: int, bits: int, laced: int) -> int:
    """Bytes of the picture before compression: a byte for the filter of each line, and the line."""
    passes = _PASSES if laced else ((0, 0, 1, 1),)
    sizes = ((-(-(width - x) // across), -(-(height - y) // down)) for x, y, across, down in passes)
    return sum(h * (1 + (w * bits + 7) // 8) for w, h in sizes if w > 0 and h > 0)


def _inflated(compressed: bytes, expected: int) -> bool:
    """True for a stream that ends, with its checksum, after so many bytes; holds one piece."""
    stream, count, rest = zlib.decompressobj(), 0, compressed
    while not stream.eof and count <= expected:
        piece = stream.decompress(rest, _PIECE)
        count, rest = count + len(piece), stream.unconsumed_tail
        if not piece and not rest:
            break
    return stream.eof and count == expected
