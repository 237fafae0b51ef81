# ruff: noqa: PTH102, PTH105, PTH108
"""Writes a file whole or not at all, whatever happens on the way: kill -9, a full disk, no power.

Only functions of `os` touch the disk, in one order: a temporary file beside the target, write,
fsync, close, rename, fsync of the folder. Tests fail each of them in turn.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path

from .errors import DiskError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
PARTIAL = ".partial"
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0)


def write_whole(path: Path, content: bytes) -> None:
    """Replaces or creates a file; DiskError says what was in the way, and leaves nothing behind."""
    partial = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL}")
    try:
        make_folder(path.parent)
        _write(partial, content)
        os.replace(partial, path)
        _sync(path.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        if isinstance(error, OSError):
            raise told(path, len(content), error) from None
        raise


def make_folder(path: Path) -> None:
    """Makes a folder and those above it, each recorded in its parent."""
    if path.is_dir():
        return
    make_folder(path.parent)
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(path)
        _sync(path.parent)
    except OSError as error:
        raise told(path, 0, error) from None


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, _CREATE, 0o666)
    try:
        left = memoryview(content)
        while left:
            # A full disk may take a part, and only refuse the rest.
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    except BaseException:
        with contextlib.suppress(OSError):
            os.close(handle)
        raise
    os.close(handle)


def _sync(folder: Path) -> None:
    """Makes a rename in a folder last. Not every system lets a folder be opened."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a network file system without such a thing
            raise
    finally:
        os.close(handle)


def free_bytes(folder: Path) -> int:
    """The room left where a folder is, or would be."""
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def told(path: Path, needed: int, error: OSError) -> DiskError:
    """The error in words: the path, and where there is no room, how much was needed and is free."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    if error.errno not in NO_ROOM:
        return DiskError(
            f"{path}: {reason}. Finished pictures are kept. "
            "Make the folder writable or choose another with --out, and run the same command."
        )
    try:
        free = f"{free_bytes(path.parent):,}"
    except OSError:
        free = "an unknown number"
    wanted = f"{needed:,} bytes" if needed else "room for one more name"
    return DiskError(
        f"{path}: {reason}: needed {wanted}, {free} are free. Finished pictures are kept. "
        "Free some room and run the same command."
    )
