"""Real processes that are told to stop, and real file systems that are full."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from render.plan import ROOT
from tests.render.children import Scene

_LAST = "Finished pictures are kept; the same command continues.\n"


def launch(scene: Scene, before=None) -> subprocess.Popen:
    """A run as a user starts it; `before` is called in it first."""

    def prepare() -> None:
        # A job in the background inherits an ignored SIGINT from its shell.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if before:
            before()

    return subprocess.Popen(
        [sys.executable, "-m", "render", *scene.arguments()],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=prepare,
    )


def prove(place: Path, sample: bool) -> dict:
    """SIGINT and SIGTERM at random times; each picture that was in place stays."""
    chance, rounds, slowest, broken = random.Random(6), 2 if sample else 50, 0.0, []
    unheard, longest = 0, 0.0
    for number in range(rounds):
        scene = Scene(place / str(number), backend="fake:0.1")
        told = chance.choice((signal.SIGINT, signal.SIGTERM))
        launched, process = time.monotonic(), launch(scene)
        if number % 5:
            _begun(scene)
            longest = max(longest, time.monotonic() - launched)
            time.sleep(chance.uniform(0, 1.2))
        else:
            time.sleep(chance.uniform(0.1, 1.0))  # also while it still imports
        kept = {path.name for path in scene.folder.glob("*.webp")}
        begun = time.monotonic()
        process.send_signal(told)
        words, _ = process.communicate(timeout=600)
        slowest = max(slowest, time.monotonic() - begun)
        good = process.returncode in (0, 128 + told) and "Traceback" not in words
        if process.returncode and not scene.out.exists() and not words.endswith(_LAST):
            unheard += 1  # Python itself was still starting; none of our code had run
        elif not good or (process.returncode and not words.endswith(_LAST)):
            broken.append(f"round {number}: ended with {process.returncode}: {words[-300:]}")
        if scene.wrong() or kept - {path.name for path in scene.folder.glob("*.webp")}:
            broken.append(f"round {number}: {scene.wrong()} wrong, or a picture is lost")
        scene.backend = "fake"
        code, words = scene.run()
        broken += [f"round {number}: {words[-300:]}"] if code else []
        broken += scene.finished()
    if slowest > max(5, 5 * longest):  # a machine that is slow to begin a run is slow to end it
        broken.append(f"one took {slowest:.1f} s to end")
    figures = {"rounds": rounds, "before our first line": unheard}
    return {**figures, "slowest end, s": round(slowest, 2), "broken": broken}


def _begun(scene: Scene) -> None:
    until = time.monotonic() + 600
    while not (scene.folder / ".lock").exists() and time.monotonic() < until:
        time.sleep(0.01)


def full(place: Path, sample: bool) -> dict:
    """Files that may not grow past some size; as root also a disk of 64 KiB."""
    broken: list[str] = []
    scene = Scene(place / "limited")

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        # Room for the log of the lock and for half a picture: the kernel takes a part.
        resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))

    process = launch(scene, limit)
    words, _ = process.communicate(timeout=600)
    broken += _refused(scene, process.returncode, words)
    found = {"limited files": 1}
    disk = place / "disk"
    disk.mkdir()
    if shutil.which("mount") and not _mount(disk):
        try:
            scene = Scene(disk, count=100)
            process = launch(scene)
            words, _ = process.communicate(timeout=600)
            broken += _refused(scene, process.returncode, words)
            found["pictures kept on a full disk"] = len(list(scene.folder.glob("*.webp")))
            _mount(disk, "remount,size=4m")
            process = launch(scene)
            words, _ = process.communicate(timeout=600)
            if process.returncode:
                broken.append(f"after freeing space: {process.returncode}: {words[-300:]}")
            broken += scene.finished()
        finally:
            subprocess.run(["umount", disk], check=False)
    return {**found, "broken": broken}


def _mount(folder: Path, options: str = "size=128k") -> int:
    """0 when mounted; only root may."""
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    return subprocess.run(command, capture_output=True).returncode


def _refused(scene: Scene, code: int, words: str) -> list[str]:
    problems = []
    if code != 2 or " needed " not in words or " are free" not in words or "Traceback" in words:
        problems.append(f"full disk: ended with {code}: {words[-300:]}")
    if list(scene.folder.glob("*.partial")):
        problems.append("full disk: left a temporary file")
    return problems + [f"full disk: {name} is not whole" for name in scene.wrong()]
