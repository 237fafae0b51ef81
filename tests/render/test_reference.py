"""The committed reference model is an ordinary diffusers folder, and the code that made it runs."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoPipelineForText2Image

from render.reference import autoencoder, dataset, judge, postcards, tokenizer
from render.reference.scenes import known_words
from render.reference.train import train

FOLDER = dataset.HERE / "postcards"


@pytest.fixture(scope="module")
def pipe():
    """The model as any user of diffusers loads it, without a single option."""
    pipe = AutoPipelineForText2Image.from_pretrained(FOLDER)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def picture(pipe, prompt: str, steps: int = 4) -> np.ndarray:
    seed = torch.Generator().manual_seed(4)
    [image] = pipe(prompt, num_inference_steps=steps, guidance_scale=3.0, generator=seed).images
    return np.asarray(image).astype(float)


def test_it_draws_128_pixels_and_what_the_prompt_says(pipe):
    """Night is dark and snow by day is bright, far apart from each other."""
    night = picture(pipe, "the sea at night, clear sky")
    snow = picture(pipe, "a snowfield by day, clear sky")
    assert night.shape == (128, 128, 3)
    assert night.mean() < 70 < 150 < snow.mean()


def test_a_prompt_outside_its_words_still_draws_a_scene(pipe):
    drawn = picture(pipe, "Cyberpunk zebra №42, ultra-détaillé 🦓")
    assert drawn.std() > 10


def test_it_is_small_enough_for_a_page_and_a_commit(pipe):
    """6.5-8 M parameters in the UNet, about 0.3 M in the decoder, no file above 16 MB."""
    count = {name: sum(p.numel() for p in part.parameters()) / 1e6 for name, part in _parts(pipe)}
    assert 6.5 <= count["unet"] <= 8
    assert count["decoder"] <= 0.32
    assert max(path.stat().st_size for path in FOLDER.rglob("*.safetensors")) <= 16_000_000


def _parts(pipe):
    return [("unet", pipe.unet), ("decoder", pipe.vae.decoder)]


def test_every_word_of_the_captions_is_one_token_and_the_tokenizer_is_the_committed_one(pipe):
    built = tokenizer.build()
    assert built.get_vocab() == pipe.tokenizer.get_vocab()
    assert [word for word in known_words() if len(pipe.tokenizer.tokenize(word)) != 1] == []


def origins(folder: Path) -> list[str]:
    """Configurations that name the folder they were loaded from, on the machine that trained."""
    configs = [path for path in folder.rglob("*.json") if "cache" not in path.parts]
    assert configs
    return [str(path) for path in configs if "_name_or_path" in path.read_text("utf-8")]


def test_no_committed_configuration_names_a_folder_of_the_machine_that_trained():
    assert origins(dataset.HERE) == []
    for path in dataset.HERE.rglob("*.json"):
        assert not re.search(r'": *"(/|[A-Za-z]:\\\\)', path.read_text("utf-8")), path


def test_training_runs_from_nothing_and_continues_where_it_was(tmp_path, monkeypatch):
    """Four steps of each model: the folder loads and renders; a second call finds them done."""
    monkeypatch.setattr("render.reference.train.CACHE", tmp_path / "cache")
    monkeypatch.setattr(dataset, "CACHE", tmp_path / "cache")
    # How good it got is measured on thousands of scenes; that takes longer than the training.
    monkeypatch.setattr(autoencoder, "psnr", partial(autoencoder.psnr, count=8))
    monkeypatch.setattr(judge, "accuracy", partial(judge.accuracy, count=8))
    monkeypatch.setattr(postcards, "SCALED_OVER", 8)
    monkeypatch.setattr(postcards, "sample_strip", partial(postcards.sample_strip, steps=4))
    options = {"device": "cpu", "preset": "smoke", "out": tmp_path}
    train("all", resume=False, **options)
    first = (tmp_path / "postcards" / "unet" / "diffusion_pytorch_model.safetensors").read_bytes()
    train("postcards", resume=True, **options)
    again = (tmp_path / "postcards" / "unet" / "diffusion_pytorch_model.safetensors").read_bytes()
    assert first == again
    assert (tmp_path / "cache" / "smoke" / "postcards-000004.png").is_file()
    assert origins(tmp_path) == []
    trained = AutoPipelineForText2Image.from_pretrained(tmp_path / "postcards")
    assert trained.scheduler.config.prediction_type == postcards.NOISE["prediction_type"]


def test_training_goes_on_from_the_committed_weights_on_another_machine(pipe):
    """`--resume` without a checkpoint starts where the repository stands, not from noise."""
    fresh = torch.nn.ModuleDict(
        {
            "unet": postcards.build_unet(),
            "text_encoder": postcards.build_text_encoder(pipe.tokenizer),
        }
    )
    postcards._load_committed(fresh)
    for name, value in pipe.unet.state_dict().items():
        assert torch.equal(fresh["unet"].state_dict()[name], value.float())
