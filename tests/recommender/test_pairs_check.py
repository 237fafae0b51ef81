"""`check` refuses comparisons of drafts that are not whole or of unknown samplers."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from recommender._authoring.check import check_root
from tests.recommender.sweeps import WEIGHTS

if TYPE_CHECKING:
    from conftest import Tree

FILE = "settings/measured/plain-base/pairs.json"


def pairs(**more: Any) -> dict[str, Any]:
    """Two prompts and two seeds of a model, compared with one sampler."""
    draft = {"scheduler": "euler", "draft": 8, "final": 25}
    return {
        "sweep": "pairs",
        "model": "plain-base",
        "weights": WEIGHTS,
        "environment": {"device": "cpu"},
        "fixed": {},
        "prompts": ["a hill", "the sea"],
        "seeds": [0, 1],
        "metric": {"change": "flip", "package": "flip-evaluator 1.7"},
        "settled": 0.05,
        "settling": [{"scheduler": "euler", "from": 50, "to": 100, "change": [0.1] * 4}],
        "drafts": [{**draft, "own": [0.1, None, 0.1, 0.1], "other_seed": [0.3] * 4}],
        **more,
    }


def problems(tree: Tree, found: dict[str, Any]) -> list[str]:
    tree.measure()  # pins the weights in the model's own file
    tree.write(FILE, json.dumps(found))
    every = check_root(tree.root, date(2025, 1, 1)).problems
    return [str(one).split(": ", 1)[1] for one in every if one.file == FILE]


def test_whole_comparisons_have_no_problems(tree: Tree) -> None:
    assert problems(tree, pairs()) == []


def test_a_list_that_is_short_and_a_sampler_nobody_knows_are_named(tree: Tree) -> None:
    row = {"scheduler": "eluer", "from": 50, "to": 100, "change": [0.1] * 3}
    assert problems(tree, pairs(settling=[row])) == [
        "settling[0].change: expected 4 figures, got 3.",
        "settling[0].scheduler: expected the id of a sampler, got 'eluer'.",
    ]
