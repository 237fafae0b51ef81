"""Reads the front of a GGUF file: its key-values and what it says of its tensors."""

from __future__ import annotations

import struct
from itertools import pairwise
from math import prod

from ._header import Header, Tensor
from ._open import Bad, Reader

MAGIC = b"GGUF"
MAX_FRONT = 64 * 1024 * 1024
_CHUNK = 64 * 1024
_MOST_TENSORS = 200_000
_MOST_ITEMS = 4_000_000
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q",
            11: "<q", 12: "<d"}  # fmt: skip
_ORIGINAL = "comfy.gguf.orig_shape."
# Number → name, elements in a block, bytes of a block: llama.cpp's ggml_type.
# fmt: off
_TYPES = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 36),
    10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292), 16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136), 24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4),
    27: ("I64", 1, 8), 28: ("F64", 1, 8), 29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17),
}
# fmt: on


class _Front:
    """Reads forward through the front of the file, a chunk at a time and never past its end."""

    def __init__(self, reader: Reader, start: bytes) -> None:
        self._reader = reader
        self._buffer = start
        self._at = 0
        self.items = 0

    def take(self, count: int) -> bytes:
        have = len(self._buffer) - self._at
        if count > have:
            self._more(count - have)
        part = self._buffer[self._at : self._at + count]
        self._at += count
        return part

    def _more(self, missing: int) -> None:
        left = self._reader.size - self._reader.taken
        if missing > left:
            raise Bad(
                f"header: expected {missing} more bytes, got the end of the file. "
                "The file is damaged or its download was cut short."
            )
        if self._reader.taken + missing > MAX_FRONT:
            raise Bad(f"header: expected at most {MAX_FRONT} bytes before the tensors, got more.")
        read = self._reader.take(min(max(missing, _CHUNK), left))
        self._buffer = self._buffer[self._at :] + read
        self._at = 0

    @property
    def consumed(self) -> int:
        """How many bytes of the file have been walked through."""
        return self._reader.taken - len(self._buffer) + self._at

    def number(self, form: str) -> int:
        value: int = struct.unpack(form, self.take(struct.calcsize(form)))[0]
        return value

    def text(self) -> str:
        content = self.take(self.number("<Q"))
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Bad(
                f"header: expected UTF-8, got the byte 0x{content[error.start]:02x}."
            ) from None

    def count(self, count: int) -> int:
        """Refuses what no model has, before the time to walk through it is spent."""
        self.items += count
        if self.items > _MOST_ITEMS:
            raise Bad(f"header: expected at most {_MOST_ITEMS} entries, got more.")
        return count


def read(reader: Reader, start: bytes) -> Header:
    """Returns the front of a GGUF file as a header with PyTorch's order of dimensions."""
    front = _Front(reader, start)
    front.take(len(MAGIC))
    version = front.number("<I")
    if version not in (2, 3):
        raise Bad(f"header: expected GGUF version 2 or 3, got {version}.")
    tensors, pairs = front.number("<Q"), front.number("<Q")
    if tensors > _MOST_TENSORS:
        raise Bad(f"header: expected at most {_MOST_TENSORS} tensors, got {tensors}.")
    metadata: dict[str, str] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    for _ in range(front.count(pairs)):
        key = front.text()
        if key in metadata:
            raise Bad(f"header: expected every key once, got {Bad.quoted(key)} twice.")
        metadata[key] = _value(front, key, shapes)
    alignment = metadata.get("general.alignment", "32")
    found = _tensors(front, tensors, shapes)
    if not alignment.isdecimal() or not 0 < int(alignment) <= 1 << 20:
        raise Bad(f"header: expected an alignment of bytes, got {Bad.quoted(alignment)}.")
    begin = -(-front.consumed // int(alignment)) * int(alignment)
    _check_spans(found, reader.size - begin)
    plain = {name: Tensor(kind, shape) for name, (kind, shape, _, _) in found.items()}
    return Header("gguf", plain, metadata, bytes_read=reader.taken)


def _value(front: _Front, key: str, shapes: dict[str, tuple[int, ...]]) -> str:
    """Reads one value; text and single numbers are kept, arrays walked past, shapes noted."""
    kind = front.number("<I")
    if kind == _STRING:
        return front.text()
    if kind in _SCALARS:
        return str(front.number(_SCALARS[kind]))
    if kind != _ARRAY:
        raise Bad(f"header: {Bad.quoted(key)}: expected a known type of value, got {kind}.")
    item, length = front.number("<I"), front.number("<Q")
    front.count(length)
    if item in _SCALARS:
        width = struct.calcsize(_SCALARS[item])
        content = front.take(length * width)
        if key.startswith(_ORIGINAL) and length <= 8 and item in (4, 5, 10, 11):
            shapes[key[len(_ORIGINAL) :]] = tuple(
                struct.unpack(f"<{length}{_SCALARS[item][1]}", content)
            )
    elif item == _STRING:
        for _ in range(length):
            front.take(front.number("<Q"))
    else:
        raise Bad(f"header: {Bad.quoted(key)}: expected a list of plain values, got {item}.")
    return f"a list of {length}"


_Info = tuple[str, tuple[int, ...], int, int | None]


def _tensors(front: _Front, count: int, shapes: dict[str, tuple[int, ...]]) -> dict[str, _Info]:
    found: dict[str, _Info] = {}
    for _ in range(front.count(count)):
        name = front.text()
        if name in found:
            raise Bad(f"header: expected every name once, got {Bad.quoted(name)} twice.")
        dimensions = front.number("<I")
        if dimensions > 8:
            raise Bad(f"tensor {Bad.quoted(name)}: expected few dimensions, got {dimensions}.")
        # ggml writes the fastest dimension first, PyTorch the slowest.
        stored = struct.unpack(f"<{dimensions}Q", front.take(8 * dimensions))[::-1]
        if prod(stored) >= 2**63:
            raise Bad(f"tensor {Bad.quoted(name)}: expected fewer than 2^63 elements, got more.")
        number, offset = front.number("<I"), front.number("<Q")
        kind, block, width = _TYPES.get(number, (f"type {number}", 0, 0))
        size = prod(stored) // block * width if block else None
        shape = shapes.get(name, stored)
        found[name] = kind, shape if prod(shape) == prod(stored) else stored, offset, size
    return found


def _check_spans(found: dict[str, _Info], size: int) -> None:
    spans = sorted((offset, width or 0, name) for name, (_, _, offset, width) in found.items())
    for (start, width, before), (after, _, name) in pairwise(spans):
        if after < start + width:
            raise Bad(f"data: expected {Bad.quoted(name)} after {Bad.quoted(before)}, got overlap.")
    end = spans[-1][0] + spans[-1][1] if spans else 0
    if end > max(size, 0):
        raise Bad(
            f"data: expected {end} bytes for its tensors, got {max(size, 0)}. "
            "The file is damaged or its download was cut short."
        )
