"""Makes one call to the operating system fail, or the process die there, in a folder of pictures.

Installed in a child process, it counts the calls of `os` that change or lock something under the
folder and acts at the chosen one. What it cannot see: what C code does without `os` (Python's own
buffered reads of pictures and plans), and a kernel that loses what fsync promised. `straced.py`
sees the first; a virtual machine would be needed for the second.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
from pathlib import Path
from typing import Any

# kill: dead before the call. torn: dead after half a write, or right after any other call.
FAULTS = ("kill", "torn", "ENOSPC", "EIO", "EDQUOT")
_PATHS = ("open", "replace", "rename", "unlink", "mkdir", "rmdir", "link")
_HANDLES = ("write", "fsync", "close", "ftruncate")


class Faults:
    """Patches `os`; `at` is the number of the call that fails, 0 for none. `log` says what ran."""

    def __init__(self, folder: Path, log: Path, at: int = 0, fault: str = "kill") -> None:
        self._folder, self._at, self._fault = str(folder), at, fault
        self._real: dict[str, Any] = {}
        self._handles: dict[int, str] = {}
        self._count = 0
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def install(self) -> None:
        for name in (*_PATHS, *_HANDLES):
            self._real[name] = getattr(os, name)
            setattr(os, name, self._stand_in(name))
        self._real["flock"] = fcntl.flock
        fcntl.flock = self._stand_in("flock")

    def note(self, words: str) -> None:
        """Adds a line to the log, untouched by faults."""
        self._real.get("write", os.write)(self._log, f"{words}\n".encode())

    def _stand_in(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            place = self._place(name, arguments)
            if place is None:
                return self._real[name](*arguments, **options)
            self._count += 1
            if self._count == self._at:
                self._act(name, arguments, options)
            result = self._real[name](*arguments, **options)
            if name == "open":
                self._handles[result] = place
            if name == "close":
                self._handles.pop(arguments[0], None)
            self.note(f"{name} {place}")
            return result

        return call

    def _place(self, name: str, arguments: tuple[Any, ...]) -> str | None:
        """The file a call is about; None when it lies elsewhere."""
        if name in _PATHS:
            path = os.fspath(arguments[1 if name in ("replace", "rename", "link") else 0])
            return path if isinstance(path, str) and path.startswith(self._folder) else None
        return self._handles.get(arguments[0])

    def _act(self, name: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        if self._fault in ("kill", "torn"):
            if self._fault == "torn" and name == "write":
                self._real["write"](arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
            elif self._fault == "torn":
                self._real[name](*arguments, **options)
            os.kill(os.getpid(), signal.SIGKILL)
        if name == "close":
            self._real["close"](arguments[0])  # a failed close closes all the same
        number = getattr(errno, self._fault)
        raise OSError(number, os.strerror(number), *arguments[:1])
