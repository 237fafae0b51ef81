"""Trials of the cluster on this machine with fake GPUs and cells that only wait.

    python -m tests.render.cluster_trials NAME   # of TRIALS below, or all

Each trial prints one line of JSON and fails where a promise is broken; `speed` only measures.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from render.cluster.cluster import Cluster
from tests.render.waiting import Waiting, at_work, lines, listening, plan_of, render, wrong

ROOT = Path(__file__).parents[2]


def small(folder: Path) -> dict[str, Any]:
    """A few cells on two workers, one of them poisonous; who listens meanwhile, and where."""
    heard: set[str] = set()
    done = threading.Event()

    def listen() -> None:
        while not done.wait(0.3):
            heard.update(listening())

    thread = threading.Thread(target=listen)
    thread.start()
    studios = Waiting(folder, 0.05, bad={(2, 1.5): "raise"})
    try:
        summary = render(folder, 20, studios, gpus=2, most=5)
    finally:
        done.set()
        thread.join()
    return {
        "rendered": summary.rendered,
        "failed": summary.failed,
        "wrong": wrong(folder, 20, 1),
        "loads": studios.counters.model_loads,
        "listening": sorted(heard),
        "begun": Counter(Counter(lines(folder / "begun")).values()),
    }


def speed(folder: Path) -> dict[str, Any]:
    """Groups of 0.5 s on one worker and on eight: from when all are up to the last whole picture.

    Starting Ray and ending it, some seconds of each run, count for neither.
    """
    seconds = {}
    for crew, groups in ((1, 40), (8, 160)):
        place = folder / str(crew)
        place.mkdir()
        summary = render(place, groups, Waiting(place, 0.5, crew=crew), gpus=crew)
        assert summary.rendered == groups, summary
        start = max(path.stat().st_mtime for path in place.glob("up-*"))
        end = max(path.stat().st_mtime for path in place.glob("out/trial/*.webp"))
        seconds[crew] = (end - start) / groups
    ratio, waiting_alone = round(seconds[1] / seconds[8], 2), round(seconds[1] / (0.5 / 8), 2)
    told = {crew: round(one, 4) for crew, one in seconds.items()}
    return {"seconds_per_group": told, "ratio": ratio, "bound": waiting_alone, "load": load()}


def load() -> float:
    """How many processes wanted to run on this machine in the last minute."""
    return round(os.getloadavg()[0], 1)


def ahead(folder: Path) -> dict[str, Any]:
    """While a driver is slow to take a result, its worker is at the next cell already."""
    os.environ["RAY_OVERRIDE_RESOURCES"] = json.dumps({"GPU": 1})
    plan = plan_of(folder, 10)
    studios = Waiting(folder, 0.05)
    cluster = Cluster("local", studios, least=1, most=1)
    with contextlib.closing(cluster.make_all([(plan, cell) for cell in plan.cells()[:2]])) as made:
        next(made)
        until = time.monotonic() + 600
        while len(lines(folder / "begun")) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        begun = len(lines(folder / "begun"))
    assert begun == 2, begun
    return {"begun": begun}


def kills(folder: Path, wanted: int = 20, cells: int = 200) -> dict[str, Any]:
    """Workers killed with SIGKILL, each in the middle of a cell."""
    killed: list[int] = []
    chance = random.Random(0)

    def kill() -> None:
        while len(killed) < wanted:
            time.sleep(chance.uniform(0.2, 0.6))
            if busy := sorted(at_work(folder) - {*killed}):
                victim = chance.choice(busy)
                os.kill(victim, signal.SIGKILL)
                killed.append(victim)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    summary = render(folder, cells, Waiting(folder, 0.5))
    result = {
        "killed": len(killed),
        "rendered": summary.rendered,
        "failed": summary.failed,
        "wrong": wrong(folder, cells),
        "cells_lost_and_made_again": len(lines(folder / "begun")) - cells,
    }
    assert len(killed) == wanted and summary.rendered == cells, result
    assert not summary.failed and not result["wrong"], result
    return result


def driver(folder: Path) -> dict[str, Any]:
    """The driver killed half-way, then started again."""
    import psutil

    command = [sys.executable, "-m", "tests.render.cluster_trials", "drive", str(folder)]
    first = subprocess.Popen(command, cwd=ROOT)
    while len(lines(folder / "made")) < 40:
        time.sleep(0.05)
        assert first.poll() is None
    below = psutil.Process(first.pid).children(recursive=True)
    workers = [process for process in below if process.name().startswith("ray::Worker")]
    first.kill()
    killed = time.monotonic()
    first.wait()
    kept = len(list((folder / "out" / "trial").glob("*.webp")))
    _, alive = psutil.wait_procs(workers, timeout=60)
    gone_after = time.monotonic() - killed
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    result = {
        "kept": kept,
        "after": again.stdout.strip(),
        "wrong": wrong(folder, 100),
        "workers": len(workers),
        "workers_left_behind": len(alive),
        "gone_after": round(gone_after, 1),
    }
    assert not result["wrong"] and not alive, result
    reused = int(again.stdout.split("reused ")[1].split(",")[0])
    assert reused >= kept - 1 > 0, result
    return result


def drive(folder: Path) -> dict[str, Any]:
    """What the trial `driver` runs and kills."""
    print(render(folder, 100, Waiting(folder, 0.2)))
    return {}


def poison(folder: Path) -> dict[str, Any]:
    """Cells that kill, hang or break their worker are given up after three tries and named."""
    bad = {(1, 1.0): "kill", (2, 1.5): "hang", (3, 2.0): "raise"}
    summary = render(folder, 40, Waiting(folder, 0.1, bad=bad), time_limit=6, most=4)
    tries = Counter(lines(folder / "begun"))
    result = {
        "rendered": summary.rendered,
        "failed": summary.failed,
        "most_tries": max(tries.values()),
        "wrong": wrong(folder, 40, 3),
    }
    assert summary.rendered == 37 and len(summary.failed) == 3, result
    assert max(tries.values()) == 3 and not result["wrong"], result
    return result


def elastic(folder: Path) -> dict[str, Any]:
    """A node that joins is used; a node that leaves takes no cell with it."""
    port = free_port()
    # As the page about clusters says, save that all nodes are this machine.
    os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN="t" * 64)
    join = (f"--address=127.0.0.1:{port}", "--num-gpus=3")
    nodes = [ray_start("--head", f"--port={port}", "--include-dashboard=false", "--num-gpus=0")]
    nodes.append(ray_start(*join))

    def change() -> None:
        while len(lines(folder / "made")) < 20:
            time.sleep(0.1)
        nodes.append(ray_start(*join))
        while len(set(lines(folder / "nodes"))) < 2:
            time.sleep(0.1)
        os.killpg(nodes[1].pid, signal.SIGKILL)
        (folder / "left").touch()

    threading.Thread(target=change, daemon=True).start()
    try:
        summary = render(folder, 400, Waiting(folder, 0.5), address=f"127.0.0.1:{port}")
    finally:
        for node in nodes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(node.pid, signal.SIGKILL)
    made = Counter(lines(folder / "nodes"))
    result = {
        "rendered": summary.rendered,
        "failed": summary.failed,
        "made_by_node": sorted(made.values()),
        "wrong": wrong(folder, 400),
        "left": (folder / "left").exists(),
    }
    assert summary.rendered == 400 and len(made) == 2 and result["left"], result
    assert not summary.failed and not result["wrong"], result
    return result


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def ray_start(*arguments: str) -> subprocess.Popen:
    """A node of a cluster: a group of processes that die together. Returns once it is up."""
    command = [str(Path(sys.executable).parent / "ray"), "start", "--block", "--num-cpus=0"]
    command += ["--disable-usage-stats", "--dashboard-agent-listen-port=0", *arguments]
    environment = {k: v for k, v in os.environ.items() if k != "RAY_OVERRIDE_RESOURCES"}
    options = {"env": environment, "start_new_session": True, "stderr": subprocess.STDOUT}
    while True:
        with tempfile.TemporaryFile() as log:
            node = subprocess.Popen(command, stdout=log, **options)
            while node.poll() is None:  # under load Ray's own 30 s may not do: then once more
                if b"Ray runtime started" in os.pread(log.fileno(), 10**6, 0):
                    return node
                time.sleep(0.2)


TRIALS = (small, speed, ahead, kills, driver, poison, elastic)


def main(name: str, folder: str | None = None) -> None:
    if folder:
        globals()[name](Path(folder))
        return
    for trial in TRIALS:
        if name == trial.__name__:
            with tempfile.TemporaryDirectory(prefix="sweetspot-trial-") as place:
                started = time.perf_counter()
                result = trial(Path(place))
                took = round(time.perf_counter() - started, 1)
            print(json.dumps({"trial": name, **result, "seconds": took}))
        elif name == "all":  # a process each: Ray reads its environment once
            subprocess.run([sys.executable, "-m", "tests.render.cluster_trials", trial.__name__])


if __name__ == "__main__":
    main(*sys.argv[1:])
