"""What a device can give at most: its matrix rate, its memory's, and what a kernel costs to begin.

Measured in the run that is compared with it: a share of somebody else's ceiling says little.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ceilings:
    """Operations a second, bytes a second, seconds a kernel; and where they come from."""

    flops: float
    bytes: float
    launch: float
    told: str


# What was measured on one H200 through PyTorch; for planning on a machine that has none.
H200 = Ceilings(770e12, 4.3e12, 5e-6, "one H200, as measured elsewhere")


def matmul_ceiling(device: str) -> float:
    """TFLOP/s of a square matrix product, the best of some: what this machine can give at most.

    A GPU is given half a second: an idle one's clock is a fifth of what it becomes.
    """
    import torch

    side, dtype = (8192, torch.bfloat16) if device == "cuda" else (512, torch.float32)
    a = torch.randn(side, side, device=device, dtype=dtype)
    seconds = _best(lambda: a @ a, 20, rounds=20 if device == "cuda" else 5)
    return round(2 * side**3 / seconds / 1e12, 4)


def measure(device: str) -> Ceilings:
    """All three, on this machine."""
    import torch

    large = torch.zeros(2**28 if device == "cuda" else 2**23, device=device)
    moved = 2 * large.numel() * large.element_size()
    small = torch.zeros(1, device=device)
    return Ceilings(
        matmul_ceiling(device) * 1e12,
        moved / _best(large.clone, 5),
        _best(lambda: small.add_(1), 2000),
        f"this machine's {device}, measured now",
    )


def _best(work: Callable[[], Any], repeats: int, rounds: int = 5) -> float:
    """Seconds of one call, the best of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in range(repeats):
            done = work()
        float(done.view(-1)[0])  # waits for the device
        best = min(best, (time.perf_counter() - started) / repeats)
    return best
