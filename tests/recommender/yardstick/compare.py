"""Holds our step counts against tables that three tools ship and that are no claims of ours.

The tables are facts: what the tool calls the model, our id for it, its steps, where they stand.
A table's range counts with its middle, as a claim's does. A family belongs to one half or the
other by a hash of its name: misses of the seen half were studied, those held out were not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

from recommender import Recommendation, catalogue, recommend

TABLES = sorted((Path(__file__).parent / "tables").glob("*.json"))
HALF_AN_OCTAVE = math.sqrt(2)


@dataclass(frozen=True, slots=True)
class Row:
    """One model of one tool's table beside our answer; `half` is 'seen' or 'held out'."""

    tool: str
    name: str
    model: str
    theirs: int
    ours: Recommendation
    half: str

    @property
    def factor(self) -> float:
        """By how much the larger figure exceeds the smaller: 1 means that they agree."""
        return max(self.theirs, self.ours.steps or 1) / min(self.theirs, self.ours.steps or 1)

    @property
    def near(self) -> bool:
        """True within half an octave."""
        return self.factor <= HALF_AN_OCTAVE

    @property
    def spanned(self) -> bool:
        """True within half an octave or within our published range."""
        low, high = self.ours.low, self.ours.high
        within = low is not None and high is not None and low <= self.theirs <= high
        return self.near or within


def rows() -> list[Row]:
    """Returns every row of every table with our answer of today."""
    return [_row(table["tool"], row) for table in tables() for row in table["rows"]]


def tables() -> list[dict[str, Any]]:
    """Returns the tables as they stand in the files."""
    return [json.loads(path.read_text("utf-8")) for path in TABLES]


def half(family: str) -> str:
    """Returns which half a family's rows belong to."""
    return "held out" if sha256(family.encode()).digest()[0] % 2 else "seen"


def share(some: Iterable[bool]) -> float:
    """Returns how many of these are true, of 1."""
    held = list(some)
    return sum(held) / len(held)


def ranges() -> tuple[float, int]:
    """Returns the median of high ÷ low over all models, and how many models have no range.

    Files made for one number of steps have none to give and are left out.
    """
    answers = [
        recommend(id)
        for id, model in catalogue().models.items()
        if not any(
            claim.get("note", "").startswith("fixed by")
            for claim in model["claims"].get("num_inference_steps", [])
        )
    ]
    widths = [one.high / max(one.low, 1) for one in answers if one.low and one.high]
    return median(widths), len(answers) - len(widths)


def _row(tool: str, row: dict[str, Any]) -> Row:
    theirs = row["steps"] if "steps" in row else (row["low"] + row["high"]) // 2
    family = catalogue().models[row["model"]]["family"]
    return Row(tool, row["name"], row["model"], theirs, recommend(row["model"]), half(family))
