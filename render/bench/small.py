"""Small pipelines of SDXL's shape with random weights: what a sweep costs beside its network."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

WORDS = 32  # width of the two text encoders


# Channels, heads and normalisation groups of networks with as many layers as SDXL's, by size.
SHAPES = {
    "1.5 M": ((8, 24, 28), (1, 2, 4), 4),
    "9 M": ((32, 64, 72), (1, 2, 4), 8),
    "56 M": ((96, 128, 192), (2, 4, 6), 8),
}


def unet(shape: str) -> UNet2DConditionModel:
    """SDXL's blocks and its 70 transformer layers, narrow."""
    channels, heads, groups = SHAPES[shape]
    return UNet2DConditionModel(
        sample_size=16,
        block_out_channels=channels,
        layers_per_block=2,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=heads,  # the number of heads, under its historical name
        norm_num_groups=groups,
        use_linear_projection=True,
        cross_attention_dim=2 * WORDS,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        transformer_layers_per_block=(1, 2, 10),
        projection_class_embeddings_input_dim=8 * 6 + WORDS,
    )


def build(shape: str = "1.5 M") -> StableDiffusionXLPipeline:
    """A pipeline for pictures of 128 px with the same weights every time."""
    torch.manual_seed(0)
    network = unet(shape)
    vae = AutoencoderKL(
        block_out_channels=(16, 16, 32, 32),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=16,
    )
    words = _tokenizer()
    pipe = StableDiffusionXLPipeline(
        vae=vae.eval(),
        text_encoder=CLIPTextModel(_text(words)).eval(),
        text_encoder_2=CLIPTextModelWithProjection(_text(words)).eval(),
        tokenizer=words,
        tokenizer_2=words,
        unet=network.eval(),
        scheduler=EulerDiscreteScheduler(timestep_spacing="trailing"),
        add_watermarker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def jobs(
    pipe: Any, steps: Sequence[int] = (1, 2, 4, 8), prompts: int = 2, seeds: int = 4
) -> list[dict[str, Any]]:
    """Every step count with every prompt and seed: 32 cells, which fill batches of 8 evenly."""
    scheduler = (type(pipe.scheduler).__name__, dict(pipe.scheduler.config))
    call = {"negative_prompt": "", "guidance_scale": 5.0, "height": 128, "width": 128}
    cells = itertools.product(("a castle", "the sea")[:prompts], steps, range(seeds))
    return [
        {
            "call": {"prompt": prompt, "num_inference_steps": steps, **call},
            "seed": seed,
            "scheduler": scheduler,
        }
        for prompt, steps, seed in cells
    ]


def _tokenizer() -> CLIPTokenizer:
    """Reads letters; enough for a text to have a length and a content."""
    letters = [chr(c) for c in range(33, 127)]
    words = [*letters, *(f"{c}</w>" for c in letters), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={w: i for i, w in enumerate(words)}, merges=[], model_max_length=77)


def _text(words: CLIPTokenizer) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=len(words),
        hidden_size=WORDS,
        intermediate_size=4 * WORDS,
        projection_dim=WORDS,
        num_hidden_layers=4,
        num_attention_heads=4,
        max_position_embeddings=77,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
