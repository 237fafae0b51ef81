"""For `make prove`: kills, refuses and races the studio at every point, and prints what came of it.

    python -m tests.render.prove [--sample] [NAME ...]

Only `real kills` needs torch. Exit status 1 when a promise is broken; every number printed is a
count of this run.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from render.plan import load_plan
from render.store import look
from tests.render import killed, signalled, straced
from tests.render.children import Scene, warm
from tests.render.faults import FAULTS

Found = dict[str, int | float | list[str]]


def faults(place: Path, sample: bool) -> Found:
    """Each fault at each call that changes or locks something, then the same command again."""
    pilot = Scene(place / "pilot")
    pilot.run()
    calls = sum(line.split()[0] != "paint" for line in pilot.log.read_text().splitlines())
    points = [(at, fault) for fault in FAULTS for at in range(1, calls + 1)]
    if sample:
        points = random.Random(1).sample(points, 16)
    found: Found = {"calls": calls, "points": len(points), "corrupt": 0, "lost": 0, "redone": 0}
    broken: list[str] = []
    for number, (at, fault) in enumerate(points):
        scene = Scene(place / str(number))
        broken += [f"{fault} at call {at}: {line}" for line in _faulted(scene, at, fault, found)]
        shutil.rmtree(scene.place)
    return {**found, "broken": broken}


def _faulted(scene: Scene, at: int, fault: str, found: Found) -> Iterator[str]:
    code, words = scene.run(at=at, fault=fault)
    dead = fault in ("kill", "torn")
    if (code != -signal.SIGKILL) if dead else (code not in (0, 2)):
        yield f"ended with {code}: {words[-300:]}"
    if "Traceback" in words or (code == 2 and len(_said(words)) != 1):
        yield f"said: {words[-300:]}"
    if code == 2 and fault != "EIO" and not (" needed " in words and " are free" in words):
        yield f"said no room, without how much: {words[-300:]}"
    if not dead and list(scene.folder.glob("*.partial")):
        yield "left a temporary file"
    corrupt, lost = scene.wrong(), scene.lost()
    found["corrupt"] += len(corrupt)
    found["lost"] += len(lost)
    yield from (f"corrupt or lost: {name}" for name in corrupt + lost)
    code, words = scene.run()
    if code:
        yield f"the next run ended with {code}: {words[-300:]}"
    found["redone"] = max(found["redone"], scene.redone())
    if scene.redone() > 1:
        yield f"{scene.redone()} pictures were made again"
    yield from scene.finished()


def _said(words: str) -> list[str]:
    """The lines of a run without its progress bar."""
    return [line for line in words.replace("\r", "\n").splitlines() if line and "picture/s" not in
            line and "?picture" not in line and "%|" not in line]  # fmt: skip


def changed(place: Path, sample: bool) -> Found:
    """Killed at each call, then run with another plan: what the first one left is gone.

    A reader's own file stays. What may be left is the picture that was in place before there was
    any manifest to name it, and nothing else.
    """
    pilot = Scene(place / "pilot")
    pilot.run()
    points: list[int] = [*range(1, len(pilot.log.read_text().splitlines()) - pilot.count + 1)]
    points = random.Random(6).sample(points, 6) if sample else points
    nameless, broken = 0, []
    for at in points:
        scene = Scene(place / str(at))
        scene.run(at=at)
        early = {path.name for path in scene.folder.glob("*.webp")}
        early = set() if (scene.folder / "manifest.json").is_file() else early
        scene.folder.mkdir(parents=True, exist_ok=True)
        (scene.folder / "mine.webp").write_bytes(b"mine")
        scene.plan.write_text(scene.plan.read_text().replace("steps: 2", "steps: 3"))
        code, words = scene.run()
        left = early & {path.name for path in scene.folder.iterdir()}
        nameless += len(left)
        for name in left | {"mine.webp"}:
            (scene.folder / name).unlink()
        if code or len(left) > 1:
            broken.append(f"at call {at}: ended with {code}, left {left}: {words[-300:]}")
        broken += [f"at call {at}: {line}" for line in scene.wrong() + scene.finished()]
        shutil.rmtree(scene.place)
    return {"points": len(points), "nameless": nameless, "broken": broken}


def together(place: Path, sample: bool) -> Found:
    """Two to four runs at once on one folder: the union, each picture once."""
    chance, rounds = random.Random(2), 3 if sample else 50
    waited, broken = 0, []
    for number in range(rounds):
        scene = Scene(place / str(number), backend="fake:0.005")
        runs = [scene.start() for _ in range(2 if number % 2 else chance.randint(2, 4))]
        ends = [scene.end(run) for run in runs]
        waited += sum("waiting for process" in words for _, words in ends)
        for code, words in ends:
            if code:
                broken.append(f"round {number}: ended with {code}: {words[-300:]}")
        if len(scene.noted("paint")) != scene.count:
            broken.append(f"round {number}: {len(scene.noted('paint'))} made of {scene.count}")
        broken += [f"round {number}: {line}" for line in scene.wrong() + scene.finished()]
    return {"rounds": rounds, "waited": waited, "broken": broken}


def holder(place: Path, sample: bool) -> Found:
    """The run that holds the lock is killed at a random time: the next one need not wait for it."""
    chance, rounds, slowest, broken = random.Random(3), 2 if sample else 20, 0.0, []
    for number in range(rounds):
        scene = Scene(place / str(number), backend="fake:0.02")
        run = scene.start()
        time.sleep(chance.uniform(0.02, 0.25))
        os.kill(run, signal.SIGKILL)
        scene.end(run)
        begun, made = time.monotonic(), len(scene.noted("paint"))
        run = scene.start()
        while len(scene.noted("paint")) == made and time.monotonic() < begun + 10:
            if os.waitid(os.P_PID, run, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                break
            time.sleep(0.005)
        slowest = max(slowest, time.monotonic() - begun)
        code, words = scene.end(run)
        if code or scene.redone() > 1 or "waiting for" in words:
            broken.append(f"round {number}: {code}, {scene.redone()} redone: {words[-300:]}")
        broken += scene.finished()
    return {"rounds": rounds, "slowest start, s": round(slowest, 2), "broken": broken}


def torn(place: Path, sample: bool) -> Found:
    """The manifest cut at every byte (by a reader), and at 200 of them (by a whole run)."""
    scene, broken = Scene(place), []
    scene.run()
    path, plan = scene.folder / "manifest.json", load_plan(str(scene.plan), fake=0.0)
    whole, made = path.read_bytes(), len(scene.noted("paint"))
    lengths = range(0, len(whole), 397 if sample else 1)
    sys.stderr.flush()
    said, quiet = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 2)
    for length in lengths:
        path.write_bytes(whole[:length])
        if look(plan, scene.folder).wanted:
            broken.append(f"cut at {length}: pictures would be made again")
    sys.stderr.flush()
    os.dup2(said, 2)
    runs = random.Random(4).sample(range(len(whole) - 1), 3 if sample else 200)
    for length in runs:
        path.write_bytes(whole[:length])
        code, words = scene.run()
        if code or words.count("missing or damaged; rebuilt") != 1 or path.read_bytes() != whole:
            broken.append(f"cut at {length}: ended with {code}: {words[-300:]}")
    if len(scene.noted("paint")) != made:
        broken.append(f"{len(scene.noted('paint')) - made} intact pictures were made again")
    return {"lengths read": len(lengths), "runs": len(runs), "broken": broken + scene.finished()}


def flipped(place: Path, sample: bool) -> Found:
    """One byte changed in 50 of 60 pictures: check names those, and a run makes those again."""
    scene, chance, broken = Scene(place, count=60), random.Random(5), []
    scene.run()
    before = {path: path.read_bytes() for path in scene.folder.glob("*.webp")}
    victims = chance.sample(sorted(before), 50)
    for path in victims:
        data = bytearray(before[path])
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
    code, words = scene.run("check")
    named = sum(f"{path.name} (" in words for path in before)
    hit = sum(f"{path.name} (" in words for path in victims)
    if (code, named, hit) != (1, 50, 50):
        broken.append(f"check ended with {code} and named {hit} of 50, {named - hit} others")
    scene.log.unlink()
    code, _ = scene.run()
    if sorted(scene.noted("paint")) != sorted(path.stem for path in victims) or code:
        broken.append(f"the run ended with {code} and made {len(scene.noted('paint'))}")
    if any(path.read_bytes() != content for path, content in before.items()):
        broken.append("a picture is not what it was")
    return {"flipped": 50, "named": hit, "made again": len(scene.noted("paint")), "broken": broken}


def order(place: Path, sample: bool) -> Found:
    """For 100 pictures: fsync before rename, fsync of the folder after, picture before entry."""
    scene, broken = Scene(place, count=100), []
    scene.run()
    synced, pending = set(), None
    for line in scene.log.read_text().splitlines():
        call, _, path = line.partition(" ")
        if call == "fsync":
            synced.add(path)
            pending = None if path == str(scene.folder) else pending
        if call == "replace":
            name = Path(path).name
            if pending:
                broken.append(f"{pending} was not made to last before {name}")
            if not any(Path(done).name.startswith(f".{name}.") for done in synced):
                broken.append(f"{name} was renamed before its fsync")
            synced, pending = set(), name
    return {"pictures": scene.count, "broken": broken + ([f"{pending}: last"] if pending else [])}


PROOFS: dict[str, Callable[[Path, bool], Found]] = {
    "faults": faults, "changed": changed, "together": together, "holder": holder, "torn": torn,
    "flipped": flipped, "order": order, "signals": signalled.prove, "full disk": signalled.full,
    "strace": straced.prove, "real kills": killed.prove,
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.render.prove", description=__doc__)
    parser.add_argument("--sample", action="store_true", help="some points of each: seconds")
    parser.add_argument("names", nargs="*", choices=[*PROOFS, []], metavar="NAME")
    options = parser.parse_args()
    failed = 0
    for name in options.names or PROOFS:
        begun = time.monotonic()
        # In memory where there is such a place: a disk's fsync would be most of the time.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        with tempfile.TemporaryDirectory(prefix="sweetspot-prove-", dir=memory) as place:
            warm(Path(place) / "warm")
            found = PROOFS[name](Path(place), options.sample)
        broken = found.pop("broken")
        failed += len(broken)
        figures = ", ".join(f"{key} {value}" for key, value in found.items())
        print(f"{name}: {figures}, broken {len(broken)} ({time.monotonic() - begun:.0f} s)")
        for line in broken[:10]:
            print(f"  {line}")
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
