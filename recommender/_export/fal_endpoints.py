"""The inputs of fal's endpoints for models of the catalogue.

Source: fal-ai/fal-js@381105e138b85502b528fb8f6c16d909e30e462a, libs/client/src/types/endpoints.ts:
which endpoint takes which type, at the lines named. The file states ranges only in the
text of a few fields; where it states none, none is kept here.
"""

from __future__ import annotations

from typing import NamedTuple


class Inputs(NamedTuple):
    """A type of inputs: its line, and which of our figures it has fields for."""

    line: int
    fields: frozenset[str]


def _inputs(line: int, fields: str) -> Inputs:
    return Inputs(line, frozenset(fields.split()))


_STEPS = "num_inference_steps image_size seed"
_GUIDED = f"{_STEPS} guidance_scale"
_FULL = f"{_GUIDED} negative_prompt"
_FRAMES = (
    "num_inference_steps seed guidance_scale negative_prompt num_frames frames_per_second shift"
)

TYPES = {
    "FluxDevInput": _inputs(13588, _GUIDED),
    "Flux2Input": _inputs(12938, _GUIDED),
    "Flux2Klein4bInput": _inputs(13085, _STEPS),
    "OvisImageInput": _inputs(44888, _FULL),
    "QwenImageInput": _inputs(48881, _FULL),
    "ZImageTurboInput": _inputs(69825, _STEPS),
    "StableDiffusionV35LargeInput": _inputs(55391, _FULL),
    "StableDiffusionV35MediumInput": _inputs(55457, _FULL),
    "StableDiffusionV3MediumInput": _inputs(55573, _FULL),
    "FastSdxlInput": _inputs(11596, _FULL),
    "PlaygroundV25Input": _inputs(47075, _FULL),
    "HidreamI1DevInput": _inputs(20546, f"{_STEPS} negative_prompt"),
    "HidreamI1FullInput": _inputs(20659, _FULL),
    "HidreamO1ImageInput": _inputs(20769, _GUIDED),
    "sanaInput": _inputs(52547, _FULL),
    "LuminaImageV2Input": _inputs(40768, _FULL),
    "PixartSigmaInput": _inputs(45896, _FULL),
    "kolorsInput": _inputs(28328, _FULL),
    "AuraFlowInput": _inputs(2569, "guidance_scale num_inference_steps seed"),
    "OmnigenV1Input": _inputs(44176, _GUIDED),
    "cogview4Input": _inputs(7104, _FULL),
    "ErnieImageInput": _inputs(10655, _FULL),
    "LongcatImageInput": _inputs(29599, _GUIDED),
    "GlmImageInput": _inputs(17771, _GUIDED),
    "HunyuanTextToImageInput": _inputs(21200, _FULL),
    "WanV225bTextToVideoInput": _inputs(66756, _FRAMES),
    "WanV22A14bTextToVideoInput": _inputs(67191, f"{_FRAMES} guidance_scale_2"),
}
# Model → endpoint and the type of its inputs.
ENDPOINTS = {
    "flux-1-dev": ("fal-ai/flux/dev", "FluxDevInput"),
    "flux-1-schnell": ("fal-ai/flux/schnell", "FluxDevInput"),
    "flux-1-krea-dev": ("fal-ai/flux/krea", "FluxDevInput"),
    "flux-1-dev-srpo": ("fal-ai/flux/srpo", "FluxDevInput"),
    "flux-2-dev": ("fal-ai/flux-2", "Flux2Input"),
    "flux-2-klein-4b": ("fal-ai/flux-2/klein/4b", "Flux2Klein4bInput"),
    "flux-2-klein-base-4b": ("fal-ai/flux-2/klein/4b/base", "OvisImageInput"),
    "flux-2-klein-9b": ("fal-ai/flux-2/klein/9b", "Flux2Klein4bInput"),
    "flux-2-klein-base-9b": ("fal-ai/flux-2/klein/9b/base", "OvisImageInput"),
    "qwen-image": ("fal-ai/qwen-image", "QwenImageInput"),
    "qwen-image-2512": ("fal-ai/qwen-image-2512", "OvisImageInput"),
    "z-image": ("fal-ai/z-image/base", "OvisImageInput"),
    "z-image-turbo": ("fal-ai/z-image/turbo", "ZImageTurboInput"),
    "stable-diffusion-3-5-large": (
        "fal-ai/stable-diffusion-v35-large",
        "StableDiffusionV35LargeInput",
    ),
    "stable-diffusion-3-5-medium": (
        "fal-ai/stable-diffusion-v35-medium",
        "StableDiffusionV35MediumInput",
    ),
    "stable-diffusion-3-medium": (
        "fal-ai/stable-diffusion-v3-medium",
        "StableDiffusionV3MediumInput",
    ),
    "stable-diffusion-v1-5": ("fal-ai/stable-diffusion-v15", "FastSdxlInput"),
    "sdxl-base-1-0": ("fal-ai/fast-sdxl", "FastSdxlInput"),
    "playground-v2-5": ("fal-ai/playground-v25", "PlaygroundV25Input"),
    "hidream-i1-dev": ("fal-ai/hidream-i1-dev", "HidreamI1DevInput"),
    "hidream-i1-fast": ("fal-ai/hidream-i1-fast", "HidreamI1DevInput"),
    "hidream-i1-full": ("fal-ai/hidream-i1-full", "HidreamI1FullInput"),
    "hidream-o1-image": ("fal-ai/hidream-o1-image", "HidreamO1ImageInput"),
    "hidream-o1-image-dev": ("fal-ai/hidream-o1-image/dev", "HidreamO1ImageInput"),
    "sana-1600m-1024": ("fal-ai/sana", "sanaInput"),
    "sana-sprint-1-6b": ("fal-ai/sana/sprint", "sanaInput"),
    "sana-1-5-1600m-1024": ("fal-ai/sana/v1.5/1.6b", "sanaInput"),
    "sana-1-5-4800m-1024": ("fal-ai/sana/v1.5/4.8b", "sanaInput"),
    "lumina-image-2-0": ("fal-ai/lumina-image/v2", "LuminaImageV2Input"),
    "pixart-sigma-1024": ("fal-ai/pixart-sigma", "PixartSigmaInput"),
    "kolors": ("fal-ai/kolors", "kolorsInput"),
    "auraflow": ("fal-ai/aura-flow", "AuraFlowInput"),
    "omnigen-v1": ("fal-ai/omnigen-v1", "OmnigenV1Input"),
    "cogview4-6b": ("fal-ai/cogview4", "cogview4Input"),
    "ernie-image": ("fal-ai/ernie-image", "ErnieImageInput"),
    "ernie-image-turbo": ("fal-ai/ernie-image/turbo", "ErnieImageInput"),
    "longcat-image": ("fal-ai/longcat-image", "LongcatImageInput"),
    "glm-image": ("fal-ai/glm-image", "GlmImageInput"),
    "ovis-image-7b": ("fal-ai/ovis-image", "OvisImageInput"),
    "hunyuanimage-2-1": ("fal-ai/hunyuan-image/v2.1/text-to-image", "HunyuanTextToImageInput"),
    "wan-2-2-ti2v-5b": ("fal-ai/wan/v2.2-5b/text-to-video", "WanV225bTextToVideoInput"),
    "wan-2-2-t2v-a14b": ("fal-ai/wan/v2.2-a14b/text-to-video", "WanV22A14bTextToVideoInput"),
}
# What the descriptions of these fields state.
RANGES = {"num_frames": (17, 161), "frames_per_second": (4, 60), "shift": (1.0, 10.0)}
