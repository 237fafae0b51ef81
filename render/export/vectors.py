"""Known answers for the page's JavaScript: noise, tokens, table replays and whole runs.

The page computes these again in a browser; nothing here is rendered by any plan.
"""

from __future__ import annotations

import base64
import inspect
from dataclasses import replace
from typing import Any

import numpy as np

from ..images import as_file
from ..models import find_model
from . import parity, tables
from .choices import MODELS, Choice, choices
from .reference import Pipeline, Settings

NUMEL = 256
SEEDS = (0, 7, 42, 4711, 2**32 - 1, 2**32 + 7, 2**53 - 1)
TEXTS = (
    "",
    "   ",
    "a hot-air balloon, green hills by day, big clouds",
    "A LIGHTHOUSE\tby   the\nsea",
    "Cyberpunk zebra №42, ultra-détaillé 🦓",
    "it's we're they'll I'd '''s 's",
    "snow!!! ... (tents) [cabin] 12 345",
    "cafe\u0301 and café, ΟΔΟΣ İstanbul ﬁn",
    "non\u00a0breaking\u2003spaces\u0085here\ufeffbom",
    "<|endoftext|> a castle <|startoftext|>night <|EndOfText|>",
    "日本語 ½ Ⅷ ٣ x²",
    "a_b-c@d.e/f\\g #h $5 100%",
    "a landscape of meadows " * 12,
)
RUNS = (
    Settings("postcards-turbo", "a tent on sand dunes at dawn", 4711, 3, 1.0, "lcm"),
    Settings("postcards-turbo", "two cabins, snowy mountains at night", 2**32 + 7, 5, 1.0, "lcm"),
    Settings("postcards", "a windmill under umbrellas", 314, 9, 3.0, "euler-trailing", "clouds"),
    Settings("postcards", "the ocean at dawn, rain", 55, 6, 4.5, "euler-ancestral", "", 160, 96),
    Settings("postcards", "a castle in the fog", 99, 7, 1.0, "unipc"),
    Settings("postcards", "cacti by a lake", 12, 6, 3.0, "heun", "night"),
    *(
        replace(Settings("postcards", "a tent by a lake, rain", 71, 6, 9.0, "dpmpp-2m"), **one)
        for one in (
            {"guidance_rescale": 0.65},
            {"guidance_start": 0.2, "guidance_end": 0.7},
            {"variation_seed": 2**32 - 2, "variation_strength": 0.45, "guidance_scale": 3.0},
            {"width": 152, "height": 104, "scheduler": "euler-ancestral", "guidance_scale": 4.5},
            {"source_image": "cabin-by-day.png", "strength": 0.7, "scheduler": "unipc"},
        )
    ),
)


def vectors() -> dict[str, Any]:
    """All of them, ready for JSON; floats as base64 of little-endian float32."""
    return {
        "models": {name: find_model(name).identity["digest"] for name in MODELS},
        "randn": [_randn(seed) for seed in SEEDS],
        "tokens": _tokens(),
        "tables": [_replay(one) for name in MODELS for one in choices(find_model(name))],
        "starts": [_entered(one) for name in MODELS for one in choices(find_model(name))],
        "runs": _runs(),
    }


def _randn(seed: int) -> dict[str, Any]:
    """Three draws in a row from one generator, as a run with fresh noise takes them."""
    import torch

    generator = torch.Generator("cpu").manual_seed(seed)
    draws = [torch.randn(NUMEL, generator=generator).numpy() for _ in range(3)]
    return {"seed": seed, "numel": NUMEL, "draws": [packed(one) for one in draws]}


def _tokens() -> list[dict[str, Any]]:
    pipeline = Pipeline("postcards")
    ids = pipeline.ids(*TEXTS)
    return [{"text": text, "ids": row.tolist()} for text, row in zip(TEXTS, ids, strict=True)]


def packed(values: np.ndarray) -> str:
    """Little-endian float32 in base64."""
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()


def _replay(choice: Choice) -> dict[str, Any]:
    """Where diffusers' scheduler ends with a network that is a line: 0.25·input + 0.001·t."""
    import torch

    from ..loading import build_scheduler

    steps, numel, seed = 6, 64, 3
    scheduler = build_scheduler(choice.spec)
    scheduler.set_timesteps(steps)
    generator = torch.Generator("cpu").manual_seed(seed)
    x = torch.randn(1, 1, 8, 8, generator=generator) * scheduler.init_noise_sigma
    x = _on_a_line(scheduler, scheduler.timesteps, choice, x, generator)
    return {"id": choice.id, "steps": steps, "seed": seed, "numel": numel, "x": packed(x.numpy())}


def _entered(choice: Choice) -> dict[str, Any]:
    """Where it ends from a picture, of which the latents rise from -1 to 1; 6 of 9 steps run."""
    import torch

    steps, left, numel, seed = 9, 6, 64, 4
    scheduler, times = tables.begun(choice.spec, steps, left)
    generator = torch.Generator("cpu").manual_seed(seed)
    picture = torch.linspace(-1, 1, numel).reshape(1, 1, 8, 8)
    noise = torch.randn(1, 1, 8, 8, generator=generator)
    x = _on_a_line(
        scheduler, times, choice, scheduler.add_noise(picture, noise, times[:1]), generator
    )
    told = {"id": choice.id, "steps": steps, "left": left, "seed": seed, "numel": numel}
    return {**told, "x": packed(x.numpy())}


def _on_a_line(scheduler: Any, times: Any, choice: Choice, x: Any, generator: Any) -> Any:
    taken = inspect.signature(scheduler.step).parameters
    extra = {
        key: value for key, value in (("eta", choice.eta), ("generator", generator)) if key in taken
    }
    for t in times:
        answer = 0.25 * scheduler.scale_model_input(x, t) + 0.001 * t
        x = scheduler.step(answer, t, x, **extra, return_dict=False)[0]
    return x


def _runs() -> list[dict[str, Any]]:
    """Diffusers' own latents and picture, and the latents of the shipped files in onnxruntime."""
    told = []
    for name in MODELS:
        compared = parity.Compared(name, parity.shipped(name))
        for one in (one for one in RUNS if one.model == name):
            choice = compared.choices[str(one.scheduler)]
            latents, picture = compared.pipeline.run(one, choice.spec, choice.eta)
            shipped = parity.latents(compared.page, compared.pipeline, choice, one)
            entry = {"settings": one.told(), "png": _png(picture), "latents": packed(latents)}
            told.append({**entry, "shipped": packed(shipped)})
    return told


def _png(picture: np.ndarray) -> str:
    return base64.b64encode(as_file(picture, "png", 0)).decode()
