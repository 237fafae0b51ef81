"""The catalogue holds every model it set out to hold, and its claims keep the counting rules."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from recommender import AmbiguousModelError, UnknownModelError, catalogue, recommend

MODELS = 455
# Told apart by what they need, not by their names: what no published line gives stays unknown.
WITHOUT_STEPS = {
    "helios-distilled",
    "helios-mid",
}
# These tables are the yardstick that answers are held against, so none of them may be a claim.
HELD_OUT = ("SwarmUI", "draw-things", "drawthings", "InvokeAI")


def own_claims(setting: str | None = None) -> list[tuple[str, str, dict[str, Any]]]:
    """Returns (model, setting, claim) of every claim that a model makes itself."""
    return [
        (id, name, claim)
        for id, model in catalogue().models.items()
        for name, claims in model["claims"].items()
        for claim in claims
        if "from" not in claim and setting in (None, name)
    ]


def test_every_model_is_there() -> None:
    assert len(catalogue().models) >= MODELS


def test_only_the_models_without_a_published_figure_have_no_steps() -> None:
    assert {id for id in catalogue().models if recommend(id).steps is None} <= WITHOUT_STEPS


def test_an_unsourced_figure_never_decides() -> None:
    for id in catalogue().models:
        for line in recommend(id).why:
            assert "no source states it" not in line or line.startswith("Left out")


def test_no_step_figure_is_claimed_twice_for_one_model() -> None:
    """An echo would weigh in the median as much as an opinion of its own."""
    seen = Counter(
        (id, claim["task"], claim.get("value"), claim.get("low"), claim.get("high"))
        for id, _, claim in own_claims("num_inference_steps")
        if not claim.get("unsourced") and "scheduler" not in claim and "note" not in claim
    )
    hand_checked = {"sana-1600m-1024", "sdxl-base-1-0", "z-image-turbo"}
    assert {key[0] for key, count in seen.items() if count > 1} <= hand_checked


def test_no_table_of_the_yardstick_is_a_source() -> None:
    for id, model in catalogue().models.items():
        for source in model["sources"].values():
            where = source.get("repo", source["url"])
            assert not any(name in where for name in HELD_OUT), f"{id}: {where}"


def test_a_step_figure_and_the_summary_of_its_source_agree() -> None:
    """One hand wrote both, so this finds slips of that hand and says nothing of the source.

    What the pinned files themselves say is looked up by `tests.recommender.yardstick.sources`, and
    for the defaults of diffusers by a test beside it.
    """
    for id, _, claim in own_claims("num_inference_steps"):
        if "source" not in claim:
            continue
        states = catalogue().models[id]["sources"][claim["source"]]["states"]
        numbers = {int(number) for number in re.findall(r"(?<![.\d])\d+(?![.\d])", states)}
        figures = {claim[key] for key in ("value", "low", "high") if key in claim}
        assert figures <= numbers, f"{id}: {figures} in {states!r}"


def test_an_endpoint_of_a_host_is_found_and_its_last_word_alone_names_no_model() -> None:
    assert recommend("fal-ai/flux/schnell").model == "flux-1-schnell"
    assert recommend("black-forest-labs/flux-dev").model == "flux-1-dev"
    assert recommend("runware:400@1").model == "flux-2-dev"
    with pytest.raises(UnknownModelError):
        recommend("4b")
    with pytest.raises(AmbiguousModelError):
        recommend("dev")


def test_no_range_rests_on_a_single_figure_that_is_repeated() -> None:
    for id in catalogue().models:
        found = recommend(id)
        assert found.low is None or found.low < (found.high or 0), id


@pytest.mark.parametrize(
    ("name", "steps", "guidance"),
    [
        ("animatediff-lightning-4-step", 4, "off"),
        ("sdxl-lightning-2step", 2, "off"),
        ("wan-2-1-t2v-14b", 30, "cfg"),
        ("hunyuan-video", 30, "distilled"),
        ("krea-2-raw", 28, "from-zero"),
        ("cosmos-predict2-2b-t2i", 30, "from-zero"),
        ("ace-step-v1-5-turbo", 8, "off"),
        ("flux-2-klein-9b", 4, "off"),
    ],
)
def test_well_known_answers_stay(name: str, steps: int, guidance: str) -> None:
    found = recommend(name)
    assert (found.steps, found.guidance) == (steps, guidance)


@pytest.mark.parametrize(
    "name",
    [
        "stable-diffusion-3-medium",
        "sd3.5 large",
        "sd3.5 medium",
        "hidream-i1-full",
        "flux-2-klein-4b",
        "z-image",
        "hunyuanimage-2-1",
        "lumina-image-2-0",
    ],
)
def test_flow_models_answer_with_the_scheduler_their_pipeline_takes(name: str) -> None:
    assert recommend(name).scheduler == "FlowMatchEulerDiscreteScheduler"


def test_an_acceleration_lora_does_what_its_base_does() -> None:
    assert recommend("qwen-image-edit-lightning-4step").task == "image-edit"
    assert recommend("lcm-lora-sdxl").task == "text-to-image"


def test_a_full_model_takes_no_figure_from_a_few_step_base_nor_the_other_way_round() -> None:
    models = catalogue().models
    for id, model in models.items():
        few = model["distillation"] == "few-step"
        for claims in model["claims"].values():
            for claim in claims:
                if "from" in claim:
                    assert few == (models[claim["from"]]["distillation"] == "few-step"), id


def test_a_pipeline_is_taken_over_only_from_a_base_made_for_the_same_thing() -> None:
    models = catalogue().models
    for model in models.values():
        giver = model["inherited"].get("pipeline")
        if giver and model["modality"] != "lora-acceleration":
            assert model["modality"] == models[giver]["modality"]


def test_a_repository_of_several_checkpoints_names_them_all() -> None:
    with pytest.raises(AmbiguousModelError) as caught:
        recommend("ByteDance/SDXL-Lightning")
    assert set(caught.value.candidates) == {f"sdxl-lightning-{n}step" for n in (1, 2, 4, 8)}
