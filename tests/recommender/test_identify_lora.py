"""A LoRA belongs to the family whose layers it changes, or to the set that shares them."""

from __future__ import annotations

import random

import pytest

from recommender._catalog import Catalogue
from recommender._identify._header import Header, Tensor
from recommender._identify._identify import judge
from tests.recommender.headers import build, truth
from tests.recommender.headers.files import judged

LORAS = [
    ("diffusers", "sd-1", "kohya", "sd-1"),
    ("diffusers", "sd-1", "unet.", "sd-1"),
    ("native", "sd-1", "kohya", "sd-1"),
    ("diffusers", "sd-2", "kohya", "sd-2"),
    ("native", "flux-1-dev", "kohya", "flux-1"),
    ("native", "flux-1-dev", "diffusion_model.", "flux-1"),
    ("native", "flux-1-dev", "lokr", "flux-1"),
    ("diffusers", "flux-1-dev", "transformer.", "flux-1"),
    ("diffusers", "flux-1-dev", "", "flux-1"),
    ("diffusers", "flux-2-dev", "transformer.", "flux-2"),
    ("native", "flux-2-klein-9b", "diffusion_model.", "flux-2"),
    ("native", "flux-2-klein-4b", "kohya", "flux-2"),
    ("diffusers", "flux-2-klein-4b", "transformer.", "flux-2"),
    ("diffusers", "sd-3-medium", "transformer.", "sd-3"),
    ("diffusers", "sd-3-5-large", "base_model.model.", "sd-3"),
    ("diffusers", "qwen-image", "transformer.", "qwen-image"),
    ("diffusers", "qwen-image", "kohya", "qwen-image"),
    ("diffusers", "z-image", "diffusion_model.", "z-image"),
    ("native", "z-image", "kohya", "z-image"),
    ("native", "wan-2-1-t2v-14b", "diffusion_model.", "wan"),
    ("diffusers", "wan-2-1-t2v-1-3b", "transformer.", "wan"),
]


@pytest.mark.parametrize(("file", "name", "dialect", "family"), LORAS)
def test_a_lora_is_told_by_the_layers_it_changes(
    known: Catalogue, file: str, name: str, dialect: str, family: str
) -> None:
    tensors = build.lora(build.load(file)[name], dialect)
    found = judged(known, tensors, "my_style.safetensors")
    assert (found.component, found.families) == ("lora", (family,))
    some = dict(random.Random(1).sample(sorted(tensors.items()), len(tensors) // 4))
    found = judged(known, some, "my_style.safetensors")
    assert found.component == "lora" and family in found.families


KOHYA = {"ss_base_model_version": "sdxl_base_v1-0"}
SPEC = {"modelspec.architecture": "stable-diffusion-xl-v1-base/lora"}


@pytest.mark.parametrize(
    ("name", "metadata", "families"),
    [
        ("my_style.safetensors", {}, ("sdxl", "kolors")),
        ("my_style.safetensors", KOHYA, ("sdxl",)),
        ("my_style.safetensors", SPEC, ("sdxl",)),
        ("my_sdxl_style.safetensors", {}, ("sdxl",)),
        ("Kolors-style.safetensors", {}, ("kolors",)),
        ("kolors_style.safetensors", KOHYA, ("sdxl",)),
        ("xl_style.safetensors", {}, ("sdxl", "kolors")),
    ],
)
@pytest.mark.parametrize(
    ("file", "dialect"), [("diffusers", "kohya"), ("diffusers", "unet."), ("native", "kohya")]
)
def test_a_lora_for_the_u_net_of_sdxl_may_be_for_kolors_until_something_else_tells(
    known: Catalogue,
    file: str,
    dialect: str,
    name: str,
    metadata: dict[str, str],
    families: tuple[str, ...],
) -> None:
    """Both networks have the same layers; the tensors cannot tell."""
    tensors = build.lora(build.load(file)["sdxl"], dialect)
    header = Header("safetensors", {key: Tensor(*one) for key, one in tensors.items()}, metadata)
    found = judge(known, name, header)
    assert (found.component, found.families) == ("lora", families)
    assert found.abstained == (len(families) > 1)


def test_a_lora_of_sdxl_that_changes_text_encoders_is_not_for_kolors(known: Catalogue) -> None:
    """Kolors has none of SDXL's text encoders."""
    tensors = build.lora(build.load("diffusers")["sdxl"], "kohya")
    tensors["lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_down.weight"] = "BF16", (8, 768)
    found = judged(known, tensors, "my_style.safetensors")
    assert (found.families, found.abstained) == (("sdxl",), False)
    assert "It changes text encoders too, which tells its family." in found.evidence


def test_a_lora_for_layers_that_several_families_share_is_a_set(known: Catalogue) -> None:
    tensors: build.Tensors = {}
    for layer in ("to_q", "to_k"):
        base = f"transformer.transformer_blocks.0.attn.{layer}"
        tensors[f"{base}.lora_A.weight"] = "BF16", (8, 3072)
        tensors[f"{base}.lora_B.weight"] = "BF16", (3072, 8)
    found = judged(known, tensors, "x.safetensors")
    assert (found.family, found.abstained) == (None, True)
    assert {"flux-1", "flux-2", "qwen-image", "longcat", "ovis"} <= set(found.families)
    assert found.headline().startswith("LoRA for Bria or Chroma or FLUX.1 or ")


def test_a_lora_for_a_stranger_gets_no_family(known: Catalogue) -> None:
    """Save for Wan's relative and the twin of SD's U-Net, whose layers are the same ones."""
    for name in sorted(truth.STRANGERS & set(build.load("diffusers"))):
        tensors = build.lora(build.load("diffusers")[name], "transformer.")
        if name not in ("audioldm2", "wan-animate") and tensors:
            found = judged(known, tensors, "x.safetensors")
            assert found.abstained and not found.candidates, name
