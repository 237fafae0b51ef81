"""A model's own scale of steps: what each stretch is called, and from what that follows."""

from __future__ import annotations

from typing import Any

import pytest
from zones import worse_from, zones


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"steps": 28, "low": 20, "high": 50, "basis": "tool-default"},
         "draft 20–27 · sweet spot 28–50"),
        ({"steps": 4, "low": 4, "high": 4, "basis": "author"}, "sweet spot 4"),
        ({"steps": 25, "low": None, "high": None, "basis": "author"}, "sweet spot 25"),
        ({"steps": 25, "low": 10, "high": 40, "basis": "measured"},
         "unfinished below 10 · draft 10–24 · sweet spot 25–40 · no visible gain above 40"),
        ({"steps": 25, "low": 10, "high": None, "basis": "measured"},
         "unfinished below 10 · draft 10–24 · sweet spot from 25"),
        ({"steps": 2, "low": 1, "high": 4, "basis": "measured", "worse": 8},
         "draft 1 · sweet spot 2–4 · no visible gain above 4 · worse from 8"),
        ({"steps": 2, "low": 1, "high": 4, "basis": "measured", "worse": 5},
         "draft 1 · sweet spot 2–4 · worse from 5"),
        ({"steps": None, "low": None, "high": None, "basis": None}, ""),
    ],
)  # fmt: skip
def test_a_model_has_a_scale_of_its_own(answer: dict[str, Any], words: str) -> None:
    """Only what was measured says where pictures are unfinished and where gain ends."""
    assert zones(answer) == words


MEASURED = {"steps": 2, "low": 1, "high": 4, "basis": "measured", "scheduler": "LCMScheduler"}


def sweep(*bands: tuple[int, float, float], steps: int = 2) -> dict[str, Any]:
    """Returns a measurement over steps with these bands of quality."""
    rows = [{"value": value, "quality_95": [low, high]} for value, low, high in bands]
    spot = {"steps": steps, "low": 1, "high": 4}
    told = {"rows": rows, "sweet_spot": spot}
    return {"steps": {"sweep": "steps", "scheduler_class": "LCMScheduler", "summary": told}}


@pytest.mark.parametrize(
    ("bands", "found"),
    [
        # From 8 on the bands lie below 0.9, where the sweet spot's begins.
        (((2, 0.9, 0.95), (4, 0.88, 0.93), (8, 0.8, 0.89), (16, 0.7, 0.8)), 8),
        # One count that is worse among better ones is no direction.
        (((2, 0.9, 0.95), (4, 0.8, 0.85), (8, 0.9, 0.95), (16, 0.9, 0.95)), None),
        (((2, 0.9, 0.95), (4, 0.9, 0.95)), None),
        (((4, 0.1, 0.2),), None),
    ],
)
def test_worse_begins_where_quality_falls_for_good(
    bands: tuple[tuple[int, float, float], ...], found: int | None
) -> None:
    """The band of quality must lie wholly below the sweet spot's, to the end of the sweep."""
    assert worse_from(sweep(*bands), MEASURED) == found


def test_only_the_sweep_behind_an_answer_tells_what_is_worse() -> None:
    """Another scheduler, another sweet spot or a claim leaves it unknown."""
    falling = sweep((2, 0.9, 0.95), (8, 0.1, 0.2))
    assert worse_from(falling, MEASURED) == 8
    assert worse_from(falling, {**MEASURED, "scheduler": "DDIMScheduler"}) is None
    assert worse_from(falling, {**MEASURED, "steps": 3}) is None
    assert worse_from(falling, {**MEASURED, "basis": "author"}) is None
    assert worse_from({"quality": {"sweep": "quality"}, "odd": 3}, MEASURED) is None
