"""Trains `postcards`: text to image, a small UNet on the autoencoder's latents.

The network predicts v (Salimans & Ho 2022, arXiv:2202.00512) with min-SNR-5 loss weights (Hang et
al. 2023, arXiv:2303.09556). Time runs as in diffusers: t = 0 is clean, t = 999 is noise. The noise
schedule is Stable Diffusion's with a larger last beta: on 16x16 latents the usual one leaves the
picture's brightness readable at t = 999, and a model that learned to read it makes grey nights.
"""

from __future__ import annotations

import copy
import random
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    AutoencoderTiny,
    DDPMScheduler,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from diffusers.models.attention_processor import AttnProcessor
from transformers import CLIPTextConfig, CLIPTextModel

from . import autoencoder, checkpoint, dataset, loop, tokenizer
from .scenes import Scene, caption

NOISE = {
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.02,
    "num_train_timesteps": 1000,
    "prediction_type": "v_prediction",
}
SAMPLING = {**NOISE, "timestep_spacing": "trailing", "steps_offset": 1}
# What other schedulers must know when they are built from the stored configuration, as Stable
# Diffusion stores it: latents are not pixels, so nothing is clipped.
OTHER_SCHEDULERS = {"clip_sample": False, "set_alpha_to_one": False, "skip_prk_steps": True}
UNCONDITIONAL = 0.1  # share of empty captions, for classifier-free guidance
SCALED_OVER = 256  # scenes whose latents give the scaling factor
CAPTIONS = 12  # different captions of each scene
SNR_CAP = 5.0
EMA = 0.9985
PROMPTS = (
    "a postcard of the sea at sunset with a sailboat, clear sky",
    "mountains at night with pine trees, falling snow",
    "a windmill, rolling hills by day, big clouds",
    "sand dunes at dawn with cacti, clear sky",
    "a castle near green hills at twilight, fog",
    "a canyon at sunset with a tent, clear sky",
    "a lighthouse, open water at night, clear sky",
    "a snowfield by day with a cabin, falling snow",
)


def build_unet() -> UNet2DConditionModel:
    """7.5 M parameters. Attention only at 8x8 and below, where it is cheap on a CPU."""
    unet = UNet2DConditionModel(
        sample_size=16,
        in_channels=8,
        out_channels=8,
        block_out_channels=(96, 128, 128),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=128,
        attention_head_dim=(3, 4, 4),  # diffusers reads this as the number of heads
    )
    unet.set_attn_processor(AttnProcessor())  # on a CPU the fused kernel is slow backwards
    return unet


def build_text_encoder(words) -> CLIPTextModel:
    """A three-layer CLIP text model, trained together with the UNet."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(words),
            hidden_size=128,
            intermediate_size=512,
            projection_dim=128,
            num_hidden_layers=3,
            num_attention_heads=4,
            max_position_embeddings=tokenizer.MAX_LENGTH,
            bos_token_id=words.bos_token_id,
            eos_token_id=words.eos_token_id,
            pad_token_id=words.pad_token_id,
        )
    )


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
) -> StableDiffusionPipeline:
    """Trains to `steps` optimiser steps, checkpoints in `run`; returns the averaged weights.

    With several `sizes` they take turns; a picture four times as large comes half as often.
    """
    torch.manual_seed(0)  # the initial weights
    words = tokenizer.build()
    model = torch.nn.ModuleDict({"unet": build_unet(), "text_encoder": build_text_encoder(words)})
    model = model.to(device, memory_format=torch.channels_last)
    if resume:
        _load_committed(model)  # a checkpoint, where there is one, then takes precedence
    average = copy.deepcopy(model).requires_grad_(False)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1.0, weight_decay=0.01, betas=(0.9, 0.99))
    vae, scaling = load_autoencoder(run)
    seeds = dataset.training_seeds(scenes)
    latents = {size: latents_of(vae, seeds, size, run, device).to(device) for size in sizes}
    ids = caption_ids(words, seeds).to(device)
    empty = ids_of(words, [""]).to(device)
    noise = DDPMScheduler(**NOISE)
    noise.alphas_cumprod = noise.alphas_cumprod.to(device)
    unet = torch.compile(model["unet"], dynamic=False) if compile else model["unet"]

    def loss_at(step: int) -> torch.Tensor:
        size = sizes[step % len(sizes)]
        count = batch if size == sizes[0] else batch // 2
        rows = np.random.default_rng(step).integers(len(seeds), size=count)
        rows = torch.from_numpy(rows).to(device)
        said = ids[rows, torch.randint(CAPTIONS, (count,), device=device)]
        said = torch.where(torch.rand(count, 1, device=device) < UNCONDITIONAL, empty, said)
        clean = latents[size][rows].float() * scaling
        with torch.autocast(device, torch.bfloat16):
            context = model["text_encoder"](said)[0]
            return _loss(unet, noise, clean, context)

    def after(step: int) -> None:
        sample_strip(pipeline(average, words, vae), run / f"postcards-{step:06d}.png")

    loop.train(
        "postcards",
        steps,
        loss_at,
        model=model,
        optimiser=optimiser,
        rate=lambda step: 5e-4 * hold_then_decay(step, steps),
        run=run,
        resume=resume,
        until=until,
        average=average,
        decay=EMA,
        after=after,
    )
    return pipeline(average, words, vae)


def _load_committed(model: torch.nn.ModuleDict, folder: Path = dataset.HERE / "postcards") -> None:
    """Starts from the weights in the repository: how training goes on on another machine."""
    for name, part in (("unet", UNet2DConditionModel), ("text_encoder", CLIPTextModel)):
        if (folder / name / "config.json").is_file():
            committed = part.from_pretrained(folder / name, dtype=torch.float32)
            model[name].load_state_dict(committed.state_dict())


def ids_of(words, texts: list[str]) -> torch.Tensor:
    return words(
        texts,
        padding="max_length",
        max_length=tokenizer.MAX_LENGTH,
        truncation=True,
        return_tensors="pt",
    ).input_ids


def _loss(unet, noise: DDPMScheduler, clean: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
    count = len(clean)
    # One timestep per equal slice of the range: the same mean as uniform draws, less variance.
    t = ((torch.arange(count) + torch.rand(count)) / count * 1000).long().clamp(0, 999)
    t = t.to(clean.device)
    eps = torch.randn_like(clean)
    noisy = noise.add_noise(clean, eps, t).contiguous(memory_format=torch.channels_last)
    target = noise.get_velocity(clean, eps, t)
    predicted = unet(noisy, t, context).sample.float()
    alpha = noise.alphas_cumprod[t]
    snr = alpha / (1 - alpha)
    weight = snr.clamp(max=SNR_CAP) / (snr + 1)
    return (weight * (predicted - target).square().mean((1, 2, 3))).mean()


def caption_ids(words, seeds: list[int]) -> torch.Tensor:
    """Token ids of several captions of each scene, [scenes, CAPTIONS, 32], ready before training:

    a GPU takes a step in the time in which Python writes a hundred captions.
    """
    ids = []
    for seed in seeds:
        scene, rng = Scene.sample(seed), random.Random(f"captions-{seed}")
        ids.append(ids_of(words, [caption(scene, rng) for _ in range(CAPTIONS)]))
    return torch.stack(ids)


def latents_of(
    vae: AutoencoderTiny, seeds: list[int], size: int, run: Path, device: str
) -> torch.Tensor:
    """The training scenes' latents, encoded once and kept on disk: fp16, not yet scaled."""
    made_by = f"{dataset.world_digest()}-{autoencoder.encoder_digest(vae)}"
    kept = run / f"latents-{made_by}-{size}-{len(seeds)}.pt"
    if not kept.exists():
        pictures = dataset.pictures(seeds, size, "train")
        latents = autoencoder.encode_all(vae, pictures, device=device)
        run.mkdir(parents=True, exist_ok=True)
        torch.save(latents, kept.with_suffix(".partial"))
        kept.with_suffix(".partial").replace(kept)
    return torch.load(kept, weights_only=True)


def load_autoencoder(run: Path) -> tuple[AutoencoderTiny, float]:
    """The trained autoencoder (from its checkpoints, else as committed) and its scaling factor."""
    state = checkpoint.load(run / "autoencoder.checkpoint")
    if state is None:
        vae = AutoencoderTiny.from_pretrained(
            dataset.HERE / "postcards" / "vae", dtype=torch.float32
        )
        return vae, vae.config.scaling_factor
    vae = autoencoder.build()
    vae.load_state_dict(state["model"])
    if state := checkpoint.load(run / f"{autoencoder.decoder_name(vae)}.checkpoint"):
        vae.decoder.load_state_dict(state["model"])
    seeds = dataset.training_seeds(SCALED_OVER)
    with torch.no_grad():
        pictures = autoencoder.to_tensor(dataset.pictures(seeds, autoencoder.SIZE, "scaling"))
        scaling = round(1 / vae.encode(pictures).latents.std().item(), 4)
    vae.register_to_config(scaling_factor=scaling)
    return vae, scaling


def save_decoder(vae: AutoencoderTiny, folder: Path) -> None:
    """Puts a decoder trained on into a pipeline folder whose encoder is the same, if any."""
    if (folder / "vae" / "config.json").is_file():
        stored = AutoencoderTiny.from_pretrained(folder / "vae", dtype=torch.float32)
        if autoencoder.encoder_digest(stored) == autoencoder.encoder_digest(vae):
            stored.decoder.load_state_dict(vae.decoder.cpu().float().state_dict())
            stored.half().save_pretrained(folder / "vae", safe_serialization=True)
            checkpoint.amend(folder / "vae" / "config.json")


def hold_then_decay(step: int, steps: int, warm: int = 200, decay: float = 0.3) -> float:
    """Learning rate factor: up, flat, then linearly down over the last `decay` of the run.

    Flat until late, so that a run can be extended after the fact.
    """
    return min((step + 1) / warm, 1.0, max(0.01, (steps - step) / (steps * decay)))


def pipeline(model: torch.nn.Module, words, vae: AutoencoderTiny) -> StableDiffusionPipeline:
    """An ordinary diffusers pipeline of these weights, in fp32 on the CPU."""
    model, vae = (copy.deepcopy(part).float().cpu().eval() for part in (model, vae))
    return StableDiffusionPipeline(
        vae=vae,
        text_encoder=model["text_encoder"],
        tokenizer=words,
        unet=model["unet"],
        scheduler=EulerDiscreteScheduler(**SAMPLING),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def sample_strip(
    pipe: StableDiffusionPipeline, target: Path, steps: int = 16, guidance: float = 3.0
) -> None:
    """Draws the fixed prompts side by side, to see how training goes."""
    from PIL import Image

    pipe.set_progress_bar_config(disable=True)
    generators = [torch.Generator().manual_seed(i) for i in range(len(PROMPTS))]
    images = pipe(
        list(PROMPTS), num_inference_steps=steps, guidance_scale=guidance, generator=generators
    ).images
    strip = Image.new("RGB", (128 * len(images), 128))
    for i, image in enumerate(images):
        strip.paste(image, (128 * i, 0))
    target.parent.mkdir(parents=True, exist_ok=True)
    strip.save(target)


def save(pipe: StableDiffusionPipeline, folder: Path) -> None:
    """Writes the pipeline folder with fp16 weights."""
    pipe.register_modules(tokenizer=tokenizer.build())  # one that remembers no padding
    pipe.to(dtype=torch.float16).save_pretrained(folder, safe_serialization=True)
    checkpoint.amend(folder / "scheduler" / "scheduler_config.json", **OTHER_SCHEDULERS)
    for config in folder.glob("*/config.json"):
        checkpoint.amend(config)
    # Without this a plain from_pretrained() takes the text encoder in half and the rest in full.
    checkpoint.amend(folder / "text_encoder" / "config.json", dtype="float32")
