"""Accelerator LoRAs put their own steps, guidance and scheduler in the place of the model's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from recommender import OptionError, Recommendation, recommend
from recommender._recommend.answer import answer

if TYPE_CHECKING:
    from conftest import Tree

LORA = """
name: {name}
base: {base}
modality: lora-acceleration
distillation: few-step
sources:
  card: {{url: "https://example.org/{name}", date: "2024-05-01", kind: author, states: 4 steps}}
claims:
  num_inference_steps: [{{value: 4, low: 2, high: 8, source: card}}]
  scheduler: [{{value: LCMScheduler, source: card}}]
"""


@pytest.fixture(autouse=True)
def loras(tree: Tree) -> None:
    """Two accelerators for Plain and one for another family."""
    for name, base, family in (
        ("quick", "plain-base", "plain"),
        ("swift", "plain-base", "plain"),
        ("alien", "other-one", "other"),
    ):
        tree.write(f"settings/models/{family}/{name}-lora.yaml", LORA.format(name=name, base=base))


def asked(tree: Tree, id: str, *loras: str, **options: Any) -> Recommendation:
    """Compiles the tree and asks for a model with LoRAs."""
    return answer(tree.catalogue(), id, loras=loras, **options)


def test_its_steps_guidance_and_scheduler_replace_the_models(tree: Tree) -> None:
    """No guidance is published for the LoRA, and the model's own would be wrong."""
    found = asked(tree, "plain-base", "quick-lora")
    assert (found.steps, found.low, found.high, found.calls) == (4, 2, 8, 4)
    assert (found.scheduler, found.guidance_scale) == ("LCMScheduler", None)
    assert (found.rule, found.basis) == ("few-step-author", "author")
    assert (found.loras, found.model) == (("quick-lora",), "plain-base")
    assert (found.settings["width"], found.warnings) == (512, ())
    assert [source["where"] for source in found.sources] == ["https://example.org/quick"]


def test_a_tune_of_its_base_takes_it_without_a_warning(tree: Tree) -> None:
    assert asked(tree, "plain-tune", "quick-lora").warnings == ()


def test_one_for_another_family_is_refused(tree: Tree) -> None:
    with pytest.raises(OptionError) as caught:
        asked(tree, "plain-base", "alien-lora")
    assert str(caught.value) == (
        "loras: expected a LoRA of the plain family for Plain 1.0, got 'alien-lora', which is of "
        "the other family. Made for it: quick-lora, swift-lora."
    )


def test_what_is_no_accelerator_is_refused(tree: Tree) -> None:
    with pytest.raises(OptionError, match=r"which is the model Plain 1\.0\. Other LoRAs change no"):
        asked(tree, "plain-tune", "plain-base")


def test_two_at_once_and_one_on_a_distilled_model_are_warned_of(tree: Tree) -> None:
    assert asked(tree, "plain-base", "quick-lora", "swift-lora", "quick-lora").warnings == (
        "2 accelerators at once: the settings are those of quick. "
        "Each is trained to act alone. Leave swift out.",
    )
    assert asked(tree, "plain-turbo", "quick-lora").warnings == (
        "Plain Turbo is step-distilled already. Leave quick out, or load it on the undistilled "
        "model.",
    )


def test_a_distilled_version_of_the_model_stands_for_the_lora_taken_from_it(tree: Tree) -> None:
    found = asked(tree, "plain-base", "plain-turbo")
    assert (found.steps, found.model, found.loras) == (4, "plain-base", ("plain-turbo",))
    assert found.warnings == (
        "The figures are those of Plain Turbo, a model of its own. They hold for a LoRA that its "
        "authors took from it.",
    )


def test_a_style_is_told_from_an_accelerator_nobody_knows(tree: Tree) -> None:
    with pytest.raises(OptionError) as caught:
        asked(tree, "plain-base", "watercolour")
    assert str(caught.value) == (
        "loras: no accelerator LoRA called 'watercolour' is known. "
        "A LoRA that only adds a style or a subject changes no settings: leave it out."
    )


@pytest.mark.parametrize(
    ("model", "lora", "meant", "steps"),
    [
        ("sdxl", "LCM", "lcm-lora-sdxl", 4),
        ("sd15", "LCM", "lcm-lora-sdv1-5", 4),
        ("sdxl", "sdxl_lightning_4step_lora.safetensors", "sdxl-lightning-4step", 4),
        ("juggernaut", "DMD2", "dmd2-sdxl-4step-lora", 4),
        ("wan-2-1-t2v-14b", "lightx2v", "wan-2-1-lightx2v-t2v-14b", 4),
        ("wan-2-2-i2v-a14b", "lightx2v/Wan2.2-Lightning", "wan-2-2-lightning-i2v-a14b", 4),
    ],
)
def test_among_loras_of_one_name_the_models_own_is_meant(
    model: str, lora: str, meant: str, steps: int
) -> None:
    found = recommend(model, loras=lora)
    assert (found.loras, found.steps) == ((meant,), steps)
