"""Tiny pipelines of real classes with random weights, saved as ordinary diffusers folders.

They stand in for full-size models: the same files, the same loading code, a thousandth of the size.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderTiny,
    ControlNetModel,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPProcessor,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionConfig,
    T5Config,
    T5EncoderModel,
    T5TokenizerFast,
)

WIDTH = 32
CHANNELS = (64, 192, 384, 256, 256)  # of AlexNet's five convolutions


def stable_diffusion(folder: Path) -> Path:
    """The class of SD 1.5 and of our reference models; 64 px."""
    torch.manual_seed(0)
    words = _clip_words()
    pipe = StableDiffusionPipeline(
        vae=AutoencoderTiny(
            latent_channels=4,
            encoder_block_out_channels=(8, 8, 8, 8),
            decoder_block_out_channels=(8, 8, 8, 8),
            num_encoder_blocks=(1, 1, 1, 1),
            num_decoder_blocks=(1, 1, 1, 1),
        ),
        text_encoder=CLIPTextModel(_clip_config(words)),
        tokenizer=words,
        unet=_unet(cross_attention_dim=WIDTH),
        scheduler=EulerDiscreteScheduler(
            beta_schedule="scaled_linear", timestep_spacing="trailing", steps_offset=1
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.save_pretrained(folder, safe_serialization=True)
    return folder


def stable_diffusion_xl(folder: Path) -> Path:
    torch.manual_seed(0)
    words = _clip_words()
    unet = _unet(
        cross_attention_dim=2 * WIDTH,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        transformer_layers_per_block=1,
        projection_class_embeddings_input_dim=8 * 6 + WIDTH,
    )
    StableDiffusionXLPipeline(
        vae=_kl(),
        text_encoder=CLIPTextModel(_clip_config(words)),
        text_encoder_2=CLIPTextModelWithProjection(_clip_config(words)),
        tokenizer=words,
        tokenizer_2=words,
        unet=unet,
        scheduler=EulerDiscreteScheduler(timestep_spacing="leading", steps_offset=1),
        add_watermarker=False,
    ).save_pretrained(folder, safe_serialization=True)
    return folder


def stable_diffusion_3(folder: Path) -> Path:
    torch.manual_seed(0)
    words = _clip_words()
    transformer = SD3Transformer2DModel(
        sample_size=8,
        patch_size=1,
        in_channels=4,
        num_layers=1,
        attention_head_dim=8,
        num_attention_heads=4,
        joint_attention_dim=WIDTH,
        caption_projection_dim=WIDTH,
        pooled_projection_dim=2 * WIDTH,
        out_channels=4,
    )
    StableDiffusion3Pipeline(
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=_kl(shift_factor=0.06, scaling_factor=1.5),
        text_encoder=CLIPTextModelWithProjection(_clip_config(words)),
        tokenizer=words,
        text_encoder_2=CLIPTextModelWithProjection(_clip_config(words)),
        tokenizer_2=words,
        text_encoder_3=_t5(),
        tokenizer_3=_t5_words(),
    ).save_pretrained(folder, safe_serialization=True)
    return folder


def flux(folder: Path) -> Path:
    torch.manual_seed(0)
    words = _clip_words()
    transformer = FluxTransformer2DModel(
        patch_size=1,
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=WIDTH,
        pooled_projection_dim=WIDTH,
        axes_dims_rope=[4, 4, 8],
    )
    FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=_kl(latent_channels=1, shift_factor=0.0, scaling_factor=1.0),
        text_encoder=CLIPTextModel(_clip_config(words)),
        tokenizer=words,
        text_encoder_2=_t5(),
        tokenizer_2=_t5_words(),
        transformer=transformer,
    ).save_pretrained(folder, safe_serialization=True)
    return folder


def controlnet(unet: UNet2DConditionModel) -> ControlNetModel:
    """A ControlNet for the network of `stable_diffusion`, with something to say."""
    torch.manual_seed(1)
    net = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(8, 8, 8, 8))
    for block in (*net.controlnet_down_blocks, net.controlnet_mid_block):
        torch.nn.init.normal_(block.weight, std=0.1)  # as published they start at zero
    torch.nn.init.normal_(net.controlnet_cond_embedding.conv_out.weight, std=0.1)
    return net.eval()


def clip_model(folder: Path) -> Path:
    """A CLIP model and its processor, for scores; 32 px."""
    torch.manual_seed(0)
    words = _clip_words()
    vision = CLIPVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=32,
        patch_size=16,
    )
    config = CLIPConfig(
        text_config=_clip_config(words).to_dict(),
        vision_config=vision.to_dict(),
        projection_dim=WIDTH,
    )
    CLIPModel(config).save_pretrained(folder, safe_serialization=True)
    size = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    CLIPProcessor(CLIPImageProcessorPil(**size), words).save_pretrained(folder)
    return folder


def alexnet(folder: Path, seed: int = 0, **others: torch.Tensor) -> Path:
    """AlexNet's convolutions with random weights, named and stored as torchvision stores it."""
    random = torch.Generator().manual_seed(seed)
    stored = dict(others)
    places = zip((0, 3, 6, 8, 10), (3, *CHANNELS), CHANNELS, (11, 5, 3, 3, 3), strict=False)
    for place, before, after, side in places:
        shape = (after, before, side, side)
        scale = (2 / (before * side * side)) ** 0.5
        stored[f"features.{place}.weight"] = torch.randn(shape, generator=random) * scale
        stored[f"features.{place}.bias"] = torch.randn(after, generator=random) * 0.1
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(stored, folder / "new.pth")
    digest = hashlib.sha256((folder / "new.pth").read_bytes()).hexdigest()
    return (folder / "new.pth").rename(folder / f"alexnet-owt-{digest[:8]}.pth")


def _unet(**options) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=2,
        norm_num_groups=8,
        **options,
    )


def _kl(latent_channels: int = 4, **options) -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(8, 16),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=latent_channels,
        norm_num_groups=4,
        use_quant_conv=False,
        use_post_quant_conv=False,
        **options,
    )


def _clip_words() -> CLIPTokenizer:
    letters = [chr(c) for c in range(33, 127)]
    words = [*letters, *(f"{c}</w>" for c in letters), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={w: i for i, w in enumerate(words)}, merges=[], model_max_length=16)


def _clip_config(words: CLIPTokenizer) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=len(words),
        hidden_size=WIDTH,
        intermediate_size=WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=16,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )


def _t5() -> T5EncoderModel:
    return T5EncoderModel(
        T5Config(vocab_size=200, d_model=WIDTH, d_kv=8, d_ff=WIDTH, num_layers=1, num_heads=2)
    )


def _t5_words() -> T5TokenizerFast:
    letters = [(chr(c), -2.0) for c in range(33, 127)]
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -1.0), *letters]
    return T5TokenizerFast(vocab=vocabulary, extra_ids=0, model_max_length=16)
