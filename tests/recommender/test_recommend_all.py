"""What holds for every model of the catalogue under any options."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import recommender
from recommender import Recommendation, catalogue, recommend
from recommender._catalog import Catalogue
from recommender._recommend.answer import answer
from recommender._recommend.loras import accelerators
from recommender._recommend.options import GOALS, TASKS

CHECKOUT = Path(__file__).parents[2]
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "strength": st.one_of(
            st.floats(0, 1, exclude_min=True), st.sampled_from([1.0, 2.0**-50, 5e-324, 0.1])
        ),
        "budget": st.one_of(
            st.integers(1, 400),
            st.fixed_dictionaries(
                {
                    "seconds": st.floats(0.001, 1e9),
                    "seconds_per_call": st.floats(0.001, 1e3),
                }
            ),
        ),
        "task": st.sampled_from(TASKS),
    },
)
QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def drawn(data: st.DataObject, known: Catalogue) -> tuple[str, dict[str, Any]]:
    """Draws a model with options of every kind."""
    id = data.draw(st.sampled_from(sorted(known.models)))
    options = data.draw(OPTIONS)
    names = [one["name"] for one in known.schedulers.values()]
    options["scheduler"] = data.draw(st.sampled_from([None, *names, "a made-up one"]))
    fitting = accelerators(known, id)
    if fitting and data.draw(st.booleans()):
        options["loras"] = data.draw(st.lists(st.sampled_from(fitting), max_size=2))
    return id, options


def holds(found: Recommendation) -> None:
    """Checks what every answer promises."""
    if found.steps is None:
        assert (found.effective_steps, found.calls) == (None, None)
        return
    assert found.effective_steps is not None
    assert 1 <= found.effective_steps <= found.steps <= 1000
    if found.calls is None:  # a scheduler that chooses its own steps
        assert any("chooses its own steps" in line for line in found.warnings)
    else:
        assert found.calls >= max(1, found.effective_steps - 1)
    assert found.low is None or found.low <= found.steps
    assert found.high is None or found.steps <= found.high
    assert found.settings["num_inference_steps"] == found.steps
    assert all(line.endswith(".") for line in (*found.warnings, *found.why))


@QUICK
@given(data=st.data())
def test_every_answer_stays_in_its_range_and_runs_a_step(
    known: Catalogue, data: st.DataObject
) -> None:
    id, options = drawn(data, known)
    for goal in GOALS:
        holds(answer(known, id, goal=goal, **options))


@QUICK
@given(data=st.data())
def test_a_higher_goal_or_budget_never_gives_fewer_steps(
    known: Catalogue, data: st.DataObject
) -> None:
    id, options = drawn(data, known)
    by_goal = [answer(known, id, goal=goal, **options).steps for goal in GOALS]
    assert by_goal == [None] * 3 or by_goal == sorted(by_goal)  # type: ignore[type-var]
    budgets = sorted(data.draw(st.lists(st.integers(1, 400), min_size=2, max_size=4)))
    by_budget = [answer(known, id, **{**options, "budget": one}).steps for one in budgets]
    assert by_budget == [None] * len(budgets) or by_budget == sorted(by_budget)  # type: ignore[type-var]


@QUICK
@given(data=st.data())
def test_the_same_question_gets_the_same_answer(known: Catalogue, data: st.DataObject) -> None:
    id, options = drawn(data, known)
    first = answer(known, id, **options)
    assert first == answer(known, id, **options)
    assert first.to_dict() == json.loads(json.dumps(first.to_dict()))


def test_final_is_never_above_high_and_no_distilled_model_is_pushed(known: Catalogue) -> None:
    """What authors of a few-step model do not publish as a range of their own is not asked for."""
    for id, model in known.models.items():
        final = answer(known, id, goal="final")
        holds(final)
        published = {
            claim.get("high")
            for claim in model["claims"].get("num_inference_steps", [])
            if claim["kind"] == "author"
        }
        if model["distillation"] == "few-step" and final.steps != answer(known, id).steps:
            assert final.steps in published, id


def test_a_warm_answer_is_the_very_same_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWEETSPOT_ROOT", str(CHECKOUT))
    assert recommend("sdxl", goal="draft") is recommend("sdxl", goal="draft")
    assert recommend("sdxl", strength=1) == recommend("sdxl", strength=1.0)
    assert recommend("sdxl") != recommend("sdxl", goal="draft")
    assert recommend("sdxl") == answer(catalogue(), "sdxl-base-1-0")


def test_the_two_public_errors_of_options_and_pipelines_are_exported() -> None:
    assert {"OptionError", "SettingsWarning"} <= set(recommender.__all__)
