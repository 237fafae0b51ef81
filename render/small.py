"""A small pipeline of SDXL's shape with random weights: what a sweep costs beside its network."""

from __future__ import annotations

import itertools
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


def build() -> StableDiffusionXLPipeline:
    """2 million parameters in the UNet, 128 px, the same weights every time."""
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(32, 64),
        layers_per_block=2,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4),
        norm_num_groups=16,
        use_linear_projection=True,
        cross_attention_dim=2 * WORDS,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        transformer_layers_per_block=(1, 2),
        projection_class_embeddings_input_dim=8 * 6 + WORDS,
    )
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
        unet=unet.eval(),
        scheduler=EulerDiscreteScheduler(timestep_spacing="trailing"),
        add_watermarker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def jobs(pipe: Any) -> list[dict[str, Any]]:
    """Steps 1, 2, 4 and 8, two prompts, four seeds: 32 cells."""
    scheduler = (type(pipe.scheduler).__name__, dict(pipe.scheduler.config))
    call = {"negative_prompt": "", "guidance_scale": 5.0, "height": 128, "width": 128}
    cells = itertools.product(("a castle", "the sea"), (1, 2, 4, 8), range(4))
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
