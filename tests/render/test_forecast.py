"""A plan of minutes before anything is trained: what a step costs, counted without taking it."""

from __future__ import annotations

import re

import pytest
import torch

from render import ceilings
from render.reference import cost, forecast
from render.reference.presets import PRESETS, Part

SLOW = ceilings.Ceilings(1000.0, 1000.0, 1.0, "a slow machine")


def test_operations_bytes_and_kernels_of_a_step_are_counted():
    """A product forwards, and its weights' gradient: 2 x 8 x 4 x 3 operations each."""
    weights, rows = torch.zeros(4, 3, requires_grad=True), torch.ones(8, 4)
    found = cost.count(lambda: (rows @ weights).sum(), SLOW)
    assert found.flops == 2 * (2 * 8 * 4 * 3)
    # Read and written, in numbers of 4 bytes: rows, weights, product; the sum; ones; the gradient.
    forwards, total = 32 + 12 + 24, 24 + 1
    assert found.bytes >= 4 * (forwards + total)
    assert 4 <= found.kernels <= 8
    assert found.seconds >= max(found.flops / 1000, found.kernels * 1.0)


def test_twice_the_batch_costs_twice_the_operations_and_as_many_kernels():
    part = PRESETS["gpu"]["decoder"]
    one, two = (
        cost.count(forecast.trial("decoder", Part(1, n, part.scenes, 1.0), 128, "cpu"), SLOW)
        for n in (4, 8)
    )
    assert two.flops == pytest.approx(2 * one.flops, rel=1e-3)
    assert two.kernels == one.kernels


def test_a_plan_says_its_minutes_and_what_they_hold():
    """The judge of the gpu preset, planned on a CPU for a card measured elsewhere."""
    lines = forecast.plan("judge", "gpu", "cpu", importing=30.0)
    assert lines[0] == (
        "gpu preset: 770 TFLOP/s, 4.3 TB/s, 5 µs a kernel (one H200, as measured elsewhere)"
    )
    assert re.fullmatch(r"judge +128 +256 +0\.126 +3\.\d\d +2\d\d +1\.\d", lines[2])
    assert lines[3] == "judge: 0.5 min, at most 4,000 steps and 1,024,000 pictures"
    assert re.match(r"a scene takes \d+\.\d\d ms at 128 px, its captions", lines[4])
    assert "planned for 16 such cores" in lines[4]
    assert re.fullmatch(
        r"minutes: starting 0\.5, first scenes \d+\.\d, waiting for others 0\.0, judge 0\.5: "
        r"\d+\.\d of 15 in all",
        lines[5],
    )
