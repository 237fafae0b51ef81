"""LoRAs: cells share batches as ever, and those of another scale are no mates."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from peft import LoraConfig

from render.counters import Counters
from render.engine import Engine
from render.models import find_model
from render.pipelines import load
from tests.render import tiny

JOBS = [(1, 2, 1.0, 1.0), (2, 3, 5.0, 1.0), (3, 1, 3.0, 0.5), (4, 3, 5.0, 0.5), (5, 2, 3.0, 1.0)]


@pytest.fixture(scope="module")
def pipe(tmp_path_factory):
    """A pipeline whose denoiser and text encoder carry an adapter with something to say."""
    torch.set_num_threads(1)
    folder = tiny.stable_diffusion(tmp_path_factory.mktemp("lora") / "model")
    pipe = load(find_model(str(folder)), torch.float32)
    torch.manual_seed(2)
    layers = ["to_q", "to_k", "to_v", "to_out.0"]
    pipe.unet.add_adapter(LoraConfig(r=4, init_lora_weights=False, target_modules=layers))
    words = ["q_proj", "v_proj"]
    pipe.text_encoder.add_adapter(LoraConfig(r=4, init_lora_weights=False, target_modules=words))
    return pipe


def make_with(pipe):
    def make(job):
        seed, steps, guidance, scale = job
        own = copy.copy(pipe)
        own.scheduler = copy.deepcopy(pipe.scheduler)
        return own(
            "a castle",
            num_inference_steps=steps,
            guidance_scale=guidance,
            cross_attention_kwargs={"scale": scale},
            generator=torch.Generator("cpu").manual_seed(seed),
            output_type="np",
        ).images[0]

    return make


def run(pipe, jobs, counters=None) -> dict:
    models = [m for m in pipe.components.values() if isinstance(m, torch.nn.Module)]
    found = dict(Engine(4, counters).run(jobs, make_with(pipe), lambda job, x: x, models))
    for outcome in found.values():
        if isinstance(outcome, BaseException):
            raise outcome
    return found


def test_cells_with_a_lora_keep_their_bits_whatever_runs_beside_them(pipe):
    counters = Counters()
    many = run(pipe, JOBS, counters)
    assert counters.alone == 0
    assert counters.text_encodes == 4  # castle and nothing, at two scales
    for some in (JOBS[::-1], JOBS[2:4], JOBS[1:2]):
        assert all(np.array_equal(x, many[job]) for job, x in run(pipe, some).items())
    make = make_with(pipe)
    assert max(np.abs(make(job) - many[job]).max() for job in JOBS) <= 1 / 255


def test_the_lora_and_its_scale_show_in_the_picture(pipe):
    """Half the scale and none at all give other pictures: nothing is remembered across scales."""
    scales = [(7, 2, 3.0, scale) for scale in (1.0, 0.5, 0.0)]
    full, half, none = run(pipe, scales).values()
    assert np.abs(full - half).max() > 1 / 255
    assert np.abs(half - none).max() > 1 / 255
