# ruff: noqa: PTH116, PTH123
"""Opens what may be a model: regular files alone, never waiting, and counts what is read."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, BinaryIO, cast

from .._errors import visible

MAX_CONFIG = 1024 * 1024


class Bad(Exception):
    """Why a file cannot be read as a model, in one sentence without the file's name."""

    @staticmethod
    def quoted(text: object) -> str:
        """Returns text from the file as a message may show it."""
        return f"'{visible(text)}'"


class Reader:
    """Takes bytes off the front of a stream, and knows how many it took and how many there are."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self.size = size
        self.taken = 0

    def take(self, count: int) -> bytes:
        """Returns exactly this many bytes."""
        if count > self.size - self.taken:
            raise Bad(f"expected {count} more bytes, got the end of the file after {self.size}.")
        parts = []
        left = count
        while left:
            part = self._stream.read(left)
            if not part:
                raise Bad(f"expected {left} more bytes, got the end of the file.")
            parts.append(part)
            left -= len(part)
        self.taken += count
        return b"".join(parts)


def opened(path: str) -> AbstractContextManager[tuple[BinaryIO, int]]:
    """Opens a regular file without a buffer, so that nothing beyond what is asked for is read."""
    return _Opened(path)


class _Opened(AbstractContextManager[tuple[BinaryIO, int]]):
    def __init__(self, path: str) -> None:
        self._path = path
        self._stream: Any = None

    def __enter__(self) -> tuple[BinaryIO, int]:
        # Looked at before it is opened: merely opening some devices does something.
        mode = _asked(lambda: os.stat(self._path)).st_mode
        if not stat.S_ISREG(mode):
            raise Bad(f"expected a regular file, got {special(mode)}.")
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        descriptor = _asked(lambda: os.open(self._path, flags | getattr(os, "O_BINARY", 0)))
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(descriptor)
            raise Bad(f"expected a regular file, got {special(found.st_mode)}.")
        self._stream = open(descriptor, "rb", buffering=0)
        return cast(BinaryIO, self._stream), found.st_size

    def __exit__(self, *_: object) -> None:
        self._stream.close()


def _asked(question: Callable[[], Any]) -> Any:
    try:
        return question()
    except OSError as error:
        raise Bad(f"cannot be opened: {error.strerror}.") from None
    except ValueError:
        raise Bad("cannot be opened: the name holds a NUL character.") from None


def special(mode: int) -> str:
    """Returns in words what a file that is not a regular one is."""
    if stat.S_ISDIR(mode):
        return "a directory"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def is_folder(path: str) -> bool:
    """True when this is a directory, links followed."""
    return stat.S_ISDIR(_asked(lambda: os.stat(path)).st_mode)


def read_json(path: str, limit: int = MAX_CONFIG) -> tuple[dict[str, Any], int]:
    """Returns a small JSON object beside the weights, and its size in bytes."""
    import json

    from .._nesting import loads

    with opened(path) as (stream, size):
        if size > limit:
            raise Bad(f"expected at most {limit} bytes of JSON, got {size}.")
        content = Reader(stream, size).take(size)
    try:
        data = loads(content.decode("utf-8"), parse_constant=lambda name: None)
    except UnicodeDecodeError as error:
        raise Bad(f"expected UTF-8, got the byte 0x{content[error.start]:02x}.") from None
    except json.JSONDecodeError as error:
        raise Bad(f"not JSON: {error.msg} at line {error.lineno}.") from None
    except RecursionError:
        raise Bad("not JSON that a model folder has: nested too deeply.") from None
    except ValueError as error:
        raise Bad(f"not JSON: {str(error).partition(';')[0][:120]}.") from None
    if not isinstance(data, dict):
        raise Bad("expected one JSON object, got something else.")
    return data, size
