"""A setting is found under any name that any tool gives it."""

from __future__ import annotations

import json

import pytest

from recommender import catalogue, find_setting
from recommender._names import loose
from recommender._settings import command, nearest_names


def names() -> list[tuple[str, str | None, str]]:
    """Lists every name with its setting and the tool that uses it, None for none."""
    settings = catalogue().settings.items()
    own = [
        (setting_id, None, name)
        for setting_id, setting in settings
        for name in (setting_id, setting["title"], *setting["aliases"])
    ]
    return own + [
        (setting_id, tool["tool"], name)
        for setting_id, setting in settings
        for tool in setting.get("tools", [])
        for name in (tool["name"], *tool.get("also", []))
    ]


def test_every_name_of_every_tool_finds_its_setting() -> None:
    """Each of them, with the tool that uses it."""
    lost = [
        (setting_id, tool, name)
        for setting_id, tool, name in names()
        if loose(name)
        and (setting_id, tool) not in {(match.setting, match.tool) for match in find_setting(name)}
    ]
    assert lost == []
    assert len(names()) > 1000


def test_a_name_has_one_owner_within_a_tool() -> None:
    """Save for controls that two settings share and that say so."""
    owners: dict[tuple[str, str], set[str]] = {}
    for setting_id, setting in catalogue().settings.items():
        for tool in setting.get("tools", []):
            if "same_as" not in tool:
                for name in (tool["name"], *tool.get("also", [])):
                    owners.setdefault((tool["tool"], loose(name)), set()).add(setting_id)
    assert {key: found for key, found in owners.items() if len(found) > 1 and key[1]} == {}


def test_sample_steps_means_inference_steps() -> None:
    """With the tool that calls it so, and the page to read on."""
    found = find_setting("sample_steps")
    assert [(match.setting, match.tool) for match in found] == [
        ("num_inference_steps", None),
        ("num_inference_steps", "stable-diffusion.cpp"),
    ]
    assert found[0].title == "Inference Steps"
    assert found[0].page == "settings/inference-steps/"


# Names of many kinds, for each way in which people meet them: forms, nodes, APIs, files.
MEANT = {
    "frames": "num_frames",
    "duration": "num_frames",
    "SVD_img2vid_Conditioning.video_frames": "num_frames",
    "fps_id": "fps",
    "format": "output_format",
    "crf": "output_format",
    "video_quality": "output_format",
    "Quality for saved jpeg and avif images": "output_format",
    "phi": "guidance_rescale",
    "attention": "prompt_weighting",
    "(word:1.2)": "prompt_weighting",
    "sd_embed": "prompt_weighting",
    "switch_threshold": "boundary_ratio",
    "Video Swap Model": "boundary_ratio",
    "--high-noise-sampling-method": "boundary_ratio",
    "high_noise_fraction": "denoising_start",
    "prompt_extend": "prompt_upsampling",
    "Fooocus V2 style": "prompt_upsampling",
    "cfg_end": "guidance_interval",
    "CFG Scale Start Step": "guidance_interval",
    "inpaint_full_res": "padding_mask_crop",
    "latent noise": "masked_content",
    "Inpaint Engine": "masked_content",
    "multi lora": "lora_stacking",
    "LoraLoaderModelOnly": "lora_scale",
    "<lora:name:1>": "lora_scale",
    "Lora hashes": "lora_scale",
    "decodeWithAttention": "vae",
    "TAESD": "vae",
    "--vae-tile-overlap": "vae_tiling",
    "VAE Temporal Tile Overlap": "decode_chunk_size",
    "SDTurboScheduler.steps": "num_inference_steps",
    "endstepsearly": "num_inference_steps",
    "beta": "schedule_type",
    "LaplaceScheduler": "schedule_type",
    "FluxDisableGuidance": "distilled_guidance_scale",
    "Hires CFG Scale": "guidance_scale",
    "scale": "guidance_scale",
    "Random": "seed",
    "control_after_generate": "seed",
    "Resize seed from width": "variation_strength",
    "zeroNegativePrompt": "negative_prompt",
    "Normalized Attention Guidance Tau": "nag_scale",
    "T5TokenizerOptions": "max_sequence_length",
    "style_codes": "style_preset",
    "EmptySD3LatentImage": "width",
    "BasicScheduler.denoise": "strength",
    "maskBlurOutset": "mask_blur",
    "IP2P CFG": "image_guidance_scale",
    "redux strength": "ip_adapter_scale",
    "targetImageHeight": "original_size",
    "SDXL low aesthetic score": "aesthetic_score",
    "SamplerDPMPP_2S_Ancestral.eta": "eta",
    "resolutionDependentShift": "shift",
    "ModelSamplingAuraFlow": "shift",
    "Interpolate Phi": "dynamic_thresholding",
    "CFGNorm": "cfg_zero_star",
    "Blur mask threshold": "sag_scale",
    "SkipLayerGuidanceDiT": "skip_layer_guidance_scale",
    "[FreeU] Skip Two": "freeu",
    "hires_resize": "hires_scale",
    "Spandrel upscale model": "hires_upscaler",
    "--no-half-vae": "precision",
    "Q4_K_M": "quantization",
    "ToMe ratio": "token_merging_ratio",
    "Hypertile U-Net max depth": "hypertile",
    "EasyCache Threshold": "cache_threshold",
    "teaCacheMaxSkipSteps": "cache_threshold",
    "DeepCacheSDHelper.set_params": "deepcache_interval",
    "VideoLinearCFGGuidance": "min_guidance_scale",
    "control_image_strength": "controlnet_conditioning_scale",
    "pipe.set_adapters": "lora_stacking",
}


@pytest.mark.parametrize(("name", "setting_id"), MEANT.items())
def test_names_people_meet_lead_to_their_setting(name: str, setting_id: str) -> None:
    """Whether a form, a node, a function, a command line or a picture's metadata says it."""
    assert setting_id in {match.setting for match in find_setting(name)}


def test_a_node_lists_the_settings_it_holds() -> None:
    """By its name alone, while what only looks like an owner is none."""
    assert {"num_inference_steps", "seed", "strength"} <= {
        match.setting for match in find_setting("KSampler")
    }
    assert "vae_tiling" not in {match.setting for match in find_setting("vae")}


def test_a_name_with_two_owners_in_a_tool_says_which_applies_when() -> None:
    """Every such name of every tool: its own words, and those behind a node's dot."""
    owners: dict[tuple[str, str], set[str]] = {}
    for setting_id, tool, name in names():
        for key in {loose(name), loose(name.rpartition(".")[2])} - {""} if tool else ():
            owners.setdefault((str(tool), key), set()).add(setting_id)
    shared = {key: found for key, found in owners.items() if len(found) > 1}
    assert len(shared) > 30
    untold = [
        (tool, name, match.setting)
        for (tool, name), found in shared.items()
        for match in find_setting(name)
        if match.tool == tool and match.setting in found and not match.when
    ]
    assert untold == []
    found = {(m.setting, m.tool): m.when for m in find_setting("Denoising strength")}
    assert found["strength", "A1111"] == "in image-to-image and inpainting"
    assert found["hires_denoising_strength", "A1111"] == "in text-to-image, with Hires. fix on"
    assert found["strength", "SD.Next"] is None


def test_a_word_that_tools_use_differently_shows_all_its_owners() -> None:
    """A scheduler is a sampler in one tool and a list of noise levels in another."""
    found = {(match.setting, match.tool) for match in find_setting("Scheduler")}
    assert {("scheduler", "InvokeAI"), ("schedule_type", "ComfyUI")} <= found


@pytest.mark.parametrize("spelling", ["CFG Scale", "cfg_scale", "cfgScale", "CFG-SCALE"])
def test_spelling_does_not_matter(spelling: str) -> None:
    """Case, blanks and lines are nothing to go by."""
    assert "guidance_scale" in {match.setting for match in find_setting(spelling)}


@pytest.mark.parametrize("name", ["", "…", "--", "no such setting", "x" * 100_000])
def test_an_unknown_name_finds_nothing(name: str) -> None:
    """No error, whatever was typed."""
    assert find_setting(name) == ()


def test_explain_prints_what_a_name_means(capsys: pytest.CaptureFixture[str]) -> None:
    """Summary, range, other names, tools and page."""
    assert command("clip skip", as_json=False) == 0
    told = capsys.readouterr().out
    for line in (
        "CLIP Skip (clip_skip)",
        "range    0 to 24",
        "page     settings/clip-skip/",
    ):
        assert line in told.splitlines()
    assert "ComfyUI               CLIPSetLastLayer.stop_at_clip_layer  -24 to -1" in told
    assert max(len(line) for line in told.splitlines() if "  " not in line) <= 78


def test_explain_shows_every_owner_of_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    """Shortly, as there are several."""
    assert command("scheduler", as_json=False) == 0
    told = capsys.readouterr().out
    assert told.startswith("'scheduler' means 2 settings:\n\nScheduler (scheduler)\n")
    assert "\nSchedule Type (schedule_type)\n" in told
    assert "aliases" not in told


def test_explain_says_which_owner_applies_when(capsys: pytest.CaptureFixture[str]) -> None:
    """In words behind the tool's name, and for programs by tool."""
    assert command("denoise", as_json=False) == 0
    told = capsys.readouterr().out.splitlines()
    assert "called so by ComfyUI on an encoded picture" in told
    assert "called so by ComfyUI on an upscaled latent, in the second pass" in told
    command("denoise", as_json=True)
    owners = json.loads(capsys.readouterr().out)["owners"]
    assert [owner["when"] for owner in owners] == [
        {"ComfyUI": "on an encoded picture"},
        {"ComfyUI": "on an upscaled latent, in the second pass"},
    ]


def test_explain_as_json_is_data(capsys: pytest.CaptureFixture[str]) -> None:
    """The same, for programs."""
    assert command("sample_steps", as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    owner = told["owners"][0]
    assert (told["name"], owner["setting"]) == ("sample_steps", "num_inference_steps")
    assert owner["called_so_by"] == ["stable-diffusion.cpp"]
    assert {"tool": "ComfyUI", "name": "KSampler.steps"}.items() <= next(
        tool.items() for tool in owner["tools"] if tool["tool"] == "ComfyUI"
    )


def test_explain_suggests_what_may_have_been_meant(capsys: pytest.CaptureFixture[str]) -> None:
    """One line, and the exit code of an unknown model."""
    assert command("stepps", as_json=False) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "No setting called 'stepps'. Did you mean 'steps'?\n"
    assert command("\x1b[31mqqqqqqqqqq", as_json=False) == 2
    assert capsys.readouterr().err == "No setting called '\\x1b[31mqqqqqqqqqq'.\n"
    assert command("", as_json=True) == 2
    assert capsys.readouterr().err == "No setting called ''.\n"


def test_large_numbers_are_written_out(capsys: pytest.CaptureFixture[str]) -> None:
    """A seed's limit is no power of ten."""
    command("seed", as_json=False)
    assert "0 to 4294967295" in capsys.readouterr().out


def test_suggestions_are_names_people_know() -> None:
    """At most three, the nearest first."""
    assert nearest_names("guidence scale")[0] in ("Guidance Scale", "guidance_scale")
    assert len(nearest_names("scale")) <= 3
