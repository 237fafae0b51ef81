"""PNG: tEXt, zTXt, iTXt and eXIf, wherever they stand. A damaged chunk costs only itself."""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

from . import exif, xmp
from .files import LONGEST_TEXT, MOST_PARTS, Texts
from .values import Unclear, decode

MAGIC = b"\x89PNG\r\n\x1a\n"
_TEXTS = (b"tEXt", b"zTXt", b"iTXt", b"eXIf")
_XMP = "XML:com.adobe.xmp"


def read(stream: BinaryIO, size: int, texts: Texts) -> None:
    """Collects the texts of a PNG, jumping over everything else."""
    at = len(MAGIC)
    for _ in range(MOST_PARTS):
        stream.seek(at)
        head = stream.read(8)
        if len(head) < 8:
            texts.problem("PNG: cut short, the IEND chunk is missing")
            return
        length, name = struct.unpack(">I4s", head)
        if name == b"IEND":
            return
        if not name.isalpha() or at + 12 + length > size:
            texts.problem(f"PNG: broken chunk at byte {at}; what follows it is not read")
            return
        if name in _TEXTS:
            _chunk(stream, at, length, name, texts)
        at += 12 + length
    texts.problem(f"PNG: more than {MOST_PARTS:,} chunks; the rest are not read")


def _chunk(stream: BinaryIO, at: int, length: int, name: bytes, texts: Texts) -> None:
    where = f"PNG chunk {name.decode()} at byte {at}"
    if length > LONGEST_TEXT:
        texts.problem(f"{where}: {length:,} bytes; at most {LONGEST_TEXT:,} are read")
        return
    if not texts.spend(length):
        texts.problem(f"{where}: more text than is read; left out")
        return
    data = stream.read(length)
    if zlib.crc32(name + data).to_bytes(4, "big") != stream.read(4):
        texts.problem(f"{where}: its checksum is wrong; left out")
        return
    try:
        if name == b"eXIf":
            exif.read(data, texts)
            return
        key, text = _text(name, data, texts)
    except Unclear as error:
        texts.problem(f"{where}: {error}; left out")
        return
    if key == _XMP:
        xmp.read(text, texts)
    else:
        texts.add(f"PNG text '{key}'", key, text)


def _text(name: bytes, data: bytes, texts: Texts) -> tuple[str, str]:
    raw_key, found, rest = data.partition(b"\0")
    if not found or not 1 <= len(raw_key) <= 79 or not raw_key.isascii():
        raise Unclear("no keyword of 1 to 79 ASCII characters")
    key = raw_key.decode("ascii")
    if not key.isprintable():
        raise Unclear("control characters in its keyword")
    if name == b"tEXt":
        return key, decode(rest)
    if name == b"zTXt":
        return key, decode(_inflated(rest[:1], rest[1:], texts))
    flags, rest = rest[:2], rest[2:]
    parts = rest.split(b"\0", 2)
    if len(flags) < 2 or len(parts) < 3:
        raise Unclear("an iTXt chunk without its fields")
    body = _inflated(flags[1:], parts[2], texts) if flags[0] else parts[2]
    return key, decode(body)


def _inflated(method: bytes, data: bytes, texts: Texts) -> bytes:
    if method != b"\0":
        raise Unclear("an unknown compression method")
    if not texts.inflate(0):
        raise Unclear("more compressed text than is read")
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(data, LONGEST_TEXT + 1)
    except zlib.error:
        raise Unclear("damaged compressed text") from None
    texts.inflate(len(text))
    if len(text) > LONGEST_TEXT:
        raise Unclear(f"compressed text that grows beyond {LONGEST_TEXT:,} bytes")
    if not inflater.eof:
        raise Unclear("compressed text that is cut short")
    return text
