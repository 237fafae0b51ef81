"""A few-step model whose files are each made for one number of steps is run at that of its file."""

from __future__ import annotations

import re

import pytest

from recommender import AmbiguousModelError, catalogue, export, recommend

FILES = [
    ("Hyper-SD15-1step-lora", 1, "TCDScheduler"),
    ("Hyper-SD15-2steps-lora", 2, "DDIMScheduler"),
    ("Hyper-SD15-4steps-lora", 4, "DDIMScheduler"),
    ("Hyper-SD15-8steps-lora", 8, "DDIMScheduler"),
    ("Hyper-SDXL-1step-lora", 1, "TCDScheduler"),
    ("Hyper-SDXL-2steps-lora", 2, "DDIMScheduler"),
    ("Hyper-SDXL-4steps-lora", 4, "DDIMScheduler"),
    ("Hyper-SDXL-8steps-lora", 8, "DDIMScheduler"),
    ("Hyper-SD3-4steps-CFG-lora", 4, None),
    ("Hyper-SD3-8steps-CFG-lora", 8, None),
    ("Hyper-SD3-16steps-CFG-lora", 16, None),
    ("pcm_sd15_smallcfg_2step_converted", 2, "TCDScheduler"),
    ("pcm_sdxl_smallcfg_16step_converted", 16, "TCDScheduler"),
    ("pcm_sdxl_normalcfg_8step_converted", 8, "TCDScheduler"),
]


@pytest.mark.parametrize(("file", "steps", "scheduler"), FILES)
def test_a_file_is_answered_with_its_own_steps(
    file: str, steps: int, scheduler: str | None
) -> None:
    answer = recommend(f"{file}.safetensors")
    assert (answer.steps, answer.scheduler, answer.low, answer.basis) == (
        (steps, scheduler, 1, "author")
        if file == "Hyper-SDXL-1step-lora"  # one file for 1 to 8 steps
        else (steps, scheduler, None, "author")
    )


def test_no_file_that_names_its_steps_is_answered_with_others() -> None:
    known = catalogue()
    for id, model in known.models.items():
        for name in model.get("aliases", []):
            said = re.search(r"(\d+)[-_ ]?steps?(?![a-z])", name, re.IGNORECASE)
            if said is None or model["distillation"] != "few-step":
                continue
            try:
                found = known.find(name)
            except AmbiguousModelError:
                continue
            assert (found, recommend(name).steps) == (id, int(said[1]))


def test_a_name_for_several_files_is_answered_with_their_names() -> None:
    with pytest.raises(AmbiguousModelError) as caught:
        recommend("sdxl", loras="ByteDance/Hyper-SD")
    assert {"hyper-sdxl-2step-lora", "hyper-sdxl-4step-lora", "hyper-sdxl-8step-lora"} <= set(
        caught.value.candidates
    )


def test_lightning_begins_at_full_noise_in_every_tool() -> None:
    answer = recommend("sdxl-lightning-4step")
    assert answer.settings["timestep_spacing"] == "trailing"
    assert (
        "EulerDiscreteScheduler.from_config(pipe.scheduler.config, timestep_spacing='trailing')"
        in export(answer, "diffusers").content
    )
    assert '"scheduler": "sgm_uniform"' in export(answer, "comfyui").content
    assert export(answer, "a1111").content.startswith(
        "Steps: 4, Sampler: Euler, Schedule type: SGM Uniform, CFG scale: 1,"
    )


def test_the_one_step_lightning_is_told_that_it_predicts_the_picture() -> None:
    assert dict(recommend("sdxl-lightning-1step").settings)["prediction_type"] == "sample"


def test_every_source_that_states_trailing_is_heard() -> None:
    """TCD and LCM choose their timesteps by themselves and read no spacing."""
    for id, model in catalogue().models.items():
        stated = any("trailing" in source["states"] for source in model["sources"].values())
        if stated and recommend(id).scheduler in ("EulerDiscreteScheduler", "DDIMScheduler"):
            assert recommend(id).settings.get("timestep_spacing") == "trailing", id
