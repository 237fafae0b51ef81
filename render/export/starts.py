"""Where image-to-image enters a scheduler's run, as numbers that a page can replay.

A run from a picture is the end of a run from noise: it enters where the pipeline says, with as much
noise as the scheduler's `add_noise` gives. Multistep samplers look back at calls that were never
made, so their first calls are others, and are probed; all later ones are those of the whole run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .tables import EXACT, NotLinear, Run, Told, cut, expect_linear, nine, probe, solved_row

PROBED = 8  # calls; the longest that a sampler here takes to be as if it had always run is 4


@dataclass(frozen=True)
class Start:
    """How many of the whole run's calls are left out, and what is added up to begin with."""

    at: int
    noise: float
    kept: float
    rows: tuple[dict[str, list[float]], ...] = ()  # of the first calls, in place of the whole's


def start_of(spec: dict[str, Any], steps: int, eta: float, left: int, whole: Run) -> Start:
    """What differs from the whole run where so many steps are left to run.

    NotLinear where the rest is not its end.
    """
    try:
        told = probe(spec, steps, eta, left, PROBED)
    except (ValueError, IndexError) as error:
        raise NotLinear(f"{spec['class']}: {steps} steps of which {left} run: {error}") from None
    at = len(whole.timesteps) - len(told.timesteps)
    given = told.timesteps == whole.timesteps[at:] and np.allclose(
        told.scales, whole.scales[at : at + len(told.scales)], rtol=1e-9
    )
    drawn = [place is not None for place in told.noises]
    if not given or drawn != whole.draws[at : at + len(drawn)]:
        raise NotLinear(f"{spec['class']}: expected the end of {steps} steps, got other calls.")
    calls = len(told.states) - 1
    others = [i for i in range(calls) if not _met(told, whole, at, i)]
    many = others[-1] + 1 if others else 0
    rows = tuple(solved_row(spec, told, i) for i in range(many))
    start = Start(at, told.init, told.kept, rows)
    expect_linear(spec, steps, eta, started(whole, start), left)
    return start


def _met(told: Told, whole: Run, at: int, i: int) -> bool:
    """True where the whole run's factors make what the scheduler made."""
    unit, found = np.eye(len(told.states[0])), np.zeros(len(told.states[0]))
    for factors, kind in ((whole.x, "x"), (whole.m, "m"), (whole.z, "z")):
        for lag, factor in enumerate(factors[at + i]):
            if factor and lag > i:
                return False
            if factor:
                place = 1 + i - lag if kind == "m" else told.noises[i - lag]
                found = found + factor * (told.states[i - lag] if kind == "x" else unit[place])
    wanted = told.states[i + 1]
    return bool(np.abs(found - wanted).max() <= 100 * EXACT * max(np.abs(wanted).max(), 1e-30))


def started(whole: Run, start: Start) -> Run:
    """The run that a page makes of both."""
    at, many = start.at, len(start.rows)
    x, m, z = (
        [*(row[kind] for row in start.rows), *all_[at + many :]]
        for kind, all_ in (("x", whole.x), ("m", whole.m), ("z", whole.z))
    )
    parts = {name: getattr(whole, name)[at:] for name in ("timesteps", "scales", "draws")}
    preview = whole.preview[at:]
    return replace(
        whole, init=start.noise, kept=start.kept, x=x, m=m, z=z, preview=preview, **parts
    )


def compact(start: Start) -> list[Any]:
    """A start in nine digits: [at, noise, kept], and rows where the first calls are others."""
    told: list[Any] = [start.at, nine(start.noise), nine(start.kept)]
    rows = [[cut(row[kind]) for kind in "xmz"] for row in start.rows]
    return [*told, rows] if rows else told
