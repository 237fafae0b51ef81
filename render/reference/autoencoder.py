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
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny
from tqdm import tqdm

from . import ahead, dataset, loop
from .loop import Run
from .presets import Part
from .record import Record
from .scenes import HELD_OUT_FROM

SIZE, CROP = 128, 64
HELD_OUT = 256  # real scenes that it is tried on
COMMITTED = dataset.HERE / "postcards" / "vae"
LATENT_NOISE, FINE_NOISE = 0.06, 0.02


def build(wide: bool = False) -> AutoencoderTiny:
    """An untrained autoencoder. The decoder stays small: it ships to the reader's browser.

    The encoder does not. Latents sought by gradient descent, for the decoder as it is, give 3 dB
    more than those that the small encoder finds: `wide` has TAESD's width and more depth below.
    """
    return AutoencoderTiny(
        latent_channels=8,
        encoder_block_out_channels=(64, 64, 64, 64) if wide else (40, 40, 40, 40),
        num_encoder_blocks=(1, 3, 4, 8) if wide else (1, 3, 3, 4),
        decoder_block_out_channels=(32, 32, 32, 32),
        num_decoder_blocks=(3, 3, 3, 1),
    )


def train(part: Part, run: Run) -> tuple[AutoencoderTiny, Record]:
    """Trains an autoencoder, with checkpoints in the run's folder; returns it in fp32."""
    torch.manual_seed(0)
    model = build(part.wide)
    if run.resume and run.committed and (COMMITTED / "config.json").is_file():
        model.load_state_dict(_committed().state_dict())
    model = model.to(run.device, memory_format=torch.channels_last)

    def after(step: int) -> dict[str, float]:
        return {"psnr_db": round(psnr(model, device=run.device), 2)}

    record = loop.train(
        "autoencoder",
        part,
        lambda: _loss_at(part, run, lambda images: loss_of(model, images, part.decibels)),
        model=model,
        optimiser=loop.adamw(model.parameters(), run, weight_decay=0.0),
        rate=partial(warm_cosine, warm=part.warm),
        run=run,
        after=after,
    )
    return model.float().cpu(), record


def train_decoder(model: AutoencoderTiny, part: Part, run: Run) -> tuple[AutoencoderTiny, Record]:
    """Trains the decoder on, with the encoder and so every latent as they are.

    What the encoder had to be taught besides (scale, spread, much noise) no longer holds back
    fidelity, and a diffusion model trained on the latents stays valid.
    """
    name = decoder_name(model)
    model = model.to(run.device, memory_format=torch.channels_last)
    model.encoder.requires_grad_(False)

    def after(step: int) -> dict[str, float]:
        return {"psnr_db": round(psnr(model, device=run.device), 2)}

    record = loop.train(
        name,
        part,
        lambda: _loss_at(part, run, lambda images: decoder_loss(model, images, part.decibels)),
        model=model.decoder,
        optimiser=loop.adamw(model.decoder.parameters(), run, weight_decay=0.0),
        rate=partial(warm_cosine, warm=part.warm),
        run=run,
        after=after,
    )
    return model.float().cpu(), record


def encoder_digest(model: AutoencoderTiny) -> str:
    """Names the encoder, so that what fits another one is never taken for its own."""
    total = hashlib.sha256()
    for value in model.encoder.state_dict().values():
        total.update(value.detach().cpu().half().numpy().tobytes())
    return total.hexdigest()[:8]


def decoder_name(model: AutoencoderTiny) -> str:
    """What the decoder's checkpoint is called: it fits this encoder alone."""
    return f"decoder-{encoder_digest(model)}"


def loss_of(model: AutoencoderTiny, images: torch.Tensor, decibels: float) -> torch.Tensor:
    """The autoencoder's loss: fidelity, edges, half the size, the latents' spread."""
    latents = model.encode(images).latents.float()
    noisy = latents + LATENT_NOISE * torch.randn_like(latents)
    rebuilt = model.decode(noisy).sample.float()
    l1 = F.l1_loss(rebuilt, images)
    half = model.decode(F.avg_pool2d(latents[: len(latents) // 4], 2)).sample.float()
    half_l1 = F.l1_loss(half, F.avg_pool2d(images[: len(half)], 2))
    mean, std = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    spread = mean.square().mean() + (std - 1).square().mean()
    loss = l1 + 0.5 * _gradient_l1(rebuilt, images) + F.mse_loss(rebuilt, images) + 0.25 * half_l1
    return loss + 0.01 * spread + _logarithm(rebuilt, images, decibels)


def decoder_loss(model: AutoencoderTiny, images: torch.Tensor, decibels: float) -> torch.Tensor:
    """The loss of a decoder that is trained alone."""
    with torch.no_grad():
        latents = model.encode(images).latents.float()
    latents = latents + FINE_NOISE * torch.randn_like(latents)
    rebuilt = model.decode(latents).sample.float()
    l1, l2 = F.l1_loss(rebuilt, images), F.mse_loss(rebuilt, images)
    loss = l1 + 4 * l2 + 0.25 * _gradient_l1(rebuilt, images)
    return loss + _logarithm(rebuilt, images, decibels)


def _logarithm(rebuilt: torch.Tensor, images: torch.Tensor, weight: float) -> torch.Tensor | float:
    """What PSNR measures (as in Chen et al. 2022, arXiv:2204.04676): a tenth less error counts

    the same in a calm picture as in a snowstorm, whose error is a hundred times as large.
    """
    if not weight:
        return 0.0
    error = (rebuilt - images).square().mean((1, 2, 3))
    return weight * (error + 1e-5).log().mean()


def _gradient_l1(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Compares edges, which plain L1 lets blur."""
    dx = F.l1_loss(a[..., 1:] - a[..., :-1], b[..., 1:] - b[..., :-1])
    dy = F.l1_loss(a[..., 1:, :] - a[..., :-1, :], b[..., 1:, :] - b[..., :-1, :])
    return dx + dy


def _loss_at(part: Part, run: Run, loss: Callable[[torch.Tensor], torch.Tensor]) -> loop.Loss:
    """The loss of a step: of crops cut from pictures that live on the device."""
    seeds = dataset.training_seeds(max(part.scenes.values()))
    drawn = {size: resident(seeds[:n], size, run.device) for size, n in part.scenes.items()}

    def loss_at(step: int) -> torch.Tensor:
        images = crops(drawn[part.size(step)], part.batch)
        with torch.autocast(run.device, torch.bfloat16):
            return loss(images)

    return loss_at


def resident(seeds: list[int], size: int, device: str, name: str = "train") -> torch.Tensor:
    """Pictures of these scenes as bytes on the device, [n, size, size, 3]."""
    return torch.from_numpy(dataset.pictures(seeds, size, name)).to(device)


def crops(pictures: torch.Tensor, count: int) -> torch.Tensor:
    """Squares of CROP px cut out anywhere, half of them mirrored: [n, 3, CROP, CROP] in -1..1."""
    device, room = pictures.device, pictures.shape[1] - CROP + 1
    rows = torch.randint(len(pictures), (count,), device=device)
    tops, lefts = torch.randint(room, (2, count), device=device)
    along = torch.arange(CROP, device=device)
    across = torch.where(torch.rand(count, 1, device=device) < 0.5, along, CROP - 1 - along)
    down, right = tops[:, None] + along, lefts[:, None] + across
    cut = pictures[rows[:, None, None], down[:, :, None], right[:, None, :]]
    return cut.permute(0, 3, 1, 2).float() / 127.5 - 1  # channels last, as it was drawn


def _committed() -> AutoencoderTiny:
    """The autoencoder in the repository: how training goes on on another machine."""
    return AutoencoderTiny.from_pretrained(COMMITTED, dtype=torch.float32)


def to_tensor(pictures: np.ndarray) -> torch.Tensor:
    """uint8 [n, h, w, 3] to float [n, 3, h, w] between -1 and 1."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def warm_cosine(step: int, steps: int, warm: int) -> float:
    """Learning rate factor: up over `warm` steps, then down a half cosine to 2 %."""
    if step < warm:
        return (step + 1) / warm
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def held_out(count: int = HELD_OUT, size: int = SIZE) -> list[ahead.Job]:
    """The files of scenes that `psnr` reads."""
    seeds = list(range(HELD_OUT_FROM, HELD_OUT_FROM + count))
    return dataset.jobs(seeds, size, "held-out")


@torch.no_grad()
def psnr(
    model: AutoencoderTiny, count: int = HELD_OUT, *, device: str = "cpu", size: int = SIZE
) -> float:
    """Mean PSNR in dB of whole reconstructed pictures, over held-out scenes."""
    seeds = list(range(HELD_OUT_FROM, HELD_OUT_FROM + count))
    images = to_tensor(dataset.pictures(seeds, size, "held-out"))
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
    parts, count = [], 256 if device == "cuda" else 32
    for start in tqdm(range(0, len(pictures), count), desc="encoding", unit="batch"):
        images = torch.from_numpy(pictures[start : start + count]).to(device)
        images = (images.permute(0, 3, 1, 2).float() / 127.5 - 1).bfloat16()
        parts.append(encoder.encode(images).latents.half())
    return torch.cat(parts).cpu()
