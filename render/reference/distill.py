"""Distils `postcards-turbo`: the same pictures in 1 to 4 steps, without guidance.

Latent consistency distillation (Luo et al. 2023, arXiv:2310.04378): the student maps any point of
the teacher's guided trajectory to its end, by agreeing with a slow copy of itself one solver step
further on. Guidance is fixed, so that the student needs one call a step and no guidance scale.
"""

from __future__ import annotations

import copy
from functools import partial
from pathlib import Path

import torch
from diffusers import LCMScheduler, StableDiffusionPipeline, UNet2DConditionModel

from . import captions, dataset, loop, postcards
from .fast import compiled, prepared
from .loop import Run
from .presets import Part
from .record import Record

COMMITTED = dataset.HERE / "postcards-turbo" / "unet"
GUIDANCE = 3.0  # the teacher's, inside the student for ever
SOLVER_STEPS = 25  # steps of the teacher's trajectory; LCMScheduler's original_inference_steps
SAMPLING = {
    **postcards.NOISE,
    "original_inference_steps": SOLVER_STEPS,
    "clip_sample": False,
    "steps_offset": 1,
}


def train(part: Part, run: Run, teacher: Path) -> tuple[StableDiffusionPipeline, Record]:
    """Trains a student of the teacher's folder, with checkpoints; returns the averaged student."""
    pipe = StableDiffusionPipeline.from_pretrained(teacher, dtype=torch.float32).to(run.device)
    guide = prepared(pipe.unet.eval().requires_grad_(False), run)
    student = copy.deepcopy(guide).requires_grad_(True)
    if run.resume and run.committed and (COMMITTED / "config.json").is_file():
        student.load_state_dict(
            UNet2DConditionModel.from_pretrained(COMMITTED, dtype=torch.float32).state_dict()
        )
    slow = copy.deepcopy(student).requires_grad_(False)
    options = {"weight_decay": 0.0, "betas": (0.9, 0.99)}

    def after(step: int) -> dict[str, str]:
        target = run.folder / f"postcards-turbo-{step:06d}.png"
        postcards.sample_strip(_pipeline(pipe, slow, run.device), target, steps=4, guidance=1.0)
        return {"strip": target.name}

    record = loop.train(
        "postcards-turbo",
        part,
        lambda: _loss_at(part, run, pipe, [guide, student, slow]),
        model=student,
        optimiser=loop.adamw(student.parameters(), run, **options),
        rate=partial(postcards.hold_then_decay, warm=part.warm),
        run=run,
        average=slow,
        after=after,
    )
    return _pipeline(pipe, slow), record


def _loss_at(
    part: Part, run: Run, pipe: StableDiffusionPipeline, nets: list[torch.nn.Module]
) -> loop.Loss:
    """The loss of a step; all that it reads lives on the device."""
    data = postcards.latents_and_ids(part, run, pipe.vae)
    nothing = said_by(pipe, captions.ids_of(pipe.tokenizer, [""]).to(run.device))
    signal = postcards.noise_on(run.device).alphas_cumprod
    nets_at = [compiled(net, part, run) for net in nets]

    def loss_at(step: int) -> torch.Tensor:
        clean, ids = postcards.drawn(data, part, step)
        clean, said = clean * pipe.vae.config.scaling_factor, said_by(pipe, ids)
        with torch.autocast(run.device, torch.bfloat16):
            nets = [net_at(step) for net_at in nets_at]
            return loss_of(*nets, clean, said, nothing.expand_as(said), signal)

    return loss_at


@torch.no_grad()
def said_by(pipe: StableDiffusionPipeline, ids: torch.Tensor) -> torch.Tensor:
    """What the text encoder, which the student shares with its teacher, makes of captions."""
    return pipe.text_encoder(ids)[0]


def loss_of(guide, student, slow, clean, said, nothing, signal):
    """How far the student is from its slow copy one solver step of the teacher further on."""
    count, device = len(clean), clean.device
    stride = len(signal) // SOLVER_STEPS
    slices = torch.arange(count, device=device) + torch.rand(count, device=device)
    t = ((slices / count * SOLVER_STEPS).long().clamp(0, SOLVER_STEPS - 1) + 1) * stride - 1
    s = (t - stride).clamp(min=0)
    a, b = _roots(signal, t)
    z = a * clean + b * torch.randn_like(clean)
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


def _pipeline(
    teacher: StableDiffusionPipeline, unet: torch.nn.Module, device: str = "cpu"
) -> StableDiffusionPipeline:
    """An ordinary diffusers pipeline of a copy of these weights, in fp32."""
    parts = {
        name: copy.deepcopy(part).float().to(device)
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
