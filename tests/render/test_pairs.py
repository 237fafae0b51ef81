"""What `render measure --sweep pairs` compares: large step counts, drafts, other seeds."""

from __future__ import annotations

import json

import numpy as np
import pytest

from render.__main__ import main
from render.sweeps import pairs


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """Two prompts and few steps, so that a whole measurement takes a second."""
    monkeypatch.setattr(pairs, "DRAFTS", (1,))
    monkeypatch.setattr(pairs, "FINAL", 2)
    monkeypatch.setattr(pairs, "LARGE", (2, 3))
    monkeypatch.setattr("render.measure.CACHE", tmp_path / "cache")
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("a castle\nthe sea\n")
    return prompts


def test_a_picture_is_compared_with_the_next_seed_of_its_own_prompt():
    """The last seed's picture with the first's; never with another prompt's."""
    assert pairs.of_next_seed(list("abcdef"), 3) == list("bcaefd")


def test_a_picture_that_could_not_be_made_has_no_distance():
    black, white = (np.full((64, 64, 3), level, np.uint8) for level in (0, 255))
    found = pairs.distances([black, black, "it failed"], [black, white, white])
    assert found[0] == 0
    assert found[1] > 0.9
    assert found[2] is None


def test_settling_and_drafts_are_measured_with_each_scheduler(model, asked, tmp_path, capsys):
    names = ("euler-trailing", "euler-ancestral")
    options = [word for name in names for word in ("--scheduler", name)]
    command = ["measure", str(model), "--sweep", "pairs", "--prompts", str(asked), *options]
    assert main([*command, "--out", str(tmp_path / "out")]) == 0
    raw = json.loads((tmp_path / "out" / model.name / "pairs.json").read_text())
    assert [row["scheduler"] for row in raw["settling"]] == list(names)
    assert [(row["from"], row["to"]) for row in raw["settling"]] == [(2, 3)] * 2
    assert all(len(row["change"]) == 4 for row in raw["settling"])
    # The draft's own final picture is the second count's, so nothing else is rendered.
    assert [(row["draft"], row["final"]) for row in raw["drafts"]] == [(1, 2)] * 2
    assert all(len(row["own"]) == len(row["other_seed"]) == 4 for row in raw["drafts"])
    assert len(list((tmp_path / "cache").rglob("*.png"))) == 2 * 4 * 3
    assert "euler-trailing     2 to 3 steps: 0." in capsys.readouterr().out


def test_one_seed_has_no_other_to_compare_with(model, asked, capsys):
    command = ["measure", str(model), "--sweep", "pairs", "--prompts", str(asked), "--seeds", "1"]
    assert main(command) == 2
    told = capsys.readouterr().err
    assert "--seeds: expected 2 or more, got 1. A draft is compared across seeds." in told
