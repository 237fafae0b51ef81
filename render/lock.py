# ruff: noqa: PTH104, PTH108, PTH116
"""One run at a time in a folder of pictures.

The operating system holds the lock (flock) and drops it when its process ends, however it ends: no
lock is ever left behind. A file system without flock gets a file that only one process can create;
there a dead owner on this machine is noticed, and one elsewhere is waited for with a limit.
"""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from .durable import PARTIAL, make_folder, told
from .errors import RenderError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

FILE, ALONE = ".lock", ".lock.only"  # with flock, and without
LIMIT = 600.0  # seconds; only without flock, where an owner on another machine may be gone
_PAUSE = 0.1
_WITHOUT = (errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL)
_OPEN = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)


@contextlib.contextmanager
def alone_in(folder: Path, limit: float = LIMIT) -> Iterator[None]:
    """Waits until no other run writes to a folder, saying once who does; then keeps others out."""
    make_folder(folder)
    path = folder / FILE
    try:
        handle = _flock(path)
        if handle is None:
            path = folder / ALONE
            handle = _create(path, limit)
    except OSError as error:
        raise told(path, 0, error) from None
    try:
        yield
    finally:
        # Removed while it is held: who waits for it sees that its file is gone, and opens anew.
        for undo in (lambda: os.unlink(path), lambda: os.close(handle)):
            with contextlib.suppress(OSError):
                undo()


def _flock(path: Path) -> int | None:
    """The open, locked file; None where the file system has no such locks."""
    said = False
    while fcntl is not None:
        handle = os.open(path, _OPEN, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(handle), os.stat(path)):
                _sign(handle)
                return handle
        except FileNotFoundError:
            pass
        except BlockingIOError:
            said = said or _announce(path)
            time.sleep(_PAUSE)
        except BaseException as error:
            os.close(handle)
            if getattr(error, "errno", None) not in _WITHOUT:
                raise
            with contextlib.suppress(OSError):
                os.unlink(path)
            return None
        os.close(handle)
    return None


def _create(path: Path, limit: float) -> int:
    """The lock without flock: the file that only one process can create."""
    until, said = time.monotonic() + limit, False
    while True:
        try:
            handle = os.open(path, _OPEN | os.O_EXCL, 0o666)
        except FileExistsError:
            owner = _owner(path)
            if _dead(owner):
                _remove(path, owner)
                continue
            if time.monotonic() > until:
                raise RenderError(
                    f"{path.parent}: expected to be the only run here, got {_words(owner)} after "
                    f"{limit:.0f} s of waiting. This file system has no locks that end with their "
                    f"process: if that run is gone, remove {path}."
                ) from None
            said = said or _announce(path)
            time.sleep(_PAUSE)
        else:
            _sign(handle)
            return handle


def _sign(handle: int) -> None:
    """Writes who holds the lock; a courtesy to who waits, so a full disk does not matter."""
    name = f"{os.getpid()} {_started(os.getpid())} {platform.node()}\n"
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        os.write(handle, name.encode())


def _owner(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")[:300].strip()
    except OSError:
        return ""


def _words(owner: str) -> str:
    pid, _, host = owner.split(" ", 2) if owner.count(" ") >= 2 else ("", "", "")
    return f"process {pid} on {host}" if pid.isdigit() and host.isprintable() else "another run"


def _announce(path: Path) -> bool:
    print(
        f"{path.parent}: waiting for {_words(_owner(path))}, which renders here. Ctrl-C stops.",
        file=sys.stderr,
        flush=True,
    )
    return True


def _dead(owner: str) -> bool:
    """True when a process of this machine wrote it and is gone; a recycled number is not it."""
    parts = owner.split(" ", 2)
    if len(parts) != 3 or not parts[0].isdigit() or parts[2] != platform.node():
        return False
    return _started(int(parts[0])) != parts[1]


def _started(pid: int) -> str:
    """When a process began, in the kernel's own count; `-` where that is not told."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return "gone"
    except OSError:
        pass
    return "-"


def _remove(path: Path, owner: str) -> None:
    """Removes a dead owner's file, and never the one that a quicker run has put in its place."""
    aside = path.with_name(f"{ALONE}.{os.getpid()}{PARTIAL}")
    with contextlib.suppress(OSError):
        os.rename(path, aside)
        if _owner(aside) != owner:
            os.link(aside, path)
        os.unlink(aside)
