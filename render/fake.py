"""A backend that renders nothing: deterministic colours by recipe, no model, no torch.

`--backend fake` tries out a plan, or a machine, in seconds; `fake:0.5` takes half a second for each
picture. Its recipes say so, therefore its pictures never stand for a model's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import PIL

from .models import ModelSource

SIDE = 64  # pixels, where a plan names no size


class FakeStudio:
    """Has the face of `pipelines.Studio`."""

    def __init__(self, model: ModelSource) -> None:
        self._seconds = model.fake or 0.0

    def make_all(
        self,
        jobs: Iterable[tuple[Any, ...]],
        finish: Callable[[Any, np.ndarray], Any] = lambda job, pixels: pixels,
    ) -> Iterator[tuple[Any, Any]]:
        """Yields (job, finish(job, picture) or the exception)."""
        for job in jobs:
            if self._seconds:
                time.sleep(self._seconds)
            try:
                outcome = finish(job, paint(job[1]))
            except Exception as error:
                outcome = error
            yield job, outcome

    def environment(self) -> dict[str, Any]:
        return {"device": "fake", "dtype": "uint8", "batch": 1, "pillow": PIL.__version__}


def paint(cell: Any) -> np.ndarray:
    """64 squares whose colours are the recipe's digest: uint8 [height, width, 3]."""
    height, width = (cell.settings.get(side, SIDE) for side in ("height", "width"))
    colours = np.random.default_rng(int(cell.id, 16)).integers(0, 256, (8, 8, 3), np.uint8)
    rows, columns = (np.arange(n) * 8 // n for n in (height, width))
    return colours[rows][:, columns]
