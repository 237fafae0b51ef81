"""Full-size public architectures with random weights: what a GPU makes of them.

`architectures/*.json` hold what was published of each model's shape, with its source. Random
weights say nothing about pictures, but cost what trained ones cost as long as the numbers stay
finite and varied, which is asserted. With `--dry-run` the same code runs shrunken on a CPU.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import diffusers
import torch
from torch.utils.flop_counter import FlopCounterMode

from ..ceilings import matmul_ceiling
from ..counters import Counters
from ..errors import RenderError
from .paces import pace
from .ways import compare

ARCHITECTURES = Path(__file__).parents[1] / "architectures"
SECONDS = 8 * 60  # no new model is begun after this long
VARIED = (0.05, 20.0)  # bounds of the final latents' standard deviation


def measure_all(device: str, width: int) -> dict[str, Any]:
    """Every architecture: images/s, TFLOP/s, share of the ceiling, peak memory, compile time."""
    started, ceiling = time.monotonic(), matmul_ceiling(device)
    models: dict[str, Any] = {}
    for name, spec in specs(device).items():
        if time.monotonic() - started > SECONDS:
            models[name] = "left out: the time was over"
            continue
        models[name] = measure(spec, device, min(width, spec.get("width", width)), ceiling)
    totals = {key: sum(row["counters"][key] for row in models.values() if "counters" in row)
              for key in Counters().to_dict()}  # fmt: skip
    return {"matmul_tflops": ceiling, "models": models, "counters": totals}


def specs(device: str) -> dict[str, dict[str, Any]]:
    """The architectures by name; on a CPU shrunken, for a dry run."""
    found = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(ARCHITECTURES.glob("*.json"), reverse=True)
    }
    return {n: shrunken(spec) for n, spec in found.items()} if device == "cpu" else found


def shrunken(spec: dict[str, Any]) -> dict[str, Any]:
    """The same pipeline a ten-thousandth the size, for a dry run."""
    small = spec["dry_run"]
    models = {
        name: {**model, "config": {**model["config"], **small["models"].get(name, {})}}
        for name, model in spec["models"].items()
    }
    call = {**spec["call"], **small["call"]}
    rest = {key: small[key] for key in ("embeds", "steps", "seeds")}
    return {**spec, **rest, "models": models, "call": call}


def build(spec: dict[str, Any], device: str) -> Any:
    """The pipeline with random weights, made on the device in its precision."""
    torch.manual_seed(0)
    dtype = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16 if device == "cuda" else torch.float32)
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


def jobs(spec: dict[str, Any], device: str) -> list[dict[str, Any]]:
    """Every step count with every seed; random text of the published length."""
    generator = torch.Generator("cpu").manual_seed(0)
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    embeds = {
        name: torch.randn(1, *shape, generator=generator).to(device, dtype)
        for name, shape in spec["embeds"].items()
    }
    scheduler = (spec["scheduler"]["class"], spec["scheduler"]["config"])
    return [
        {
            "call": {**spec["call"], **embeds, "num_inference_steps": steps},
            "seed": seed,
            "scheduler": scheduler,
        }
        for steps in spec["steps"]
        for seed in range(spec["seeds"])
    ]


def measure(spec: dict[str, Any], device: str, width: int, ceiling: float) -> dict[str, Any]:
    """One architecture, eager; on a GPU also with its repeated blocks compiled."""
    pipe, cells = build(spec, device), jobs(spec, device)
    one, two = (work(pipe, cells[-1], steps) for steps in (1, 2))
    flops = sum(one + (two - one) * (c["call"]["num_inference_steps"] - 1) for c in cells)
    std = assert_alive(pipe, cells[-1])
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    rounds = spec.get("rounds", 2)
    row = _timed(pipe, cells, width, rounds, flops, ceiling)
    row |= {"title": spec["title"], "width": width, "latents_std": round(std, 3)}
    row |= {"dtype": str(next(getattr(pipe, spec["denoiser"]).parameters()).dtype)[6:]}
    row["paces"] = {"exact": pace(pipe, cells[-1], width)}
    row["tflop_per_step"] = round((two - one) / 1e12, 6)
    if device == "cuda":
        row["peak_memory_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
        started = time.perf_counter()
        getattr(pipe, spec["denoiser"]).compile_repeated_blocks(fullgraph=True, dynamic=False)
        compare(pipe, cells[:width], width, 1, time.perf_counter, mates=False)
        row["compile_seconds"] = round(time.perf_counter() - started, 1)
        row["compiled"] = _timed(pipe, cells, width, rounds, flops, ceiling)
        row["paces"]["fast"] = pace(pipe, cells[-1], width)
        del pipe
        torch.cuda.empty_cache()
    return row


def _timed(
    pipe: Any, cells: Any, width: int, rounds: int, flops: float, ceiling: float
) -> dict[str, Any]:
    """The three ways by the clock: every way ends with pictures on the disk, so the GPU is idle."""
    row = compare(pipe, cells, width, rounds, time.perf_counter, mates=False)
    for name, seconds in row["seconds"].items():
        rate = flops / max(seconds, 1e-9) / 1e12
        row[f"{name}_images_per_second"] = round(len(cells) / max(seconds, 1e-9), 3)
        row[f"{name}_tflops"] = round(rate, 3)
        row[f"{name}_share_of_ceiling"] = round(rate / ceiling, 4)
    return row


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
