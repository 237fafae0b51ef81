"""How a model's evaluations are computed: a picture's environment names it unless it is `exact`.

`exact` is diffusers as it comes, operation by operation. `fast` compiles the denoiser's repeated
blocks, or all of it where it has none: other kernels, hence other last bits, but still one fixed
function of a row at one width. On the CPU in float32 its pictures lie within 1/255 of those of
`exact` (tests/render/test_profiles.py).

`graphs` is `exact` by CUDA graphs: the same kernels, launched together, which spares small networks
the wait for launches. Its pictures are those of `exact` and their environment says nothing of it,
since a graph is used only after its first batch gave the eager bits (replays.py); a model that
cannot be recorded goes on without one, and the run says why. A graph repeats one shape, so it is
for batches of the full width alone. Written, and proved on a device that pretends to be a GPU; it
never ran on one.

There is no lossy profile. Those that need no further package (rounding activations by the largest
of a batch, using the first block of the step before again) look at a row's mates or at its past, so
a picture would no longer be its recipe's alone. Rounded weights are a setting: `quantization`.
"""

from __future__ import annotations

from typing import Any

from .errors import RenderError

PROFILES = ("exact", "fast", "graphs")
SHAPES = 256  # kernels kept for one block; torch's own 8 is too few for a few widths and sizes


def expect(profile: str, device: str) -> None:
    """Raises RenderError for a profile that does not exist, or not on this device."""
    if profile not in PROFILES:
        raise RenderError(f"--profile: expected {', '.join(PROFILES)}, got '{profile}'.")
    if profile == "graphs" and device != "cuda":
        raise RenderError(
            f"--profile graphs: expected an NVIDIA GPU, got {device}. "
            "Leave it out: exact makes the same pictures."
        )


def prepare(pipe: Any, profile: str, **how: Any) -> None:
    """Makes a loaded pipeline's denoisers compute by this profile, from now on.

    `how`: what else torch.compile is told.
    """
    if profile != "fast":
        return
    _allow_shapes()
    for name in ("unet", "transformer", "controlnet"):
        model = getattr(pipe, name, None)
        if model is None:
            continue
        if getattr(model, "_repeated_blocks", None):
            model.compile_repeated_blocks(fullgraph=True, dynamic=False, **how)
        else:
            model.compile(dynamic=False, **how)


def conditions(profile: str) -> dict[str, str]:
    """What a picture's environment says of it: nothing where the bits are those of `exact`."""
    return {"profile": profile} if profile == "fast" else {}


def _allow_shapes() -> None:
    """Blocks of all levels of a UNet share their code, and each shape of each is compiled."""
    import torch._dynamo

    torch._dynamo.config.recompile_limit = SHAPES
    torch._dynamo.config.accumulated_recompile_limit = 4 * SHAPES
