"""The editor's nameless list of values, given the names the node's class has for them."""

from __future__ import annotations

from typing import Any

_CONTROL = ("fixed", "increment", "decrement", "randomize")
# The order of a class's own inputs; None is what the editor puts behind a seed.
_NAMES: dict[str, tuple[str | None, ...]] = {
    "KSampler": ("seed", None, "steps", "cfg", "sampler_name", "scheduler", "denoise"),
    "KSamplerAdvanced": ("add_noise", "noise_seed", None, "steps", "cfg", "sampler_name",
                         "scheduler", "start_at_step", "end_at_step",
                         "return_with_leftover_noise"),
    "SamplerCustom": ("add_noise", "noise_seed", None, "cfg"),
    "RandomNoise": ("noise_seed", None),
    "KSamplerSelect": ("sampler_name",),
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "KarrasScheduler": ("steps", "sigma_max", "sigma_min", "rho"),
    "ExponentialScheduler": ("steps", "sigma_max", "sigma_min"),
    "BetaSamplingScheduler": ("steps", "alpha", "beta"),
    "AlignYourStepsScheduler": ("model_type", "steps", "denoise"),
    "SDTurboScheduler": ("steps", "denoise"),
    "LTXVScheduler": ("steps", "max_shift", "base_shift", "stretch", "terminal"),
    "Flux2Scheduler": ("steps", "width", "height"),
    "CFGGuider": ("cfg",),
    "DualCFGGuider": ("cfg_conds", "cfg_cond2_negative", "style"),
    "FluxGuidance": ("guidance",),
    "CLIPTextEncodeFlux": ("clip_l", "t5xxl", "guidance"),
    "CLIPTextEncode": ("text",),
    "CLIPTextEncodeSDXL": ("width", "height", "crop_w", "crop_h", "target_width", "target_height",
                           "text_g", "text_l"),
    "TextEncodeHunyuanVideo_ImageToVideo": ("prompt", "image_interleave"),
    "TextEncodeQwenImageEdit": ("prompt",),
    "TextEncodeQwenImageEditPlus": ("prompt",),
    "CLIPSetLastLayer": ("stop_at_clip_layer",),
    "ModelSamplingFlux": ("max_shift", "base_shift", "width", "height"),
    "ModelSamplingSD3": ("shift",),
    "ModelSamplingAuraFlow": ("shift",),
    "ModelSamplingDiscrete": ("sampling", "zsnr"),
    "RescaleCFG": ("multiplier",),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "CheckpointLoader": ("config_name", "ckpt_name"),
    "ImageOnlyCheckpointLoader": ("ckpt_name",),
    "UNETLoader": ("unet_name", "weight_dtype"),
    "UnetLoaderGGUF": ("unet_name",),
    "VAELoader": ("vae_name",),
    "LoraLoader": ("lora_name", "strength_model", "strength_clip"),
    "LoraLoaderModelOnly": ("lora_name", "strength_model"),
    "EmptyLatentImage": ("width", "height", "batch_size"),
    "EmptySD3LatentImage": ("width", "height", "batch_size"),
    "EmptyFlux2LatentImage": ("width", "height", "batch_size"),
    **dict.fromkeys(
        ("EmptyHunyuanLatentVideo", "EmptyLTXVLatentVideo", "EmptyMochiLatentVideo",
         "EmptyCosmosLatentVideo", "CosmosImageToVideoLatent", "CosmosPredict2ImageToVideoLatent",
         "HunyuanImageToVideo", "LTXVImgToVideo", "Wan22ImageToVideoLatent", "WanImageToVideo",
         "WanFirstLastFrameToVideo", "WanFunControlToVideo", "WanFunInpaintToVideo",
         "WanVaceToVideo"),
        ("width", "height", "length", "batch_size"),
    ),
    "LatentUpscale": ("upscale_method", "width", "height", "crop"),
    "LatentUpscaleBy": ("upscale_method", "scale_by"),
    "ImageScaleBy": ("upscale_method", "scale_by"),
    "SVD_img2vid_Conditioning": ("width", "height", "video_frames", "motion_bucket_id", "fps",
                                 "augmentation_level"),
    "PrimitiveInt": ("value", None),
    "PrimitiveFloat": ("value",),
    "PrimitiveString": ("value",),
    "PrimitiveStringMultiline": ("value",),
    "ComfySwitchNode": ("switch",),
}  # fmt: skip


def values(node: dict[str, Any]) -> dict[str, Any]:
    """Returns the named values of an editor's node: name → value."""
    given = node.get("widgets_values")
    if isinstance(given, dict):
        return {name: value for name, value in given.items() if not isinstance(value, list)}
    if not isinstance(given, list):
        return {}
    known = _NAMES.get(str(node.get("type")))
    names = list(known) if known is not None else _own(node, given)
    if None in names and (
        len(given) <= names.index(None) or not _control(given[names.index(None)])
    ):
        names.remove(None)
    found = {
        name: value
        for name, value in zip(names, given, strict=False)
        if name is not None and not isinstance(value, list | dict)
    }
    # A stack of LoRAs keeps each in an object of its own.
    rows = [value for value in given if isinstance(value, dict) and "lora" in value]
    return found | {f"lora_{at}": row for at, row in enumerate(rows, 1)}


def _own(node: dict[str, Any], given: list[Any]) -> list[str | None]:
    """Returns the names newer editors write beside a node's inputs, where they cover the list."""
    names: list[str | None] = []
    inputs = node.get("inputs")
    for one in inputs if isinstance(inputs, list) else []:
        widget = one.get("widget") if isinstance(one, dict) else None
        if isinstance(widget, dict) and isinstance(widget.get("name"), str):
            names.append(widget["name"])
            if len(names) <= len(given) - 1 and _control(given[len(names)]):
                names.append(None)
    return names if len(names) == len(given) else []


def _control(value: Any) -> bool:
    return isinstance(value, str) and value in _CONTROL
