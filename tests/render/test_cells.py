"""What the studio does around a pipeline's call, seen in the pixels of small real models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from peft import LoraConfig
from PIL import Image

from render.calls import slerp
from render.errors import RenderError
from render.models import find_model
from render.pipelines import Studio
from render.plan import Plan
from render.variants import round_weights
from tests.render import tiny

SETTINGS = {"num_inference_steps": 4, "guidance_scale": 3.0, "width": 64, "height": 64}


@pytest.fixture(scope="module")
def source(model):
    return find_model(str(model))


@pytest.fixture(scope="module")
def studio(source):
    return Studio(source, "cpu")


@pytest.fixture
def make(source, studio, tmp_path: Path):
    """Renders a plan's cells in order; keywords are the plan's own keys beside its settings."""

    def made(axes, settings=(), prompt=(), other=None, **more):
        data = {
            "title": "A test",
            "transfers": "mechanism",
            "models": [str((other or source).folder)],
            "settings": {**SETTINGS, **dict(settings)},
            "prompts": {"castle": {"prompt": "a castle, big sky", "seed": 1, **dict(prompt)}},
            "axes": axes,
            **more,
        }
        plan = Plan("test", data, tmp_path, (other or source,))
        cells = plan.cells()
        place = Studio(other, "cpu") if other else studio
        found = {id(job[1]): out for job, out in place.make_all([(plan, c) for c in cells])}
        return [found[id(cell)] for cell in cells]

    return made


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.array_equal(a, b))


def picture(path: Path, colours=((0, 200), (90, 30))) -> str:
    """A PNG file of 64 px: a slope of two colours."""
    x = np.linspace(*colours[0], 64)[None, :, None] + np.linspace(*colours[1], 64)[:, None, None]
    pixels = np.repeat(x, 3, axis=2).clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path)
    return path.name


def test_the_picture_after_the_last_step_is_the_finished_picture(make, studio):
    before = studio.engine.counters.denoiser_rows
    strip = make({"captured_step": [1, 2, 3, 4]})
    rows = studio.engine.counters.denoiser_rows - before
    [finished] = make({"guidance_scale": [3.0]})
    assert same(strip[3], finished)
    assert not same(strip[0], strip[1])
    assert rows == 8  # one run of four steps with guidance served all four pictures


def test_a_captured_picture_is_the_one_that_a_run_stopped_there_would_decode(make, source):
    """diffusers itself, stopped by its own callback, agrees."""
    [captured] = make({"captured_step": [2]}, {"scheduler": "ddim"})
    pipe = Studio(source, "cpu", width=1)
    found = {}

    def look(pipe, step, timestep, kept):
        if step == 1:
            with torch.no_grad():
                decoded = pipe.vae.decode(kept["latents"] / pipe.vae.config.scaling_factor)[0]
            found["picture"] = pipe.image_processor.postprocess(decoded, output_type="np")[0]
        return kept

    from diffusers import DDIMScheduler

    pipe.pipe.scheduler = DDIMScheduler.from_config(
        {**source.scheduler[1], "timestep_spacing": "leading", "steps_offset": 1}
    )
    generator = torch.Generator("cpu").manual_seed(1)
    pipe.pipe("a castle, big sky", generator=generator, callback_on_step_end=look, **SETTINGS)
    difference = np.abs(found["picture"] * 255 - captured).max()
    assert difference <= 1


def test_the_prediction_after_the_last_step_is_the_finished_picture(make):
    strip = make({"captured_step": [1, 4]}, {"captured": "prediction"})
    latents = make({"captured_step": [1, 4]})
    assert same(strip[1], latents[1])  # no noise is left to predict away
    assert not same(strip[0], latents[0])


def test_a_sampler_that_tells_no_prediction_is_named(make):
    [error] = make({"captured_step": [2]}, {"captured": "prediction", "scheduler": "dpmpp-2m"})
    assert str(error) == (
        "DPMSolverMultistepScheduler tells no prediction. Capture latents, or use another."
    )


def test_variation_strength_leads_from_one_seeds_picture_to_the_others(make):
    ends = make({"variation_strength": [0.0, 0.5, 1.0]}, {"variation_seed": 2})
    one, two = make({"seed": [1, 2]})
    assert same(ends[0], one)
    assert np.abs(ends[2].astype(int) - two).max() <= 1
    assert not same(ends[1], one)
    assert not same(ends[1], two)


def test_a_blend_of_two_noises_keeps_their_loudness():
    a, b = (torch.randn(1, 8, 16, 16, generator=torch.Generator().manual_seed(s)) for s in (1, 2))
    assert float(slerp(a, b, 0.5).std()) == pytest.approx(1, abs=0.02)
    assert float((0.5 * a + 0.5 * b).std()) == pytest.approx(0.71, abs=0.02)


def test_guidance_for_no_step_is_the_prompt_alone_and_for_all_steps_is_guidance(make):
    none, part, all_steps = make({"guidance_end": [0.0, 0.5, 1.0]})
    alone, guided = make({"guidance_scale": [1.0, 3.0]})
    assert same(all_steps, guided)
    assert np.abs(none.astype(int) - alone).max() <= 1
    assert not same(part, guided)
    assert not same(part, none)


def test_guidance_may_begin_late(make):
    late, never = make({"guidance_start": [0.5, 1.0]})
    [alone] = make({"guidance_scale": [1.0]})
    assert np.abs(never.astype(int) - alone).max() <= 1
    assert not same(late, never)


def test_guidance_until_the_end_is_guidance_where_a_sampler_calls_twice_a_step(make):
    [whole] = make({"guidance_end": [1.0]}, {"scheduler": "heun"})
    [plain] = make({"guidance_scale": [3.0]}, {"scheduler": "heun"})
    assert same(whole, plain)


def test_a_weight_of_one_changes_nothing_and_another_does(make):
    light, neutral, heavy = make({"prompt_weight": [0.5, 1.0, 1.6]}, prompt={"weighted": "big sky"})
    [plain] = make({"guidance_scale": [3.0]})
    assert np.abs(neutral.astype(int) - plain).max() <= 1
    assert not same(light, neutral)
    assert not same(heavy, neutral)


def test_two_tools_ways_of_weighting_differ(make):
    a1111, comfyui = make(
        {"prompt_weighting": ["a1111", "comfyui"]},
        {"prompt_weight": 1.6},
        prompt={"weighted": "big sky"},
    )
    assert not same(a1111, comfyui)


def test_eta_reaches_the_samplers_that_read_it_and_is_refused_for_others(make):
    none, full = make({"eta": [0.0, 1.0]}, {"scheduler": "ddim"})
    assert not same(none, full)
    [error] = make({"eta": [1.0]}, {"scheduler": "euler"})
    assert str(error) == "EulerDiscreteScheduler takes no eta. Leave it out of the plan."


def test_a_mask_holds_back_what_it_leaves_black(make, tmp_path):
    """Through diffusers' own inpainting; latents of 8 px keep the far side as it was."""
    start = picture(tmp_path / "start.png")
    mask = np.zeros((64, 64), np.uint8)
    mask[:, 32:] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    images = {"source_image": start, "mask_image": "mask.png"}
    [painted] = make({"strength": [0.9]}, prompt=images)
    [whole] = make({"strength": [0.9]}, prompt={"source_image": start})
    pixels = np.asarray(Image.open(tmp_path / "start.png")).astype(int)
    assert painted.shape == (64, 64, 3)
    assert not same(painted, whole)
    [pasted] = make({"padding_mask_crop": [0]}, {"strength": 0.9}, prompt=images)
    assert np.abs(pasted[:, :32].astype(int) - pixels[:, :32]).max() <= 1


def test_a_soft_mask_reaches_over_its_edge(make, tmp_path):
    start = picture(tmp_path / "start.png")
    mask = np.zeros((64, 64), np.uint8)
    mask[24:40, 24:40] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    hard, soft = make(
        {"mask_blur": [0, 4]},
        {"strength": 0.9, "padding_mask_crop": 8},
        prompt={"source_image": start, "mask_image": "mask.png"},
    )
    pixels = np.asarray(Image.open(tmp_path / "start.png")).astype(int)
    changed = [(np.abs(p - pixels).max(2) > 2).sum() for p in (hard, soft)]
    assert changed[1] > changed[0]
    [wider] = make(
        {"padding_mask_crop": [16]},
        {"strength": 0.9},
        prompt={"source_image": start, "mask_image": "mask.png"},
    )
    assert not same(wider, hard)  # the model saw more around it


def test_hires_fix_enlarges_and_repaints_in_part(make):
    little, much = make(
        {"hires_denoising_strength": [0.25, 0.75]}, {"hires_scale": 1.5, "hires_steps": 4}
    )
    assert little.shape == much.shape == (96, 96, 3)
    assert not same(little, much)


def test_precision_and_rounded_weights_move_the_picture_a_little(make):
    kinds = ["float32", "bfloat16", "fp8_e4m3fn"]
    exact, half, eight = make({"precision": kinds})
    [usual] = make({"guidance_scale": [3.0]})
    assert same(exact, usual)
    assert not same(half, exact)
    assert not same(eight, exact)


def test_fewer_bits_move_the_picture_further(make):
    eight, two = make({"quantization": ["8-bit", "2-bit"]})
    [usual] = make({"guidance_scale": [3.0]})
    far = [np.abs(p.astype(int) - usual).mean() for p in (eight, two)]
    assert 0 < far[0] < far[1]


def test_rounded_weights_hold_the_values_that_a_gguf_file_can():
    """Q4_0 of ggml-quants.c: the largest weight of 32 becomes -8 times the scale."""
    layer = torch.nn.Linear(32, 1, bias=False)
    weights = torch.linspace(-1, 0.5, 32)
    with torch.no_grad():
        layer.weight.copy_(weights)
    round_weights(layer, 4)
    scale = torch.tensor(0.125).half().float()
    levels = layer.weight.detach() / scale
    assert torch.equal(levels, levels.round())
    assert float(levels.min()) == -8
    assert float((layer.weight.detach() - weights).abs().max()) <= float(scale) / 2


def test_a_lora_is_added_at_its_scale(make, studio, tmp_path):
    from diffusers import StableDiffusionPipeline
    from peft.utils import get_peft_model_state_dict

    torch.manual_seed(3)
    pipe = Studio(studio.model, "cpu").pipe
    pipe.unet.add_adapter(LoraConfig(r=2, target_modules=["to_q"], init_lora_weights=False))
    StableDiffusionPipeline.save_lora_weights(
        tmp_path, get_peft_model_state_dict(pipe.unet), weight_name="style.safetensors"
    )
    none, full = make({"lora_scale": [0.0, 2.0]}, loras=[{"file": "style.safetensors"}])
    [usual] = make({"guidance_scale": [3.0]})
    assert same(none, usual)
    assert not same(full, usual)


def test_a_controlnet_follows_its_picture(make, studio, tmp_path):
    net = tiny.controlnet(Studio(studio.model, "cpu").pipe.unet)
    net.save_pretrained(tmp_path / "net")
    map_ = picture(tmp_path / "map.png")
    none, full = make(
        {"controlnet_conditioning_scale": [0.0, 1.0]},
        prompt={"control_image": map_},
        controlnet=str(tmp_path / "net"),
    )
    [usual] = make({"guidance_scale": [3.0]})
    assert np.abs(none.astype(int) - usual).max() <= 1
    assert not same(full, usual)


def test_what_a_pipeline_cannot_do_is_said_of_the_cell(make, tmp_path):
    flux = find_model(str(tiny.flux(tmp_path / "flux")))
    refusals = [
        ({"guidance_end": [0.5]}, (), (), "FluxPipeline takes no guidance_start or guidance_end."),
        (
            {"prompt_weight": [1.3]},
            (),
            {"weighted": "big sky"},
            "FluxPipeline takes no prompt_weighting.",
        ),
        ({"captured_step": [2]}, (), (), "FluxPipeline packs its latents: no captured_step."),
    ]
    for axes, settings, prompt, message in refusals:
        [error] = make(axes, settings, prompt, other=flux)
        assert isinstance(error, RenderError), error
        assert str(error) == message
