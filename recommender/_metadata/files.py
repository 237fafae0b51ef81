# ruff: noqa: PTH116
"""Opening a stranger's file: regular files only, never waiting, never more than asked for."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO, NamedTuple

from .._errors import UnreadableError
from .values import shown

# One text, and all texts of a file. A workflow of 2,000 nodes is about 1 MB.
LONGEST_TEXT = 4 * 1024 * 1024
LONGEST_TEXTS = 16 * 1024 * 1024
MOST_TEXTS = 200
# What is read or inflated in search of texts, kept or not.
_MOST_BYTES = 64 * 1024 * 1024
# What may stand before, between and behind the texts; more is no picture of any use.
MOST_PARTS = 100_000

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


class Text(NamedTuple):
    """A text a container holds: where it stands, in words, its key, and the text."""

    where: str
    key: str
    text: str


class Texts:
    """The texts of one file, with what was left out and why."""

    def __init__(self) -> None:
        self.found: list[Text] = []
        self.problems: list[str] = []
        self._room = LONGEST_TEXTS
        self._read = self._inflated = 0

    def spend(self, count: int) -> bool:
        """Counts bytes read; False when they are more than are read of one file."""
        self._read += count
        return self._read <= _MOST_BYTES

    def inflate(self, count: int) -> bool:
        """Counts bytes inflated, apart: compressed bombs must not cost the plain texts."""
        self._inflated += count
        return self._inflated <= _MOST_BYTES

    def add(self, where: str, key: str, text: str) -> None:
        """Keeps a text unless there are too many or it is too long."""
        text = text.strip("\0")
        if not text.strip():
            return
        if len(text) > LONGEST_TEXT or len(text) > self._room or len(self.found) >= MOST_TEXTS:
            self.problem(f"{where}: more text than is read; left out")
            return
        self._room -= len(text)
        self.found.append(Text(where, key, text))

    def problem(self, text: str) -> None:
        """Notes something that was left out; a flood is cut."""
        if len(self.problems) < 20:
            self.problems.append(text)


def begins_weights(head: bytes) -> bool:
    """True for the first bytes of GGUF, or of safetensors: the length of a header, its header."""
    return head.startswith(b"GGUF") or (head[5:8] == b"\0\0\0" and head[8:9] == b"{")


def open_regular(path: str) -> tuple[BinaryIO, int]:
    """Opens a regular file and returns it with its size; raises UnreadableError for all else."""
    try:
        # Looked at before it is opened: opening a device may already do something.
        _only_regular(path, os.stat(path).st_mode)
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        handle = os.open(path, flags | getattr(os, "O_BINARY", 0))
        status = os.fstat(handle)
        try:
            _only_regular(path, status.st_mode)
        except BaseException:
            os.close(handle)
            raise
        # Python 3.14 would take 128 kB at every jump, where eight bytes are asked for.
        return os.fdopen(handle, "rb", 8192), status.st_size
    except UnreadableError:
        raise
    except ValueError:
        raise UnreadableError(f"{shown(path, 200)}: no possible file name.") from None
    except OSError as error:
        raise UnreadableError(f"{shown(path, 200)}: {error.strerror or 'unreadable'}.") from None


def _only_regular(path: str, mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    kind = next((words for test, words in _KINDS if test(mode)), "something else")
    raise UnreadableError(f"{shown(path, 200)}: expected a picture or a workflow, got {kind}.")
