"""Number formats that overflow, and decoders that do not fit."""

from __future__ import annotations

from collections.abc import Iterator

from .._metadata.values import shown
from .._names import file_stem, loose
from .case import Case, Model
from .finding import Said, warning

_HALF = ("fp16", "float16", "torch.float16", "half")
# Decoders by the names their makers gave the files; their latents have 4 or 16 channels and scales
# of their own: stabilityai/sd-vae-ft-mse, stabilityai/sdxl-vae, black-forest-labs/FLUX.1-schnell.
_VAES = {
    "vaeftmse840000emapruned": ("sd-1", "sd-2"), "vaeftmse840000ema": ("sd-1", "sd-2"),
    "vaeftema560000emapruned": ("sd-1", "sd-2"), "klf8anime2": ("sd-1", "sd-2"),
    "sdxlvae": ("sdxl", "kolors"), "sdxlvaefp16fix": ("sdxl", "kolors"),
    "ae": ("flux-1",), "fluxvae": ("flux-1",), "qwenimagevae": ("qwen-image",),
}  # fmt: skip
_JUDGED = ("sd-1", "sd-2", "sdxl", "flux-1")


def sdxl_vae_in_fp16(case: Case, model: Model) -> Iterator[Said]:
    """SDXL's own VAE in half precision.

    Why: Values inside this decoder leave the range of fp16 and become NaN: the picture is black.
    diffusers switches to float32 by itself; other tools do only where they are told to.

    Fix: Run the VAE in fp32 or bf16, or use the repaired sdxl-vae-fp16-fix.

    Source: huggingface.co/madebyollin/sdxl-vae-fp16-fix

    Source: AUTOMATIC1111/stable-diffusion-webui issue 12923; invoke-ai/InvokeAI issue 4454
    """
    half = case.text("vae_precision").strip().lower() in _HALF
    if half and model.family == "sdxl" and "fix" not in case.text("vae").lower():
        message = f"fp16 makes the VAE of {model.name} overflow to a black picture."
        yield warning("vae_precision", message, "Use fp32 or bf16, or the VAE sdxl-vae-fp16-fix.")


def vae_of_another_family(case: Case, model: Model) -> Iterator[Said]:
    """A VAE made for another family of models.

    Why: Each family's latents have their own scale and number of channels. Another decoder fails,
    or gives grey, purple or smeared pictures.

    Fix: Leave the VAE to the model.

    Source: the latent_channels and scaling_factor in the vae/config.json of each family's
    repository
    """
    name = case.text("vae")
    families = _VAES.get(loose(file_stem(name))[:60]) if name else None
    if families and model.family in _JUDGED and model.family not in families:
        message = f"'{shown(name)}' is made for {families[0]} models, and {model.name} is none."
        yield warning("vae", message, "Leave the VAE to the model.")


OF_MODEL = (sdxl_vae_in_fp16, vae_of_another_family)
