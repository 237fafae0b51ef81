"""`python -m render train NAME`: trains the reference models, in order, from nothing but a seed."""

from __future__ import annotations

import time
from pathlib import Path

from ..errors import RenderError
from ..pipelines import pick_device
from . import autoencoder, distill, judge, postcards
from .dataset import CACHE, HERE

# Steps, pictures a step, scenes drawn, sizes in pixels. What a preset gave stands in README.md.
PRESETS = {
    "cpu": {
        "autoencoder": {"steps": 8000, "batch": 16, "scenes": 32_000},
        "decoder": {"steps": 4500, "batch": 16, "scenes": 32_000},
        "judge": {"steps": 2000, "batch": 48, "scenes": 32_000},
        "postcards": {"steps": 6500, "batch": 64, "scenes": 32_000},
        "postcards-turbo": {"steps": 900, "batch": 32, "scenes": 32_000},
    },
    # One H200 with 16 cores; nobody has run it in full yet.
    "gpu": {
        "autoencoder": {"steps": 12_000, "batch": 96, "scenes": 64_000, "sizes": (128, 256)},
        "decoder": {"steps": 4000, "batch": 96, "scenes": 64_000, "sizes": (128, 256)},
        "judge": {"steps": 4000, "batch": 256, "scenes": 64_000},
        "postcards": {"steps": 30_000, "batch": 512, "scenes": 64_000, "sizes": (128, 256)},
        "postcards-turbo": {"steps": 4000, "batch": 256, "scenes": 64_000, "sizes": (128, 256)},
    },
    # A minute on any machine: proves the code, gives no picture worth keeping.
    "smoke": {
        "autoencoder": {"steps": 4, "batch": 4, "scenes": 8, "sizes": (128, 256)},
        "decoder": {"steps": 2, "batch": 4, "scenes": 8, "sizes": (128, 256)},
        "judge": {"steps": 4, "batch": 4, "scenes": 10},
        "postcards": {"steps": 4, "batch": 4, "scenes": 8, "sizes": (128, 256)},
        "postcards-turbo": {"steps": 2, "batch": 4, "scenes": 8, "sizes": (128, 256)},
    },
}
ORDER = ("autoencoder", "decoder", "judge", "postcards", "postcards-turbo")


def train(
    name: str,
    *,
    device: str,
    preset: str,
    resume: bool,
    out: Path | None,
    minutes: float | None = None,
    compile: bool = False,
) -> None:
    """Trains one model, or `all`; checkpoints every few minutes, so that `resume` loses little.

    With `minutes` it pauses in time, for machines that are lent in pieces. `compile` runs the UNet
    through torch.compile, which needs a C++ compiler and pays after some ten minutes.
    """
    sizes, device = PRESETS[preset], pick_device(device)
    if preset == "smoke" and out in (None, HERE):
        raise RenderError(
            "--preset smoke: expected --out DIR, so that trained weights are not replaced."
        )
    out = out or HERE
    until = None if minutes is None else time.monotonic() + 60 * minutes
    shared = {"run": CACHE / preset, "device": device, "resume": resume, "until": until}
    for part in ORDER if name == "all" else (name,):
        options = {**sizes[part], **shared}
        if part == "autoencoder":
            autoencoder.train(**options)
            continue
        if part == "decoder":
            vae, _ = postcards.load_autoencoder(CACHE / preset)
            vae = autoencoder.train_decoder(vae, **options)
            for name in ("postcards", "postcards-turbo"):
                postcards.save_decoder(vae, out / name)
            continue
        if part == "judge":
            judge.save(judge.train(**options), out / part)
        elif part == "postcards":
            postcards.save(postcards.train(**options, compile=compile), out / part)
        else:
            pipe = distill.train(**options, compile=compile, teacher=out / "postcards")
            postcards.save(pipe, out / part)
        print(f"wrote {out / part}")
