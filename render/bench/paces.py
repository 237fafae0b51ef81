"""Seconds per step and per picture, and their file: settings/measured/<model>/time-<gpu>.json."""

from __future__ import annotations

import json
import re
import tempfile
import time
from pathlib import Path
from typing import Any

from ..counters import Counters
from ..durable import write_whole


def pace(pipe: Any, job: dict[str, Any], width: int) -> dict[str, Any]:
    """What a picture takes among others like it: full batches, at all its steps and at half.

    The engine looks up no common start here: seeds differ, so there is none.
    """
    from .ways import through_engine

    steps, seconds = job["call"]["num_inference_steps"], {}
    counts = sorted({max(1, steps // 2), steps} if steps > 1 else {1, 2})
    for count in counts:
        call = {**job["call"], "num_inference_steps": count}
        jobs = [{**job, "call": call, "seed": seed} for seed in range(width)]
        with tempfile.TemporaryDirectory(prefix="sweetspot-pace-") as folder:
            started = time.perf_counter()
            through_engine(pipe, jobs, Path(folder), width, Counters())
            seconds[count] = (time.perf_counter() - started) / width
    low, high = counts[0], counts[-1]
    # A busy machine may take longer for fewer steps; a figure must stay a figure.
    each = max((seconds[high] - seconds[low]) / (high - low), 1e-9)
    return {
        "num_inference_steps": steps,
        "pictures": width,
        "seconds_per_picture": round(seconds[steps], 6),
        "seconds_per_step": round(each, 9),
        "seconds_beside_steps": round(max(0.0, seconds[steps] - each * steps), 6),
    }


def record(found: dict[str, Any], specs: dict[str, dict[str, Any]], folder: Path) -> list[Path]:
    """Writes each measured architecture's file under `folder`/<model>/."""
    written = []
    machine = found["machine"]
    for name, row in found["models"].items():
        if not isinstance(row, dict):
            continue  # left out, and the table says why
        spec = specs[name]
        told = {
            "sweep": "time",
            "model": spec["model"],
            "title": spec["title"],
            "weights": "random",
            "architecture": {key: spec["source"][key] for key in ("repo", "commit")},
            "environment": {**machine, "batch": row["width"], "dtype": row["dtype"]},
            "width": spec["call"]["width"],
            "height": spec["call"]["height"],
            "paces": row["paces"],
        }
        target = folder / spec["model"] / f"time-{gpu_id(machine['device'])}.json"
        write_whole(target, (json.dumps(told, indent=1, sort_keys=True) + "\n").encode())
        written.append(target)
    return written


def gpu_id(device: str) -> str:
    """`cuda (NVIDIA H200)` is h200; `cpu (x86_64)`, of a dry run, is cpu-x86-64."""
    name = device.lower().replace("cuda", "").replace("nvidia", "")
    return re.sub(r"[^a-z0-9]+", "-", name).strip("-")
