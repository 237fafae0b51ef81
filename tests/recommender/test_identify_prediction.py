"""What a model predicts stands in no tensor: metadata, configs and names tell it, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from recommender import identify
from tests.recommender.headers.files import config, network, written

pytestmark = pytest.mark.usefixtures("of_this_checkout")
EPSILON = {"sd-turbo", "stable-diffusion-2-1-base", "stable-diffusion-2-base"}
V = {"stable-diffusion-2-1", "stable-diffusion-2"}


def test_sd_2_is_a_set_until_something_says_what_it_predicts(tmp_path: Path) -> None:
    """The wrong guess gives noise, and no tensor tells."""
    found = identify(written(tmp_path / "my_merge.safetensors", network("sd-2")))
    assert set(found.candidates) == EPSILON | V
    assert "No tensor tells what it predicts: epsilon or v_prediction." in found.evidence


@pytest.mark.parametrize(
    ("metadata", "models"),
    [
        ({"modelspec.prediction_type": "epsilon"}, EPSILON),
        ({"modelspec.prediction_type": "v"}, V),
        ({"modelspec.architecture": "stable-diffusion-v2-768-v"}, V),
        ({"modelspec.architecture": "stable-diffusion-v2-512"}, EPSILON),
    ],
)
def test_the_metadata_tells_sd_2_s_prediction(
    tmp_path: Path, metadata: dict[str, str], models: set[str]
) -> None:
    found = identify(written(tmp_path / "my_merge.safetensors", network("sd-2"), metadata))
    assert set(found.candidates) == models
    (key, value), *_ = metadata.items()
    assert f"The metadata says {key} = {value}." in found.evidence
    assert found.contradictions == ()


@pytest.mark.parametrize(("says", "models"), [("epsilon", EPSILON), ("v_prediction", V)])
def test_the_scheduler_of_the_folder_tells_sd_2_s_prediction(
    tmp_path: Path, says: str, models: set[str]
) -> None:
    folder = tmp_path / "sd2"
    written(folder / "unet/diffusion_pytorch_model.safetensors", network("sd-2", "diffusers"))
    config(folder / "model_index.json", _class_name="StableDiffusionPipeline")
    config(folder / "scheduler/scheduler_config.json", prediction_type=says)
    found = identify(folder)
    assert set(found.candidates) == models
    assert f"The scheduler's config says prediction_type {says}." in found.evidence


def test_metadata_that_disagree_about_the_prediction_are_a_contradiction(tmp_path: Path) -> None:
    said = {
        "modelspec.prediction_type": "epsilon",
        "modelspec.architecture": "stable-diffusion-v2-768-v",
    }
    found = identify(written(tmp_path / "m.safetensors", network("sd-2"), said))
    assert set(found.candidates) == EPSILON
    assert found.contradictions == (
        "The metadata says modelspec.architecture = stable-diffusion-v2-768-v; what was heard "
        "before says epsilon.",
    )


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("v2-1_768-ema-pruned", "stable-diffusion-2-1"),
        ("v2-1_512-ema-pruned", "stable-diffusion-2-1-base"),
        ("768-v-ema", "stable-diffusion-2"),
        ("512-base-ema", "stable-diffusion-2-base"),
    ],
)
def test_the_published_file_names_tell_sd_2_s_prediction(
    tmp_path: Path, name: str, model: str
) -> None:
    found = identify(written(tmp_path / f"{name}.safetensors", network("sd-2")))
    assert found.candidates == (model,)
    assert any("The file's name speaks of" in line for line in found.evidence)


def test_metadata_tell_a_v_prediction_tune_of_sdxl(tmp_path: Path) -> None:
    said = {"modelspec.prediction_type": "v"}
    found = identify(written(tmp_path / "my_tune.safetensors", network("sdxl"), said))
    assert "noobai-xl-vpred" in found.candidates
    assert "sdxl-base-1-0" not in found.candidates
