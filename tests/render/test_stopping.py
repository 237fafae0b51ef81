"""Whatever ends a process ends the workers that it began."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from render.plan import ROOT

DRAWS = """\
import sys
from pathlib import Path
from render import stopping
from render.reference import dataset

dataset.CACHE, stopping.GRACE = Path(sys.argv[1]), 0.2
with stopping.stoppable():
    dataset.pictures(list(range(100_000)), 256, "test", workers=2)
"""


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda pid: os.kill(pid, signal.SIGTERM), id="told"),
        pytest.param(lambda pid: os.kill(pid, signal.SIGKILL), id="killed"),
        pytest.param(lambda pid: os.killpg(pid, signal.SIGTERM), id="told-with-its-workers"),
    ],
)
def test_no_worker_outlives_the_process_that_began_it(
    end: Callable[[int], None], tmp_path: Path
) -> None:
    """Each worker holds the other end of our pipe: reading ends once the last is gone."""
    command = [sys.executable, "-c", DRAWS, str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True)
    assert process.stderr is not None
    words = b""
    while b"drawing test:   0%" not in words:  # the workers are at it
        read = process.stderr.read1()
        assert read, words.decode()
        words += read
    end(process.pid)
    try:
        process.communicate(timeout=600)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode in (-signal.SIGKILL, 128 + signal.SIGTERM)
