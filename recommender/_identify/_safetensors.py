"""Reads the header of a safetensors file, 8 + N bytes of it, and believes nothing unchecked."""

from __future__ import annotations

import json
from itertools import pairwise
from math import prod
from typing import Any

from .._nesting import loads
from ._header import Header, Tensor
from ._open import Bad, Reader

# The reference refuses headers above 100 MB. Such a header is a bomb for whoever parses JSON into
# objects; the largest real one, of a hundred thousand tensors, has some 13 MB.
MAX_HEADER = 32 * 1024 * 1024
# What JSON is parsed into takes up to a hundred bytes for each of these signs.
_MAX_SIGNS = 3_000_000
START = 9  # the length of the header and its first byte: enough to know such a file by
_MAX_SIZE = 2**63
# fmt: off
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8,
    "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "I64": 64, "U64": 64, "F64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}
# fmt: on


def read(reader: Reader, start: bytes) -> Header:
    """Returns a safetensors header, its first bytes given, or raises Bad with what is wrong."""
    size = int.from_bytes(start[:8], "little")
    if size == 0:
        raise Bad("header: expected a length above 0, got 0.")
    if size > reader.size - 8:
        raise Bad(
            f"header: expected at most the {reader.size - 8} bytes that follow, got a length of "
            f"{size}. The file is damaged or its download was cut short."
        )
    if size > MAX_HEADER:
        raise Bad(f"header: expected at most {MAX_HEADER} bytes, got a length of {size}.")
    data = _parsed(start[8:] + reader.take(size - 1))
    metadata = data.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise Bad("header: __metadata__: expected text for every key, got something else.")
    tensors: dict[str, Tensor] = {}
    spans: list[tuple[int, int, str]] = []
    for name, entry in data.items():
        tensors[name], begin, end = _tensor(name, entry)
        spans.append((begin, end, name))
    _check_spans(spans, reader.size - 8 - size)
    return Header("safetensors", tensors, metadata, bytes_read=reader.taken)


def _parsed(content: bytes) -> dict[str, Any]:
    if content[:1] != b"{":
        raise Bad("header: expected JSON that begins with '{', got something else.")
    if sum(content.count(sign) for sign in b",:{[") > _MAX_SIGNS:
        raise Bad("header: expected at most some 200,000 tensors, got far more.")
    try:
        data = loads(
            content.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
    except UnicodeDecodeError as error:
        raise Bad(
            f"header: expected UTF-8, got the byte 0x{content[error.start]:02x} at {error.start}."
        ) from None
    except json.JSONDecodeError as error:
        raise Bad(f"header: not JSON: {error.msg} at character {error.pos}.") from None
    except RecursionError:
        raise Bad("header: not JSON that a model file has: nested too deeply.") from None
    except ValueError as error:
        raise Bad(f"header: not JSON: {str(error).partition(';')[0][:120]}.") from None
    if not isinstance(data, dict):
        raise Bad("header: expected one JSON object, got something else.")
    return data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        # Two readers may believe two different entries, so a file with both is refused.
        raise Bad(f"header: expected every name once, got {Bad.quoted(twice)} twice.")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _tensor(name: str, entry: Any) -> tuple[Tensor, int, int]:
    where = f"tensor {Bad.quoted(name)}"
    if not isinstance(entry, dict) or not {"dtype", "shape", "data_offsets"} <= entry.keys():
        raise Bad(f"{where}: expected dtype, shape and data_offsets, got something else.")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str):
        raise Bad(f"{where}: expected a dtype that is text, got something else.")
    if not isinstance(shape, list) or len(shape) > 64 or not all(map(_whole, shape)):
        raise Bad(f"{where}: expected a shape of whole numbers from 0, got something else.")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(map(_whole, offsets)):
        raise Bad(f"{where}: expected two data_offsets from 0, got something else.")
    start, end = offsets
    if end < start:
        raise Bad(f"{where}: expected data_offsets that rise, got {start} to {end}.")
    elements = prod(shape)
    if elements >= _MAX_SIZE:
        raise Bad(f"{where}: expected fewer than 2^63 elements, got a shape of more.")
    bits = _BITS.get(dtype)
    if bits is not None and (elements * bits + 7) // 8 != end - start:
        raise Bad(
            f"{where}: expected {(elements * bits + 7) // 8} bytes for its {dtype} and shape, "
            f"got data_offsets of {end - start}."
        )
    return Tensor(dtype, tuple(shape)), start, end


def _whole(value: Any) -> bool:
    return type(value) is int and 0 <= value < _MAX_SIZE


def _check_spans(spans: list[tuple[int, int, str]], size: int) -> None:
    """The data lies end to end: no overlap, no hole, nothing after the last tensor."""
    spans.sort()
    if spans and spans[0][0] != 0:
        raise Bad(f"data: expected it to begin with a tensor, got {spans[0][0]} unnamed bytes.")
    for (_, end, before), (start, _, name) in pairwise(spans):
        if start != end:
            what = "overlapping it" if start < end else f"{start - end} bytes further"
            after = f"{Bad.quoted(name)} right after {Bad.quoted(before)}"
            raise Bad(f"data: expected {after}, got it {what}.")
    last = spans[-1][1] if spans else 0
    if last > size:
        raise Bad(
            f"data: expected {last} bytes for its tensors, got {size}. "
            "The file is damaged or its download was cut short."
        )
    if last < size:
        raise Bad(f"data: expected {last} bytes for its tensors, got {size - last} more.")
