"""Trains the autoencoder: pictures to latents 8x smaller with 8 channels, and back.

The latents are what the diffusion model must learn, so besides fidelity (L1 + gradients) they are
kept near zero mean and unit variance, the decoder is made to forgive small errors (noise on the
latents), and a latent shrunk to half its size must decode to the picture at half its size: without
this scale equivariance (Kouzelis et al. 2025, arXiv:2502.09509) high frequencies carry more of the
latent than a small diffusion model can learn.
"""

from __future__ import annotations

import copy
import hashlib
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny
from tqdm import tqdm

from . import dataset, loop
from .scenes import HELD_OUT_FROM

SIZE, CROP = 128, 64
COMMITTED = dataset.HERE / "postcards" / "vae"
LATENT_NOISE, FINE_NOISE = 0.06, 0.02


def build() -> AutoencoderTiny:
    """An untrained autoencoder. The decoder stays small: it ships to the reader's browser."""
    return AutoencoderTiny(
        latent_channels=8,
        encoder_block_out_channels=(40, 40, 40, 40),
        num_encoder_blocks=(1, 3, 3, 4),
        decoder_block_out_channels=(32, 32, 32, 32),
        num_decoder_blocks=(3, 3, 3, 1),
    )


def train(
    steps: int,
    batch: int,
    scenes: int,
    sizes: tuple[int, ...] = (128,),
    *,
    run: Path,
    device: str,
    resume: bool,
    until: float | None = None,
) -> AutoencoderTiny:
    """Trains to `steps` optimiser steps, checkpoints in `run`, and returns the model in fp32."""
    torch.manual_seed(0)
    model = build()
    if resume and (COMMITTED / "config.json").is_file():  # a checkpoint then takes precedence
        model.load_state_dict(_committed().state_dict())
    model = model.to(device, memory_format=torch.channels_last)
    crops = _crops(scenes, sizes, batch, device)

    def loss_at(step: int) -> torch.Tensor:
        with torch.autocast(device, torch.bfloat16):
            return _loss(model, crops(step))

    def after(step: int) -> None:
        print(f"step {step}: {psnr(model, device=device):.2f} dB on held-out scenes")

    loop.train(
        "autoencoder",
        steps,
        loss_at,
        model=model,
        optimiser=torch.optim.AdamW(model.parameters(), lr=1.0, weight_decay=0.0),
        rate=lambda step: 1.2e-3 * warm_cosine(step, steps),
        run=run,
        resume=resume,
        until=until,
        after=after,
    )
    return model.float()


def train_decoder(
    model: AutoencoderTiny,
    steps: int,
    batch: int,
    scenes: int,
    sizes: tuple[int, ...] = (128,),
    *,
    run: Path,
    device: str,
    resume: bool,
    until: float | None = None,
) -> AutoencoderTiny:
    """Trains the decoder on, with the encoder and so every latent as they are.

    What the encoder had to be taught besides (scale, spread, much noise) no longer holds back
    fidelity, and a diffusion model trained on the latents stays valid.
    """
    model = model.to(device, memory_format=torch.channels_last)
    model.encoder.requires_grad_(False)
    crops = _crops(scenes, sizes, batch, device)

    def loss_at(step: int) -> torch.Tensor:
        images = crops(step)
        with torch.autocast(device, torch.bfloat16):
            with torch.no_grad():
                latents = model.encode(images).latents.float()
            latents = latents + FINE_NOISE * torch.randn_like(latents)
            rebuilt = model.decode(latents).sample.float()
        l1, l2 = F.l1_loss(rebuilt, images), F.mse_loss(rebuilt, images)
        return l1 + 4 * l2 + 0.25 * _gradient_l1(rebuilt, images)

    def after(step: int) -> None:
        print(f"decoder: step {step}: {psnr(model, device=device):.2f} dB on held-out scenes")

    loop.train(
        decoder_name(model),
        steps,
        loss_at,
        model=model.decoder,
        optimiser=torch.optim.AdamW(model.decoder.parameters(), lr=1.0, weight_decay=0.0),
        rate=lambda step: 6e-4 * warm_cosine(step, steps),
        run=run,
        resume=resume,
        until=until,
        after=after,
    )
    return model.float()


def encoder_digest(model: AutoencoderTiny) -> str:
    """Names the encoder, so that what fits another one is never taken for its own."""
    total = hashlib.sha256()
    for value in model.encoder.state_dict().values():
        total.update(value.detach().cpu().half().numpy().tobytes())
    return total.hexdigest()[:8]


def decoder_name(model: AutoencoderTiny) -> str:
    """What the decoder's checkpoint is called: it fits this encoder alone."""
    return f"decoder-{encoder_digest(model)}"


def _loss(model: AutoencoderTiny, images: torch.Tensor) -> torch.Tensor:
    latents = model.encode(images).latents.float()
    noisy = latents + LATENT_NOISE * torch.randn_like(latents)
    rebuilt = model.decode(noisy).sample.float()
    l1 = F.l1_loss(rebuilt, images)
    half = model.decode(F.avg_pool2d(latents[: len(latents) // 4], 2)).sample.float()
    half_l1 = F.l1_loss(half, F.avg_pool2d(images[: len(half)], 2))
    mean, std = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    spread = mean.square().mean() + (std - 1).square().mean()
    loss = l1 + 0.5 * _gradient_l1(rebuilt, images) + F.mse_loss(rebuilt, images) + 0.25 * half_l1
    return loss + 0.01 * spread


def _gradient_l1(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Compares edges, which plain L1 lets blur."""
    dx = F.l1_loss(a[..., 1:] - a[..., :-1], b[..., 1:] - b[..., :-1])
    dy = F.l1_loss(a[..., 1:, :] - a[..., :-1, :], b[..., 1:, :] - b[..., :-1, :])
    return dx + dy


def _crops(
    scenes: int, sizes: tuple[int, ...], batch: int, device: str
) -> Callable[[int], torch.Tensor]:
    """Returns what gives a step its crops, mirrored half of the time; sizes take turns."""
    seeds = dataset.training_seeds(scenes)
    drawn = [dataset.pictures(seeds, size, "train") for size in sizes]

    def crops(step: int) -> torch.Tensor:
        rng, pictures = np.random.default_rng(step), drawn[step % len(drawn)]
        rows = rng.integers(len(pictures), size=batch)
        tops, lefts = rng.integers(pictures.shape[1] - CROP + 1, size=(2, batch))
        places = zip(rows, tops, lefts, strict=True)
        cut = [pictures[r, t : t + CROP, x : x + CROP] for r, t, x in places]
        stacked = np.stack([c[:, ::-1] if rng.random() < 0.5 else c for c in cut])
        return to_tensor(stacked).to(device).contiguous(memory_format=torch.channels_last)

    return crops


def _committed() -> AutoencoderTiny:
    """The autoencoder in the repository: how training goes on on another machine."""
    return AutoencoderTiny.from_pretrained(COMMITTED, dtype=torch.float32)


def to_tensor(pictures: np.ndarray) -> torch.Tensor:
    """uint8 [n, h, w, 3] to float [n, 3, h, w] between -1 and 1."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def warm_cosine(step: int, steps: int, warm: int = 100) -> float:
    """Learning rate factor: up over `warm` steps, then down a half cosine to 2 %."""
    if step < warm:
        return (step + 1) / warm
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


@torch.no_grad()
def psnr(model: AutoencoderTiny, count: int = 256, *, device: str = "cpu") -> float:
    """Mean PSNR in dB of whole reconstructed pictures, over held-out scenes."""
    seeds = list(range(HELD_OUT_FROM, HELD_OUT_FROM + count))
    images = to_tensor(dataset.pictures(seeds, SIZE, "held-out"))
    total = 0.0
    for part in images.split(32):
        part = part.to(device)
        rebuilt = model.decode(model.encode(part).latents).sample.clamp(-1, 1)
        mse = ((rebuilt.float() - part) / 2).square().mean((1, 2, 3))
        total += (-10 * mse.log10()).sum().item()
    return total / count


@torch.no_grad()
def encode_all(model: AutoencoderTiny, pictures: np.ndarray, *, device: str) -> torch.Tensor:
    """Latents of many pictures, fp16 [n, 8, size / 8, size / 8]."""
    encoder = copy.deepcopy(model).to(device, torch.bfloat16, memory_format=torch.channels_last)
    parts = []
    for start in tqdm(range(0, len(pictures), 32), desc="encoding", unit="batch"):
        images = to_tensor(pictures[start : start + 32]).to(device, torch.bfloat16)
        images = images.contiguous(memory_format=torch.channels_last)
        parts.append(encoder.encode(images).latents.half().cpu())
    return torch.cat(parts)
