"""Ctrl-C and SIGTERM: what is finished stays, and the process is gone within five seconds.

Python answers a signal only between two of its own instructions, and a batch may compute for half a
minute. A thread of its own therefore hears of the signal as well, by a byte that the C handler
writes, and ends the process when the main thread has not; at once if a second signal comes.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Iterator

GRACE = 4.0  # seconds
KEPT = "Finished pictures are kept; the same command continues."
_WORDS = {signal.SIGINT: "Interrupted", signal.SIGTERM: "Terminated"}


def listen() -> None:
    """Ends the process at once, until `stoppable` takes over: imports take a while."""
    for number in _heard():
        signal.signal(number, lambda number, frame: _leave(number))


class Stopped(KeyboardInterrupt):
    """Raised in the main thread by the first signal."""

    def __init__(self, number: int) -> None:
        self.number = number


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Lets SIGINT and SIGTERM end the process, for `with` around all it does.

    What was ignored before, as in a shell's background, stays so.
    """
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    before = {number: signal.signal(number, _raise) for number in _heard()}
    wakeup = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    done = threading.Event()
    threading.Thread(target=_watch, args=(ours, done), daemon=True).start()
    try:
        yield
    except Stopped as stopped:
        _leave(stopped.number)
    finally:
        done.set()
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        theirs.close()


def end_with_parent() -> None:
    """For the workers of a pool: a signal ends them, and so does the end of who began them.

    A forked worker would hear signals as its parent does, and outlive one that was killed.
    """
    signal.set_wakeup_fd(-1)
    for number in _heard():
        signal.signal(number, signal.SIG_DFL)
    if parent := multiprocessing.parent_process():
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _heard() -> list[int]:
    return [number for number in _WORDS if signal.getsignal(number) is not signal.SIG_IGN]


def _raise(number: int, frame: object) -> None:
    for other in _WORDS:
        if signal.getsignal(other) is _raise:
            signal.signal(other, _ignore)  # the thread below answers the second one
    raise Stopped(number)


def _ignore(number: int, frame: object) -> None:
    pass


def _watch(ours: socket.socket, done: threading.Event) -> None:
    """Waits for signals; leaves the process when the main thread does not, or is told twice."""
    with ours:
        first = _number(ours)
        if first is None:
            return
        ours.settimeout(GRACE)
        with contextlib.suppress(TimeoutError):
            if _number(ours) is None:
                return
        if not done.is_set():
            _leave(first)


def _leave(number: int) -> None:
    """Ends the process without waiting for threads that compute: what matters is on the disk."""
    text = f"{_WORDS[signal.Signals(number)]}. {KEPT}\n"
    with contextlib.suppress(OSError):
        os.write(2, text.encode())
    os._exit(128 + number)


def _number(ours: socket.socket) -> int | None:
    """The next signal of ours; None when the main thread has closed the other end."""
    while byte := ours.recv(1):
        if byte[0] in list(_WORDS):
            return byte[0]
    return None
