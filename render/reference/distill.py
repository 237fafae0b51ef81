"""Distils `postcards-turbo`: the same pictures in 1 to 4 steps, without guidance.

Latent consistency distillation (Luo et al. 2023, arXiv:2310.04378): the student maps any point of
the teacher's guided trajectory to its end, by agreeing with a slow copy of itself one solver step
further on. Guidance is fixed, so that the student needs one call a step and no guidance scale.
"""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    DDPMScheduler,
    LCMScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from diffusers.models.attention_processor import AttnProcessor

from . import dataset, loop, postcards

COMMITTED = dataset.HERE / "postcards-turbo" / "unet"
GUIDANCE = 3.0  # the teacher's, inside the student for ever
SOLVER_STEPS = 25  # steps of the teacher's trajectory; LCMScheduler's original_inference_steps
EMA = 0.98
SAMPLING = {
    **postcards.NOISE,
    "original_inference_steps": SOLVER_STEPS,
    "clip_sample": False,
    "steps_offset": 1,
}


def train(
    steps: int,
    batch: int,
    scenes: int,
    sizes: tuple[int, ...] = (128,),
    *,
    compile: bool = False,
    run: Path,
    device: str,
    resume: bool,
    until: float | None = None,
    teacher: Path,
) -> StableDiffusionPipeline:
    """Trains to `steps` optimiser steps, checkpoints in `run`; returns the averaged student."""
    pipe = StableDiffusionPipeline.from_pretrained(teacher, dtype=torch.float32).to(device)
    guide = pipe.unet.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    guide.set_attn_processor(AttnProcessor())
    student = copy.deepcopy(guide).requires_grad_(True)
    if resume and (COMMITTED / "config.json").is_file():  # a checkpoint then takes precedence
        student.load_state_dict(
            UNet2DConditionModel.from_pretrained(COMMITTED, dtype=torch.float32).state_dict()
        )
    slow = copy.deepcopy(student).requires_grad_(False)
    optimiser = torch.optim.AdamW(student.parameters(), lr=1.0, weight_decay=0.0, betas=(0.9, 0.99))
    seeds = dataset.training_seeds(scenes)
    latents = {
        size: postcards.latents_of(pipe.vae, seeds, size, run, device).to(device) for size in sizes
    }
    ids = postcards.caption_ids(pipe.tokenizer, seeds).to(device)
    nothing = _said(pipe, postcards.ids_of(pipe.tokenizer, [""]).to(device))
    nets = [guide, student, slow]
    if compile:
        nets = [torch.compile(net, dynamic=False) for net in nets]

    def loss_at(step: int) -> torch.Tensor:
        size = sizes[step % len(sizes)]
        count = batch if size == sizes[0] else batch // 2
        rows = np.random.default_rng(step).integers(len(seeds), size=count)
        rows = torch.from_numpy(rows).to(device)
        said = _said(pipe, ids[rows, torch.randint(postcards.CAPTIONS, (count,), device=device)])
        clean = latents[size][rows].float() * pipe.vae.config.scaling_factor
        with torch.autocast(device, torch.bfloat16):
            return _loss(*nets, clean, said, nothing.expand_as(said))

    def after(step: int) -> None:
        target = run / f"postcards-turbo-{step:06d}.png"
        postcards.sample_strip(_pipeline(pipe, slow), target, steps=4, guidance=1.0)

    loop.train(
        "postcards-turbo",
        steps,
        loss_at,
        model=student,
        optimiser=optimiser,
        rate=lambda step: 2e-4 * postcards.hold_then_decay(step, steps, warm=50),
        run=run,
        resume=resume,
        until=until,
        average=slow,
        decay=EMA,
        after=after,
    )
    return _pipeline(pipe, slow)


@torch.no_grad()
def _said(pipe: StableDiffusionPipeline, ids: torch.Tensor) -> torch.Tensor:
    """What the text encoder, which the student shares with its teacher, makes of captions."""
    return pipe.text_encoder(ids)[0]


def _loss(guide, student, slow, clean, said, nothing):
    count, device = len(clean), clean.device
    noise = DDPMScheduler(**postcards.NOISE)
    signal = noise.alphas_cumprod.to(device)
    stride = len(signal) // SOLVER_STEPS
    slices = (torch.arange(count) + torch.rand(count)) / count * SOLVER_STEPS
    t = ((slices.long().clamp(0, SOLVER_STEPS - 1) + 1) * stride - 1).to(device)
    s = (t - stride).clamp(min=0)
    z = noise.add_noise(clean, torch.randn_like(clean), t)
    with torch.no_grad():
        both = guide(torch.cat([z, z]), torch.cat([t, t]), torch.cat([said, nothing])).sample
        with_text, without = both.float().chunk(2)
        nearer = _ddim(z, without + GUIDANCE * (with_text - without), signal, t, s)
        goal = _consistent(slow, nearer, s, said, signal)
    error = _consistent(student, z, t, said, signal) - goal
    # Pseudo-Huber, whose small constant LCM takes from consistency training.
    return ((error.square() + 0.001**2).sqrt() - 0.001).mean()


def _ddim(z, v, signal, t, s):
    """One deterministic solver step from time t to s, of a v prediction."""
    a, b = _roots(signal, t)
    to_a, to_b = _roots(signal, s)
    return to_a * (a * z - b * v) + to_b * (a * v + b * z)


def _consistent(unet, z, t, said, signal):
    """The end of the trajectory through z, with the scalings that LCMScheduler uses to sample."""
    v = unet(z.contiguous(memory_format=torch.channels_last), t, said).sample.float()
    a, b = _roots(signal, t)
    scaled = (t * 10.0).view(-1, 1, 1, 1)  # timestep_scaling
    skip = 0.25 / (scaled.square() + 0.25)
    out = scaled / (scaled.square() + 0.25).sqrt()
    return skip * z + out * (a * z - b * v)


def _roots(signal, t):
    kept = signal[t].view(-1, 1, 1, 1)
    return kept.sqrt(), (1 - kept).sqrt()


def _pipeline(teacher: StableDiffusionPipeline, unet) -> StableDiffusionPipeline:
    """An ordinary diffusers pipeline of these weights, in fp32 on the CPU."""
    parts = {
        name: copy.deepcopy(part).float().cpu()
        for name, part in (
            ("vae", teacher.vae),
            ("text_encoder", teacher.text_encoder),
            ("unet", unet),
        )
    }
    return StableDiffusionPipeline(
        **parts,
        tokenizer=teacher.tokenizer,
        scheduler=LCMScheduler(**SAMPLING),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
