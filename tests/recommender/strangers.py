"""Files as a stranger may make them, and what reading one may cost."""

from __future__ import annotations

import json
import resource
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from recommender import ReadSettings, UnreadableError, read_settings
from tests.pace import within

SECONDS, MEGABYTES = 5, 500
MAGIC = b"\x89PNG\r\n\x1a\n"


@contextmanager
def within_limits() -> Iterator[None]:
    """Fails where more seconds or megabytes are spent than a stranger's file may cost."""
    read_settings(Path(__file__).parent / "pictures/a1111.png")  # the catalogue, once
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with within(SECONDS):
        yield
    # The most this process ever held, in KB: nothing must have raised it by so much.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < MEGABYTES * 1024


def chunk(name: bytes, body: bytes, *, damaged: bool = False) -> bytes:
    """Returns one chunk of a PNG."""
    checksum = zlib.crc32(name + body) ^ damaged
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)


def bomb(megabytes: int) -> bytes:
    """Returns compressed spaces that grow a thousandfold."""
    deflate = zlib.compressobj(9)
    return b"".join(deflate.compress(b" " * 2**20) for _ in range(megabytes)) + deflate.flush()


def sampler(**inputs: Any) -> dict[str, Any]:
    """Returns a sampler node of a graph."""
    return {"class_type": "KSampler", "inputs": {"steps": 20, "cfg": 7, "model": None, **inputs}}


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    """Returns a node of a graph."""
    return {"class_type": kind, "inputs": inputs}


def read(folder: Path, content: Any) -> ReadSettings:
    """Writes bytes, or data as JSON, into a file and reads that."""
    path = folder / "x"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return read_settings(path)


def refusal(folder: Path, content: Any) -> str:
    """Returns the one line that refuses a file, without the file's name."""
    with pytest.raises(UnreadableError) as error:
        read(folder, content)
    line = str(error.value)
    assert "\n" not in line
    return line.removeprefix(f"{folder / 'x'}: ")
