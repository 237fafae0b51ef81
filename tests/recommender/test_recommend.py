"""Rival claims become one answer by the rule, and the answer says why."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, Any

import pytest

import recommender
from recommender import AmbiguousModelError, Recommendation, UnknownModelError, recommend
from recommender._recommend.answer import answer

if TYPE_CHECKING:
    from conftest import Tree

Build = Callable[[str, str], Recommendation]


def range_of(found: Recommendation) -> tuple[Any, Any, Any]:
    """Returns steps, low and high."""
    return found.steps, found.low, found.high


def test_the_lower_median_of_comparable_claims_decides_and_their_span_is_the_range(
    tree: Tree,
) -> None:
    """Unsourced claims, claims for Heun and claims for inpainting are left out."""
    found = tree.answer("plain-base")
    assert range_of(found) == (30, 20, 50)
    assert (found.rule, found.basis) == ("lower-median", "tool-default")
    assert found.why == (
        "The lower median of all claims for the same task and scheduler class decides.",
        "50 – authors: maker/plain README.md.",
        "30 – a tool's default: https://example.org/tool.",
        "20 – a tool's default: https://example.org/tool.",
        "Left out, as one step costs more or fewer calls: "
        "10 – a tool's default with Heun: https://example.org/tool.",
        "Left out, as no source states it: 7.",
        "Scheduler: EulerDiscreteScheduler – authors: maker/plain README.md.",
    )


def test_of_an_even_number_of_claims_the_lower_middle_one_is_taken(model_with: Build) -> None:
    found = model_with(
        "none",
        """
        num_inference_steps:
        - {value: 50, source: author}
        - {value: 20, source: tool-default}
        """,
    )
    assert range_of(found) == (20, 20, 50)


def test_another_scheduler_class_gets_its_own_claims(tree: Tree) -> None:
    """A claim that names no sampler counts for each."""
    found = answer(tree.catalogue(), "plain-base", scheduler="HeunDiscreteScheduler")
    assert range_of(found) == (20, 10, 50)
    assert found.settings["scheduler"] == "HeunDiscreteScheduler"


def test_a_note_stands_beside_its_figure(model_with: Build) -> None:
    found = model_with(
        "none", "num_inference_steps: [{value: 9, source: author, note: eight passes}]"
    )
    assert found.why[1] == "9 – authors: https://example.org/author (eight passes)."


def test_another_task_gets_its_own_claims(tree: Tree) -> None:
    found = answer(tree.catalogue(), "plain-base", task="inpaint")
    assert range_of(found) == (90, None, None)


def test_no_tool_overrides_the_authors_of_a_few_step_model(tree: Tree) -> None:
    found = tree.answer("plain-turbo")
    assert range_of(found) == (4, 1, 4)
    assert (found.rule, found.basis, found.guidance) == ("few-step-author", "author", "off")
    assert found.guidance_scale == 0
    assert found.why == (
        "A step-distilled model runs at its authors' figure; no tool's default overrides it.",
        "4 (1–4) – authors: maker/plain turbo.md.",
        "Left out, as the authors' figure stands: 50 – a tool's default: https://example.org/tool.",
    )


def test_a_few_step_model_without_an_authors_figure_says_so(model_with: Build) -> None:
    found = model_with(
        "few-step",
        """
        num_inference_steps:
        - {value: 6, source: community}
        - {value: 8, source: tool-default}
        """,
    )
    assert range_of(found) == (6, 6, 8)
    assert (found.rule, found.basis) == ("few-step-others", "community")
    assert found.why[0].startswith("The authors of this step-distilled model publish no figure")


def test_a_single_figure_has_no_range(model_with: Build) -> None:
    found = model_with("none", "num_inference_steps: [{value: 50, source: author}]")
    assert range_of(found) == (50, None, None)


def test_the_same_figure_said_twice_has_no_range(model_with: Build) -> None:
    found = model_with(
        "none",
        "num_inference_steps: [{value: 50, source: author}, {value: 50, source: tool-default}]",
    )
    assert range_of(found) == (50, None, None)


def test_a_published_range_without_a_point_counts_with_its_middle(model_with: Build) -> None:
    found = model_with("none", "num_inference_steps: [{low: 30, high: 41, source: author}]")
    assert range_of(found) == (35, 30, 41)


def test_half_a_range_widens_the_span_and_has_no_vote(model_with: Build) -> None:
    found = model_with(
        "none",
        "num_inference_steps: [{value: 30, source: author}, {low: 10, source: community}]",
    )
    assert range_of(found) == (30, 10, 30)


def test_unsourced_figures_never_decide(model_with: Build) -> None:
    found = model_with(
        "few-step", "num_inference_steps: [{value: 9, unsourced: true, kind: author}]"
    )
    assert range_of(found) == (None, None, None)
    assert (found.rule, found.basis) == ("no-claim", None)
    assert found.why == (
        "Nobody published or measured a figure.",
        "Left out, as no source states it: 9.",
    )


def test_what_a_tune_takes_from_its_base_counts_as_the_familys(tree: Tree) -> None:
    found = tree.answer("plain-tune")
    assert (found.steps, found.basis) == (30, "family")
    assert found.why[1] == "50 – authors, said of plain-base: maker/plain README.md."
    assert {source["where"] for source in found.sources} == {
        "maker/plain README.md",
        "https://example.org/tool",
    }


@pytest.mark.parametrize(
    ("distillation", "claims", "value", "reading"),
    [
        ("few-step", "[{value: 1.0, source: author}]", 1.0, "off"),
        ("few-step", "[{value: 0.0, source: author}, {value: 1, source: author}]", 0.0, "off"),
        ("none", "[{value: 7.5, source: author}]", 7.5, "cfg"),
        ("guidance", "[{value: 3.5, source: author}]", 3.5, "distilled"),
        ("guidance", "[{value: 1.0, source: author}]", 1.0, "distilled"),
        # The authors' formula is kept, and figures in another formula do not mix with it.
        ("none", "[{value: 3.5, source: author, convention: from-zero}, "
                 "{value: 1.0, source: tool-default}]", 3.5, "from-zero"),
        ("none", "[{value: 0, source: author, convention: from-zero}]", 0, "off"),
        ("none", "[{value: 4, source: tool-default}, {value: 5, source: community}, "
                 "{value: 3, source: community, convention: from-zero}]", 4, "cfg"),
    ],
)  # fmt: skip
def test_guidance_is_decided_within_one_formula(
    model_with: Build, distillation: str, claims: str, value: float, reading: str
) -> None:
    found = model_with(distillation, f"guidance_scale: {claims}")
    assert (found.guidance_scale, found.guidance) == (value, reading)


def test_of_words_the_authors_stand_before_the_tools(model_with: Build) -> None:
    found = model_with(
        "none",
        """
        scheduler:
        - {value: Tool, source: tool-default}
        - {value: Tool, source: tool-default}
        - {value: Maker, source: author}
        """,
    )
    assert found.scheduler == "Maker"


def test_the_size_comes_from_the_native_resolution(tree: Tree) -> None:
    found = tree.answer("plain-base")
    assert (found.settings["width"], found.settings["height"]) == (512, 512)


def test_an_answer_cannot_be_changed_and_has_no_other_fields(tree: Tree) -> None:
    found = tree.answer("plain-base")
    with pytest.raises(FrozenInstanceError):
        found.steps = 1  # type: ignore[misc]
    assert not hasattr(found, "__dict__")


def test_to_dict_holds_plain_data_in_the_documented_keys(tree: Tree) -> None:
    plain = tree.answer("plain-base").to_dict()
    assert {"model", "steps", "low", "high", "settings", "rule", "basis", "why", "sources"} < set(
        plain
    )
    assert plain["settings"] == {
        "num_inference_steps": 30,
        "guidance_scale": 7.5,
        "scheduler": "EulerDiscreteScheduler",
        "width": 512,
        "height": 512,
    }
    assert plain["sources"][0] == {
        "key": "paper",
        "kind": "author",
        "where": "maker/plain README.md",
        "url": "https://github.com/maker/plain/blob/0123456789abcdef0123456789abcdef01234567"
        "/README.md#L3",
        "states": "50 steps",
        "settings": ["num_inference_steps", "scheduler", "guidance_scale"],
    }


def test_a_name_that_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError, match="as text, a path or a diffusers pipeline, got int"):
        recommend(4)


def test_errors_survive_pickling() -> None:
    for error in (UnknownModelError("a", ("b",)), AmbiguousModelError("a", ("b", "c"))):
        assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_every_public_name_exists_and_no_other_is_given() -> None:
    assert all(getattr(recommender, name) is not None for name in recommender.__all__)
    assert dir(recommender) == sorted(recommender.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'guess'"):
        recommender.guess  # noqa: B018
