"""Reads settings/measured/<model>/<sweep>.json as `python -m render measure` writes it.

Raw numbers come prompt by prompt, seeds inside. The summary beside them was derived from them by
the studio and is printed as it stands; what pages compute beyond it starts from the raw numbers.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SWEEPS = ("steps", "guidance", "strength")
# One hexadecimal digit a picture, a bit for each factor that the judge finds as asked.
ALL_FOUR = "f"
_FACTORS = 4


class MeasurementError(Exception):
    """A measurement that cannot be read."""


@dataclass(frozen=True)
class Row:
    """One value of a sweep: its network calls and its means with their 95 % bands."""

    value: float
    calls: int | None
    quality: float | None
    quality_95: tuple[float, float] | None
    change: float | None
    change_95: tuple[float, float] | None
    change_per_step: float | None = None  # for each step added since the row before


@dataclass(frozen=True)
class Sweep:
    """One measured sweep of one model."""

    model: str
    id: str
    data: Mapping[str, Any]
    rows: tuple[Row, ...]

    @property
    def setting(self) -> str:
        """The id of the setting that varies."""
        return str(self.data["setting"])

    @property
    def scheduler(self) -> str:
        """The scheduler's id in settings/schedulers/."""
        return str(self.data["scheduler"])

    @property
    def values(self) -> list[float]:
        """The values measured, in order."""
        return [row.value for row in self.rows]

    @property
    def sweet_spot(self) -> Mapping[str, Any] | None:
        """low, steps and high, and how stable steps is; None where the rule names none."""
        found: Mapping[str, Any] | None = self.data["summary"].get("sweet_spot")
        return found

    @property
    def rule(self) -> Mapping[str, float]:
        """The margins on which the studio's summary rests."""
        found: Mapping[str, float] = self.data["summary"].get("rule", {})
        return found

    @property
    def pictures(self) -> int:
        """How many pictures stand behind each row."""
        return len(self.data["prompts"]) * len(self.data["seeds"])

    def row(self, value: float) -> Row | None:
        """Returns the row of a value."""
        return next((row for row in self.rows if row.value == value), None)

    def per_prompt(self, kind: str, value: float) -> list[float | None]:
        """Returns a row's raw "change" or "quality" as one mean a prompt; None where all failed.

        Seeds of one prompt are no independent pictures, so they never enter a band one by one.
        """
        return list(self.by_prompt(kind, value, self.data["seeds"]).values())

    def by_prompt(self, kind: str, value: float, seeds: Sequence[int]) -> dict[str, float | None]:
        """Returns the same by prompt, the mean over some of its seeds."""
        raw = next(row for row in self.data["rows"] if row["value"] == value)
        numbers = shares(raw["hits"]) if kind == "quality" else raw["change"]
        every = self.data["seeds"]
        found = {}
        for i, prompt in enumerate(self.data["prompts"]):
            part = zip(every, numbers[i * len(every) :], strict=False)
            whole = [number for seed, number in part if seed in seeds and number is not None]
            found[prompt] = statistics.fmean(whole) if whole else None
        return found


Measured = Mapping[str, Mapping[str, Sweep]]


def shares(hits: str) -> list[float | None]:
    """Returns, per picture, the share of factors that are right; None for one not made."""
    return [None if digit == "x" else int(digit, 16).bit_count() / _FACTORS for digit in hits]


def load_measured(folder: Path) -> dict[str, dict[str, Sweep]]:
    """Reads every sweep below a folder: model id → file stem → sweep; leaves other files alone."""
    found: dict[str, dict[str, Sweep]] = {}
    for path in sorted(folder.glob("*/*.json")):
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data.get("sweep") in SWEEPS:
                sweep = Sweep(path.parent.name, path.stem, data, rows_of(data))
                found.setdefault(sweep.model, {})[sweep.id] = sweep
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise MeasurementError(
                f"{path}: expected a sweep written by `python -m render measure`, "
                f"got one that cannot be read ({error!r}). Measure it again."
            ) from None
    return found


def rows_of(data: Mapping[str, Any]) -> tuple[Row, ...]:
    """Puts a sweep's raw rows and its summary side by side."""
    _ = data["setting"], data["scheduler"], data["prompts"], data["seeds"]
    summary = {row["value"]: row for row in data["summary"]["rows"]}
    rows = []
    for raw in data["rows"]:
        means = summary[raw["value"]]
        rows.append(
            Row(
                raw["value"],
                raw.get("calls"),
                means.get("quality"),
                _pair(means.get("quality_95")),
                means.get("change"),
                _pair(means.get("change_95")),
                means.get("change_per_step"),
            )
        )
    return tuple(rows)


def _pair(ends: Sequence[float] | None) -> tuple[float, float] | None:
    return None if ends is None else (ends[0], ends[1])


def steps_sweeps(sweeps: Mapping[str, Sweep]) -> dict[str, Sweep]:
    """Returns a model's steps sweeps by scheduler, in the order of the files."""
    return {one.scheduler: one for one in sweeps.values() if one.data["sweep"] == "steps"}


def at_calls(sweep: Sweep, budget: int) -> float | None:
    """Returns the most steps that cost no more than a budget of calls, guidance not counted.

    None where the ladder has no rung near it: one that uses less than two thirds of the budget
    would be compared at another cost.
    """
    doubled = 2 if float(sweep.data["fixed"].get("guidance_scale", 1)) > 1 else 1
    costs = [(row.calls / doubled, row.value) for row in sweep.rows if row.calls]
    affordable = [pair for pair in costs if pair[0] <= budget and pair[0] > budget * 2 / 3]
    return max(affordable)[1] if affordable else None
