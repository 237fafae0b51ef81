"""From a decoded picture on its device to bytes here, with the same bits as by way of floats.

What a GPU decoded is rounded there: three bytes a pixel come back and not twelve. Nothing waits for
it before `arrived`, so the next cell's work can be sent meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from .errors import BadPicture
from .images import BLANK, to_uint8


@dataclass(frozen=True)
class Pixels:
    """A picture still on its device, and what decides whether it is one."""

    pixels: torch.Tensor  # uint8, [height, width, 3]
    odd: torch.Tensor  # how many of its numbers are NaN or infinite
    spread: torch.Tensor  # from the lowest of them to the highest

    def arrived(self) -> np.ndarray:
        """The picture here; BadPicture for NaN or a blank one, as `to_uint8` has it."""
        odd = int(self.odd)
        if odd:
            share = odd / self.pixels.numel()
            raise BadPicture(f"{share:.1%} of the decoded picture is NaN or infinite")
        if float(self.spread) < BLANK:
            raise BadPicture("the decoded picture is blank: all its pixels are the same")
        return self.pixels.cpu().numpy()


def rounded(image: torch.Tensor) -> Pixels:
    """Floats in 0..1, [3, height, width], as bytes on the same device."""
    image = image.float()
    odd = (~torch.isfinite(image)).sum()
    spread = image.amax() - image.amin()
    pixels = image.clamp(0, 1).mul_(255).round_().to(torch.uint8)
    return Pixels(pixels.permute(1, 2, 0).contiguous(), odd, spread)


def arrived(picture: Any) -> np.ndarray:
    """A picture as bytes here, from its device or from floats that are here already."""
    return picture.arrived() if isinstance(picture, Pixels) else to_uint8(picture)
