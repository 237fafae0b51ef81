"""Studios that only wait, and the folders they fill on a cluster of this machine's fake GPUs."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from render import manifest
from render.cluster.cluster import Cluster
from render.counters import Counters
from render.plan import load_plan
from render.run import Studios, run

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

    `bad` says which, by seed and guidance scale. `folder` collects a line for every cell made, and
    what else the trial wants to know.
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
        ends = [self.bad.get((job[1].axes["seed"], job[1].axes["guidance_scale"])) for job in jobs]
        self._note("".join(f"{job[1].id}\n" for job in jobs), "begun")
        sign = self.folder / f"at-work-{os.getpid()}"
        sign.touch()
        time.sleep(self.seconds)
        sign.unlink()
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


def at_work(folder: Path) -> set[int]:
    """Process ids of the workers that are in the middle of a group."""
    return {int(sign.name.split("-")[-1]) for sign in folder.glob("at-work-*")}


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
