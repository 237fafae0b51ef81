"""The same faults put in by the kernel: every system call of a real run is seen, C code's too."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from render.plan import ROOT
from tests.render.children import Scene

CALLS = ("openat", "write", "fsync", "close", "rename", "unlink", "mkdir", "ftruncate", "flock")
_LINE = re.compile(r"^(\d+) +(\w+)\((.*)$")


def prove(place: Path, sample: bool) -> dict:
    """Kills at each system call that touches the folder, and ENOSPC or EIO in turn."""
    if not shutil.which("strace"):
        return {"points": 0, "no strace here": 1, "broken": []}
    points = _points(Scene(place / "pilot"))
    # As many points as an hour allows, spread evenly; each costs two starts of Python.
    chosen = random.Random(7).sample(points, min(len(points), 1 if sample else 200))
    broken, hit = [], 0
    for number, (call, nth) in enumerate(chosen):
        scene = Scene(place / str(number))
        fault = ("signal=KILL", "error=ENOSPC", "error=EIO")[number % 3]
        code, words = _run(scene, "-e", f"inject={call}:{fault}:when={nth}")
        said = f"{call} {nth} {fault}"
        hit += code not in (0,)
        if "Traceback" in words or code not in (0, 2, -9, 137):
            broken.append(f"{said}: ended with {code}: {words[-300:]}")
        broken += [f"{said}: {name} is not whole" for name in scene.wrong()]
        before = len(list(scene.folder.glob("*.webp")))
        code, words = scene.run()
        broken += [f"{said}: the next run: {words[-300:]}"] if code else []
        if len(scene.noted("paint")) != scene.count - before:
            broken.append(f"{said}: {len(scene.noted('paint'))} made, {before} were there")
        broken += [f"{said}: {line}" for line in scene.finished()]
        shutil.rmtree(scene.place)
    return {"calls": len(points), "points": len(chosen), "ended early": hit, "broken": broken}


def _run(scene: Scene, *options: str) -> tuple[int, str]:
    done = subprocess.run(
        ["strace", "-f", "-qq", "-o", str(scene.place / "trace"), *options,
         sys.executable, "-m", "render", *scene.arguments()],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    return done.returncode, done.stdout


def _points(scene: Scene) -> list[tuple[str, int]]:
    """(call, how many-th of its kind) for each call of the main thread that is about the folder."""
    _run(scene, "-y", "-e", f"trace={','.join(CALLS)}")
    seen: Counter[str] = Counter()
    points, main = [], None
    for line in (scene.place / "trace").read_text().splitlines():
        if not (found := _LINE.match(line)):
            continue
        main = main or found[1]
        if found[1] == main:
            seen[found[2]] += 1
            if str(scene.out) in found[3]:
                points.append((found[2], seen[found[2]]))
    return points
