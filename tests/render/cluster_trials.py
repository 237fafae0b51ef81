"""Trials of the cluster on this machine with fake GPUs and cells that only wait.

    python -m tests.render.cluster_trials small | speed | kills | driver | poison | elastic | all

Each trial prints one line of JSON and fails where a promise is broken; `speed` only measures.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from render import manifest
from render.cluster import Cluster
from render.counters import Counters
from render.plan import load_plan
from render.run import Studios, run

ROOT = Path(__file__).parents[2]
PLAN = """\
title: A trial
transfers: mechanism
models: [{models}]
settings: {{num_inference_steps: 2, width: 32, height: 32}}
prompts:
  castle: {{prompt: "a castle"}}
axes:
  guidance_scale: {scales}
  seed: {seeds}
"""


class Waiting(Studios):
    """Studios whose groups only wait, and whose chosen cells kill, hang or break their worker.

    `folder` collects a line for every cell made, and what else the trial wants to know.
    """

    def __init__(self, folder: Path, seconds: float, *, bad: Any = None, crew: int = 0) -> None:
        super().__init__("auto", "auto", None, Counters())
        self.folder, self.seconds, self.bad, self.crew = folder, seconds, bad or {}, crew
        self._up = False

    def of(self, model: Any) -> Waiting:
        if not self._up and self.crew:
            (self.folder / f"up-{os.getpid()}").touch()
            while len(list(self.folder.glob("up-*"))) < self.crew:  # all start together
                time.sleep(0.01)
        self._up = True
        self.counters.model_loads += 1
        return self

    def environment(self) -> dict[str, Any]:
        return {"device": "none"}

    def make_all(self, jobs: Any, finish: Any = None) -> Any:
        if finish is None:
            yield from super().make_all(jobs)
            return
        jobs = list(jobs)
        ends = [self.bad.get(job[1].settings["seed"]) for job in jobs]
        self._note("".join(f"{job[1].id}\n" for job in jobs), "begun")
        time.sleep(self.seconds)
        for job, end in zip(jobs, ends, strict=True):
            if end == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if end == "hang":
                time.sleep(3600)
            if end == "raise":
                yield job, ZeroDivisionError("a cell that breaks")
                continue
            shade = np.random.default_rng(int(job[1].id, 16)).integers(0, 255, (32, 32, 3), "uint8")
            yield job, finish(job, shade)
            self._note(f"{job[1].id}\n", "made")
            self._note(f"{_node()}\n", "nodes")

    def _note(self, text: str, name: str) -> None:
        with (self.folder / name).open("a") as file:
            file.write(text)


def _node() -> str:
    import ray

    return ray.get_runtime_context().get_node_id() if ray.is_initialized() else "here"


def plan_of(folder: Path, cells: int, models: str = "postcards") -> Any:
    """A plan of so many cells, in tens."""
    path = folder / "trial.yaml"
    seeds = [*range(1, cells // 10 + 1)]
    scales = [1 + i / 2 for i in range(10)]
    path.write_text(PLAN.format(models=models, scales=scales, seeds=seeds))
    return load_plan(str(path))


def render(folder: Path, cells: int, studios: Any, gpus: int = 8, **options: Any) -> Any:
    """Renders on a cluster of this machine alone, with so many fake GPUs."""
    os.environ["RAY_OVERRIDE_RESOURCES"] = json.dumps({"GPU": gpus})
    options = {"least": 1, "most": 1, **options}
    address = options.pop("address", "local")
    plan = plan_of(folder, cells)
    return run([plan], folder / "out", through=lambda _: Cluster(address, studios, **options))


def wrong(folder: Path, cells: int, missing: int = 0) -> list[str]:
    """What is not as it should be in a finished folder: every cell once, byte for byte."""
    plan, out = plan_of(folder, cells), folder / "out" / "trial"
    reference = Waiting(folder / "reference", 0)
    reference.folder.mkdir(exist_ok=True)
    run([plan], folder / "reference", through=lambda _: reference)
    entries = json.loads((out / "manifest.json").read_text())["cells"]
    ids = Counter(entry["id"] for entry in entries)
    problems = [f"{i} stands {n} times" for i, n in ids.items() if n != 1]
    if len(entries) != cells - missing:
        problems.append(f"{len(entries)} cells")
    for entry in entries:
        same = folder / "reference" / "trial" / entry["file"]
        if (out / entry["file"]).read_bytes() != same.read_bytes():
            problems.append(f"{entry['file']} differs")
        if not manifest.valid(out, entry):
            problems.append(f"{entry['file']} is damaged")
    files = {path.name for path in out.iterdir()}
    problems += sorted(files ^ {"manifest.json", *(entry["file"] for entry in entries)})
    return problems


def lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def workers_at_work(of: int) -> list[int]:
    """Process ids of the workers below a driver that are making a group."""
    import psutil

    found = []
    for process in psutil.Process(of).children(recursive=True):
        try:
            if "Worker.make" in " ".join(process.cmdline()):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def small(folder: Path) -> dict[str, Any]:
    """A few cells on two workers, one of them poisonous; who listens meanwhile, and where."""
    heard: set[str] = set()
    done = threading.Event()

    def listen() -> None:
        while not done.wait(0.3):
            heard.update(listening())

    thread = threading.Thread(target=listen)
    thread.start()
    studios = Waiting(folder, 0.05, bad={2: "raise"})
    try:
        summary = render(folder, 20, studios, gpus=2, most=5)
    finally:
        done.set()
        thread.join()
    return {
        "rendered": summary.rendered,
        "failed": summary.failed,
        "wrong": wrong(folder, 20, 10),
        "loads": studios.counters.model_loads,
        "listening": sorted(heard),
        "begun": Counter(Counter(lines(folder / "begun")).values()),
    }


def listening() -> set[str]:
    """The addresses on which this process and those below it listen."""
    import psutil

    me = psutil.Process()
    found = set()
    for process in [me, *me.children(recursive=True)]:
        try:
            connections = process.net_connections("inet")
        except psutil.Error:
            continue
        found |= {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN}
    return found


def speed(folder: Path) -> dict[str, Any]:
    """Groups of 0.5 s on one worker and on eight; from when all workers are up."""
    seconds = {}
    for crew, groups in ((1, 40), (8, 160)):
        place = folder / str(crew)
        place.mkdir()
        summary = render(place, groups, Waiting(place, 0.5, crew=crew), gpus=crew)
        assert summary.rendered == groups, summary
        start = max(path.stat().st_mtime for path in place.glob("up-*"))
        seconds[crew] = ((place / "out/trial/manifest.json").stat().st_mtime - start) / groups
    return {"seconds_per_group": seconds, "ratio": round(seconds[1] / seconds[8], 2)}


def kills(folder: Path, wanted: int = 20, cells: int = 200) -> dict[str, Any]:
    """Workers killed with SIGKILL at random moments of a run."""
    killed: list[int] = []
    chance = random.Random(0)

    def kill() -> None:
        while len(killed) < wanted:
            time.sleep(chance.uniform(0.2, 0.6))
            at_work = [pid for pid in workers_at_work(os.getpid()) if pid not in killed]
            if at_work and lines(folder / "made"):
                victim = chance.choice(at_work)
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
        "begun": len(lines(folder / "begun")),
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
    first.kill()
    first.wait()
    kept = len(list((folder / "out" / "trial").glob("*.webp")))
    _, alive = psutil.wait_procs(below, timeout=30)
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    result = {
        "kept": kept,
        "after": again.stdout.strip(),
        "wrong": wrong(folder, 100),
        "left_behind": [process.name() for process in alive],
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
    bad = {1: "kill", 2: "hang", 3: "raise"}
    plan_of(folder, 40)
    summary = render(folder, 40, Waiting(folder, 0.1, bad=bad), time_limit=2, most=4)
    tries = Counter(lines(folder / "begun"))
    reasons = Counter(line.split(": given up")[1] for line in summary.failed)
    result = {
        "rendered": summary.rendered,
        "failed": len(summary.failed),
        "reasons": reasons,
        "most_tries": max(tries.values()),
        "wrong": wrong(folder, 40, 30),
    }
    assert summary.rendered == 10 and len(summary.failed) == 30, result
    assert max(tries.values()) == 3 and not result["wrong"], result
    return result


def elastic(folder: Path) -> dict[str, Any]:
    """A node that joins is used; a node that leaves takes no cell with it."""
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "1"
    from ray.cluster_utils import Cluster as Nodes

    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 0, "num_gpus": 0})
    first = nodes.add_node(num_cpus=0, num_gpus=3)

    def change() -> None:
        while len(lines(folder / "made")) < 20:
            time.sleep(0.1)
        nodes.add_node(num_cpus=0, num_gpus=3)
        while len(set(lines(folder / "nodes"))) < 2:
            time.sleep(0.1)
        nodes.remove_node(first, allow_graceful=False)
        (folder / "left").touch()

    thread = threading.Thread(target=change, daemon=True)
    thread.start()
    summary = render(folder, 150, Waiting(folder, 0.5), address=nodes.address)
    made = Counter(lines(folder / "nodes"))
    nodes.shutdown()
    result = {
        "rendered": summary.rendered,
        "failed": summary.failed,
        "made_by_node": sorted(made.values()),
        "wrong": wrong(folder, 150),
        "left": (folder / "left").exists(),
    }
    assert summary.rendered == 150 and len(made) == 2 and result["left"], result
    assert not summary.failed and not result["wrong"], result
    return result


TRIALS = (small, speed, kills, driver, poison, elastic)


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
