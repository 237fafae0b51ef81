"""Trains `postcards`: text to image, a small UNet on the autoencoder's latents.

The network predicts v (Salimans & Ho 2022, arXiv:2202.00512) with min-SNR-5 loss weights (Hang et
al. 2023, arXiv:2303.09556). Time runs as in diffusers: t = 0 is clean, t = 999 is noise. The noise
schedule is Stable Diffusion's with a larger last beta: on 16x16 latents the usual one leaves the
picture's brightness readable at t = 999, and a model that learned to read it makes grey nights.
"""

from __future__ import annotations

import copy
from functools import partial
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderTiny,
    DDPMScheduler,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel

from . import autoencoder, captions, checkpoint, dataset, loop, tokenizer
from .fast import compiled, prepared
from .loop import Run
from .presets import Part
from .record import Record

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
SNR_CAP = 5.0
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


def train(part: Part, run: Run) -> tuple[StableDiffusionPipeline, Record]:
    """Trains UNet and text encoder, with checkpoints; returns a pipeline of their averages."""
    torch.manual_seed(0)  # the initial weights
    words = tokenizer.build()
    model = torch.nn.ModuleDict({"unet": build_unet(), "text_encoder": build_text_encoder(words)})
    if run.resume and run.committed:
        _load_committed(model)  # a checkpoint, where there is one, then takes precedence
    prepared(model["unet"], run)
    model = model.to(run.device)
    average = copy.deepcopy(model).requires_grad_(False)
    options = {"weight_decay": 0.01, "betas": (0.9, 0.99)}
    vae = load_autoencoder(run.folder)

    def after(step: int) -> dict[str, str]:
        target = run.folder / f"postcards-{step:06d}.png"
        sample_strip(pipeline(average, words, vae, run.device), target)
        return {"strip": target.name}

    record = loop.train(
        "postcards",
        part,
        lambda: _loss_at(part, run, model, words, vae),
        model=model,
        optimiser=loop.adamw(model.parameters(), run, **options),
        rate=partial(hold_then_decay, warm=part.warm),
        run=run,
        average=average,
        after=after,
    )
    return pipeline(average, words, vae), record


def _loss_at(
    part: Part, run: Run, model: torch.nn.ModuleDict, words: Any, vae: AutoencoderTiny
) -> loop.Loss:
    """The loss of a step; all that it reads lives on the device."""
    data = latents_and_ids(part, run, vae)
    empty = captions.ids_of(words, [""]).to(run.device)
    noise = noise_on(run.device)
    unet_at = compiled(model["unet"], part, run)

    def loss_at(step: int) -> torch.Tensor:
        clean, said = drawn(data, part, step)
        dropped = torch.rand(len(said), 1, device=run.device) < UNCONDITIONAL
        said = torch.where(dropped, empty, said)
        clean = clean * vae.config.scaling_factor
        with torch.autocast(run.device, torch.bfloat16):
            return loss_of(unet_at(step), noise, clean, model["text_encoder"](said)[0])

    return loss_at


def latents_and_ids(
    part: Part, run: Run, vae: AutoencoderTiny
) -> tuple[dict[int, torch.Tensor], torch.Tensor]:
    """The training scenes' latents by size, and their captions' ids, on the device."""
    seeds = dataset.training_seeds(max(part.scenes.values()))
    latents = {
        size: latents_of(vae, seeds[:count], size, run).to(run.device)
        for size, count in part.scenes.items()
    }
    return latents, captions.ids(seeds, run.device)


def drawn(
    data: tuple[dict[int, torch.Tensor], torch.Tensor], part: Part, step: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """A step's latents, not yet scaled, and a caption of each, drawn at random."""
    size = part.size(step)
    latents, ids = data[0][size], data[1]
    rows = torch.randint(len(latents), (part.count(size),), device=ids.device)
    which = torch.randint(captions.EACH, (len(rows),), device=ids.device)
    return latents[rows].float(), ids[rows, which].long()


def noise_on(device: str) -> DDPMScheduler:
    """The noise schedule, with its table on the device."""
    noise = DDPMScheduler(**NOISE)
    noise.alphas_cumprod = noise.alphas_cumprod.to(device)
    return noise


def _load_committed(model: torch.nn.ModuleDict, folder: Path = dataset.HERE / "postcards") -> None:
    """Starts from the weights in the repository: how training goes on on another machine."""
    for name, part in (("unet", UNet2DConditionModel), ("text_encoder", CLIPTextModel)):
        if (folder / name / "config.json").is_file():
            committed = part.from_pretrained(folder / name, dtype=torch.float32)
            model[name].load_state_dict(committed.state_dict())


def loss_of(
    unet: Any, noise: DDPMScheduler, clean: torch.Tensor, context: torch.Tensor
) -> torch.Tensor:
    """How far the predicted v is off, weighted by min-SNR."""
    count, device = len(clean), clean.device
    # One timestep per equal slice of the range: the same mean as uniform draws, less variance.
    slices = torch.arange(count, device=device) + torch.rand(count, device=device)
    t = (slices / count * 1000).long().clamp(0, 999)
    eps = torch.randn_like(clean)
    noisy = noise.add_noise(clean, eps, t).contiguous(memory_format=torch.channels_last)
    target = noise.get_velocity(clean, eps, t)
    predicted = unet(noisy, t, context).sample.float()
    alpha = noise.alphas_cumprod[t]
    snr = alpha / (1 - alpha)
    weight = snr.clamp(max=SNR_CAP) / (snr + 1)
    return (weight * (predicted - target).square().mean((1, 2, 3))).mean()


def latents_of(vae: AutoencoderTiny, seeds: list[int], size: int, run: Run) -> torch.Tensor:
    """The training scenes' latents, encoded once and kept on disk: fp16, not yet scaled."""
    made_by = f"{dataset.world_digest()}-{autoencoder.encoder_digest(vae)}"
    kept = run.folder / f"latents-{made_by}-{size}-{len(seeds)}.pt"
    if not kept.exists():
        pictures = dataset.pictures(seeds, size, "train")
        latents = autoencoder.encode_all(vae, pictures, device=run.device)
        run.folder.mkdir(parents=True, exist_ok=True)
        torch.save(latents, kept.with_suffix(".partial"))
        kept.with_suffix(".partial").replace(kept)
    return torch.load(kept, weights_only=True)


def load_autoencoder(run: Path) -> AutoencoderTiny:
    """The autoencoder that was trained in this folder, else the committed one, in fp32."""
    folder = run / "autoencoder"
    if not (folder / "config.json").is_file():
        folder = dataset.HERE / "postcards" / "vae"
    return AutoencoderTiny.from_pretrained(folder, dtype=torch.float32)


def keep_autoencoder(vae: AutoencoderTiny, run: Path) -> None:
    """Keeps a trained autoencoder, with its scaling factor, for what is trained on its latents."""
    seeds = dataset.training_seeds(SCALED_OVER)
    with torch.no_grad():
        pictures = autoencoder.to_tensor(dataset.pictures(seeds, autoencoder.SIZE, "scaling"))
        scaling = round(1 / vae.encode(pictures).latents.std().item(), 4)
    vae.register_to_config(scaling_factor=scaling)
    vae.save_pretrained(run / "autoencoder", safe_serialization=True)


def save_decoder(vae: AutoencoderTiny, folder: Path) -> None:
    """Puts a decoder trained on into a pipeline folder whose encoder is the same, if any."""
    if (folder / "vae" / "config.json").is_file():
        stored = AutoencoderTiny.from_pretrained(folder / "vae", dtype=torch.float32)
        if autoencoder.encoder_digest(stored) == autoencoder.encoder_digest(vae):
            stored.decoder.load_state_dict(vae.decoder.cpu().float().state_dict())
            stored.half().save_pretrained(folder / "vae", safe_serialization=True)
            checkpoint.amend(folder / "vae" / "config.json")


def hold_then_decay(step: int, steps: int, warm: int, decay: float = 0.3) -> float:
    """Learning rate factor: up, flat, then linearly down over the last `decay` of the run.

    Flat until late, so that a run can be extended after the fact.
    """
    return min((step + 1) / warm, 1.0, max(0.01, (steps - step) / (steps * decay)))


def pipeline(
    model: torch.nn.Module, words: Any, vae: AutoencoderTiny, device: str = "cpu"
) -> StableDiffusionPipeline:
    """An ordinary diffusers pipeline of a copy of these weights, in fp32."""
    model, vae = (copy.deepcopy(part).float().to(device).eval() for part in (model, vae))
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
