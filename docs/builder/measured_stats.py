"""Differences with their 95 % bands and a line through timings, by the standard library alone."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from measured import Sweep

BOOTSTRAPS = 2000
AGREES, DISAGREES, UNDECIDED = "agrees", "disagrees", "undecided"


@dataclass(frozen=True)
class Band:
    """A mean and the middle 95 % of its bootstraps over prompts."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{signed(self.mean)} ({signed(self.low)} to {signed(self.high)})"


@dataclass(frozen=True)
class Line:
    """seconds = fixed + each × calls, and the largest miss as a share of what was measured."""

    fixed: float
    each: float
    miss: float


def signed(number: float) -> str:
    """Writes a difference with its sign and three decimals: +0.012, −0.012, 0.000."""
    text = f"{abs(number):.3f}"
    if float(text) == 0:
        return text
    return ("+" if number > 0 else "−") + text


def band(numbers: Sequence[float]) -> Band:
    """Returns the mean of one number a prompt, and its band: the same for the same numbers."""
    drawn = sorted(statistics.fmean([numbers[i] for i in rows]) for rows in _draws(len(numbers)))
    return Band(statistics.fmean(numbers), _at(drawn, 0.025), _at(drawn, 0.975))


def difference(kind: str, first: tuple[Sweep, float], second: tuple[Sweep, float]) -> Band | None:
    """Returns first − second in "change" or "quality", paired by prompt; None where it cannot be.

    Runs add up, so one sweep may have more prompts or seeds than the other: what both drew counts,
    with the same weights.
    """
    gaps = [a - b for a, b in paired(kind, first, second)]
    return band(gaps) if len(gaps) > 1 else None


def paired(
    kind: str, first: tuple[Sweep, float], second: tuple[Sweep, float]
) -> list[tuple[float, float]]:
    """Returns both numbers of every prompt that both drew, from the seeds that both drew."""
    (one, at), (other, place) = first, second
    if one.data.get("weights") != other.data.get("weights"):
        return []
    if any(not _has(kind, sweep, value) for sweep, value in (first, second)):
        return []
    seeds = [seed for seed in one.data["seeds"] if seed in other.data["seeds"]]
    left, right = one.by_prompt(kind, at, seeds), other.by_prompt(kind, place, seeds)
    pairs = [(left[prompt], right[prompt]) for prompt in left if prompt in right]
    return [(a, b) for a, b in pairs if a is not None and b is not None]


def _has(kind: str, sweep: Sweep, value: float) -> bool:
    row = sweep.row(value)
    return row is not None and getattr(row, kind) is not None


def turned(found: Band) -> Band:
    """Returns the same difference, taken the other way round."""
    return Band(-found.mean, -found.high, -found.low)


def above(found: Band | None, least: float = 0.0) -> str:
    """Tells whether a difference lies above a bound: with its whole band, or not at all."""
    if found is None:
        return UNDECIDED
    return AGREES if found.low > least else DISAGREES if found.high < least else UNDECIDED


def within(found: Band | None, margin: float) -> str:
    """Tells whether a difference is smaller than a margin, whichever way it points."""
    if found is None:
        return UNDECIDED
    if -margin < found.low and found.high < margin:
        return AGREES
    return DISAGREES if found.low > margin or found.high < -margin else UNDECIDED


def together(verdicts: Iterable[str]) -> str:
    """Returns one verdict for several: a single disagreement stays visible."""
    every = list(verdicts)
    if DISAGREES in every:
        return DISAGREES
    return AGREES if every and all(one == AGREES for one in every) else UNDECIDED


def line(points: Sequence[tuple[float, float]]) -> Line | None:
    """Fits seconds to calls by Theil and Sen: the median slope, then the median rest.

    A machine that was busy for a moment spoils one point, and a median forgets it.
    """
    slopes = [
        (t - s) / (b - a) for i, (a, s) in enumerate(points) for b, t in points[i + 1 :] if a != b
    ]
    if not slopes:
        return None
    each = statistics.median(slopes)
    fixed = statistics.median(seconds - each * calls for calls, seconds in points)
    misses = [abs(fixed + each * calls - seconds) / seconds for calls, seconds in points if seconds]
    return Line(fixed, each, max(misses, default=0.0))


@lru_cache(maxsize=8)
def _draws(count: int) -> tuple[tuple[int, ...], ...]:
    """Which prompts each bootstrap draws; the same for the same count, on any machine."""
    dice = random.Random(0)
    return tuple(tuple(dice.choices(range(count), k=count)) for _ in range(BOOTSTRAPS))


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
