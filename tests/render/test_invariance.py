"""The invariance suite finds what it is there to find."""

from __future__ import annotations

import pytest
import torch

from render.bench import fullsize, invariance
from render.rows import describe


@pytest.mark.parametrize("name", ["sd-1.5", "flux.1-schnell"])
def test_real_networks_keep_a_calls_bits_at_every_slot(name):
    torch.set_num_threads(1)
    spec = fullsize.specs("cpu")[name]
    pipe = fullsize.build(spec, "cpu")
    call = invariance.first_call(pipe, spec["denoiser"], fullsize.jobs(spec, "cpu")[0])
    row = invariance.at_width(call, 4)
    assert {key: row[key] for key in ("slots", "mates", "padding", "repeated")} == {
        "slots": True,
        "mates": True,
        "padding": True,
        "repeated": True,
    }
    assert row["alone_max_abs"] < 1e-4
    assert "forward" not in vars(getattr(pipe, spec["denoiser"]))


def verdict(forward) -> list[str]:
    """What the suite says of a function of one row, at width 4."""
    call = describe(forward, (torch.full((1, 3), 2.0), torch.tensor(3.0)), {})
    found = {"models": {"net": {"widths": {4: invariance.at_width(call, 4)}}}}
    return invariance.failed(found)


def test_rows_that_look_at_each_other_are_named():
    assert verdict(lambda x, t: (x + t.reshape(-1, 1),)) == []
    assert verdict(lambda x, t: (x - x.mean(0),)) == [
        "net: width 4: mates",
        "net: width 4: padding",
    ]


def test_a_slot_that_answers_otherwise_is_named():
    assert verdict(lambda x, t: (x + torch.arange(len(x)).reshape(-1, 1),)) == [
        "net: width 4: slots"
    ]


def test_an_answer_that_changes_from_call_to_call_is_named():
    calls = []

    def restless(x, t):
        calls.append(1)
        return (x + len(calls),)

    assert "net: width 4: repeated" in verdict(restless)


def test_another_process_with_other_bits_is_named():
    here = {"models": {"net": {"widths": {4: {"digest": "a"}, 8: {"digest": "b"}}}}}
    there = {"models": {"net": {"widths": {"4": {"digest": "a"}, "8": {"digest": "c"}}}}}
    invariance._compare(here, there)
    assert invariance.failed(here) == ["net: width 8: process"]
