"""Limits in seconds of computing that mean the same on a slow machine or beside neighbours."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

# CPU seconds of `_work` on the machine on which the limits were set: the least of 600 runs.
QUIET = 0.0065


def slowness() -> float:
    """Returns how many times slower this machine computes just now than that one; 1 at least."""
    return max(1.0, sorted(_work() for _ in range(5))[2] / QUIET)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fails where more CPU seconds are spent, counted as that machine's."""
    start = time.process_time()
    yield
    spent = time.process_time() - start
    assert spent < seconds or spent < seconds * slowness()


def _work() -> float:
    start = time.process_time()
    text = json.dumps([{"steps": at, "name": f"a model {at}"} for at in range(3000)])
    words = {word.lower(): len(word) for word in re.findall(r"[a-z]+|\d+", text)}
    assert len(json.loads(text)) == len(words) - 4
    return time.process_time() - start
