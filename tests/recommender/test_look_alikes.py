"""A name that is nearly another model's gets no answer of that model's, and says which is near."""

from __future__ import annotations

import pytest

from recommender import AmbiguousModelError, UnknownModelError, catalogue, recommend


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("wan 2.5", ""),
        ("playground v2", " Did you mean 'playground-v2-5'?"),
        ("playground-v2-1024px-aesthetic.safetensors", " Did you mean 'playground-v2-5'?"),
        ("bria 2.3", " Did you mean 'bria-3-2'?"),
        (
            "NoobAI-XL-v1.2.safetensors",
            " Did you mean 'noobai-xl-1-1', 'noobai-xl-1-0' or 'noobai-xl-vpred'?",
        ),
        ("qwen-image-3", " Did you mean 'qwen-image', 'qwen-image-edit' or 'qwen-image-2512'?"),
        (
            "skyreels v3",
            " Did you mean 'skyreels-v2-t2v', 'skyreels-v2-i2v' or 'skyreels-v1-t2v'?",
        ),
    ],
)
def test_another_version_is_another_model(name: str, said: str) -> None:
    with pytest.raises(UnknownModelError) as caught:
        recommend(name)
    assert str(caught.value) == f"No model called '{name}'.{said}"


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("animagine xl 4", "animagine-xl-4-0"),
        ("pony v6", "pony-diffusion-v6-xl"),
        ("sana 1.5 1.6b", "sana-1-5-1600m-1024"),
        ("flux hyper 8", "hyper-flux-8step-lora"),
        ("sdxl lightning 4", "sdxl-lightning-4step"),
        ("hunyuandit 1.2", "hunyuan-dit-v1-2"),
        ("flux schnell gguf q4", "flux-1-schnell"),
    ],
)
def test_numbers_may_stand_beside_either_of_their_words(name: str, id: str) -> None:
    assert recommend(name).model == id


def test_a_family_and_version_names_no_model_of_another_version() -> None:
    with pytest.raises(AmbiguousModelError) as caught:
        recommend("wan 2.2")
    assert {catalogue().models[id]["family"] for id in caught.value.candidates} <= {
        "wan-2-2",
        "wan-2-1",  # self-forcing-wan-2-2 and its like, filed with what they were made from
    }
    assert all("2-2" in id for id in caught.value.candidates)


def test_every_written_name_finds_its_model_or_says_between_which_to_choose() -> None:
    known = catalogue()
    for id, model in known.models.items():
        for name in (id, model["name"], *model.get("aliases", [])):
            try:
                assert known.find(name) == id
            except AmbiguousModelError as error:
                assert id in error.candidates


@pytest.mark.parametrize(
    ("file", "id"),
    [
        ("hunyuan_video_t2v_720p_bf16", "hunyuan-video"),  # not HunyuanVideo 1.5
        ("wan2.1_i2v_480p_14B_fp8_e4m3fn", "wan-2-1-i2v-14b-480p"),
        ("wan2.2_t2v_high_noise_14B_fp8_scaled", "wan-2-2-t2v-a14b"),
        ("wan2.2_i2v_lightx2v_4steps_lora_v1_low_noise", "wan-2-2-lightning-i2v-a14b"),
        ("lightx2v_T2V_14B_cfg_step_distill_v2_lora_rank64_bf16", "wan-2-1-lightx2v-t2v-14b"),
        ("Qwen-Image-Lightning-8steps-V1.0", "qwen-image-lightning-8step"),  # not Edit's
        ("animatediff_lightning_4step_diffusers", "animatediff-lightning-4-step"),
        ("ltxv-13b-0.9.7-distilled", "ltx-video-13b-0-9-7-distilled"),
        ("ltx-video-2b-v0.9.5", "ltx-video-2b-0-9-5"),
        ("sd_xl_base_1.0_0.9vae", "sdxl-base-1-0"),
        ("svd_xt", "stable-video-diffusion-img2vid-xt"),
    ],
)
def test_the_files_people_have_are_known_by_their_names(file: str, id: str) -> None:
    assert recommend(f"{file}.safetensors").model == id
