"""The batched denoiser: one cell's picture is the same whatever runs beside it."""

from __future__ import annotations

import copy
import hashlib
import subprocess
import sys
import threading

import diffusers
import numpy as np
import pytest
import torch
from diffusers import (
    StableDiffusionControlNetPipeline,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
)
from PIL import Image

from render.counters import Counters
from render.engine import Engine
from render.models import find_model
from render.pipelines import Studio
from render.plan import ROOT
from tests.pace import within
from tests.prove import PROVE
from tests.render import tiny
from tests.render.test_pipelines import cell

SCHEDULERS = [
    "EulerDiscreteScheduler",
    "DDIMScheduler",
    "DPMSolverMultistepScheduler",
    "HeunDiscreteScheduler",
    "UniPCMultistepScheduler",
]
BUILDERS = [tiny.stable_diffusion, tiny.stable_diffusion_xl, tiny.stable_diffusion_3, tiny.flux]


@pytest.fixture(autouse=True)
def one_thread():
    """How a sum is split between threads decides its last bits; one thread is quick enough here."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    built = {}

    def folder(build):
        if build not in built:
            built[build] = build(tmp_path_factory.mktemp("engine") / build.__name__)
        return find_model(str(built[build]))

    return folder


def mixed(model, schedulers=(None,)) -> list:
    """Cells that differ in everything that may differ inside one batch."""
    return [
        cell(
            model,
            seed=i,
            num_inference_steps=1 + i % 4,
            guidance_scale=(1.0, 3.0, 7.5)[i % 3],
            prompt=("a castle", "the sea")[i % 2],
            **({"scheduler": schedulers[i % len(schedulers)]} if schedulers[0] else {}),
        )
        for i in range(7)
    ]


def draw(studio: Studio, cells: list) -> dict:
    """Pictures by cell; an exception is raised, as nothing here may fail."""
    found = {}
    for (_, done), outcome in studio.make_all([(None, c) for c in cells]):
        if isinstance(outcome, BaseException):
            raise outcome
        found[id(done)] = outcome
    assert len(found) == len(cells)
    return found


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_mates_order_and_padding_leave_every_bit_alone(build, folders):
    """Other steps, guidance, prompts and seeds beside it; first or last; batches full or not."""
    model = folders(build)
    studio = Studio(model, "cpu", width=8)
    cells = mixed(model, SCHEDULERS if build in BUILDERS[:2] else (None,))
    first = draw(studio, cells)
    for others in (cells[::-1], cells[3:5], cells[6:]):
        for key, picture in draw(studio, others).items():
            assert np.array_equal(picture, first[key])


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_a_batched_picture_is_one_grey_level_from_the_lone_one_at_most(build, folders):
    model = folders(build)
    cells = mixed(model, SCHEDULERS if build in BUILDERS[:2] else (None,))
    many, lone = (draw(Studio(model, "cpu", width=w), cells) for w in (8, 1))
    assert max(np.abs(many[k].astype(int) - lone[k]).max() for k in lone) <= 1


@pytest.fixture(scope="module")
def trained():
    """The model of this repository, lone and batched; an untrained one may amplify any rounding."""
    return [Studio(find_model("postcards"), "cpu", width=width) for width in (1, 8)]


@pytest.mark.parametrize("scheduler", SCHEDULERS if PROVE else SCHEDULERS[::2])
def test_thirty_steps_at_guidance_eight_stay_within_one_grey_level(scheduler, trained):
    options = {"scheduler": scheduler, "num_inference_steps": 30, "guidance_scale": 8.0}
    cells = [cell(trained[0].model, seed=seed, **options) for seed in range(2)]
    lone, many = (draw(studio, cells) for studio in trained)
    assert max(np.abs(many[k].astype(int) - lone[k]).max() for k in lone) <= 1


def test_at_width_one_every_bit_is_that_of_diffusers_itself(folders):
    model = folders(tiny.stable_diffusion)
    [(_, picture)] = Studio(model, "cpu", width=1).make_all([(None, cell(model))])
    pipe = diffusers.StableDiffusionPipeline.from_pretrained(model.folder, safety_checker=None)
    pipe.set_progress_bar_config(disable=True)
    wanted = {k: v for k, v in cell(model).settings.items() if k not in ("model", "seed")}
    generator = torch.Generator("cpu").manual_seed(1)
    plain = pipe(**wanted, generator=generator, output_type="np").images[0]
    assert np.array_equal(picture, (plain * 255).round().astype(np.uint8))


def test_another_process_makes_the_same_bits(folders):
    model = folders(tiny.stable_diffusion)
    code = (
        "import sys, torch; torch.set_num_threads(1)\n"
        "from tests.render.test_engine import *\n"
        "model = find_model(sys.argv[1])\n"
        "cells = mixed(model, SCHEDULERS)\n"
        "found = draw(Studio(model, 'cpu', width=8), cells[4:])\n"
        "print(*(hashlib.sha256(found[id(c)].tobytes()).hexdigest() for c in cells[4:]))"
    )
    command = [sys.executable, "-c", code, str(model.folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    cells = mixed(model, SCHEDULERS)
    here = draw(Studio(model, "cpu", width=8), cells)
    bits = [here[id(c)].tobytes() for c in cells[4:]]
    assert done.stdout.split() == [hashlib.sha256(b).hexdigest() for b in bits]


def variants(pipe) -> list:
    """Image-to-image, inpainting and ControlNet over the models of one pipeline."""
    image = Image.linear_gradient("L").resize((64, 64)).convert("RGB")
    mask = Image.radial_gradient("L").resize((64, 64))
    net = tiny.controlnet(pipe.unet)
    parts = pipe.components
    return [
        (StableDiffusionImg2ImgPipeline(**parts, requires_safety_checker=False), {"image": image}),
        (
            StableDiffusionInpaintPipeline(**parts, requires_safety_checker=False),
            {"image": image, "mask_image": mask, "height": 64, "width": 64},
        ),
        (
            StableDiffusionControlNetPipeline(
                **parts, controlnet=net, requires_safety_checker=False
            ),
            {"image": image, "height": 64, "width": 64},
        ),
    ]


@pytest.mark.parametrize("which", range(3), ids=["img2img", "inpaint", "controlnet"])
def test_every_kind_of_pipeline_shares_batches(which, folders):
    """Nothing in the engine knows which pipeline it serves; nested lists of tensors are stacked."""
    pipe, extra = variants(Studio(folders(tiny.stable_diffusion), "cpu").pipe)[which]
    pipe.set_progress_bar_config(disable=True)
    models = [m for m in pipe.components.values() if isinstance(m, torch.nn.Module)]

    def make(job):
        own = copy.copy(pipe)
        own.scheduler = copy.deepcopy(pipe.scheduler)
        seed, steps, guidance = job
        generator = torch.Generator("cpu").manual_seed(seed)
        options = {"num_inference_steps": steps, "guidance_scale": guidance, "output_type": "np"}
        return own("a castle", generator=generator, **options, **extra).images[0]

    jobs = [(1, 4, 1.0), (2, 6, 5.0), (3, 2, 3.0), (4, 6, 1.0), (5, 3, 5.0)]
    counters = Counters()
    many = dict(Engine(4, counters).run(jobs, make, lambda job, picture: picture, models))
    again = dict(Engine(4).run(jobs[1:3], make, lambda job, picture: picture, models))
    assert all(np.array_equal(again[job], many[job]) for job in again)
    assert max(np.abs(make(job) - many[job]).max() for job in jobs) <= 1 / 255
    assert counters.alone == 0
    assert counters.image_encodes == (0, 2, 0)[which] or counters.image_encodes == 1


def test_the_models_are_themselves_again_when_the_run_is_over(folders):
    studio = Studio(folders(tiny.stable_diffusion), "cpu", width=8)
    studio.make(cell(studio.model), None)
    assert all("forward" not in vars(m) for m in (studio.pipe.unet, studio.pipe.text_encoder))
    assert not {"encode", "decode"} & set(vars(studio.pipe.vae))


def test_leaving_early_ends_every_thread(folders):
    """Ctrl-C closes the run: waiting cells are told at once, and none is left behind."""
    model = folders(tiny.stable_diffusion)
    before = set(threading.enumerate())
    studio = Studio(model, "cpu", width=8)
    cells = [cell(model, seed=seed, num_inference_steps=50) for seed in range(20)]
    cells.insert(0, cell(model, num_inference_steps=1))
    pictures = studio.make_all([(None, c) for c in cells])
    next(pictures)
    with within(1):
        pictures.close()
    assert set(threading.enumerate()) <= before
    assert "forward" not in vars(studio.pipe.unet)
