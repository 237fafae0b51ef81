"""The same loading code serves our 15 MB model and any other diffusers pipeline."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from render.errors import RenderError
from render.models import ModelSource, find_model
from render.pipelines import Studio, build_scheduler
from render.plan import Cell
from render.schedulers import scheduler_of
from render.settings import guest_settings
from render.sweeps.specs import settings_of
from tests.render import tiny

SETTINGS = {
    "prompt": "a castle",
    "negative_prompt": "",
    "num_inference_steps": 2,
    "guidance_scale": 3.0,
    "seed": 1,
    "width": 64,
    "height": 64,
}


def cell(model, **changes) -> Cell:
    settings = {"model": model.name, **SETTINGS, **changes}
    return Cell(model, {}, settings, {"scheduler": scheduler_of(model, settings.get("scheduler"))})


@pytest.mark.parametrize(
    "build",
    [tiny.stable_diffusion, tiny.stable_diffusion_xl, tiny.stable_diffusion_3, tiny.flux],
    ids=lambda build: build.__name__,
)
def test_pipelines_of_every_class_load_and_render_the_same_picture_twice(build, tmp_path):
    """UNet and transformer pipelines, one to three text encoders, safetensors from disk."""
    model = find_model(str(build(tmp_path / build.__name__)))
    studio = Studio(model, "cpu")
    picture = studio.make(cell(model), None)
    assert picture.shape == (64, 64, 3)
    assert np.array_equal(picture, studio.make(cell(model), None))
    assert not np.array_equal(picture, studio.make(cell(model, seed=2), None))


def test_a_folder_without_safetensors_is_refused(model, tmp_path, capfd):
    """A pickle can run code when it is read, so it never is."""
    folder = tmp_path / "pickled"
    shutil.copytree(model, folder)
    weights = next((folder / "unet").glob("*.safetensors"))
    weights.rename(weights.with_name("diffusion_pytorch_model.bin"))
    with pytest.raises(RenderError) as raised:
        find_model(str(folder))
    assert str(raised.value) == (
        f"{folder}: expected weights as safetensors, got unet/diffusion_pytorch_model.bin. A "
        "pickle may hold any code: convert it."
    )
    with pytest.raises(RenderError) as raised:  # as of the hub, where nothing was looked at before
        Studio(ModelSource("pickled", folder=folder), "cpu")
    told = "expected a diffusers pipeline with safetensors weights and no code of its own, got: "
    assert str(raised.value).startswith(f"pickled: {told}Error no file named ")
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_brings_its_own_code_is_refused_and_the_code_not_run(model, tmp_path):
    folder = tmp_path / "hostile"
    shutil.copytree(model, folder)
    index = json.loads((folder / "model_index.json").read_text())
    index["unet"] = ["own_unet", "OwnUNet"]
    (folder / "model_index.json").write_text(json.dumps(index))
    witness = tmp_path / "ran"
    code = f"open({str(witness)!r}, 'w')\nclass OwnUNet: pass\n"
    (folder / "unet" / "own_unet.py").write_text(code)
    with pytest.raises(RenderError) as raised:
        find_model(str(folder))
    assert str(raised.value) == (
        f"{folder}: expected a pipeline without code of its own, got unet/own_unet.py, which is "
        "never run."
    )
    with pytest.raises(RenderError) as raised:  # as of the hub, where nothing was looked at before
        Studio(ModelSource("hostile", folder=folder), "cpu")
    assert str(raised.value) == (
        "hostile: expected a diffusers pipeline with safetensors weights and no code of its own, "
        "got: code of its own, which is never run."
    )
    assert not witness.exists()
    index["_class_name"] = ["pipeline", "OwnPipeline"]
    (folder / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(RenderError) as raised:
        find_model(str(folder))
    assert str(raised.value) == (
        f"{folder}: expected a pipeline class of diffusers, got ['pipeline', 'OwnPipeline']: code "
        "of its own, which is never run."
    )


def test_a_folder_in_the_current_one_is_no_name_of_a_known_model(model, monkeypatch):
    """Its weights are nobody's, which ended the plan and the measurement of it."""
    monkeypatch.chdir(model.parent)
    found = find_model(model.name)
    assert guest_settings(found) == dict.fromkeys(("width", "height", "guidance_scale"))
    assert settings_of(found) == {"num_inference_steps": 30}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "black-forest-labs/FLUX.1-schnell",
            "black-forest-labs/FLUX.1-schnell: expected a revision after the hub id, got none that "
            "names a commit. Write black-forest-labs/FLUX.1-schnell@<40 hexadecimal digits>, so "
            "that pictures can be re-made.",
        ),
        (
            "black-forest-labs/FLUX.1-schnell@main",
            "black-forest-labs/FLUX.1-schnell@main: expected a revision after the hub id, got none "
            "that names a commit. Write black-forest-labs/FLUX.1-schnell@<40 hexadecimal digits>, "
            "so that pictures can be re-made.",
        ),
    ],
)
def test_a_hub_model_without_a_pinned_revision_is_refused(name, message):
    with pytest.raises(RenderError) as raised:
        find_model(name)
    assert str(raised.value) == message


def test_a_hub_model_with_a_revision_is_identified_by_it():
    model = find_model("black-forest-labs/FLUX.1-schnell@" + "a" * 40)
    assert model.identity == {"repo": "black-forest-labs/FLUX.1-schnell", "revision": "a" * 40}


def test_a_scheduler_is_built_from_the_models_own_configuration(model):
    """Another scheduler's configuration would carry that class's defaults along."""
    spec = scheduler_of(find_model(str(model)), "DDIMScheduler")
    scheduler = build_scheduler(spec)
    assert type(scheduler).__name__ == "DDIMScheduler"
    assert scheduler.config.beta_schedule == "scaled_linear"
    assert scheduler.config.timestep_spacing == "trailing"


def test_a_setting_the_pipeline_does_not_take_is_an_error_not_a_shrug(tmp_path):
    model = find_model(str(tiny.flux(tmp_path / "flux")))
    with pytest.raises(RenderError) as raised:
        Studio(model, "cpu").make(cell(model, guidance_rescale=0.5), None)
    assert str(raised.value) == "FluxPipeline takes no guidance_rescale. Leave it out of the plan."
