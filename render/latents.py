"""Tells from the final latents that no picture can come of them: NaN, infinity, or still noise.

Before the decoder, since diffusers turns NaN into black without a word, and a decoder turns noise
into something that looks textured.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._pytree import tree_leaves

from .errors import BadPicture

# Neighbours in the latents of a picture resemble each other; those of noise do not: in 2000 draws
# of 4 x 16 x 16 numbers the largest correlation was 0.08.
NOISE = 0.1
FEWEST = 1024  # numbers; fewer tell nothing


class Seen:
    """What a cell's decoder was given and gave, judged later: to look is to wait for a GPU."""

    def __init__(self) -> None:
        self._finite: list[tuple[torch.Tensor, str]] = []
        self._first: torch.Tensor | None = None
        self._asked = False

    def add(self, given: Any, whose: str) -> None:
        """Notes whether the floating-point tensors among `given` are finite throughout."""
        self._finite += [(torch.isfinite(tensor).all(), whose) for tensor in _tensors(given)]

    def latents(self, given: Any) -> None:
        """Notes how alike neighbours are in what was decoded first, the pipeline's own latents."""
        if not self._asked:
            self._asked, self._first = True, _likeness(given)

    def judged(self) -> dict[str, bool]:
        """Raises BadPicture for what is not finite; tells whether the latents were noise."""
        for finite, whose in self._finite:
            if not bool(finite):
                raise BadPicture(f"{whose} NaN or infinite values")
        noise = self._first is not None and bool(self._first < NOISE)
        return {"noise": True} if noise else {}


def _likeness(given: Any) -> torch.Tensor | None:
    latents = next((t for t in _tensors(given) if t.ndim == 4), None)
    long = latents is not None and latents.numel() >= FEWEST
    return _neighbours(latents) if long and latents is not None else None


def _tensors(given: Any) -> list[torch.Tensor]:
    leaves = tree_leaves(given)
    return [x for x in leaves if isinstance(x, torch.Tensor) and x.is_floating_point()]


def neighbours(latents: torch.Tensor) -> float:
    """How alike neighbours in rows and columns are, -1 to 1; the channels' means apart."""
    return float(_neighbours(latents))


def _neighbours(latents: torch.Tensor) -> torch.Tensor:
    x = latents.detach().to(torch.float32)
    x = x - x.mean((-2, -1), keepdim=True)
    products, squares = [], []
    for axis in (-2, -1):
        length = x.shape[axis] - 1
        before, after = x.narrow(axis, 0, length), x.narrow(axis, 1, length)
        products.append((before * after).sum().double())
        squares.append((before.square().sum() * after.square().sum()).sqrt().double())
    product, square = sum(products), torch.as_tensor(sum(squares))
    return torch.where(square > 0, product / square, 1.0)
