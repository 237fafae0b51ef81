"""What is timed of the full-size architectures, and what each run is meant to reach.

Levels are (pass, good, stretch). Ratios are to the naive loop of the same process; rates in
pictures a second are to be reached, seconds a picture not to be exceeded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

LEVELS = ("pass", "good", "stretch")
Measure = Literal["ratio", "images/s", "s/image"]


@dataclass(frozen=True)
class Target:
    """One figure of one way, of all cells or of those of one step count."""

    way: str
    measure: Measure
    levels: tuple[float | None, ...]
    at: int | None = None

    def reached(self, value: float) -> str:
        """The highest level that a figure meets, or `missed`."""
        less = self.measure == "s/image"
        met = [
            name
            for name, level in zip(LEVELS, self.levels, strict=False)
            if level is not None and (value <= level if less else value >= level)
        ]
        return met[-1] if met else "missed"


@dataclass(frozen=True)
class Part:
    """Ways that take turns on a run's cells, or on those of one step count."""

    value: int  # the lower, the sooner
    ways: tuple[str, ...]
    at: int | None = None


@dataclass(frozen=True)
class Run:
    """Cells of one architecture: every step count with every prompt and seed."""

    title: str
    architecture: str
    steps: tuple[int, ...]
    prompts: int
    seeds: int
    width: int  # rows of a batch
    shares: dict[str, float]  # of the ceiling, assumed for the plan, by way
    parts: tuple[Part, ...]
    targets: tuple[Target, ...]
    pace: tuple[int, int] | None = None  # two step counts that give the seconds of one more step

    @property
    def counts(self) -> list[int]:
        """Every step count that is timed, the fewest first."""
        return sorted({*self.steps, *(p.at for p in self.parts if p.at), *(self.pace or ())})

    def shrunken(self) -> Run:
        """The same run with few steps and cells, for a dry run."""
        few = {count: min(i, 3) for i, count in enumerate(self.counts, 1)}
        parts = tuple(replace(p, at=few[p.at] if p.at else None) for p in self.parts)
        targets = tuple(replace(t, at=few[t.at] if t.at else None) for t in self.targets)
        return replace(
            self,
            steps=tuple(sorted({few[count] for count in self.steps})),
            prompts=1,
            seeds=2,
            width=4,
            parts=parts,
            targets=targets,
            pace=(few[self.pace[0]], few[self.pace[1]]) if self.pace else None,
        )


PAIR = ("naive", "fast")


def _shares(naive: float, batched: float, exact: float, fast: float) -> dict[str, float]:
    known = {"naive": naive, "batched": batched, "exact": exact, "graphs": exact}
    return {**known, "fast": fast, "tuned": fast}


RUNS = {
    "sdxl": Run(
        "SDXL, 20 steps",
        *("sdxl", (20,), 2, 4, 8),
        _shares(0.26, 0.32, 0.32, 0.42),
        parts=(
            Part(1, PAIR),
            Part(2, ("exact",)),
            Part(2, ("exact", "fast"), at=2),
            Part(3, ("graphs",)),
            Part(4, PAIR),
            Part(5, ("batched",)),
            Part(7, ("tuned",)),
        ),
        targets=(
            Target("fast", "ratio", (1.5, 1.9, 2.3)),
            Target("fast", "images/s", (1.1, 1.4, 1.7)),
            Target("graphs", "ratio", (1.15, 1.35, 1.5)),
        ),
        pace=(2, 20),
    ),
    "sdxl-sweep": Run(
        "SDXL, a sweep of steps",
        *("sdxl", (1, 2, 4, 8, 12, 20, 25, 30), 2, 4, 8),
        _shares(0.26, 0.32, 0.32, 0.42),
        parts=(Part(1, PAIR), Part(8, ("exact", "batched"))),
        targets=(Target("fast", "ratio", (1.6, 2.1, 2.5)),),
    ),
    "turbo": Run(
        "SDXL-Turbo's shape, 1, 2 and 4 steps",
        *("sdxl-turbo", (1, 2, 4), 4, 8, 16),
        _shares(0.07, 0.18, 0.18, 0.25),
        parts=(
            Part(1, PAIR),
            Part(1, PAIR, at=1),
            Part(2, ("exact",), at=1),
            Part(2, ("exact", "fast"), at=4),
            Part(4, PAIR),
            Part(4, PAIR, at=1),
            Part(5, ("batched", "exact")),
            Part(7, ("tuned",)),
            Part(7, ("tuned",), at=1),
        ),
        targets=(
            Target("fast", "ratio", (3, 5, 7)),
            Target("fast", "images/s", (30, 60, None), at=1),
        ),
        pace=(1, 4),
    ),
    "flux-dev": Run(
        "FLUX.1 dev, 28 steps",
        *("flux.1-dev", (28,), 2, 2, 4),
        _shares(0.42, 0.43, 0.43, 0.63),
        parts=(
            Part(1, PAIR),
            Part(2, ("exact", "fast"), at=2),
            Part(2, ("exact",)),
            Part(6, PAIR),
            Part(7, ("tuned",)),
            Part(8, ("batched",)),
        ),
        targets=(
            Target("fast", "ratio", (1.4, 1.55, 1.7)),
            Target("fast", "s/image", (4.6, 4.2, 3.9)),
        ),
        pace=(2, 28),
    ),
    "schnell": Run(
        "FLUX.1 schnell, 1, 2 and 4 steps",
        *("flux.1-schnell", (1, 2, 4), 1, 4, 4),
        _shares(0.40, 0.42, 0.42, 0.60),
        parts=(
            Part(1, PAIR),
            Part(1, PAIR, at=4),
            Part(2, ("exact",), at=4),
            Part(2, ("exact", "fast"), at=1),
            Part(4, PAIR),
            Part(5, ("batched", "exact")),
            Part(7, ("tuned",)),
            Part(7, ("tuned",), at=4),
        ),
        targets=(
            Target("fast", "ratio", (1.5, 1.9, 2.2)),
            Target("fast", "s/image", (0.70, 0.58, None), at=4),
        ),
        pace=(1, 4),
    ),
    "sd-1.5": Run(
        "Stable Diffusion 1.5, 20 steps",
        *("sd-1.5", (20,), 4, 8, 16),
        _shares(0.11, 0.30, 0.30, 0.35),
        parts=(
            Part(1, ("naive", "graphs")),
            Part(2, ("exact", "fast")),
            Part(2, ("exact", "fast"), at=2),
            Part(4, ("naive", "graphs", "fast")),
            Part(5, ("batched",)),
            Part(7, ("tuned",)),
        ),
        targets=(
            Target("graphs", "ratio", (2, 2.8, 3.5)),
            Target("fast", "ratio", (2, 2.8, 3.5)),
        ),
        pace=(2, 20),
    ),
}
