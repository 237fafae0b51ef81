"""What holds of the rule whatever the claims are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender._recommend.rule import calls, decide

figures = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["author", "tool-default", "community"]),
        "value": st.integers(1, 200),
    },
    optional={"unsourced": st.just(True)},
)


@settings(max_examples=200, deadline=None)
@given(claims=st.lists(figures, max_size=8), few_step=st.booleans())
def test_every_answer_is_a_figure_somebody_states_within_the_range(
    claims: list[dict[str, Any]], few_step: bool
) -> None:
    found = decide(claims, few_step=few_step)
    sourced = [claim["value"] for claim in claims if "unsourced" not in claim]
    if found.value is None:
        assert not sourced
        return
    assert found.value in sourced
    assert (found.low is None) == (found.high is None)
    if found.low is not None and found.high is not None:
        assert found.low <= found.value <= found.high
    if few_step and any(c["kind"] == "author" and "unsourced" not in c for c in claims):
        assert all(claim["kind"] == "author" for claim in found.claims)


@settings(max_examples=100, deadline=None)
@given(claims=st.lists(figures, min_size=1, max_size=8), seed=st.randoms())
def test_the_order_of_claims_does_not_change_the_answer(
    claims: list[dict[str, Any]], seed: Any
) -> None:
    shuffled = list(claims)
    seed.shuffle(shuffled)
    first, second = decide(claims, few_step=False), decide(shuffled, few_step=False)
    assert first[:5] == second[:5]


@pytest.mark.parametrize(
    ("formula", "expected"), [("1N", 1), ("N+1", 1), ("N", 1), ("2N-1", 2), ("3N-3", 3)]
)
def test_one_more_step_costs_what_stands_before_the_n(formula: str, expected: int) -> None:
    assert calls(formula) == expected
