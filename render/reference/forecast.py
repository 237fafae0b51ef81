"""`render train NAME --plan`: the minutes a training will take, before a step of it is taken.

Per part what a step costs at least (counted) and here (timed, where this is the machine that is
planned for), and how long the scenes take, from drawing a few with all cores at once.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from .. import ceilings
from ..pipelines import pick_device
from . import (
    ahead,
    autoencoder,
    captions,
    cost,
    dataset,
    distill,
    judge,
    loop,
    postcards,
    tokenizer,
)
from .fast import prepared
from .pace import RESERVE
from .presets import ORDER, PRESETS, Part

BUDGET = 15  # minutes
SAMPLE = 6  # scenes a core draws
CAPTIONED = 300  # scenes whose captions are written
CORES = 16  # beside the GPU that is planned for elsewhere


def plan(name: str, preset: str, device: str, importing: float) -> list[str]:
    """The plan in lines. `importing` is how many seconds this process took to come this far."""
    device = pick_device(device)
    parts = {part: PRESETS[preset][part] for part in ORDER if name in ("all", part)}
    here = device == "cuda" or preset != "gpu"
    rates = ceilings.measure(device) if here else ceilings.H200
    lines = [
        f"{preset} preset: {rates.flops / 1e12:.3g} TFLOP/s, {rates.bytes / 1e12:.3g} TB/s, "
        f"{rates.launch * 1e6:.2g} µs a kernel ({rates.told})",
        f"{'':<16}{'px':>4}{'pictures':>9}{'TFLOP':>8}{'GB':>7}{'kernels':>9}{'ms at least':>12}"
        f"{'ms here':>9}{'share':>7}",
    ]
    minutes: dict[str, float] = {}
    told = []
    for part_name, part in parts.items():
        rows, seconds = _steps(part_name, part, rates, device if here else None)
        lines += rows
        steps = min(part.steps, int(60 * part.minutes * RESERVE / seconds)) if part.minutes else 0
        minutes[part_name] = part.minutes or part.steps * seconds / 60
        told.append(_told(part_name, part, steps))
    drawing, wait, later = _data(parts, None if here else CORES)
    spent = {"starting": importing / 60, "first scenes": wait, "waiting for others": later(minutes)}
    minutes = {**spent, **minutes}
    total = sum(minutes.values())
    each = ", ".join(f"{name} {value:.1f}" for name, value in minutes.items())
    verdict = f" of {BUDGET}" if preset == "gpu" else ""
    return [*lines, *told, drawing, f"minutes: {each}: {total:.1f}{verdict} in all"]


def _told(name: str, part: Part, steps: int) -> str:
    sizes = [part.count(size) for size in part.scenes]
    if not part.minutes:
        return f"{name}: {part.steps:,} steps, {part.steps * sum(sizes) // len(sizes):,} pictures"
    shown = f"{steps * sum(sizes) // len(sizes):,}"
    return f"{name}: {part.minutes:g} min, at most {steps:,} steps and {shown} pictures"


def _steps(
    name: str, part: Part, rates: ceilings.Ceilings, device: str | None
) -> tuple[list[str], float]:
    """A line for a step of each size, and the mean seconds of a step."""
    lines, seconds = [], []
    for size in part.scenes:
        found = cost.count(trial(name, part, size, "cpu"), rates)
        timed = _timed(trial(name, part, size, device)) if device else None
        shown = f"{timed * 1e3:>9.1f}{found.flops / timed / rates.flops:>7.1%}" if timed else ""
        lines.append(
            f"{name:<16}{size:>4}{part.count(size):>9}{found.flops / 1e12:>8.3f}"
            f"{found.bytes / 1e9:>7.2f}{found.kernels:>9}{found.seconds * 1e3:>12.1f}{shown}"
        )
        seconds.append(timed or found.seconds)
    return lines, float(np.mean(seconds))


def _timed(loss: Callable[[], torch.Tensor]) -> float:
    """Seconds of a step of this loss, the first ones left out."""
    for steps in (3, 5):
        started = time.perf_counter()
        for _ in range(steps):
            value = loss()
            value.backward()
        value.item()  # waits for the device
    return (time.perf_counter() - started) / steps


def trial(name: str, part: Part, size: int, device: str) -> Callable[[], torch.Tensor]:
    """The loss of a real step, on random data of its shapes."""
    run, count = loop.Run(Path(), device), part.count(size)
    parts = _pictures(name, part, run) if name in _SEES else _latents(name, run, count, size)

    def loss() -> torch.Tensor:
        with torch.autocast(device, torch.bfloat16):
            return parts()

    return loss


_SEES = ("autoencoder", "decoder", "judge")


def _pictures(name: str, part: Part, run: loop.Run) -> Callable[[], torch.Tensor]:
    """Of what is trained on pictures. Crops are all of one size."""
    side = judge.SIZE if name == "judge" else autoencoder.CROP
    net = judge.Judge() if name == "judge" else autoencoder.build(part.wide)
    net = net.to(run.device, memory_format=torch.channels_last)
    images = torch.randn(part.batch, 3, side, side, device=run.device)
    images = images.contiguous(memory_format=torch.channels_last)
    if name == "judge":
        rows = torch.zeros(part.batch, dtype=torch.long, device=run.device)
        return lambda: judge.loss_of(net, images, dict.fromkeys(judge.VALUES, rows))
    if name == "decoder":
        net.encoder.requires_grad_(False)
        return lambda: autoencoder.decoder_loss(net, images, part.decibels)
    return lambda: autoencoder.loss_of(net, images, part.decibels)


def _latents(name: str, run: loop.Run, count: int, size: int) -> Callable[[], torch.Tensor]:
    """Of what is trained on latents and text."""
    unet = prepared(postcards.build_unet(), run)
    clean = torch.randn(count, 8, size // 8, size // 8, device=run.device)
    said = torch.randn(count, tokenizer.MAX_LENGTH, 128, device=run.device)
    noise = postcards.noise_on(run.device)
    if name == "postcards":
        return lambda: postcards.loss_of(unet, noise, clean, said)
    still = unet.requires_grad_(False)
    student = prepared(postcards.build_unet(), run)
    signal = noise.alphas_cumprod
    return lambda: distill.loss_of(still, student, still, clean, said, said, signal)


def _data(
    parts: dict[str, Part], planned: int | None
) -> tuple[str, float, Callable[[dict[str, float]], float]]:
    """How long scenes and captions take: in words, minutes before the first step, and later."""
    cores = ahead.usable()
    seconds = dict(_drawing(cores, {size for part in parts.values() for size in part.scenes}))
    captions.written([0])  # the words themselves are learnt once
    begun = time.perf_counter()
    captions.written(list(range(CAPTIONED)))
    words = (time.perf_counter() - begun) / CAPTIONED / cores
    told = ", ".join(f"{1e3 * one:.2f} ms at {size} px" for size, one in sorted(seconds.items()))
    told = f"a scene takes {told}, its captions {1e3 * words:.2f} ms, with {cores} cores at once"
    told += f" at a load of {os.getloadavg()[0]:.1f}"  # other work makes it longer
    if planned:  # as many cores as this one has, and more of them
        told += f"; planned for {planned} such cores"
        seconds = {size: one * cores / planned for size, one in seconds.items()}
        words *= cores / planned
    needed: dict[str, float] = {}
    have: dict[int, int] = {}
    for name, part in parts.items():
        needed[name] = 0.0
        for size, count in part.scenes.items():
            needed[name] += max(0, count - have.get(size, 0)) * seconds[size] / 60
            have[size] = max(count, have.get(size, 0))
        if name == "postcards":
            needed[name] += max(part.scenes.values()) * words / 60
    first = next(iter(parts))

    def later(minutes: dict[str, float]) -> float:
        clock = ready = waited = 0.0
        for name in parts:
            ready += needed[name] if name != first else 0.0
            waited += max(0.0, ready - clock - waited)
            clock += minutes[name]
        return waited

    every = sum(needed.values())
    told += f". All of them: {every:.1f} min, {every - needed[first]:.1f} of it beside the training"
    return told, needed[first], later


def _drawing(cores: int, sizes: set[int]) -> Iterator[tuple[int, float]]:
    """Seconds a scene of each size, with all cores at it."""
    with tempfile.TemporaryDirectory() as folder, ahead.cores(cores):
        for size in (32, *sorted(sizes)):  # the first begins the processes
            seeds = dataset.training_seeds(SAMPLE * cores)
            jobs = [
                ahead.Job(Path(folder) / f"{size}-{i}.npy", SAMPLE, dataset.drawn, (part, size))
                for i, part in enumerate(np.array_split(seeds, cores))
            ]
            started = time.perf_counter()
            ahead.finish([*jobs], f"drawing a few at {size} px")
            if size in sizes:
                yield size, (time.perf_counter() - started) / len(seeds)
