"""Full-size public architectures with random weights: what a GPU makes of them.

`architectures/*.json` hold what was published of each model's shape, with its source. Random
weights say nothing about pictures, but cost what trained ones cost as long as the numbers stay
finite and varied, which is asserted. With `--dry-run` the same code runs shrunken on a CPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import diffusers
import torch
from torch.utils.flop_counter import FlopCounterMode

from ..errors import RenderError
from ..images import drift
from .full.pieces import architectures

VARIED = (0.05, 20.0)  # bounds of the final latents' standard deviation


def specs(device: str) -> dict[str, dict[str, Any]]:
    """The architectures by name; on a CPU shrunken, for a dry run."""
    found = architectures()
    return {n: shrunken(spec) for n, spec in found.items()} if device == "cpu" else found


def shrunken(spec: dict[str, Any]) -> dict[str, Any]:
    """The same pipeline a ten-thousandth the size, for a dry run."""
    small = spec["dry_run"]
    models = {
        name: {**model, "config": {**model["config"], **small["models"].get(name, {})}}
        for name, model in spec["models"].items()
    }
    call = {**spec["call"], **small["call"]}
    return {**spec, "embeds": small["embeds"], "models": models, "call": call}


def build(spec: dict[str, Any], device: str) -> Any:
    """The pipeline with random weights, made on the device in its precision."""
    torch.manual_seed(0)
    dtype = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32 if device == "cpu" else torch.bfloat16)
    try:
        with torch.device(device):
            models = {
                name: getattr(diffusers, model["class"]).from_config(model["config"]).eval()
                for name, model in spec["models"].items()
            }
    finally:
        torch.set_default_dtype(dtype)
    scheduler = getattr(diffusers, spec["scheduler"]["class"])
    cls = getattr(diffusers, spec["pipeline"])
    parts = {"text_encoder": None, "text_encoder_2": None, "tokenizer": None, "tokenizer_2": None}
    if cls is diffusers.StableDiffusionPipeline:
        parts = {"text_encoder": None, "tokenizer": None, "safety_checker": None}
        parts |= {"feature_extractor": None, "requires_safety_checker": False}
    pipe = cls(**models, **parts, scheduler=scheduler.from_config(spec["scheduler"]["config"]))
    pipe.set_progress_bar_config(disable=True)
    return pipe


def jobs(
    spec: dict[str, Any],
    device: str,
    steps: Sequence[int] = (4,),
    prompts: int = 1,
    seeds: int = 1,
) -> list[dict[str, Any]]:
    """Every step count with every prompt and seed; random text of the published length."""
    generator = torch.Generator("cpu").manual_seed(0)
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    texts = [
        {
            name: torch.randn(1, *shape, generator=generator).to(device, dtype)
            for name, shape in spec["embeds"].items()
        }
        for _ in range(prompts)
    ]
    scheduler = (spec["scheduler"]["class"], spec["scheduler"]["config"])
    return [
        {
            "call": {**spec["call"], **text, "num_inference_steps": count},
            "seed": seed,
            "scheduler": scheduler,
        }
        for count in steps
        for text in texts
        for seed in range(seeds)
    ]


def work(pipe: Any, job: dict[str, Any], steps: int) -> float:
    """Floating-point operations of one picture, counted while it is made."""
    with FlopCounterMode(display=False) as counter:
        generator = torch.Generator("cpu").manual_seed(0)
        pipe(**{**job["call"], "num_inference_steps": steps}, generator=generator)
    return float(counter.get_total_flops())


def assert_alive(pipe: Any, job: dict[str, Any]) -> float:
    """The final latents' spread. Zeros and constants would flatter every figure."""
    generator = torch.Generator("cpu").manual_seed(0)
    latents = pipe(**job["call"], generator=generator, output_type="latent").images.float()
    std = float(latents.std())
    if not torch.isfinite(latents).all() or not VARIED[0] < std < VARIED[1]:
        low, high = VARIED
        raise RenderError(
            f"{type(pipe).__name__}: expected finite latents with a standard deviation between "
            f"{low} and {high}, got {std:.3g}. Its timings would mean nothing."
        )
    return std


def farthest(some: Sequence[Any], others: Sequence[Any]) -> int:
    """The largest difference of two lists of pictures, in grey levels of 255."""
    return max(drift(a, b)[0] for a, b in zip(some, others, strict=True))
