"""How a model's evaluations are computed: a picture's environment names it unless it is `exact`.

`exact` is diffusers as it comes, operation by operation. `fast` compiles the denoiser's repeated
blocks, or all of it where it has none: other kernels, hence other last bits, but still one fixed
function of a row at one width. On the CPU in float32 its pictures lie within 1/255 of those of
`exact` (tests/render/test_profiles.py).

No CUDA graphs: captured over `exact` they would keep its bits and spare small networks the wait for
launches, but whether they do was never measured, for want of a GPU. A graph replays one shape, so
it is for batches of the full width alone.

There is no lossy profile. Those that need no further package (rounding activations by the largest
of a batch, using the first block of the step before again) look at a row's mates or at its past, so
a picture would no longer be its recipe's alone. Rounded weights are a setting: `quantization`.
"""

from __future__ import annotations

from typing import Any

from .errors import RenderError

PROFILES = ("exact", "fast")


def prepare(pipe: Any, profile: str) -> None:
    """Makes a loaded pipeline's denoisers compute by this profile, from now on."""
    if profile not in PROFILES:
        raise RenderError(f"--profile: expected {' or '.join(PROFILES)}, got '{profile}'.")
    if profile == "exact":
        return
    for name in ("unet", "transformer", "controlnet"):
        model = getattr(pipe, name, None)
        if model is None:
            continue
        if getattr(model, "_repeated_blocks", None):
            model.compile_repeated_blocks(fullgraph=True, dynamic=False)
        else:
            model.compile(dynamic=False)


def conditions(profile: str) -> dict[str, str]:
    """What a picture's environment says of it: nothing for `exact`."""
    return {} if profile == "exact" else {"profile": profile}
