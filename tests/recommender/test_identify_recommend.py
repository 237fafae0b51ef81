"""recommend() takes a file for the model in it, and says so where it cannot know which."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import pytest

import recommender
from recommender import AmbiguousModelError, UnreadableError, catalogue, identify, recommend
from recommender.__main__ import main
from tests.recommender.headers import build
from tests.recommender.headers.files import network, written

pytestmark = pytest.mark.usefixtures("of_this_checkout")


def test_recommend_takes_a_file_that_can_be_only_one_model(tmp_path: Path) -> None:
    path = written(tmp_path / "anything.safetensors", network("flux-1-fill"))
    found = recommend(path)
    assert (found.model, found.steps) == ("flux-1-fill-dev", recommend("flux-1-fill-dev").steps)
    assert found.why[1] == f"{path} is FLUX.1 family, Fill; told by its tensors."
    named = written(tmp_path / "z_image_turbo.safetensors", network("z-image"))
    assert recommend(str(named)).steps == 8
    assert recommend(named).why[1].endswith("told by its name, as its tensors fit others too.")


def test_recommend_on_an_undecided_file_carries_the_candidates(tmp_path: Path) -> None:
    path = written(tmp_path / "my_merge.safetensors", network("z-image"))
    with pytest.raises(AmbiguousModelError) as caught:
        recommend(path)
    error = caught.value
    assert error.candidates == ("z-image-turbo", "z-image")
    steps = {id: recommend(id).steps for id in error.candidates}
    assert str(error) == (
        f"{path}: Z-Image family. Nothing in it tells which of 2 models it is: "
        f"{steps['z-image-turbo']} if Z-Image-Turbo, {steps['z-image']} if Z-Image. "
        "Say which with --as MODEL."
    )
    again = pickle.loads(pickle.dumps(error))
    assert (again.candidates, str(again)) == (error.candidates, str(error))
    assert recommend(path, known_as="z-image-turbo").model == "z-image-turbo"


def test_the_command_line_prints_what_each_would_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(written(tmp_path / "my_merge.safetensors", network("z-image")))
    assert main([path]) == 2
    assert "8 if Z-Image-Turbo, 50 if Z-Image" in capsys.readouterr().err
    assert main([path, "--as", "z-image-turbo"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("8 steps") and "you say that it is Z-Image-Turbo." in out
    assert main([path, "--as", "flux-schnell"]) == 2
    assert capsys.readouterr().err == (
        f"{path}: expected a model of the Z-Image family, got 'flux-schnell', which its tensors "
        "contradict.\n"
    )


@pytest.mark.parametrize(
    ("name", "file", "message"),
    [
        ("vae-ldm-16ch", "native", "expected a diffusion model, got VAE of FLUX.1 or SD 3 "
         "(16 channels), which has no settings."),
        ("te-clip-l", "transformers", "expected a diffusion model, got CLIP-L, which has no "
         "settings."),
        ("flux-tiny", "diffusers", "no model known here has these tensors. Say which it is "
         "with --as MODEL."),
        ("chroma-radiance", "native", "Chroma family, of a kind for which no settings are known "
         "here. Say which model it is with --as MODEL."),
    ],
)  # fmt: skip
def test_what_has_no_settings_says_so(name: str, file: str, message: str, tmp_path: Path) -> None:
    path = written(tmp_path / "x.safetensors", network(name, file))
    with pytest.raises(UnreadableError) as caught:
        recommend(path)
    assert str(caught.value) == f"{path}: {message}"


def test_an_acceleration_lora_is_recommended_by_its_name(tmp_path: Path) -> None:
    tensors = build.lora(network("sdxl", "diffusers"), "kohya")
    front, size = build.safetensors(tensors)
    for name, model in (
        ("lcm-lora-sdxl", "lcm-lora-sdxl"),
        ("dmd2_sdxl_4step_lora", "dmd2-sdxl-4step-lora"),
    ):
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(front)
        os.truncate(path, size)
        assert identify(path).component == "lora"
        assert recommend(path).model == model
    path = tmp_path / "paper_cut_style.safetensors"
    path.write_bytes(front)
    os.truncate(path, size)
    assert identify(path).candidates == ()
    with pytest.raises(UnreadableError) as caught:
        recommend(path)
    assert str(caught.value) == (
        f"{path}: a LoRA for SDXL or Kolors, and nothing tells that it changes the settings. "
        "Ask for its base model."
    )


def test_a_name_beats_an_empty_folder_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flux-schnell").mkdir()
    assert recommend("flux-schnell").model == "flux-1-schnell"


def test_identify_prints_one_answer_a_file_and_the_right_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flux = str(written(tmp_path / "flux1-fill.safetensors", network("flux-1-fill")))
    odd = str(written(tmp_path / "odd.safetensors", {"a.weight": (2, 2)}))
    assert main(["identify", flux]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{flux}: FLUX.1 family, Fill",
        "  the transformer · safetensors · bf16 · 780 tensors",
        "  is: flux-1-fill-dev",
        "  Its tensors are those of FLUX.1, native names.",
        "  img_in.weight is 3072 × 384.",
    ]
    assert main(["identify", flux, odd]) == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"{odd}: unknown",
        "  an unknown component · safetensors · bf16 · 1 tensors",
    ]
    assert main(["identify", str(tmp_path / "gone"), flux]) == 2
    captured = capsys.readouterr()
    assert captured.err == f"{tmp_path / 'gone'}: cannot be opened: No such file or directory.\n"
    assert captured.out.startswith(flux)
    assert main(["identify"]) == 2
    assert capsys.readouterr().err == (
        "identify: expected a model file or a folder, got nothing.\n"
    )


def test_json_has_the_documented_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(written(tmp_path / "m.safetensors", network("flux-2-klein-4b")))
    assert main(["identify", "--json", path]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["candidates"] == ["flux-2-klein-4b", "flux-2-klein-base-4b"]
    assert set(found) == {
        "path", "format", "component", "family", "name", "families", "variants", "candidates",
        "quantisation", "dtype", "layout", "holds", "tensors", "bytes_read", "evidence",
        "name_says", "contradictions", "abstained",
    }  # fmt: skip


def test_hidden_characters_of_a_file_are_never_echoed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a\x1b[2J\u202e.safetensors"
    metadata = {"modelspec.architecture": "flux-1-dev\x1b[31m"}
    written(path, network("sdxl"), metadata)
    assert main(["identify", str(path)]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\u202e" not in out


def test_the_public_names_are_there() -> None:
    assert {"identify", "Identification"} <= set(recommender.__all__)
    assert catalogue().signatures
