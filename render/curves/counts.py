"""Figures of counts: network calls, steps that run, frames that exist, steps of number formats."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .curve import axis, line, strip
from .levels import STABLE_DIFFUSION

ASKED = 20
FRAMES = 129


def denoiser_calls() -> dict[str, Any]:
    """Calls of the denoiser against steps, with and without classifier-free guidance."""
    from diffusers import EulerDiscreteScheduler, HeunDiscreteScheduler

    counts = list(range(1, 51))

    def calls(family: Any, passes: float) -> list[float]:
        scheduler = family(**STABLE_DIFFUSION)
        return [passes * _length(scheduler, count) for count in counts]

    lines = [
        line("Heun, guided", counts, calls(HeunDiscreteScheduler, 2)),
        line("Euler, guided", counts, calls(EulerDiscreteScheduler, 2)),
        line("Heun, guidance off", counts, calls(HeunDiscreteScheduler, 1)),
        line("Euler, guidance off or distilled", counts, calls(EulerDiscreteScheduler, 1)),
    ]
    told = ", ".join(f"{one['ys'][24]:g} ({one['name']})" for one in lines)
    return {
        "kind": "lines",
        "x": axis("num_inference_steps", (1, 10, 20, 30, 40, 50)),
        "y": axis("calls of the denoiser", (0, 50, 100, 150, 200)),
        "series": lines,
        "alt": f"Line chart of denoiser calls against steps. 25 steps cost {told} calls. "
        "Guided Euler and unguided Heun run side by side.",
        "made_from": "the timesteps that each scheduler lists, twice where classifier-free "
        "guidance runs",
    }


def _length(scheduler: Any, count: int) -> int:
    scheduler.set_timesteps(count)
    return len(scheduler.timesteps)


def strength_steps() -> dict[str, Any]:
    """Steps that run from a picture when 20 are asked for, against strength, by tool."""
    from recommender import steps_run

    from .pipelines import img2img_steps

    shares = [round(0.025 * step, 3) for step in range(1, 41)]
    ways: dict[str, Callable[[float], float]] = {
        "ComfyUI": lambda share: steps_run(ASKED, share, "comfyui"),
        "SD.Next": lambda share: steps_run(ASKED, share, "sdnext"),
        "A1111": lambda share: steps_run(ASKED, share, "a1111"),
        "diffusers, Stable Diffusion": lambda share: img2img_steps(ASKED, share, flow=False),
        "diffusers, FLUX": lambda share: img2img_steps(ASKED, share, flow=True),
        "mflux": lambda share: steps_run(ASKED, share, "mflux"),
    }
    lines = [line(name, shares, [way(share) for share in shares]) for name, way in ways.items()]
    at = shares.index(0.75)
    told = ", ".join(f"{one['ys'][at]:g} ({one['name']})" for one in lines)
    return {
        "kind": "lines",
        "x": axis("strength, as the tool takes it", (0, 0.25, 0.5, 0.75, 1)),
        "y": axis(f"steps that run of {ASKED}", (0, 5, 10, 15, 20)),
        "series": lines,
        "alt": f"Line chart of the steps that run, of {ASKED} asked for, against strength. "
        f"At 0.75 they are {told}. mflux falls as the number rises; all others rise or stay.",
        "made_from": "get_timesteps of diffusers' image-to-image pipelines, and the other tools' "
        "rules as recommender.steps_run has them",
    }


def frame_counts() -> dict[str, Any]:
    """The frame counts that each rule allows, and the families that have it."""
    import recommender

    rules: dict[str, set[str]] = {}
    for model in recommender.catalogue().models.values():
        if model.get("frame_rule"):
            rules.setdefault(model["frame_rule"], set()).add(model["family"])
    rows = []
    for rule in sorted(rules, key=lambda rule: [int(part) for part in re.findall(r"\d+", rule)]):
        factor, offset = (int(part) for part in re.findall(r"\d+", rule))
        told = ", ".join(sorted(rules[rule]))
        rows.append(strip(f"{factor}n + {offset}", range(offset, FRAMES + 1, factor), told))
    many = ", ".join(f"{len(row['xs'])} for {row['name']}" for row in rows)
    return {
        "kind": "strips",
        "x": axis("frames", (1, 33, 65, 97, 129)),
        "series": rows,
        "alt": f"Rows of dots: the frame counts up to {FRAMES} that each rule allows. "
        f"There are {many}.",
        "made_from": "the frame rules of the models in this guide, each with its source there",
    }


def mask_edge() -> dict[str, Any]:
    """How much of the new picture shows on each side of a mask's edge, by blur."""
    from diffusers.image_processor import VaeImageProcessor
    from PIL import Image

    half, reach = 256, 96
    mask = Image.new("L", (2 * half, 64))
    mask.paste(255, (half, 0, 2 * half, 64))
    places = list(range(-reach, reach + 1, 8))
    lines = []
    for radius in (0, 4, 16, 33):
        soft = VaeImageProcessor.blur(mask, radius) if radius else mask
        row = [soft.getpixel((half + place, 32)) / 255 for place in places]
        lines.append(line(f"blur {radius}", places, row))
    at = places.index(-16)
    told = ", ".join(f"{one['ys'][at]:.0%} ({one['name']})" for one in lines)
    return {
        "kind": "lines",
        "x": axis("pixels from the edge, the painted side on the right", (-96, -48, 0, 48, 96)),
        "y": axis("share of the new picture", (0, 0.25, 0.5, 0.75, 1)),
        "series": lines,
        "alt": "Line chart of the share of the new picture across a mask's edge. Blur 0 is a wall; "
        f"16 pixels outside the painted side the share is {told}.",
        "made_from": "VaeImageProcessor.blur over a mask that is black on one half",
    }


def number_steps() -> dict[str, Any]:
    """The largest relative gap between neighbouring numbers, by format and magnitude."""
    import torch

    formats = {
        "fp8_e5m2": torch.float8_e5m2,
        "fp8_e4m3fn": torch.float8_e4m3fn,
        "bfloat16": torch.bfloat16,
        "float16": torch.float16,
        "float32": torch.float32,
    }
    lines = []
    for name, dtype in formats.items():
        xs, ys = [], []
        for power in range(-30, 21):
            gap = _gap(float(2**power), dtype)
            if gap is not None:
                xs.append(2.0**power)
                ys.append(gap)
        lines.append(line(name, xs, ys))
    ends = ", ".join(f"{name} at {torch.finfo(dtype).max:.3g}" for name, dtype in formats.items())
    return {
        "kind": "lines",
        "x": axis("size of the number", (1e-9, 1e-6, 1e-3, 1, 1e3, 1e6), log=True),
        "y": axis("gap to the next, as a share", (1e-7, 1e-5, 1e-3, 0.1, 1), log=True),
        "series": lines,
        "alt": "Line chart of the relative gap between neighbouring numbers against their size. "
        "Near 1 it is 0.25 for e5m2, 0.125 for e4m3, 0.0078 for bfloat16, 0.00098 for float16 and "
        f"0.00000012 for float32. The formats end: {ends}.",
        "made_from": "the number formats themselves, as torch holds them",
    }


def _gap(value: float, dtype: Any) -> float | None:
    """Returns the step from a power of two to the next number, or None where it does not exist."""
    import torch

    bits = {1: torch.uint8, 2: torch.int16, 4: torch.int32}[torch.empty(0, dtype=dtype).itemsize]
    held = torch.tensor([value]).to(dtype)
    above = (held.view(bits) + 1).view(dtype).float().item()
    if held.float().item() != value or not above < float("inf"):
        return None
    return (above - value) / value
