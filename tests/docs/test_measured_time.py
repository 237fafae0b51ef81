"""What the page on time computes from seconds: what fewer steps save, and a line in calls."""

from __future__ import annotations

from pathlib import Path

import measured_stats
import pytest
import sweeps
from measured import load_measured
from measured_known import Known
from measured_time import full_size, pace, saving, savings, timings
from sweeps import CATALOGUE
from templating import render


def test_a_full_size_model_gives_time_and_says_that_its_weights_are_random() -> None:
    pace = {"num_inference_steps": 30, "pictures": 8, "seconds_per_picture": 1.1,
            "seconds_per_step": 0.03, "seconds_beside_steps": 0.2}  # fmt: skip
    told = {"model": "postcards", "width": 1024, "height": 1024, "paces": {"exact": pace},
            "environment": {"device": "cuda (NVIDIA H200)", "batch": 8}}  # fmt: skip
    known = Known(catalogue=CATALOGUE)
    (row,) = full_size([{**told, "weights": "random"}], known.name)
    assert (row["name"], row["size"], row["seconds_per_step"]) == ("postcards", "1024 × 1024", 0.03)
    page = render("measured_time", lines=(), savings=savings(), sizes=[row])
    said = "<strong>Measured on one NVIDIA H200, random weights: time only.</strong>"
    assert said in page
    assert '<td>as they are</td><td class="number">8</td><td class="number">0.200 s</td>' in page
    assert '<td class="number">1.100 s<br><small>30 steps</small></td>' in page
    assert full_size([{**told, "weights": "trained"}], known.name) == []


def test_from_50_to_8_steps_saves_84_per_cent() -> None:
    assert saving(50, 8, 0.5) == pytest.approx(0.84)
    assert saving(50, 8, 0.5, fixed=25) == pytest.approx(0.42)
    assert saving(50, 8, 0.0) == 0.0
    assert savings()["example"] == "84 %"


def test_seconds_are_a_line_in_calls_that_one_busy_moment_does_not_bend(tmp_path: Path) -> None:
    sweeps.write(tmp_path, sweeps.sweep("ddim"))
    known = Known(sweeps=load_measured(tmp_path), catalogue=CATALOGUE)
    fitted = measured_stats.line([(2, 0.14), (24, 0.58), (100, 2.1), (50, 9.9), (10, 0.3)])
    assert fitted is not None
    assert (fitted.fixed, fitted.each) == pytest.approx((0.1, 0.02), abs=0.01)
    first = timings(known.sweeps, known.name, known.scheduler)[0]
    assert (first.line.fixed, first.line.each, first.step) == pytest.approx((0.1, 0.02, 0.04))
    assert first.saved == pytest.approx(42 * 0.04 / 2.1)
    assert measured_stats.line([(2, 0.1)]) is None


def test_a_rung_that_nobody_timed_has_seconds_of_the_line_and_says_so(tmp_path: Path) -> None:
    """Three are timed, one of them while the machine was busy: it keeps its own figure."""
    raw = sweeps.sweep("euler")
    raw["timing"][1]["cpu_seconds"] = 0.62
    sweeps.write(tmp_path, raw)
    sweep = load_measured(tmp_path)["postcards"]["steps-euler"]
    found = pace(sweep)
    assert found is not None
    told = {row.value: found.of(row) for row in sweep.rows}
    assert {key: told[key] for key in (1, 12, 20, 50, 100)} == {
        1: "0.14", 12: "0.62", 20: "≈ 0.90", 50: "2.10", 100: "≈ 4.10"
    }  # fmt: skip
    assert found.note == (
        "CPU seconds are of one picture, on all threads together. ≈ was not timed: it lies on the "
        "line through the 3 that were, 0.100 s + 0.0200 s a call, from which the farthest of these "
        "lies 6.5 % away."
    )


def test_what_lies_on_no_line_gives_no_seconds(tmp_path: Path) -> None:
    """Another ladder than of steps, a single timing, or three of which one is 50 % off."""
    timing = sweeps.sweep("ddim")["timing"]
    sweeps.write(tmp_path, sweeps.sweep("ddim", timing=timing[:1]))
    bent = [timing[0], {**timing[1], "cpu_seconds": 0.9}, timing[2]]
    sweeps.write(tmp_path, sweeps.sweep("euler", timing=bent))
    sweeps.write(tmp_path, sweeps.sweep("ddim", kind="guidance", values=(1.0, 3.0)))
    assert [pace(one) for one in load_measured(tmp_path)["postcards"].values()] == [None] * 3
