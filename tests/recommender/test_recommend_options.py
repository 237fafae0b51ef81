"""Goal, budget and strength turn the evidence's figure into the steps to ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from recommender import OptionError, Recommendation, recommend
from recommender._recommend.answer import answer
from recommender._recommend.options import GOALS, TASKS
from recommender._show import headline

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Tree

STRENGTH = """
    title: Strength
    slug: strength
    group: input
    type: number
    aliases: []
    range: {min: 0, max: 1}
    summary: How much of the picture is drawn anew.
    what_it_does: It says how much noise the picture gets first.
    tips: [Begin with 0.6.]
"""


def asked(tree: Tree, id: str = "plain-base", **options: Any) -> Recommendation:
    """Compiles the tree and asks for one of its models with options."""
    return answer(tree.catalogue(), id, **options)


def test_draft_is_the_low_end_and_final_the_high_end(tree: Tree) -> None:
    steps = {goal: asked(tree, goal=goal).steps for goal in GOALS}
    assert steps == {"draft": 20, "balanced": 30, "final": 50}
    assert asked(tree, goal="draft").why[-1] == (
        "Goal draft: 20, the low end of the range, in place of 30."
    )


def test_without_a_known_gain_final_is_balanced(
    tree: Tree, model_with: Callable[[str, str], Recommendation]
) -> None:
    """Two sources that differ on a few-step model are no range that its authors vouch for."""
    model_with("few-step", "num_inference_steps: [{value: 8, source: author}]")
    found = asked(tree, "rivals", goal="final")
    assert (found.steps, found.why[-1]) == (
        8,
        "Goal final: nobody publishes a gain from more steps, so it is 8 as for balanced.",
    )
    model_with(
        "few-step",
        """
        num_inference_steps:
        - {value: 8, source: author}
        - {value: 30, source: author}
        """,
    )
    assert asked(tree, "rivals", goal="final").steps == 8
    model_with(
        "few-step",
        "num_inference_steps: [{value: 8, low: 4, high: 16, source: author}]",
    )
    assert asked(tree, "rivals", goal="final").steps == 16


def test_a_budget_counts_what_scheduler_and_guidance_really_cost(tree: Tree) -> None:
    """Guidance runs the network twice, and N steps of Heun call it 2N-1 times."""
    found = asked(tree, budget=50)
    assert (found.steps, found.calls) == (25, 50)
    assert "The budget of 50 calls pays for 25 of 30 steps, each run 2 times for guidance." in (
        found.why
    )
    heun = asked(tree, scheduler="Heun", budget=60)
    assert (heun.steps, heun.calls) == (15, 58)
    assert asked(tree, "plain-turbo", budget=3).calls == 3


def test_the_calls_of_a_prior_are_counted_and_come_out_of_the_budget_first(
    tree: Tree, model_with: Callable[[str, str], Recommendation]
) -> None:
    """20 guided steps of a prior are 40 calls before the first of the 10 steps that follow."""
    found = model_with(
        "none",
        """
        num_inference_steps: [{value: 10, low: 5, high: 12, source: author}]
        prior_num_inference_steps: [{value: 20, source: author}]
        prior_guidance_scale: [{value: 4.0, source: author}]
        """,
    )
    assert (found.steps, found.calls) == (10, 50)
    assert "The prior runs first: 20 – authors: " in " ".join(found.why)
    less = asked(tree, "rivals", budget=46)
    assert (less.steps, less.calls) == (6, 46)
    assert "The budget of 46 calls pays for 6 of 10 steps, after 40 for the prior." in less.why
    assert asked(tree, "rivals", budget=3).warnings == (
        "The budget of 3 calls is too small: 5 steps, the fewest recommended, make 45. "
        "Raise it to 45, or use a step-distilled model or an accelerator LoRA.",
    )


def test_seconds_are_a_budget_too(tree: Tree) -> None:
    by_time = asked(tree, budget={"seconds": 25, "seconds_per_call": 0.5})
    assert by_time == asked(tree, budget=50)
    assert 23.2 / 0.4 < 58  # in binary fractions, and yet 58 calls
    by_time = asked(tree, budget={"seconds": 23.2, "seconds_per_call": 0.4})
    assert by_time == asked(tree, budget=58) != asked(tree, budget=56)


def test_too_small_a_budget_is_said_and_the_range_is_kept(tree: Tree) -> None:
    found = asked(tree, budget=8)
    assert (found.steps, found.calls) == (20, 40)
    assert found.warnings == (
        "The budget of 8 calls is too small: 20 steps, the fewest recommended, make 40. "
        "Raise it to 40, or use a step-distilled model or an accelerator LoRA.",
    )


def test_a_lone_figure_has_no_low_end_so_a_budget_goes_below_it_with_a_warning(
    tree: Tree, model_with: Callable[[str, str], Recommendation]
) -> None:
    model_with("none", "num_inference_steps: [{value: 50, source: author}]")
    found = asked(tree, "rivals", budget=10)
    assert found.steps == 10
    assert found.warnings == (
        "50 steps are the only figure published, and the budget pays for 10. Raise it to 50 calls.",
    )


@pytest.mark.parametrize(
    ("strength", "steps", "runs"), [(1.0, 30, 30), (0.6, 50, 30), (0.3, 100, 30), (0.05, 600, 30)]
)
def test_with_a_strength_so_many_are_asked_for_that_the_sweet_spot_runs(
    tree: Tree, strength: float, steps: int, runs: int
) -> None:
    found = asked(tree, strength=strength)
    assert (found.steps, found.effective_steps, found.calls) == (steps, runs, 2 * runs)
    assert (found.task, found.settings["strength"]) == ("image-to-image", strength)


def test_the_range_is_scaled_with_the_strength(tree: Tree) -> None:
    found = asked(tree, strength=0.5)
    assert (found.low, found.steps, found.high) == (40, 60, 100)


@pytest.mark.parametrize("strength", [2.0**-50, 5e-324])
def test_a_strength_that_runs_nothing_is_raised_to_the_least_that_runs_a_step(
    tree: Tree, strength: float
) -> None:
    found = asked(tree, strength=strength)
    assert (found.steps, found.effective_steps, found.strength) == (1000, 1, 0.001)
    assert found.warnings == (
        f"strength {strength:.2g} runs no step at all, even of 1000; 0.001 is the least that runs "
        "one, and stands in its place.",
        "At strength 0.001 even 1000 steps, the most that EulerDiscreteScheduler has, run only 1 "
        "of the 30 recommended. Raise the strength.",
    )


def test_a_task_without_figures_takes_those_of_the_task_it_starts_from(tree: Tree) -> None:
    found = asked(tree, task="image-to-image")
    assert (found.steps, found.guidance_scale) == (30, 7.5)
    assert asked(tree, task="text-to-3d").steps is None


def test_a_figure_published_for_a_strength_is_asked_for_as_published(
    tree: Tree, model_with: Callable[[str, str], Recommendation]
) -> None:
    """50 asked for at strength 0.8 run 40, and 40 run at any other strength too."""
    tree.write("settings/strength.yaml", STRENGTH)
    model_with(
        "none",
        """
        num_inference_steps: [{value: 50, source: author, task: image-to-image}]
        strength: [{value: 0.8, source: author, task: image-to-image}]
        """,
    )
    found = asked(tree, "rivals", task="image-to-image")
    assert (found.steps, found.effective_steps, found.strength) == (50, 40, 0.8)
    assert asked(tree, "rivals", strength=0.4).steps == 100


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"goal": "best"}, "goal: expected draft, balanced or final, got 'best'."),
        ({"strength": 0}, "strength: expected a number above 0 and at most 1, got 0."),
        ({"strength": 1.01}, "strength: expected a number above 0 and at most 1, got 1.01."),
        ({"strength": float("nan")}, "strength: expected a number above 0 and at most 1, got nan."),
        ({"strength": True}, "strength: expected a number above 0 and at most 1, got True."),
        ({"budget": 0}, "budget: expected a whole number of network calls from 1, got 0."),
        ({"budget": 2.5}, "budget: expected a whole number of network calls from 1, got 2.5."),
        (
            {"budget": {"seconds": 3}},
            "budget: expected the keys seconds and seconds_per_call, got ['seconds'].",
        ),
        (
            {"budget": {"seconds": 3, "seconds_per_call": 0}},
            "budget: expected seconds above 0, got '3 and 0'.",
        ),
        (
            {"task": "painting"},
            "task: expected a task such as text-to-image, image-to-image or inpaint, "
            "got 'painting'.",
        ),
        ({"loras": 3}, "loras: expected names of accelerator LoRAs, got 3."),
        ({"scheduler": 3}, "scheduler: expected a scheduler's name as text, got 3."),
    ],
)
def test_an_option_that_cannot_be_is_named(
    tree: Tree, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError) as caught:
        asked(tree, **options)
    assert str(caught.value) == message


def test_the_tasks_are_those_that_a_catalogue_file_may_name() -> None:
    from typing import get_args

    from recommender._authoring.schema import Modality

    assert set(TASKS) == set(get_args(Modality)) - {"lora-acceleration"}


def test_settings_cannot_be_changed_but_are_plain_data(tree: Tree) -> None:
    import copy
    import json
    import pickle

    found = asked(tree)
    for change in (
        lambda: found.settings.update(num_inference_steps=1),
        lambda: found.settings.__setitem__("x", 1),
        lambda: found.settings.pop("width"),
        lambda: found.sources[0].clear(),
    ):
        with pytest.raises(TypeError, match="An answer cannot be changed"):
            change()
    assert json.loads(json.dumps(found.to_dict())) == found.to_dict()
    assert pickle.loads(pickle.dumps(found)) == found == copy.deepcopy(found)
    assert found.to_dict()["settings"] is not found.settings


def test_a_cascade_says_what_its_first_network_runs() -> None:
    found = recommend("stable-cascade")
    assert headline(found) == "10 steps (10–12) after 20 of the prior · DDPMWuerstchenScheduler"
    assert (found.effective_steps, found.calls) == (10, 50)
    assert "The prior runs first: 20 – authors: Stability-AI/StableCascade gradio_app/app.py." in (
        found.why
    )


def test_a_task_that_is_none_of_the_models_is_told_with_those_that_are() -> None:
    found = recommend("sdxl", task="text-to-video")
    assert found.steps is None
    assert found.warnings == (
        "Nobody publishes steps of Stable Diffusion XL base 1.0 for text-to-video; "
        "what is published is for text-to-image.",
    )
