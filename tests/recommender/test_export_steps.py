"""From a picture each tool runs its own share of the steps; it is asked for what that takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from recommender import export, recommend


def _a1111(steps: int, strength: float) -> int:
    """modules/sd_samplers_common.py#L24, then the samplers' own slice of the schedule."""
    schedule = list(range(steps + 1))
    t_enc = int(min(strength, 0.999) * steps)
    return len(schedule[steps - t_enc - 1 :]) - 1


def _sdcpp(steps: int, strength: float) -> int:
    """src/stable-diffusion.cpp#L4927-L4970."""
    if strength >= 1:
        return steps
    t_enc = int(steps * strength)
    if t_enc == steps:
        t_enc -= 1
    return len(list(range(steps + 1))[steps - t_enc - 1 :]) - 1


def _mflux(steps: int, strength: float) -> int:
    """src/mflux/models/common/config/config.py#L119-L138."""
    kept = 1 - strength
    start = max(1, int(steps * kept)) if kept > 0 else 0
    return len(range(start, steps))


def _swarmui(steps: int, strength: float) -> int:
    """WorkflowGeneratorSteps.cs#L1386: C#'s rounding is to even, as Python's is."""
    return len(range(round(steps * (1 - strength)), steps))


RUN: dict[str, tuple[Callable[[int, float], int], Callable[[str], int]]] = {
    "a1111-api": (_a1111, lambda text: int(json.loads(text)["steps"])),
    "sdcpp": (_sdcpp, lambda text: int(text.split("--steps ")[1].split()[0])),
    "mflux": (_mflux, lambda text: int(text.split("--steps ")[1].split()[0])),
    "swarmui": (
        _swarmui, lambda text: int(next(iter(json.loads(text).values()))["param_map"]["steps"])
    ),
}  # fmt: skip


@pytest.mark.parametrize("tool", sorted(RUN))
@pytest.mark.parametrize("strength", [0.05, 0.3, 0.5, 0.75, 0.9, 1.0])
@pytest.mark.parametrize("wanted", [1, 4, 28, 50])
def test_of_the_steps_asked_for_as_many_run_as_were_recommended(
    tool: str, strength: float, wanted: int
) -> None:
    """The tool's own arithmetic, written out again, reaches the sweet spot and no further."""
    model = "z-image-turbo" if tool == "mflux" else "sdxl-base-1-0"
    found = replace(recommend(model), strength=strength, effective_steps=wanted, steps=999)
    run, asked = RUN[tool]
    made = export(found, tool)
    steps = asked(made.content)
    if any(note.startswith("steps:") and "became" in note for note in made.notes):
        assert run(steps, strength) < wanted
        return
    assert run(steps, strength) >= wanted
    assert steps == 1 or run(steps - 1, strength) < wanted
