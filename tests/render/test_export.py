"""What the pages' live models are made of answers as diffusers does."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from render.export import files, parity, starts, tables
from render.export.choices import MODELS, choices
from render.export.reference import Pipeline, Settings
from render.export.replay import Page
from render.models import find_model
from tests.prove import PROVE

PROMPT = "a lighthouse beside purple umbrellas, the sea at night"
OFFERED = {(name, c.id): c for name in MODELS for c in choices(find_model(name))}
SAMPLE = [
    *(("postcards", id) for id in ("heun", "unipc", "ddim_eta-0.5", "euler_karras")),
    ("postcards-turbo", "lcm"),
]


@pytest.fixture(scope="module")
def pipelines() -> dict[str, Pipeline]:
    return {name: Pipeline(name) for name in MODELS}


def torch_page(pipe) -> Page:
    """The page's arithmetic around the pipeline's own networks."""
    parts = {
        "text_encoder": lambda input_ids: pipe.text_encoder(input_ids)[0],
        "unet": lambda sample, timestep, encoder_hidden_states: (
            pipe.unet(sample, timestep, encoder_hidden_states).sample
        ),
    }

    @torch.no_grad()
    def ask(part: str, output: str, **inputs: np.ndarray) -> np.ndarray:
        return parts[part](**{k: torch.from_numpy(v) for k, v in inputs.items()}).numpy()

    return Page(ask)


@pytest.mark.parametrize(("name", "id"), list(OFFERED) if PROVE else SAMPLE)
def test_a_table_ends_where_the_pipeline_does(pipelines, name, id):
    """Both run torch's network in single precision: what is compared is the scheduler."""
    pipeline, choice = pipelines[name], OFFERED[name, id]
    for steps in (1, 2, 4, 20) if PROVE else (5,):
        one = Settings(name, PROMPT, 21, steps, 3.0 if name == "postcards" else 1.0, id)
        expected, _ = pipeline.run(one, choice.spec, choice.eta)
        got = parity.latents(torch_page(pipeline.pipe), pipeline, choice, one)
        assert parity.length_off(got, expected) <= 1e-5


AROUND = parity.around() if PROVE else [parity.around()[i] for i in (1, 2, 4, 8, 10, 22)]


@pytest.mark.parametrize("one", AROUND, ids=lambda one: f"{one.scheduler} {one.told().keys()}")
def test_what_acts_around_a_sampler_ends_where_the_pipeline_does(pipelines, one):
    """The pipeline is called as for a plan's cell: by the renderer's own hands."""
    pipeline, choice = pipelines[one.model], OFFERED[one.model, one.scheduler]
    expected, _ = pipeline.run(one, choice.spec, choice.eta)
    got = parity.latents(torch_page(pipeline.pipe), pipeline, choice, one)
    assert parity.length_off(got, expected) <= 1e-5


@pytest.mark.parametrize(("name", "id"), list(OFFERED) if PROVE else SAMPLE)
def test_the_committed_table_is_what_diffusers_answers_today(name, id):
    """Of all step counts under `make prove`, else of three."""
    committed = json.loads((files.ASSETS / f"schedulers/{id}.json").read_text())["runs"]
    for steps in map(int, committed) if PROVE else (1, 4, 13):
        run = tables.run_of(OFFERED[name, id].spec, steps, OFFERED[name, id].eta)
        again = json.loads(files.as_json(tables.compact(run)))
        assert again.keys() == committed[str(steps)].keys()
        for key, values in committed[str(steps)].items():
            assert _flat(again[key]) == pytest.approx(_flat(values), rel=1e-7, abs=1e-9)


@pytest.mark.parametrize(("name", "id"), list(OFFERED) if PROVE else SAMPLE)
def test_the_committed_start_is_what_diffusers_answers_today(name, id):
    """Of every number of steps left under `make prove`, else of some."""
    committed = json.loads((files.ASSETS / f"starts/{id}.json").read_text())["runs"]
    choice = OFFERED[name, id]
    for steps in (2, 13, 50) if PROVE else (9,):
        whole = tables.run_of(choice.spec, steps, choice.eta)
        for left in range(1, steps + 1) if PROVE else (1, 4, 9):
            start = starts.start_of(choice.spec, steps, choice.eta, left, whole)
            got, expected = starts.compact(start), committed[str(steps)][left - 1]
            assert _flat(got) == pytest.approx(_flat(expected), rel=1e-7, abs=1e-9)


def test_a_scheduler_whose_end_is_no_end_of_a_whole_run_has_no_start():
    choice = OFFERED["postcards", "ddim"]
    whole = tables.run_of(choice.spec, 8)
    with pytest.raises(tables.NotLinear) as error:
        starts.start_of(OFFERED["postcards", "euler_karras"].spec, 8, 0.0, 5, whole)
    assert str(error.value) == (
        "EulerDiscreteScheduler: expected the end of 8 steps, got other calls."
    )


def _flat(values) -> list[float]:
    return [x for one in values for x in _flat(one)] if isinstance(values, list) else [values]


def test_a_scheduler_that_clips_gets_no_table():
    """A basis vector stays inside the clipping range; latents of amplitude 1000 do not."""
    spec = {"class": "DDIMScheduler", "config": {"clip_sample": True}}
    with pytest.raises(tables.NotLinear) as error:
        tables.run_of(spec, 4)
    assert str(error.value) == (
        "DDIMScheduler: expected a linear scheduler, got an answer that differs by "
        "3.9e+00 at amplitude 1 and 4 steps."
    )


@pytest.mark.filterwarnings("ignore:Should have t:UserWarning")
def test_a_scheduler_on_a_brownian_path_gets_no_table():
    spec = {"class": "DPMSolverSDEScheduler", "config": {}}
    with pytest.raises(tables.NotLinear) as error:
        tables.run_of(spec, 4)
    assert str(error.value) == (
        "DPMSolverSDEScheduler: expected a step of the 4 calls before it, got none that fits."
    )


@pytest.mark.parametrize("name", MODELS)
def test_the_shipped_files_draw_what_diffusers_draws(name):
    """Prompt, seed and step count that no plan renders; within the error that the guide states."""
    stated = json.loads((files.ASSETS / files.PARITY).read_text())["summary"]["shipped"]
    compared = parity.Compared(name, parity.shipped(name))
    own = "lcm" if name == "postcards-turbo" else "euler-trailing"
    steps, guidance = (3, 1.0) if name == "postcards-turbo" else (7, 3.0)
    told, theirs, ours = compared(Settings(name, PROMPT, 4711, steps, guidance, own))
    assert theirs.shape == ours.shape == (128, 128, 3)
    assert 0 < told.latents <= stated["latents_worst"]
    assert told.mean_levels <= stated["mean_levels_worst"]


@pytest.mark.skipif(not PROVE, reason="traces both UNets: some minutes")
@pytest.mark.parametrize("name", MODELS)
def test_in_single_precision_onnx_and_tables_are_the_pipeline(name):
    compared = parity.Compared(name, parity.full(name))
    for one in (one for one in parity.spread() if one.model == name):
        told, _, _ = compared(one)
        # Some runs magnify the last bit of their noise to 1e-5: no two programs can agree there.
        assert told.latents <= max(1e-5, 8 * compared.last_bit(one).latents), one
        assert told.worst_level <= 1, one
