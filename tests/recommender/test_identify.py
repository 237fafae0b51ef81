"""A model file is told by its header alone, in every form people store it, or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from itertools import cycle
from pathlib import Path

import pytest

from recommender import Identification, identify
from recommender._catalog import Catalogue
from recommender._identify._header import Header, Tensor
from recommender._identify._identify import judge
from tests.pace import slowness
from tests.prove import PROVE
from tests.recommender.headers import build, truth

CHECKOUT = Path(__file__).parents[2]
FILES = ("native", "diffusers", "transformers", "adapters")
FORMS = ("bf16", "fp8", "nf4", "gguf")
PREFIXES = ("", "model.diffusion_model.", "diffusion_model.", "net.", "transformer.", "unet.",
            "model.")  # fmt: skip
# GGUF stores at most four dimensions, and these are made of five.
NOT_IN_GGUF = {"vae-wan-2-1", "vae-wan-2-2", "vae-qwen-image", "vae-svd", "vae-hunyuan-video",
               "vae-ltx", "vae-cogvideox"}  # fmt: skip
NETWORKS = [(file, name) for file in FILES for name in build.load(file)]


def expected(file: str, name: str) -> tuple[str, set[str], set[str]] | None:
    """Returns what a header is: component, families, models it may be; None for a stranger."""
    own = {"native": truth.NATIVE, "diffusers": truth.DIFFUSERS}.get(file, {})
    found = own.get(name) or truth.TRUTH.get(name)
    if found is None:
        assert name in truth.STRANGERS, f"nobody wrote down what {name} is"
        return None
    component, families, models = found
    return component, {families} if isinstance(families, str) else set(families), models


def judged(known: Catalogue, tensors: build.Tensors, form: str, name: str) -> Identification:
    """Identifies tensors as if they had been read from a file of this name."""
    kind = "gguf" if form == "gguf" else "safetensors"
    return judge(known, name, Header(kind, {key: Tensor(*one) for key, one in tensors.items()}))


def mistakes(known: Catalogue, file: str, name: str, form: str, prefix: str) -> list[str]:
    """Returns what is wrong about the answer for one network, stored in one way."""
    shapes = build.load(file)[name]
    tensors = build.stored(build.prefixed(shapes, prefix), form)
    found = judged(known, tensors, form, "model.safetensors")
    case = f"{file} {name} {form} '{prefix}'"
    want = expected(file, name)
    if want is None:
        return [f"{case}: {found.families}"] if found.families or not found.abstained else []
    if not found.families and form == "gguf" and name in NOT_IN_GGUF:
        return []
    component, families, models = want
    if (found.component, set(found.families)) != (component, families):
        return [f"{case}: {found.component} of {found.families}"]
    if not models & set(known.models) <= set(found.candidates):
        return [f"{case}: {sorted(models - set(found.candidates))} left out"]
    return []


def test_no_network_in_any_form_is_taken_for_another(known: Catalogue) -> None:
    """Each network bare in every form, and behind one prefix; all of them when asked to."""
    others = cycle(PREFIXES[1:])
    count = 0
    wrong: list[str] = []
    for file, name in NETWORKS:
        for form in FORMS:
            # A text encoder's own names begin with these prefixes, and an image adapter is a file
            # of its own: they stand behind none.
            bare = file == "transformers" or (expected(file, name) or ("",))[0] == "image-adapter"
            more = list(PREFIXES[1:]) if PROVE else [next(others)] if form == "bf16" else []
            for prefix in ["", *([] if bare else more)]:
                count += 1
                wrong += mistakes(known, file, name, form, prefix)
    assert wrong == []
    assert count >= 1100
    if PROVE:
        print(f"{count} headers, {len(wrong)} wrong")


def test_sixty_families_and_variants_have_rules_and_a_fixture_tries_them(known: Catalogue) -> None:
    variants = [
        (family, variant["name"])
        for family, signature in known.signatures.items()
        for part in signature["parts"]
        for variant in part.get("variants", [])
    ]
    assert len(known.signatures) >= 60
    assert len(variants) >= 100
    tried: set[str] = set()
    for file, name in NETWORKS:
        tried |= (expected(file, name) or ("", set(), set()))[1]
    assert set(known.signatures) - tried == {"vae", "text-encoder"}


def test_rules_name_models_of_the_catalogue_alone(known: Catalogue) -> None:
    named = {
        id
        for signature in known.signatures.values()
        for rule in (
            *(v for part in signature["parts"] for v in part.get("variants", [])),
            *signature.get("adapters", []),
        )
        for id in rule.get("models", [])
    }
    assert sorted(named - set(known.models)) == []


def test_a_safetensors_file_is_told_by_8_and_n_bytes(known: Catalogue) -> None:
    front, size = build.safetensors(build.stored(build.load("native")["flux-1-dev"], "bf16"))
    file = build.File(front, size)
    found = identify(file)
    assert found.family == "flux-1"
    assert file.count == found.bytes_read == len(front)
    assert size > 20_000_000_000


def test_a_gguf_file_is_told_by_its_front(known: Catalogue) -> None:
    for name in ("flux-1-schnell", "wan-2-1-t2v-14b", "sd-1"):
        file = build.opened(build.stored(build.load("native")[name], "gguf"), "gguf", "m.gguf")
        found = identify(file)
        assert (found.format, found.quantisation) == ("gguf", "GGUF Q8_0")
        assert found.family == truth.TRUTH[name][1]
        assert found.bytes_read == file.count <= len(file.front)


@pytest.mark.parametrize(
    ("form", "shown"),
    [("bf16", None), ("fp8", "fp8 scaled (e4m3)"), ("nf4", "bitsandbytes nf4")],
)
def test_the_quantised_form_is_named(known: Catalogue, form: str, shown: str | None) -> None:
    file = build.opened(build.stored(build.load("native")["flux-1-dev"], form), form)
    found = identify(file)
    assert (found.quantisation, found.component, found.family) == (shown, "transformer", "flux-1")


def test_packed_weights_still_tell_fill_from_dev_and_klein_from_klein(known: Catalogue) -> None:
    for file, name, model in (
        ("native", "flux-1-fill", "flux-1-fill-dev"),
        ("diffusers", "flux-2-klein-9b", "flux-2-klein-9b"),
        ("native", "flux-2-dev", "flux-2-dev"),
    ):
        found = judged(known, build.stored(build.load(file)[name], "nf4"), "nf4", "m.safetensors")
        assert found.candidates[0] == model
        assert len(found.variants) == 1


@pytest.mark.parametrize("maker", [build.svdquant, build.first_svdquant])
def test_svdquant_is_read_under_the_names_of_both_its_releases(
    known: Catalogue, maker: object
) -> None:
    for name in ("flux-1-dev", "flux-1-schnell"):
        tensors = maker(build.load("diffusers")[name])  # type: ignore[operator]
        found = judged(known, tensors, "bf16", "m.safetensors")
        assert (found.component, found.family) == ("transformer", "flux-1")
        assert found.quantisation == "SVDQuant int4"
        assert name in found.candidates


def test_svdquant_of_qwen_image_and_z_image_is_read(known: Catalogue) -> None:
    for name in ("qwen-image", "z-image"):
        tensors = build.svdquant(build.load("diffusers")[name])
        found = judged(known, tensors, "bf16", "m.safetensors")
        assert (found.family, found.quantisation) == (name, "SVDQuant int4")


def test_flux_1_depth_and_canny_are_never_flux_2(known: Catalogue) -> None:
    for file in ("native", "diffusers"):
        shapes = build.load(file)["flux-1-control"]
        for form in FORMS:
            for prefix in PREFIXES:
                tensors = build.stored(build.prefixed(shapes, prefix), form)
                found = judged(known, tensors, form, "flux2.safetensors")
                assert found.families == ("flux-1",)
                assert set(found.candidates) == {"flux-1-canny-dev", "flux-1-depth-dev"}


def bundle(main: str, *others: tuple[str, build.Shapes]) -> build.Tensors:
    """Returns a checkpoint: a native network beside other networks."""
    shapes = build.prefixed(build.load("native")[main], "model.diffusion_model.")
    for prefix, more in others:
        shapes.update(build.prefixed(more, prefix))
    return build.stored(shapes, "bf16")


def test_a_checkpoint_is_a_bundle_and_says_what_it_holds(known: Catalogue) -> None:
    vae = build.load("native")["vae-ldm-4ch"]
    clip = build.load("transformers")["te-clip-l"]
    for name in ("sd-1", "sdxl"):
        where = "cond_stage_model.transformer." if name == "sd-1" else "conditioner.embedders.0."
        tensors = bundle(name, ("first_stage_model.", vae), (where, clip))
        found = judged(known, tensors, "bf16", "m.safetensors")
        assert (found.component, found.family) == ("bundle", name)
        assert found.holds == ("vae", "text-encoder")
    alone = judged(known, bundle("sdxl"), "bf16", "m.safetensors")
    assert (alone.component, alone.holds) == ("unet", ())


def test_embeddings_are_told_by_their_width(known: Catalogue) -> None:
    for tensors, family in (
        ({"emb_params": (4, 768)}, "sd-1"),
        ({"emb_params": (4, 1024)}, "sd-2"),
        ({"clip_l": (4, 768), "clip_g": (4, 1280)}, "sdxl"),
    ):
        found = judged(known, build.stored(tensors, "bf16"), "bf16", "x.safetensors")
        assert (found.component, found.family) == ("embedding", family)
    assert judged(known, {"emb_params": ("BF16", (4, 777))}, "bf16", "x").abstained


def test_2600_tensors_are_told_within_60_ms(known: Catalogue, tmp_path: Path) -> None:
    vae, clip = build.load("native")["vae-ldm-4ch"], build.load("transformers")["te-clip-g"]
    tensors = bundle("sdxl", ("first_stage_model.", vae), ("conditioner.embedders.1.", clip),
                     ("conditioner.embedders.0.transformer.", clip))  # fmt: skip
    assert len(tensors) >= 2600
    front, size = build.safetensors(tensors)
    path = tmp_path / "sd_xl_base_1.0.safetensors"
    path.write_bytes(front)
    os.truncate(path, size)
    best = 1.0
    for _ in range(15):
        start = time.process_time()
        found = identify(path)
        best = min(best, time.process_time() - start)
    assert (found.component, found.family) == ("bundle", "sdxl")
    assert best <= 0.060 * slowness(), f"{best * 1000:.1f} ms"


def test_identifying_leaves_heavy_packages_alone() -> None:
    code = (
        "import sys, json, recommender\n"
        "try: recommender.identify('/dev/null')\n"
        "except recommender.UnreadableError: pass\n"
        "from recommender._identify import command, _choose\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    heavy = {"torch", "numpy", "safetensors", "gguf", "yaml", "pydantic", "diffusers", "pickle"}
    assert heavy & set(json.loads(done.stdout)) == set()
