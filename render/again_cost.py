"""What measuring a model again would take, counted from its files' own rows. No torch.

Network calls are those that the files name; minutes are counted from them, and say of what.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .again import stale, works

GFLOP = 0.90  # of one call of the reference models' UNet at 128 x 128; a test counts it again
# A picture's step outside the network: sampler, guidance, threads that take turns. One core of a
# CPU takes so long (render/sweeps' 64 pictures at 50 steps, the network left out).
STEP_SECONDS = 0.0015
GPU = ("one H200", 67.0, 0.10)  # TFLOP/s in single precision, and the share assumed of it
CORES = 2


def lines(name: str) -> Iterator[str]:
    """A line for each file, which is stale and what it takes; then the sum, and minutes."""
    every = works(name)
    pace = _pace([work.found for work in every])
    pictures = calls = steps = 0
    for work in every:
        here = _counted(work.found)
        told = "stale" if stale(work) else "of these weights"
        yield f"{work.file.stem:<24} {here[0]:>7,} pictures {here[1]:>9,} calls, {told}"
        pictures, calls, steps = pictures + here[0], calls + here[1], steps + here[2]
    tera = calls * GFLOP / 1000
    yield f"{name}: {pictures:,} pictures, {calls:,} calls of {GFLOP} GFLOP: {tera:,.0f} TFLOP"
    if pace is not None:
        yield (
            f"{CORES} CPU cores: {calls * pace / CORES / 60:.0f} min "
            f"({1000 * pace:.0f} ms a call on one core, as quality.json measured)"
        )
    machine, rate, share = GPU
    yield (
        f"{machine}: {(steps * STEP_SECONDS + tera / (rate * share)) / 60:.0f} min "
        f"({steps:,} steps of a picture at {1000 * STEP_SECONDS:.1f} ms of one core, and "
        f"{share:.0%} of {rate:.0f} TFLOP/s: assumed, not measured)"
    )


def _pace(files: list[dict[str, Any]]) -> float | None:
    """CPU seconds of a call, from the file that timed whole pictures."""
    for found in files:
        if found["sweep"] == "quality" and "cpu_seconds" in found and not found.get("size"):
            return float(found["cpu_seconds"]) / _calls(found["rows"]["sweet-spot"])
    return None


def _calls(row: dict[str, Any]) -> int:
    return int(row["steps"]) * _passes(row["guidance_scale"])


def _passes(guidance: float) -> int:
    return 2 if guidance > 1 else 1


def _counted(found: dict[str, Any]) -> tuple[int, int, int]:
    """Pictures, network calls and steps of a file; pairs compares what the ladders have drawn."""
    if found["sweep"] == "pairs":
        return 0, 0, 0
    if found["sweep"] == "quality":
        rows = [(row["prompts"] * row["seeds"], row) for row in found["rows"].values()]
        return (
            sum(count for count, _ in rows),
            sum(count * _calls(row) for count, row in rows),
            0,  # drawn 32 at a time by plain diffusers
        )
    count = len(found["prompts"]) * len(found["seeds"])
    calls = [row["calls"] for row in found["rows"]]
    passes = [_passes(_guidance(found, row)) for row in found["rows"]]
    reference = (found["reference"] or {}).get("value")
    if found["setting"] == "num_inference_steps" and reference:
        last = found["rows"][-1]
        calls.append(round(last["calls"] * reference / last["value"]))
        passes.append(passes[-1])
    steps = sum(call / each for call, each in zip(calls, passes, strict=True))
    return count * len(calls), count * sum(calls), round(count * steps)


def _guidance(found: dict[str, Any], row: dict[str, Any]) -> float:
    if found["setting"] == "guidance_scale":
        return float(row["value"])
    return float(found["fixed"].get("guidance_scale", 7.5))
