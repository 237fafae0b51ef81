"""EXIF: the text tags that tools write into, from a TIFF structure that may lie."""

from __future__ import annotations

import struct

from .files import Texts
from .values import decode

_EXIF_IFD = 0x8769
_USER_COMMENT = 0x9286
_NAMES = {
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0131: "Software",
    0x927C: "MakerNote",
    _USER_COMMENT: "UserComment",
    0x9C9B: "XPTitle",
    0x9C9C: "XPComment",
}
_BYTES, _ASCII, _LONG, _UNDEFINED = 1, 2, 4, 7
_MOST_TAGS = 500


def read(data: bytes, texts: Texts) -> None:
    """Collects the text tags of an EXIF block."""
    if data.startswith(b"Exif\0"):
        data = data[6:]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        texts.problem("EXIF: no TIFF header; not read")
        return
    waiting = [struct.unpack_from(order + "I", data, 4)[0]]
    seen: set[int] = set()
    while waiting and len(seen) < 8:
        at = waiting.pop()
        # A directory may point at itself.
        if at in seen:
            continue
        seen.add(at)
        waiting += _directory(data, at, order, texts)


def _directory(data: bytes, at: int, order: str, texts: Texts) -> list[int]:
    """Reads one directory of tags and returns the directories it points at."""
    if at + 2 > len(data):
        texts.problem("EXIF: a directory outside the block; not read")
        return []
    more = []
    for index in range(min(struct.unpack_from(order + "H", data, at)[0], _MOST_TAGS)):
        entry = at + 2 + 12 * index
        if entry + 12 > len(data):
            texts.problem("EXIF: a directory cut short")
            break
        tag, kind, count, value = struct.unpack_from(order + "HHII", data, entry)
        if tag == _EXIF_IFD and kind == _LONG:
            more.append(value)
        elif kind in (_BYTES, _ASCII, _UNDEFINED) and (tag in _NAMES or kind == _ASCII):
            begin = entry + 8 if count <= 4 else value
            name = _NAMES.get(tag, f"tag {tag:#06x}")
            if begin + count > len(data):
                texts.problem(f"EXIF {name}: points outside the block; left out")
                continue
            body = data[begin : begin + count]
            texts.add(f"EXIF {name}", name, _text(tag, body))
    return more


def _text(tag: int, body: bytes) -> str:
    if tag >= 0x9C9B:
        return body.decode("utf-16-le", "replace")
    if tag == _USER_COMMENT:
        head, rest = body[:8], body[8:]
        if head == b"UNICODE\0":
            return _utf16(rest)
        if head in (b"ASCII\0\0\0", b"\0" * 8):
            return decode(rest)
    return decode(body)


def _utf16(data: bytes) -> str:
    """Decodes UTF-16 in the order its zero bytes show; writers ignore the order EXIF demands."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    big = data[0::2].count(0) >= data[1::2].count(0)
    return data.decode("utf-16-be" if big else "utf-16-le", "replace")
