"""What is no model, or no longer one, is never taken for a model: identify() abstains."""

from __future__ import annotations

import random

from recommender._catalog import Catalogue
from tests.recommender.headers import build, truth
from tests.recommender.headers.files import judged

NAMES = sorted(set(build.load("diffusers")) - truth.STRANGERS)


def families_of(name: str) -> set[str]:
    """Returns the families a native network belongs to."""
    families = (truth.NATIVE.get(name) or truth.TRUTH[name])[1]
    return {families} if isinstance(families, str) else set(families)


def scrambled(name: str, number: random.Random) -> build.Tensors:
    """Returns a real header that is broken in one of the ways that end its identity."""
    shapes = build.load("diffusers")[name]
    keys = sorted(shapes)
    way = number.randrange(6)
    if way == 0:  # every name is one letter off
        return {key[::-1]: ("BF16", shapes[key]) for key in keys}
    if way == 1:  # every size is another
        odd = number.choice((3, 5, 7, 11))
        return {key: ("BF16", tuple(size * odd + 1 for size in shapes[key])) for key in keys}
    if way == 2:  # the names of one network with the sizes of another
        other = list(build.load("diffusers")[number.choice(NAMES)].values())
        return {key: ("BF16", other[n * 7 % len(other)] + (1,)) for n, key in enumerate(keys)}
    if way == 3:  # a handful of tensors
        return {key: ("BF16", shapes[key]) for key in number.sample(keys, min(3, len(keys)))}
    if way == 4:  # everything wrapped in a stranger's name
        return {f"student.{number.randrange(9)}.{key}": ("BF16", shapes[key]) for key in keys}
    parts = [key.split(".") for key in keys]  # every level of names is shuffled
    return {
        ".".join(number.sample(part, len(part))) + str(n): ("BF16", shapes[key])
        for n, (part, key) in enumerate(zip(parts, keys, strict=True))
    }


def invented(number: random.Random) -> build.Tensors:
    """Returns a header of words that real names are made of, put together at random."""
    words = (
        "model", "blocks", "double_blocks", "attn", "to_q", "weight", "bias", "0", "1", "img_in",
        "norm", "lora_A", "alpha", "txt_in", "layers", "proj", "qkv", "conv_in", "emb", "out",
        "transformer_blocks", "input_blocks", "diffusion_model", "x_embedder",
    )  # fmt: skip
    sizes = (1, 4, 64, 128, 320, 768, 1024, 1152, 2048, 3072, 3584, 4096)
    return {
        ".".join(number.choices(words, k=number.randint(1, 6))): (
            "BF16",
            tuple(number.choices(sizes, k=number.randint(0, 4))),
        )
        for _ in range(number.randint(1, 60))
    }


def test_a_thousand_random_or_broken_headers_are_recognised_never(known: Catalogue) -> None:
    number = random.Random(20261120)
    small = [name for name in NAMES if len(build.load("diffusers")[name]) < 900]
    false = []
    for turn in range(1000):
        tensors = invented(number) if turn % 2 else scrambled(number.choice(small), number)
        found = judged(known, tensors, "sd15_v1-5.safetensors")
        if found.families or found.candidates or not found.abstained:
            false.append((turn, found.component, found.families))
    assert false == []


def test_a_few_tensors_more_or_less_do_not_change_the_answer(known: Catalogue) -> None:
    number = random.Random(7)
    for name in number.sample(sorted(set(build.load("native")) - truth.STRANGERS), 40):
        tensors = build.stored(build.load("native")[name], "bf16")
        for key in number.sample(sorted(tensors), len(tensors) // 20):
            del tensors[key]
        tensors["ema.decay"] = "F32", ()
        tensors["step"] = "I32", (1,)
        found = judged(known, tensors, "x.safetensors")
        assert not found.families or set(found.families) == families_of(name), name


def test_unknown_is_unknown_and_never_sd_1_5(known: Catalogue) -> None:
    for name in sorted(truth.STRANGERS & set(build.load("diffusers"))):
        tensors = build.stored(build.load("diffusers")[name], "bf16")
        found = judged(known, tensors, "stable-diffusion-v1-5.safetensors")
        assert (found.name, found.families, found.candidates) == (None, (), ())
        assert found.abstained and found.headline() == "unknown"
