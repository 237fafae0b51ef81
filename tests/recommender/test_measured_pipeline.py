"""A live pipeline and a folder get what was measured with their weights, as long as they hold."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender import UnreadableError, recommend
from tests.recommender.test_measured import range_of

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the very bytes of postcards, under its name."""
    folder = tmp_path_factory.mktemp("weights") / "postcards"
    shutil.copytree(CHECKOUT / "render/reference/postcards", folder)
    return folder


@pytest.fixture
def pipe(copy: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """postcards, loaded by diffusers."""
    diffusers = pytest.importorskip("diffusers")
    monkeypatch.setenv("SWEETSPOT_ROOT", str(CHECKOUT))
    diffusers.utils.logging.disable_progress_bar()
    return diffusers.DiffusionPipeline.from_pretrained(copy)


def test_a_live_pipeline_gets_what_was_measured_with_its_weights(pipe: Any) -> None:
    found = recommend(pipe)
    assert range_of(found) == range_of(recommend("postcards"))
    assert found.basis == "measured"
    assert found.why[1] == ("The StableDiffusionPipeline was loaded from the weights of postcards.")
    assert found.apply(pipe)["num_inference_steps"] == found.steps


def trained(pipe: Any) -> None:
    """One more step of training, or a LoRA that was fused: every weight moves a little."""
    for tensor in pipe.unet.parameters():
        tensor.data.mul_(1.001)


def replaced(pipe: Any) -> None:
    """A network of the same shape, made anew."""
    pipe.unet = type(pipe.unet).from_config(pipe.unet.config)


def reread(pipe: Any) -> None:
    """A text encoder from elsewhere."""
    pipe.text_encoder.config._name_or_path = "somebody/text-encoder"


@pytest.mark.parametrize("change", [trained, replaced, reread])
def test_a_pipeline_whose_weights_are_no_longer_those_it_loaded_does_not_get_it(
    pipe: Any, change: Callable[[Any], None]
) -> None:
    change(pipe)
    found = recommend(pipe)
    assert (found.model, found.basis) == ("postcards", "author")
    assert found.why[1] == (
        "The StableDiffusionPipeline was loaded from the weights of postcards and holds others now."
    )


def test_half_precision_keeps_the_weights_and_their_measurement(pipe: Any) -> None:
    import torch

    assert recommend(pipe.to(torch.bfloat16)).basis == "measured"


def test_a_folder_of_the_same_name_with_other_weights_is_not_taken_for_it(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEETSPOT_ROOT", str(CHECKOUT))
    other = tmp_path / "postcards"
    shutil.copytree(copy, other)
    weights = other / "unet/diffusion_pytorch_model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(UnreadableError, match="no model known here has these tensors"):
        recommend(str(other))
    assert recommend(str(other), known_as="postcards").basis == "author"
    assert recommend(str(copy), known_as="postcards").basis == "measured"
