"""A measurement decides for the weights and the scheduler that were measured, and for no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import recommender
from recommender import Recommendation, recommend
from recommender._catalog import Catalogue
from recommender._recommend.answer import answer, answer_of
from recommender._recommend.options import GOALS
from recommender._recommend.weights import digest
from tests.recommender.sweeps import RULE, WEIGHTS, sweep

if TYPE_CHECKING:
    from conftest import Tree

CHECKOUT = Path(__file__).parents[2]
LORA = """
name: quick
base: plain-base
modality: lora-acceleration
distillation: few-step
sources:
  card: {url: "https://example.org/quick", date: "2024-05-01", kind: author, states: 4 steps}
claims:
  num_inference_steps: [{value: 4, low: 2, high: 8, source: card}]
  scheduler: [{value: EulerDiscreteScheduler, source: card}]
"""


@pytest.fixture(scope="module")
def known() -> Catalogue:
    """The catalogue of this checkout."""
    return recommender.catalogue(CHECKOUT)


def range_of(found: Recommendation) -> tuple[Any, ...]:
    """Returns what a measurement decides: steps, their range and the basis."""
    return found.steps, found.low, found.high, found.basis


def test_a_measurement_goes_before_claims_and_says_what_it_rests_on(tree: Tree) -> None:
    tree.measure()
    found = tree.answer("plain-base")
    assert range_of(found) == (18, 12, 26, "measured")
    assert found.why == (
        "A measurement of this very model with this scheduler decides.",
        "18 is the fewest steps at which, with 95% confidence, prompt fidelity lies no more than "
        "0.05 below the best and the picture stays within 0.1 ꟻLIP of the converged one; 12, 0.1 "
        "below and within 0.2; from 26 on it has settled, within 0.05.",
        "Measured on 2 prompts × 2 seeds, guidance_scale 7.5, 512 × 512: "
        "settings/measured/plain-base/steps-euler.json.",
        "Left out, as one step costs more or fewer calls: "
        "10 – a tool's default with Heun: https://example.org/tool.",
        "Left out, as a measurement decides: 50 – authors: maker/plain README.md.",
        "Left out, as a measurement decides: 30 – a tool's default: https://example.org/tool.",
        "Left out, as a measurement decides: 20 – a tool's default: https://example.org/tool.",
        "Left out, as no source states it: 7.",
        "Scheduler: EulerDiscreteScheduler – authors: maker/plain README.md.",
    )
    assert dict(found.sources[0]) == {
        "key": "measured",
        "kind": "measured",
        "where": "settings/measured/plain-base/steps-euler.json",
        "url": "https://github.com/sweetspot-guide/sweetspot/blob/main/"
        "settings/measured/plain-base/steps-euler.json",
        "states": "18 (12–26) steps, 2 prompts × 2 seeds",
        "settings": ("num_inference_steps",),
    }


def test_draft_balanced_and_final_are_its_low_its_steps_and_its_high(tree: Tree) -> None:
    tree.measure()
    known = tree.catalogue()
    assert [answer(known, "plain-base", goal=goal).steps for goal in GOALS] == [12, 18, 26]


def test_a_picture_that_never_settles_leaves_the_high_end_open(tree: Tree) -> None:
    summary = sweep()["summary"]
    spot = {"low": 12, "steps": 18, "high": None, "stable": 0.6, "range": [8, 26]}
    tree.measure(summary={**summary, "sweet_spot": spot})
    found = tree.answer("plain-base")
    assert range_of(found) == (18, 12, None, "measured")
    assert found.why[1].endswith("; by the last step measured it has not settled.")
    assert found.why[2] == (
        "With other prompts of this kind it may be 8 to 26: only 60% of resampled answers lie "
        "within one rung."
    )
    assert answer(tree.catalogue(), "plain-base", goal="final").steps == 18


def test_what_there_is_no_judge_or_no_converged_picture_for_does_not_decide(tree: Tree) -> None:
    found = sweep()
    rows = [{**row, "hits": None} for row in found["rows"]]
    both = ("confidence", "draws", "stable")
    rule = {key: RULE[key] for key in (*both, "noticeable", "loose_change", "settled")}
    tree.measure(judge=None, rows=rows, summary={**found["summary"], "rule": rule})
    assert tree.answer("plain-base").why[1] == (
        "18 is the fewest steps at which, with 95% confidence, the picture stays within 0.1 ꟻLIP "
        "of the converged one; 12, within 0.2; from 26 on it has settled, within 0.05."
    )
    rows = [{**row, "change": None, "ssim": None} for row in found["rows"]]
    rule = {key: RULE[key] for key in (*both, "margin", "loose_margin", "plateau", "alike")}
    summary = {**found["summary"], "rule": rule, "converged": None}
    tree.measure(reference=None, rows=rows, summary=summary)
    assert tree.answer("plain-base").why[1] == (
        "18 is the fewest steps at which, with 95% confidence, prompt fidelity lies no more than "
        "0.05 below the best; 12, 0.1 below; from 26 on it is at its best."
    )


def test_a_reference_that_still_moves_recommends_nothing(tree: Tree) -> None:
    summary = {**sweep()["summary"], "converged": False, "sweet_spot": None}
    tree.measure(summary=summary)
    assert tree.answer("plain-base").basis == "tool-default"


@pytest.mark.parametrize(
    ("scheduler", "basis"),
    [
        (None, "measured"),
        ("euler", "measured"),
        ("Euler", "measured"),
        ("EulerDiscreteScheduler", "measured"),
        ("heun", "tool-default"),
        ("HeunDiscreteScheduler", "tool-default"),
        ("a made-up one", "tool-default"),
    ],
)
def test_another_scheduler_does_not_get_it(tree: Tree, scheduler: str | None, basis: str) -> None:
    tree.measure()
    assert answer(tree.catalogue(), "plain-base", scheduler=scheduler).basis == basis


@pytest.mark.parametrize(
    ("own", "by_id", "by_class"),
    [(False, "measured", "tool-default"), (True, "tool-default", "measured")],
)
def test_one_class_with_other_flags_is_another_scheduler(
    tree: Tree, own: bool, by_id: str, by_class: str
) -> None:
    """A class alone runs as the model has it stored, and so did a sweep that says `own`."""
    flag = "flags: {timestep_spacing: linspace}\nspacing: linspace\n"
    tree.change("settings/schedulers/euler.yaml", "order: 1\n", f"{flag}order: 1\n")
    spacing = "trailing" if own else "linspace"
    tree.measure(own=own, scheduler_config={"timestep_spacing": spacing})
    known = tree.catalogue()
    assert answer(known, "plain-base", scheduler="euler").basis == by_id
    assert answer(known, "plain-base", scheduler="EulerDiscreteScheduler").basis == by_class


def test_no_fine_tune_lora_task_or_other_model_takes_it_over(tree: Tree) -> None:
    tree.write("settings/models/plain/quick-lora.yaml", LORA)
    tree.measure()
    known = tree.catalogue()
    assert known.models["plain-base"]["weights"] == WEIGHTS
    assert all("weights" not in known.models[id] for id in known.models if id != "plain-base")
    for id, options in (
        ("plain-tune", {}),
        ("plain-turbo", {}),
        ("plain-base", {"loras": ["quick-lora"]}),
        ("plain-base", {"task": "inpaint"}),
        ("plain-base", {"strength": 0.6}),
    ):
        assert answer(known, id, **options).basis != "measured", (id, options)


def test_only_the_pinned_weights_get_it(tree: Tree) -> None:
    tree.measure()
    from recommender._recommend.options import Options

    known = tree.catalogue()
    for weights, basis in ((None, "measured"), (WEIGHTS, "measured"), ("", "tool-default"),
                           ("0" * 32, "tool-default")):  # fmt: skip
        assert answer_of(known, "plain-base", Options(), weights).basis == basis


def test_the_authors_of_a_few_step_model_stand_before_a_measurement_of_it(tree: Tree) -> None:
    tree.measure("plain-turbo")
    found = answer(tree.catalogue(), "plain-turbo", scheduler="euler")
    assert range_of(found) == (4, 1, 4, "author")
    assert found.why[2] == (
        "Left out, as the authors' figure stands: 18 (12–26) – measured: "
        "settings/measured/plain-turbo/steps-euler.json."
    )


def test_the_catalogue_carries_the_curve_and_leaves_the_raw_figures_in_the_file(
    tree: Tree,
) -> None:
    file = tree.measure()
    known = tree.catalogue()
    kept = known["measured"]["plain-base"]["steps-euler"]
    assert kept["rows"][0] == {"value": 4, "calls": 8}
    assert kept["summary"] == sweep()["summary"]
    assert (kept["file"], kept["reference"]) == (file, {"value": 200, "against": 50})
    spot = known["sweet_spots"]["plain-base"]["euler"]
    shown = ("low", "steps", "high", "rule", "weights", "prompts", "seeds", "file")
    assert [spot[key] for key in shown] == [12, 18, 26, RULE, WEIGHTS, 2, 2, file]


def measured_of(known: Catalogue) -> set[str]:
    """Returns the models of which a file measured a sweet spot."""
    files = (CHECKOUT / "settings/measured").glob("*/steps-*.json")
    spots = {
        path.parent.name
        for path in files
        if json.loads(path.read_text("utf-8"))["summary"]["sweet_spot"]
    }
    assert set(known["sweet_spots"]) == spots
    return spots


def test_no_model_of_the_catalogue_but_the_measured_ones_answers_as_measured(
    known: Catalogue,
) -> None:
    """Every model, as it comes and with every scheduler that anything was measured with."""
    measured = measured_of(known)
    schedulers = {name for spots in known["sweet_spots"].values() for name in spots}
    for id in known.models:
        for scheduler in (None, "euler", *schedulers):
            found = answer(known, id, scheduler=scheduler)
            assert found.basis != "measured" or id in measured, (id, scheduler)


def test_every_measured_sweet_spot_answers_for_its_model_and_scheduler(known: Catalogue) -> None:
    for id, spots in known["sweet_spots"].items():
        few_step = known.models[id]["distillation"] == "few-step"
        for scheduler, spot in spots.items():
            found = answer(known, id, scheduler=None if spot["own"] else scheduler)
            if not few_step:
                assert range_of(found) == (spot["steps"], spot["low"], spot.get("high"), "measured")


@pytest.mark.parametrize("name", ["postcards", "postcards-turbo"])
def test_the_pinned_weights_of_our_own_models_are_those_that_lie_in_this_repository(
    known: Catalogue, name: str
) -> None:
    folder = CHECKOUT / "render/reference" / name
    assert known.models[name]["weights"] == digest(str(folder))


def test_a_folder_with_the_pinned_weights_is_that_model_whatever_it_looks_like(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SWEETSPOT_ROOT", str(CHECKOUT))
    folder = str(CHECKOUT / "render/reference/postcards")
    found = recommend(folder)
    assert (found.model, found.steps) == ("postcards", recommend("postcards").steps)
    assert found.why[1] == f"{folder} is postcards: its weights are the pinned ones."
