"""`python -m render train NAME`: trains the reference models, in order, from nothing but a seed."""

from __future__ import annotations

from pathlib import Path

from ..errors import RenderError
from ..pipelines import pick_device
from . import autoencoder, postcards
from .dataset import CACHE, HERE

# Steps, pictures a step, scenes drawn. What a preset gave is written in README.md beside this file.
PRESETS = {
    "cpu": {
        "autoencoder": {"steps": 4600, "batch": 16, "scenes": 32_000},
        "postcards": {"steps": 3500, "batch": 64, "scenes": 32_000},
    },
    # A minute on any machine: proves the code, gives no picture worth keeping.
    "smoke": {
        "autoencoder": {"steps": 4, "batch": 4, "scenes": 8},
        "postcards": {"steps": 4, "batch": 4, "scenes": 8},
    },
}


def train(name: str, *, device: str, preset: str, resume: bool, out: Path | None) -> None:
    """Trains one model, or `all`; checkpoints every few minutes, so that `resume` loses little."""
    sizes, device = PRESETS[preset], pick_device(device)
    out = out or HERE
    if preset == "smoke" and out == HERE:
        raise RenderError(
            "--preset smoke: expected --out DIR, so that trained weights are not replaced."
        )
    options = {"run": CACHE / preset, "device": device, "resume": resume}
    if name in ("autoencoder", "all"):
        autoencoder.train(**sizes["autoencoder"], **options)
    if name in ("postcards", "all"):
        pipe = postcards.train(**sizes["postcards"], **options)
        postcards.save(pipe, out / "postcards")
        print(f"wrote {out / 'postcards'}")
