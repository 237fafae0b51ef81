"""A model as some cells want it: another precision, rounded weights, LoRAs, a ControlNet.

Cells of one variant share batches. What a variant changes lies in the weights, so a run makes
one variant after the other and never two at a time.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import ControlNetModel

from . import hub
from .errors import RenderError
from .models import HUB_FILE
from .plan import Cell, Plan

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
STORED = {"fp8_e4m3fn": torch.float8_e4m3fn, "fp8_e5m2": torch.float8_e5m2}
BLOCK = 32


def variant_of(cell: Cell) -> str:
    """What of a cell lies in the weights, as text that two cells of one variant share."""
    wanted = {
        key: cell.settings[key]
        for key in ("precision", "quantization", "lora_scale")
        if key in cell.settings
    }
    beside = {key: cell.recipe[key] for key in ("loras", "controlnet") if key in cell.recipe}
    return json.dumps({**wanted, **beside}, sort_keys=True)


def dtype_of(cell: Cell | None, usual: torch.dtype) -> torch.dtype:
    """The format that a cell's sums are made in; 8-bit kinds only store."""
    wanted = cell.settings.get("precision") if cell else None
    return DTYPES.get(wanted or "", usual)


def adapt(pipe: Any, cell: Cell, plan: Plan | None, dtype: torch.dtype) -> None:
    """Changes a freshly loaded pipeline's weights into a cell's variant."""
    settings = cell.settings
    denoiser = getattr(pipe, "unet", None) or pipe.transformer
    if settings.get("quantization", "none") != "none":
        round_weights(denoiser, int(settings["quantization"][0]))
    if stored := STORED.get(settings.get("precision", "")):
        denoiser.enable_layerwise_casting(storage_dtype=stored, compute_dtype=dtype)
    if "loras" in cell.recipe and plan is not None:
        _add_loras(pipe, plan, settings.get("lora_scale", 1.0))


def _add_loras(pipe: Any, plan: Plan, scale: float) -> None:
    names, scales = [], []
    for number, lora in enumerate(plan.data["loras"]):
        names.append(f"lora{number}")
        scales.append(lora.get("scale", 1.0) * scale)
        if match := HUB_FILE.fullmatch(lora["file"]):
            hub.expect_within_reach(match["repo"], match["revision"], match["file"])
        try:
            if match:
                pipe.load_lora_weights(
                    match["repo"],
                    revision=match["revision"],
                    weight_name=match["file"],
                    adapter_name=names[-1],
                    use_safetensors=True,
                )
            else:
                path = plan.folder / lora["file"]
                pipe.load_lora_weights(
                    str(path.parent),
                    weight_name=path.name,
                    adapter_name=names[-1],
                    use_safetensors=True,
                )
        except (OSError, ValueError, KeyError, RuntimeError, AttributeError) as error:
            if match and (cause := hub.cut_off(error)):
                raise hub.absent(match["repo"], match["revision"], cause) from None
            reason = " ".join(str(error).split())[:300]
            raise RenderError(f"{lora['file']}: expected a LoRA for this model: {reason}") from None
    pipe.set_adapters(names, scales)


def load_controlnet(name: str, dtype: torch.dtype) -> Any:
    """A ControlNet from a diffusers folder, or from the hub at a commit."""
    local = Path(name).is_dir()
    place, _, revision = (name, "", None) if local else name.partition("@")
    if not local:
        hub.expect_within_reach(place, revision, "config.json")
    try:
        net = ControlNetModel.from_pretrained(
            place,
            revision=revision,
            dtype=dtype,
            use_safetensors=True,
            local_files_only=local,
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        if not local and (cause := hub.cut_off(error)):
            raise hub.absent(place, revision, cause) from None
        reason = " ".join(str(error).split())[:300]
        raise RenderError(f"{name}: expected a ControlNet with safetensors: {reason}") from None
    return net.eval()


@torch.no_grad()
def round_weights(model: torch.nn.Module, bits: int) -> None:
    """Rounds the weights of all linear and convolution layers to what `bits` bits can hold.

    Blocks of 32 weights share one float16 scale, as in GGUF's Q8_0, Q5_0 and Q4_0 (ggml-quants.c);
    3 and 2 bits carry the formula of the last two on. Sums are made in the model's own format,
    as tools do that unpack while they run. It shows what rounding does, and saves no memory.
    """
    for layer in model.modules():
        if isinstance(layer, torch.nn.Linear | torch.nn.Conv2d):
            weight = layer.weight
            flat = weight.float().reshape(len(weight), -1)
            width = flat.shape[1] // BLOCK * BLOCK
            if width:  # what fills no block stays as it is
                blocks = flat[:, :width].reshape(-1, BLOCK)
                flat[:, :width] = _rounded(blocks, bits).reshape(len(weight), width)
                weight.copy_(flat.reshape(weight.shape).to(weight.dtype))


def _rounded(blocks: torch.Tensor, bits: int) -> torch.Tensor:
    """Each block as whole multiples of its scale."""
    if bits == 8:
        scale = (blocks.abs().amax(1, keepdim=True) / 127).half().float()
        return torch.where(scale > 0, (blocks / scale).round(), 0) * scale
    half = 2 ** (bits - 1)
    largest = blocks.gather(1, blocks.abs().argmax(1, keepdim=True))
    scale = (largest / -half).half().float()
    levels = torch.where(scale != 0, (blocks / scale).round(), 0).clamp(-half, half - 1)
    return levels * scale
