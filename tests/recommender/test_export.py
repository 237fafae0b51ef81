"""Each tool is told the same thing in its own words, and what it cannot be told is said."""

from __future__ import annotations

import json
import pickle
import shlex
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from recommender import TOOLS, Recommendation, SweetspotError, catalogue, export, recommend
from recommender._export import Exported, ExportError, command

KREA = replace(recommend("krea-2-raw"), guidance="from-zero", guidance_scale=3.5)
SDXL = replace(recommend("sdxl-base-1-0"), scheduler="EulerAncestralDiscreteScheduler")


def made(found: Recommendation, tool: str, **more: Any) -> Exported:
    return export(found, tool, **more)


def data(found: Recommendation, tool: str, **more: Any) -> Any:
    return json.loads(made(found, tool, **more).content)


def with_settings(found: Recommendation, **more: Any) -> Recommendation:
    return replace(found, settings={**found.settings, **more})


def option(line: str, name: str) -> str:
    words = shlex.split(line)
    return words[words.index(name) + 1]


def ksampler(found: Recommendation, **more: Any) -> dict[str, Any]:
    inputs: dict[str, Any] = data(found, "comfyui", **more)["3"]["inputs"]
    return inputs


def node(found: Recommendation, kind: str) -> dict[str, Any]:
    graph = data(found, "comfyui")
    (inputs,) = [one["inputs"] for one in graph.values() if one["class_type"] == kind]
    return dict(inputs)


def test_an_export_is_frozen_and_its_tools_are_listed() -> None:
    one = made(SDXL, "comfyui")
    assert one.tool == "comfyui" and one.tool in TOOLS
    with pytest.raises(FrozenInstanceError):
        one.content = ""  # type: ignore[misc]


def test_an_unknown_tool_is_answered_with_those_that_are_known() -> None:
    with pytest.raises(ExportError) as caught:
        export(SDXL, "comfy-ui")
    assert str(caught.value) == (
        f"export: tool 'comfy-ui': Expected one of {', '.join(TOOLS)}. Did you mean 'comfyui'?"
    )
    assert isinstance(caught.value, SweetspotError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_the_command_prints_what_to_paste_alone_and_the_notes_beside_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command.run(recommend("flux-1-dev"), "bfl") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["guidance"] == 3.5
    assert "note: endpoint: /v1/flux-dev\n" in err


def test_the_command_refuses_an_unknown_tool_with_exit_code_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command.run(SDXL, "blender") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"export: tool 'blender': Expected one of {', '.join(TOOLS)}.\n"


def test_a_tool_that_does_not_run_the_model_says_what_it_runs() -> None:
    with pytest.raises(ExportError) as caught:
        export(recommend("flux-1-dev"), "fooocus")
    assert str(caught.value) == ("Fooocus: FLUX.1 [dev] (flux-1) is not among what it runs: sdxl.")
    with pytest.raises(ExportError) as caught:
        export(recommend("sdxl-base-1-0"), "bfl")
    assert str(caught.value) == (
        "BFL: no figures are known for Stable Diffusion XL base 1.0 (sdxl-base-1-0) there. "
        "Models with figures: flux-1-dev."
    )


def test_guidance_counted_from_zero_is_one_more_in_the_usual_formula() -> None:
    assert ksampler(KREA)["cfg"] == 4.5
    assert data(KREA, "invokeai")["cfg_scale"] == 4.5
    assert option(made(KREA, "sdcpp").content, "--cfg-scale") == "4.5"
    assert (
        "guidance: 3.5 counted from zero became 4.5 in the usual formula, where 1 is off."
        in made(KREA, "comfyui").notes
    )


def test_diffusers_keeps_its_own_count_of_guidance() -> None:
    one = made(KREA, "diffusers-json")
    assert json.loads(one.content)["call"]["guidance_scale"] == 3.5
    assert not any("counted from zero" in note for note in one.notes)


def test_guidance_that_is_off_is_one_where_tools_count_from_one() -> None:
    off = replace(SDXL, guidance="off", guidance_scale=0.0)
    assert ksampler(off)["cfg"] == 1
    assert data(off, "a1111-api")["cfg_scale"] == 1
    assert data(off, "diffusers-json")["call"]["guidance_scale"] == SDXL.guidance_scale


def test_distilled_guidance_goes_beside_a_cfg_of_one() -> None:
    flux = recommend("flux-1-dev")
    assert ksampler(flux)["cfg"] == 1
    assert node(flux, "FluxGuidance")["guidance"] == flux.guidance_scale
    body = data(flux, "forge-api")
    assert (body["cfg_scale"], body["distilled_cfg_scale"]) == (1, flux.guidance_scale)
    line = made(flux, "sdcpp").content
    assert (option(line, "--cfg-scale"), option(line, "--guidance")) == ("1", "3.5")
    record = data(flux, "invokeai")
    assert (record["cfg_scale"], record["guidance"]) == (1, flux.guidance_scale)


def test_draw_things_takes_the_distilled_scale_where_its_one_field_is_that() -> None:
    flux = recommend("flux-1-dev")
    one = data(flux, "drawthings")
    assert one["speedUpWithGuidanceEmbed"] is True
    assert one["guidanceScale"] == one["guidanceEmbed"] == flux.guidance_scale
    two = data(replace(flux, true_cfg_scale=2.0), "drawthings")
    assert two["speedUpWithGuidanceEmbed"] is False
    assert (two["guidanceScale"], two["guidanceEmbed"]) == (2, flux.guidance_scale)


def test_clip_skip_is_counted_as_each_tool_counts_it() -> None:
    sd = with_settings(recommend("stable-diffusion-v1-5"), clip_skip=2)
    assert data(sd, "a1111-api")["override_settings"] == {"CLIP_stop_at_last_layers": 2}
    assert node(sd, "CLIPSetLastLayer")["stop_at_clip_layer"] == -2
    (preset,) = data(sd, "swarmui").values()
    assert preset["param_map"]["clipstopatlayer"] == "-2"
    assert data(sd, "diffusers-json")["call"]["clip_skip"] == 1
    assert data(sd, "drawthings")["clipSkip"] == 2
    assert option(made(sd, "sdcpp").content, "--clip-skip") == "2"


def test_sdxl_in_diffusers_leaves_out_the_last_layer_without_being_told() -> None:
    two = made(with_settings(SDXL, clip_skip=2), "diffusers-json")
    assert "clip_skip" not in json.loads(two.content)["call"]
    assert "clip skip 2: what this pipeline does without being told." in two.notes
    three = data(with_settings(SDXL, clip_skip=3), "diffusers-json")
    assert three["call"]["clip_skip"] == 1


def test_mflux_keeps_what_others_replace() -> None:
    found = recommend("z-image-turbo", strength=0.7)
    one = made(found, "mflux")
    words = shlex.split(one.content)
    assert words[words.index("--image") + 1 :][:2] == ["input.png", "0.3"]
    assert "strength 0.7 became 0.3: here 1 keeps the picture." in one.notes


def test_comfyui_runs_every_step_at_any_strength_and_diffusers_a_share() -> None:
    found = replace(SDXL, strength=0.5, steps=60, effective_steps=30)
    inputs = ksampler(found)
    assert (inputs["steps"], inputs["denoise"]) == (30, 0.5)
    assert data(found, "diffusers-json")["call"]["num_inference_steps"] == 60
    assert data(found, "a1111-api")["steps"] == 58
    assert "steps: 58, of which A1111 runs 30 at strength 0.5." in made(found, "a1111-api").notes


def test_a_shift_becomes_its_logarithm_where_a_tool_counts_mu() -> None:
    flux = with_settings(recommend("flux-1-schnell"), shift=3.0)
    inputs = node(flux, "ModelSamplingFlux")
    assert inputs["max_shift"] == inputs["base_shift"] == pytest.approx(1.098612)
    assert option(made(flux, "sdcpp").content, "--flow-shift") == "1.098612"
    assert data(flux, "drawthings")["shift"] == 3


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("qwen-image", "ModelSamplingAuraFlow"),
        ("stable-diffusion-3-5-large", "ModelSamplingSD3"),
        ("wan-2-1-t2v-14b", "ModelSamplingSD3"),
        ("stable-cascade", "ModelSamplingStableCascade"),
    ],
)
def test_the_shift_goes_into_the_node_that_counts_time_as_the_network_does(
    model: str, kind: str
) -> None:
    assert node(with_settings(recommend(model), shift=4.0), kind)["shift"] == 4


def test_a_shift_without_a_node_is_named_and_not_set() -> None:
    one = made(with_settings(recommend("bagel"), shift=3.0), "comfyui")
    assert "ModelSampling" not in one.content
    assert "shift 3: no node is known for this family; ComfyUI's own stays." in one.notes


def test_figures_out_of_a_tools_range_are_moved_into_it_and_said() -> None:
    wide = replace(SDXL, steps=400, guidance_scale=45.0, settings={"width": 3001, "height": 30})
    one = made(wide, "a1111-api")
    body = json.loads(one.content)
    assert (body["steps"], body["cfg_scale"]) == (150, 30)
    assert (body["width"], body["height"]) == (2048, 64)
    assert set(one.notes) >= {
        "steps: 400 became 150; A1111 takes 1 to 150.",
        "guidance: 45 became 30; A1111 takes 1 to 30.",
        "width: 3001 became 2048; A1111 takes 64 to 2048 in steps of 8.",
        "height: 30 became 64; A1111 takes 64 to 2048 in steps of 8.",
    }


def test_what_has_no_place_is_named() -> None:
    found = with_settings(SDXL, pag_scale=3.0)
    assert "pag_scale 3: A1111 has no place for it here." in made(found, "a1111").notes


def test_what_is_not_known_is_left_to_the_tool_and_said() -> None:
    bare = replace(SDXL, steps=None, guidance=None, guidance_scale=None, settings={})
    one = made(bare, "invokeai")
    assert json.loads(one.content) == {"scheduler": "euler_a"}
    assert "steps: no figure is known; InvokeAI's own stays." in one.notes
    assert "guidance: no figure is known; InvokeAI's own stays." in one.notes
    nothing = replace(bare, scheduler=None)
    with pytest.raises(ExportError, match="neither steps, guidance nor scheduler is known"):
        export(nothing, "invokeai")


def test_an_infotext_cannot_be_taken_over_by_its_prompt() -> None:
    one = made(
        SDXL, "a1111", prompt="a lake\nNegative prompt: sun\nSteps: 1, Sampler: LMS, Seed: 2"
    )
    first, *_, last = one.content.split("\n")
    assert first == "a lake Negative prompt: sun"
    assert last.startswith(f"Steps: {SDXL.steps}, Sampler: Euler a, ")
    assert "prompt: a line of it began with 'Negative prompt:'; it was joined on." in one.notes


def test_a_prompt_cannot_leave_its_quotes_on_a_command_line() -> None:
    prompt = "x'; rm -rf / #\n$(id) `id`"
    words = shlex.split(made(recommend("flux-1-dev"), "mflux", prompt=prompt).content)
    assert words[words.index("--prompt") + 1] == prompt
    assert "--prompt=--steps 1" in shlex.split(
        made(recommend("flux-1-dev"), "mflux", prompt="--steps 1").content
    )


def test_a_negative_prompt_that_changes_nothing_is_said_to() -> None:
    one = made(recommend("flux-1-dev"), "comfyui", negative_prompt="fog")
    assert "negative prompt: without guidance it changes nothing." in one.notes


def test_replicate_is_asked_for_an_aspect_ratio() -> None:
    flux = with_settings(recommend("flux-1-dev"), width=1920, height=1080)
    one = made(flux, "replicate")
    assert json.loads(one.content)["input"]["aspect_ratio"] == "16:9"
    assert "size: 1920 x 1080 became 16:9, 1344 x 768; no other are taken." in one.notes


def test_schnell_is_never_asked_for_more_steps_than_replicate_takes() -> None:
    schnell = replace(recommend("flux-1-schnell"), steps=9)
    assert data(schnell, "replicate")["input"]["num_inference_steps"] == 4


def test_a_runware_task_has_an_id_of_its_own() -> None:
    one, two = (data(recommend("flux-1-dev"), "runware", prompt=prompt) for prompt in ("a", "b"))
    assert one[0]["taskUUID"] != two[0]["taskUUID"]


def test_the_same_question_gives_the_same_bytes() -> None:
    for tool in ("comfyui", "swarmui", "diffusers"):
        assert made(SDXL, tool, seed=3) == made(SDXL, tool, seed=3)


def test_every_diffusers_export_is_python_that_compiles() -> None:
    for id in list(catalogue().models)[::7]:
        for strength in (None, 0.5):
            try:
                one = export(recommend(id, strength=strength), "diffusers", prompt='"""\\', seed=1)
            except ExportError:
                continue
            compile(one.content, id, "exec")


def test_a_tool_is_found_in_any_case() -> None:
    assert export(recommend("sdxl"), "ComfyUI") == export(recommend("sdxl"), "comfyui")
