"""What the guide's pictures may take: bytes each, bytes together, and the work to make them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import sqrt
from pathlib import Path

from .plan import Plan

SIDE = 128
MAX_BYTES = 30_000  # a picture of 128 px; it grows with the side, to 60 KB at 256 px
MAX_TOGETHER = 20_000_000
MAX_CELLS, STEPS = 1_500, 25  # a full render takes no more than so many cells of so many steps
PICTURES = frozenset([".webp", ".png", ".avif", ".jpg", ".jpeg"])


def most_bytes(width: int, height: int) -> int:
    """Returns how many bytes a picture of this size, in pixels, may have."""
    return round(MAX_BYTES * max(1.0, sqrt(width * height) / SIDE))


def together(plans: Iterable[Plan], folders: Iterable[Path]) -> Iterator[str]:
    """Yields a line for each bound that all plans, or all pictures below `folders`, exceed."""
    steps = sum(steps_of(plan) for plan in plans)
    if steps > MAX_CELLS * STEPS:
        yield (
            f"render/plans: expected at most {MAX_CELLS:,} cells of {STEPS} steps together, got "
            f"{steps / STEPS:,.0f}. Render fewer values."
        )
    files = [f for folder in folders for f in folder.rglob("*") if f.suffix in PICTURES]
    if (size := sum(file.stat().st_size for file in files)) > MAX_TOGETHER:
        yield (
            f"{len(files)} pictures: expected at most {MAX_TOGETHER:,} bytes together, got "
            f"{size:,}. Render fewer, or smaller ones."
        )


def steps_of(plan: Plan) -> int:
    """Returns the denoising steps that a plan's cells ask for; 25 where one names none."""
    return sum(int(cell.settings.get("num_inference_steps", STEPS)) for cell in plan.cells())
