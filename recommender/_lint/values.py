"""Values no tool can take, names nobody knows, and records that contradict themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from .._metadata.values import shown
from .case import Case, plain
from .finding import Said, error, note, warning

# Where a setting has no page yet: what its own pipelines refuse or cannot mean.
_HARD = {
    "true_cfg_scale": (0, None), "guidance_rescale": (0, 1), "eta": (0, None),
    "num_frames": (1, None), "fps": (0.01, None), "hires_denoising_strength": (0, 1),
    "denoising_start": (0, 1), "denoising_end": (0, 1), "batch_size": (1, None),
    "num_images_per_prompt": (1, None), "max_sequence_length": (1, None), "shift": (0, None),
    "guidance_scale": (0, None), "num_inference_steps": (1, None), "strength": (0, 1),
    "width": (1, 16384), "height": (1, 16384),
}  # fmt: skip
_LARGEST_SEED = 2**64 - 1


def _is_infinite(value: Any) -> bool:
    if isinstance(value, str):
        words = ("nan", "inf", "-inf", "+inf", "infinity", "-infinity")
        return value.strip().lower() in words
    return isinstance(value, float) and not math.isfinite(value)


def not_finite(case: Case) -> Iterator[Said]:
    """A value is NaN or infinite.

    Why: Every figure computed from it is NaN too, and diffusers turns NaN into a black picture
    without a word.

    Fix: Write a finite number, or leave the setting out.

    Source: huggingface/diffusers src/diffusers/image_processor.py: (images * 255).round() as uint8
    """
    for id, _, value in case.broken:
        if _is_infinite(value):
            fix = f"Write a finite number for {id}, or leave it out."
            yield error(id, f"expected a finite number, got {shown(value)}.", fix)


def wrong_type(case: Case) -> Iterator[Said]:
    """A value is of another type than its setting.

    Why: A tool refuses it, or turns it into another value than was meant.

    Fix: Write the value in the type named.

    Source: the type of each setting in this guide
    """
    for id, wanted, value in case.broken:
        if not _is_infinite(value):
            got = f"'{shown(value)}'" if isinstance(value, str) else shown(value)
            yield error(id, f"expected {wanted}, got {got}.", f"Write {wanted} for {id}.")


def outside_hard_range(case: Case) -> Iterator[Said]:
    """A value is outside what the setting can mean at all.

    Why: These limits are no advice: zero steps, a negative size or a share above 1 are refused by
    the pipelines, and no tool draws a side above 16,384 pixels.

    Fix: Choose a value within the limits named.

    Source: the range of each setting in this guide

    Source: Comfy-Org/ComfyUI nodes.py: MAX_RESOLUTION = 16384
    """
    for id in case.settings:
        value = case.number(id)
        page = case.known.settings.get(id, {}).get("range") or {}
        low, high = _HARD.get(id, (None, None))
        low, high = page.get("min", low), page.get("max", high)
        if value is None or id == "seed":
            continue
        if low is not None and value < low:
            fix = f"Use {plain(low)} or more."
            yield error(id, f"expected at least {plain(low)}, got {plain(value)}.", fix)
        elif high is not None and value > high:
            fix = f"Use {plain(high)} or less."
            yield error(id, f"expected at most {plain(high)}, got {plain(value)}.", fix)


def said_twice(case: Case) -> Iterator[Said]:
    """One setting has two values under two names.

    Why: Which of them counts depends on the order in which a program looks.

    Fix: Keep one of the two names.

    Source: the aliases of each setting in this guide
    """
    for id, key in case.twice:
        yield warning(id, f"has another value under '{key}'.", f"Keep {id} and drop the other.")


def misspelt_setting(case: Case) -> Iterator[Said]:
    """A key looks like a setting's name with a slip in it.

    Why: Tools that take loose keywords drop a key they do not know, and the default stays.

    Fix: Correct the name.

    Source: the names of each setting in this guide
    """
    for key, id in case.misspelt:
        yield note(id, f"'{key}' is no setting's name.", f"Did you mean '{id}'?")


def record_in_doubt(case: Case) -> Iterator[Said]:
    """Part of the record could not be read, or two records in one file disagree.

    Why: What is said below rests on the part that was read.

    Fix: Look at the original picture or workflow.

    Source: the readers of this library
    """
    for doubt in case.doubts[:10]:
        yield note("record", f"{shown(doubt, 300)}.", "Compare with the original file.")


def seed_random(case: Case) -> Iterator[Said]:
    """The seed is negative: a tool's sign for a random one.

    Why: A1111, SwarmUI, SD.Next and stable-diffusion.cpp draw a new seed for it, so the picture
    cannot be made again; torch takes -1 as a seed like any other.

    Fix: Record the seed that was drawn.

    Source: AUTOMATIC1111/stable-diffusion-webui modules/processing_scripts/seed.py#L32
    """
    seed = case.whole("seed")
    if seed is not None and seed < 0:
        fix = "Write down the seed that was used, 0 or more."
        yield note("seed", f"{seed} stands for a random seed in most tools.", fix)


def seed_too_large(case: Case) -> Iterator[Said]:
    """The seed does not fit into 64 bits.

    Why: torch's generator takes at most 2^64 - 1 and raises for more.

    Fix: Use a seed below 18,446,744,073,709,551,616.

    Source: torch.Generator.manual_seed, tried
    """
    seed = case.whole("seed")
    if seed is not None and seed > _LARGEST_SEED:
        yield error("seed", f"{seed} does not fit into 64 bits.", "Use a smaller seed.")


def model_unknown(case: Case) -> Iterator[Said]:
    """The recorded model is not in the catalogue.

    Why: The rules about a model's own steps, guidance, size and scheduler are then left out.

    Fix: Name the model: sweetspot lint FILE --model NAME.

    Source: the catalogue of this guide
    """
    if case.unsure == () and case.named is not None:
        name = shown(case.named, 80)
        message = f"no model called '{name}' is known, so only rules that need none were run."
        yield note("model", message, "Name the model with --model.")


def model_ambiguous(case: Case) -> Iterator[Said]:
    """The recorded name fits several models.

    Why: Models with the same files and other settings are told apart by their names alone, and a
    guess would be wrong for the others.

    Fix: Name the model: sweetspot lint FILE --model NAME.

    Source: the catalogue of this guide
    """
    if case.unsure and case.named is not None:
        few = ", ".join(case.unsure[:4])
        more = f" and {len(case.unsure) - 4} more" if len(case.unsure) > 4 else ""
        name = shown(case.named, 80)
        message = f"'{name}' fits {few}{more}, so only rules that need no model were run."
        yield note("model", message, "Name the model with --model.")


RULES = (
    not_finite, wrong_type, outside_hard_range, said_twice, misspelt_setting, record_in_doubt,
    seed_random, seed_too_large, model_unknown, model_ambiguous,
)  # fmt: skip
