"""How long, on how much and how fast each model is trained. What a preset gave is in README.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ORDER = ("autoencoder", "decoder", "judge", "postcards", "postcards-turbo")
SIZE = 128  # px: a larger picture counts as many of these as it is larger


@dataclass(frozen=True)
class Part:
    """How one model is trained. With `minutes`, `steps` is the most that is taken in them."""

    steps: int
    batch: int  # pictures of 128 px a step; of larger ones so many that a step costs the same
    scenes: dict[int, int]  # how many are drawn at each size in px; steps take the sizes in turn
    rate: float  # the highest learning rate
    warm: int = 100  # steps until it is reached
    minutes: float | None = None
    average: float = 0.0  # decay of the averaged weights; 0: over a twentieth of the steps
    crops: bool = False  # of one size, whatever the pictures that they are cut from
    wide: bool = False  # the autoencoder: a larger encoder, which no page has to load
    decibels: float = 0.0  # the autoencoder: weight of the error's logarithm in its loss

    def count(self, size: int) -> int:
        """Pictures in a step of this size."""
        return self.batch if self.crops else max(1, self.batch * SIZE**2 // size**2)

    def size(self, step: int) -> int:
        """The size of a step's pictures, in px."""
        return list(self.scenes)[step % len(self.scenes)]

    def decay(self, steps: int) -> float:
        """Of the averaged weights, in a run of so many steps."""
        return self.average or 1 - 1 / max(2.0, 0.05 * steps)


_SMALL = {128: 32_000}
_FEW, _MANY = {128: 12_000, 256: 4_000}, {128: 64_000, 256: 32_000}
_TINY = {128: 8, 256: 8}
_FINE: dict[str, Any] = {"crops": True, "wide": True, "decibels": 0.02}
PRESETS: dict[str, dict[str, Part]] = {
    "cpu": {
        "autoencoder": Part(8000, 16, _SMALL, 1.2e-3, crops=True),
        "decoder": Part(4500, 16, _SMALL, 6e-4, crops=True),
        "judge": Part(2000, 48, _SMALL, 2e-3),
        "postcards": Part(6500, 64, _SMALL, 5e-4, warm=200, average=0.9985),
        "postcards-turbo": Part(900, 32, _SMALL, 2e-4, warm=50, average=0.98),
    },
    # One GPU and some 16 cores, 13 minutes. README.md says what of this is reasoned, and from what.
    "gpu": {
        "autoencoder": Part(30_000, 512, _FEW, 2e-3, warm=300, minutes=2.6, **_FINE),
        "decoder": Part(15_000, 512, _FEW, 1e-3, minutes=0.9, **_FINE),
        "judge": Part(4000, 256, {128: 32_000}, 2e-3, minutes=0.5),
        "postcards": Part(60_000, 1024, _MANY, 1e-3, warm=500, minutes=6.0),
        "postcards-turbo": Part(15_000, 512, _MANY, 4e-4, minutes=2.2, average=0.98),
    },
    # A minute on any machine: proves the code, gives no picture worth keeping.
    "smoke": {
        "autoencoder": Part(4, 4, _TINY, 1.2e-3, **_FINE),
        "decoder": Part(2, 4, _TINY, 6e-4, **_FINE),
        "judge": Part(4, 4, {128: 10}, 2e-3),
        "postcards": Part(4, 4, _TINY, 5e-4),
        "postcards-turbo": Part(2, 4, _TINY, 2e-4, average=0.98),
    },
}
