"""Folders, indexes, names and metadata narrow what the tensors say, and never contradict it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recommender import identify
from tests.recommender.headers import build
from tests.recommender.headers.files import config, network, written

pytestmark = pytest.mark.usefixtures("of_this_checkout")


def pipeline(folder: Path, name: str, cls: str, part: str = "transformer", **index: Any) -> Path:
    """Writes a diffusers folder with one network in it."""
    config(folder / "model_index.json", _class_name=cls, **index)
    config(folder / part / "config.json", _class_name="Network")
    written(folder / part / "diffusion_pytorch_model.safetensors", network(name, "diffusers"))
    return folder


def test_z_image_is_turbo_or_base_until_something_tells(tmp_path: Path) -> None:
    path = written(tmp_path / "z_image_bf16.safetensors", network("z-image"))
    found = identify(path)
    assert (found.family, found.candidates) == ("z-image", ("z-image-turbo", "z-image"))
    assert found.variants == ("Turbo", "base") and not found.abstained
    turbo = identify(written(tmp_path / "z_image_turbo_bf16.safetensors", network("z-image")))
    assert (turbo.candidates, turbo.name_says) == (("z-image-turbo",), "Turbo")
    assert turbo.evidence[-1] == "The file's name speaks of 'turbo'; nothing else does."


@pytest.mark.parametrize(("shift", "model"), [(3.0, "z-image-turbo"), (6.0, "z-image")])
def test_the_scheduler_of_the_folder_tells_turbo_from_base(
    shift: float, model: str, tmp_path: Path
) -> None:
    folder = pipeline(tmp_path / "some-folder", "z-image", "ZImagePipeline")
    config(folder / "scheduler/scheduler_config.json", shift=shift)
    found = identify(folder)
    assert (found.format, found.candidates) == ("diffusers", (model,))
    assert f"Its configs tell the variant: scheduler.shift is {shift}." in found.evidence


def test_is_distilled_tells_krea_2_turbo_from_raw(tmp_path: Path) -> None:
    for distilled, model in ((True, "krea-2-turbo"), (False, "krea-2-raw")):
        folder = tmp_path / str(distilled)
        pipeline(folder, "krea-2", "Krea2Pipeline", is_distilled=distilled)
        assert identify(folder).candidates == (model,)


def test_a_lightning_merge_is_its_family_and_what_its_name_says(tmp_path: Path) -> None:
    path = tmp_path / "mix_lightning_4step_unet.safetensors"
    found = identify(written(path, network("sdxl")))
    assert found.headline() == "SDXL family; the name says Lightning 4-step"
    assert found.candidates == ("sdxl-lightning-4step",)
    for name, says in (
        ("sdxl_turbo_1.0_fp16", "Turbo"),
        ("sdxl_lcm-8steps", "LCM 8-step"),
        ("Hyper-SDXL-1step-Unet", "Hyper 1-step"),
        ("dmd2_sdxl_4step_unet_fp16", "DMD2 4-step"),
        ("dreamXL", None),
        ("turbocharged", None),
    ):
        found = identify(written(tmp_path / f"{name}.safetensors", network("sdxl")))
        assert found.name_says == says


@pytest.mark.parametrize(
    ("name", "network_name", "models"),
    [
        ("dreamshaper_8", "sd-1", ["stable-diffusion-v1-5", "stable-diffusion-v1-4",
                                   "lcm-dreamshaper-v7", "perflow-sd15-dreamshaper",
                                   "realistic-vision-v2-0", "realistic-vision-v6-0-b1"]),
        ("LCM_Dreamshaper_v7", "sd-1", ["lcm-dreamshaper-v7"]),
        ("flux1-dev-bnb-nf4", "flux-1-dev", ["flux-1-dev"]),
        ("flux1-krea-dev_fp8_scaled", "flux-1-dev", ["flux-1-krea-dev"]),
        ("sd_xl_base_1.0", "sdxl", ["sdxl-base-1-0"]),
        ("juggernautXL_v9", "sdxl", ["juggernaut-xl-v9"]),
        ("Juggernaut_XL_Lightning", "sdxl", ["juggernaut-xl-lightning"]),
        ("sd3.5_large_turbo", "sd-3-5-large", ["stable-diffusion-3-5-large-turbo"]),
        ("z-image", "z-image", ["z-image-turbo", "z-image"]),
        ("hidream_i1_dev_fp8", "hidream-i1", ["hidream-i1-dev"]),
    ],
)  # fmt: skip
def test_a_name_narrows_only_as_far_as_its_words_tell(
    name: str, network_name: str, models: list[str], tmp_path: Path
) -> None:
    """A fine-tune with a famous name is not its distilled namesake, unless it says so."""
    found = identify(written(tmp_path / f"{name}.safetensors", network(network_name)))
    assert list(found.candidates) == models


def test_a_name_with_an_acceleration_nobody_here_has_tells_no_model(tmp_path: Path) -> None:
    found = identify(written(tmp_path / "juggernautXL_tcd_4step.safetensors", network("sdxl")))
    assert len(found.candidates) > 20
    assert found.headline() == "SDXL family; the name says TCD 4-step"


def test_a_name_alone_makes_no_answer(tmp_path: Path) -> None:
    path = written(tmp_path / "flux1-dev.safetensors", {"a.weight": (2, 2)})
    found = identify(path)
    assert (found.family, found.candidates, found.name_says) == (None, (), None)


def test_a_name_of_another_family_is_not_believed(tmp_path: Path) -> None:
    found = identify(written(tmp_path / "flux1-schnell.safetensors", network("sd-1")))
    assert found.family == "sd-1"
    assert "flux-1-schnell" not in found.candidates


SPOOFED = [
    ("flux-1-dev", {"modelspec.architecture": "stable-diffusion-xl-v1-base"}, "SDXL", "FLUX.1"),
    ("sdxl", {"modelspec.architecture": "flux-1-dev"}, "FLUX.1", "SDXL"),
    ("sd-1", {"ss_base_model_version": "sdxl_base_v1-0"}, "SDXL", "SD 1.x"),
    ("sd-3-medium", {"modelspec.architecture": "chroma"}, "Chroma", "SD 3"),
    ("chroma", {"modelspec.architecture": "qwen-image"}, "Qwen-Image", "Chroma"),
    ("z-image", {"modelspec.architecture": "qwen-image"}, "Qwen-Image", "Z-Image"),
    ("flux-2-dev", {"modelspec.architecture": "flux-1-dev"}, "FLUX.1", "FLUX.2"),
    ("flux-1-control", {"modelspec.architecture": "flux-2-dev"}, "FLUX.2", "FLUX.1"),
    ("lumina-2", {"modelspec.architecture": "sd3"}, "SD 3", "Lumina-Image 2.0"),
    ("wan-2-1-t2v-14b", {"modelspec.architecture": "hunyuan-video"}, "HunyuanVideo", "Wan"),
]


@pytest.mark.parametrize(("name", "metadata", "says", "is_"), SPOOFED)
def test_metadata_that_contradicts_the_tensors_is_reported_not_believed(
    name: str, metadata: dict[str, str], says: str, is_: str, tmp_path: Path
) -> None:
    ((key, value),) = metadata.items()
    found = identify(written(tmp_path / "m.safetensors", network(name), metadata))
    assert found.name == is_
    assert found.contradictions == (
        f"the metadata says {key} = {value}, which is {says}; the tensors say {is_}.",
    )


def test_metadata_that_agrees_is_evidence(tmp_path: Path) -> None:
    metadata = {"modelspec.architecture": "flux-1-dev"}
    found = identify(written(tmp_path / "m.safetensors", network("flux-1-dev"), metadata))
    assert found.contradictions == ()
    assert "The metadata says modelspec.architecture = flux-1-dev." in found.evidence


def test_metadata_without_tensors_that_bear_it_out_is_no_answer(tmp_path: Path) -> None:
    metadata = {"modelspec.architecture": "flux-1-dev"}
    found = identify(written(tmp_path / "m.safetensors", {"a.weight": (2, 2)}, metadata))
    assert found.abstained and found.family is None
    assert found.evidence == (
        "The metadata says modelspec.architecture = flux-1-dev, and no tensor bears it out.",
    )


def test_a_folder_whose_class_lies_is_reported(tmp_path: Path) -> None:
    folder = pipeline(tmp_path, "sdxl", "FluxPipeline", part="unet")
    found = identify(folder)
    assert found.family == "sdxl"
    assert found.contradictions == (
        "model_index.json says FluxPipeline, which is FLUX.1; the tensors say SDXL.",
    )


def test_a_folder_without_weights_is_told_by_its_class(tmp_path: Path) -> None:
    config(tmp_path / "model_index.json", _class_name="StableDiffusionXLPipeline")
    found = identify(tmp_path)
    assert (found.component, found.family) == ("pipeline", "sdxl")
    assert "model_index.json says StableDiffusionXLPipeline; no weights were compared." in (
        found.evidence
    )
    config(tmp_path / "model_index.json", _class_name=["diffusers", "StableDiffusionXLPipeline"])
    assert identify(tmp_path).abstained


def sharded(folder: Path, shapes: build.Shapes, count: int, present: int) -> Path:
    """Writes a network as several files with an index; only some of the files are there."""
    folder.mkdir(exist_ok=True)
    names = sorted(shapes)
    size = -(-len(names) // count)
    listed = {}
    for n in range(count):
        file = f"diffusion_pytorch_model-{n + 1:05}-of-{count:05}.safetensors"
        part = {name: shapes[name] for name in names[n * size : (n + 1) * size]}
        listed |= dict.fromkeys(part, file)
        if n < present:
            written(folder / file, part)
    index = folder / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": listed}))
    return index


def test_an_index_stands_for_all_its_files(tmp_path: Path) -> None:
    shapes = network("flux-2-klein-9b", "diffusers")
    index = sharded(tmp_path / "whole", shapes, 4, 4)
    found = identify(index)
    assert (found.family, found.variants, found.tensors) == ("flux-2", ("klein 9B",), len(shapes))
    shard = identify(index.with_name("diffusion_pytorch_model-00002-of-00004.safetensors"))
    assert (shard.family, shard.candidates) == (found.family, found.candidates)
    assert "It is one file of several, so all that its index lists were read." in shard.evidence


def test_an_index_without_its_files_is_compared_by_names(tmp_path: Path) -> None:
    index = sharded(tmp_path / "names", network("flux-2-klein-9b", "diffusers"), 4, 0)
    found = identify(index)
    assert (found.family, len(found.variants)) == ("flux-2", 3)
    assert (
        "4 of the 4 files it lists are not here, so of theirs only the names were compared."
        in found.evidence
    )


def test_a_lone_shard_is_not_taken_for_a_model(tmp_path: Path) -> None:
    index = sharded(tmp_path / "one", network("flux-1-dev", "diffusers"), 3, 3)
    index.unlink()
    for shard in sorted(index.parent.iterdir()):
        found = identify(shard)
        assert found.family in (None, "flux-1")
        assert not found.candidates or "flux-1-dev" in found.candidates


def test_a_link_into_a_cache_is_followed(tmp_path: Path) -> None:
    blob = written(tmp_path / "blobs/0123abcd", network("flux-1-schnell"))
    link = tmp_path / "flux1-schnell.safetensors"
    link.symlink_to(blob)
    assert identify(link).candidates[0] == "flux-1-schnell"
