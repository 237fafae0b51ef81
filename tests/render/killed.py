"""Real renders, with torch and a model of this repository, killed at random moments."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

from tests.render.children import Scene
from tests.render.signalled import launch


def prove(place: Path, sample: bool) -> dict:
    """SIGKILL, then the same command again, until every picture is there; then all that anew.

    What a reader sees is looked at after every kill. A picture in place must stay that very file:
    one that is made again is another, though its bytes are the same.
    """
    chance, wanted, kills, finished, broken = random.Random(8), 1 if sample else 24, 0, 0, []
    figures = {"corrupt": 0, "lost": 0, "redone": 0}
    bytes_of: dict[str, bytes] = {}
    while kills < wanted or (not sample and finished < 2):
        scene = Scene(place / str(finished), count=8 if sample else 40, backend="torch")
        seen: dict[str, tuple[int, bytes]] = {}
        while True:
            code, words = _killed(scene, chance) if kills < wanted else _whole(scene)
            kills += code == -signal.SIGKILL
            if code not in (0, -signal.SIGKILL):
                broken.append(f"ended with {code}: {words[-300:]}")
            wrong, now = scene.wrong(), _pictures(scene)
            lost = [name for name in seen if name not in now or now[name][1] != seen[name][1]]
            redone = [name for name in seen if name in now and now[name][0] != seen[name][0]]
            for key, names in (("corrupt", wrong), ("lost", lost), ("redone", redone)):
                figures[key] += len(names)
                broken += [f"{key} after kill {kills}: {name}" for name in names]
            seen = now
            if code != -signal.SIGKILL:
                break
        broken += scene.finished()
        finished += 1
        for name, (_, content) in seen.items():
            if bytes_of.setdefault(name, content) != content:
                broken.append(f"{name} is not what another run made")
        if broken:
            break
    return {"kills": kills, "folders finished": finished, **figures, "broken": broken}


def _killed(scene: Scene, chance: random.Random) -> tuple[int, str]:
    """A run that is killed some pictures and some milliseconds after it has begun."""
    process, goal = launch(scene), len(_pictures(scene)) + chance.randrange(5)
    while process.poll() is None and not (
        (scene.folder / ".lock").exists() and len(_pictures(scene)) >= goal
    ):
        time.sleep(0.002)
    time.sleep(chance.uniform(0, 0.1))
    process.kill()
    return _end(process)


def _whole(scene: Scene) -> tuple[int, str]:
    return _end(launch(scene))


def _end(process: subprocess.Popen) -> tuple[int, str]:
    words, _ = process.communicate(timeout=600)
    return process.returncode, words


def _pictures(scene: Scene) -> dict[str, tuple[int, bytes]]:
    """Which file each picture in place is, and its bytes."""
    found = {}
    for path in scene.folder.glob("*.webp"):
        with path.open("rb") as file:
            found[path.name] = (os.fstat(file.fileno()).st_ino, file.read())
    return found
