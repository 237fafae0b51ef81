"""Seconds per step and per picture, and their file: settings/measured/<model>/time-<gpu>.json."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ..durable import write_whole
from .full.runs import Run
from .full.summary import figures, runs_of


def paces(found: dict[str, Any], row: dict[str, Any], run: Run) -> dict[str, dict[str, Any]]:
    """By profile: what a picture takes among others like it, in full batches.

    From the medians at two step counts; a profile that was not timed at both is left out.
    """
    told = {}
    for way in ("exact", "fast") if run.pace else ():
        low, high = (_at(found, row, run, count, way) for count in run.pace)
        if low and high:
            told[way] = pace(run.pace, low["s/image"], high["s/image"], high["pictures"])
    return told


def _at(found: dict[str, Any], row: dict[str, Any], run: Run, count: int, way: str) -> Any:
    """The figures at a step count, timed by itself or as the run's only one."""
    single = run.steps == (count,)
    return figures(found, row, "all" if single else str(count)).get(way)


def pace(counts: tuple[int, int], low: float, high: float, pictures: int) -> dict[str, Any]:
    """A picture's seconds at two step counts as seconds of a step and beside the steps."""
    # A busy machine may take longer for fewer steps; a figure must stay a figure.
    each = max((high - low) / (counts[1] - counts[0]), 1e-9)
    return {
        "num_inference_steps": counts[1],
        "pictures": pictures,
        "seconds_per_picture": round(high, 6),
        "seconds_per_step": round(each, 9),
        "seconds_beside_steps": round(max(0.0, high - each * counts[1]), 6),
    }


def record(found: dict[str, Any], specs: dict[str, dict[str, Any]], folder: Path) -> list[Path]:
    """Writes each measured architecture's file under `folder`/<model>/."""
    written, machine = [], found["machine"]
    for name, run in runs_of(found).items():
        row = found["runs"].get(name)
        measured = paces(found, row, run) if row else {}
        if not measured:
            continue  # not timed at two step counts, and the table says why
        spec = specs[run.architecture]
        dtype = found["networks"][run.architecture]["dtype"]
        told = {
            "sweep": "time",
            "model": spec["model"],
            "title": spec["title"],
            "weights": "random",
            "architecture": {key: spec["source"][key] for key in ("repo", "commit")},
            "environment": {**machine, "batch": row["width"], "dtype": dtype},
            "width": spec["call"]["width"],
            "height": spec["call"]["height"],
            "paces": measured,
        }
        target = folder / spec["model"] / f"time-{gpu_id(machine['device'])}.json"
        write_whole(target, (json.dumps(told, indent=1, sort_keys=True) + "\n").encode())
        written.append(target)
    return written


def gpu_id(device: str) -> str:
    """`cuda (NVIDIA H200)` is h200; `cpu (x86_64)`, of a dry run, is cpu-x86-64."""
    name = device.lower().replace("cuda", "").replace("nvidia", "")
    return re.sub(r"[^a-z0-9]+", "-", name).strip("-")
