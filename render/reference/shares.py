"""From hits, one hexadecimal digit a picture, to shares of right factors and their band."""

from __future__ import annotations

import numpy as np

from .scenes import FACTORS


def of_hits(hits: str) -> np.ndarray:
    """Which factors are right, [pictures, factors]; the first factor is the lowest bit."""
    digits = np.array([int(digit, 16) for digit in hits])
    return (digits[:, None] >> np.arange(len(FACTORS))) & 1


def fidelity(hits: str) -> dict[str, float]:
    """Share of pictures right about each factor, about all at once, and the factors' mean."""
    right = of_hits(hits)
    shares = dict(zip(FACTORS, right.mean(0), strict=True))
    shares |= {"mean": right.mean(), "all": right.all(1).mean()}
    return {name: round(float(share), 4) for name, share in shares.items()}


def band(hits: str, seeds: int) -> list[float]:
    """95 % of 1,000 bootstraps over prompts of the share right about all; seeds stand outermost."""
    rng = np.random.default_rng(0)
    shares = of_hits(hits).all(1).reshape(seeds, -1).mean(0)
    drawn = shares[rng.integers(len(shares), size=(1000, len(shares)))].mean(1)
    return [round(float(q), 4) for q in np.quantile(drawn, (0.025, 0.975))]
