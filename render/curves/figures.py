"""Computes the figures that no model has to draw, from diffusers itself: docs/content/curves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import RenderError
from . import counts, levels

CURVES = Path(__file__).resolve().parents[2] / "docs" / "content" / "curves"
# Figure id → what computes it; the id is the file's name and what a setting's page names.
FIGURES: dict[str, Callable[[], dict[str, Any]]] = {
    "denoiser-calls": counts.denoiser_calls,
    "eta-noise": levels.eta_noise,
    "expert-switch": levels.expert_switch,
    "frame-counts": counts.frame_counts,
    "mask-edge": counts.mask_edge,
    "number-steps": counts.number_steps,
    "refiner-switch": levels.refiner_switch,
    "schedule-levels": levels.schedule_levels,
    "shift-levels": levels.shift_levels,
    "shift-size": levels.shift_size,
    "strength-steps": counts.strength_steps,
    "timestep-spacing": levels.timestep_spacing,
}

# What follows from this guide's own facts, or from the number formats alone.
WITHOUT_DIFFUSERS = ("frame-counts", "number-steps")


def compute(name: str) -> dict[str, Any]:
    """Returns one figure's data with the version of diffusers it was computed with."""
    import diffusers

    if name not in FIGURES:
        raise RenderError(f"{name}: expected one of {', '.join(FIGURES)}.")
    version = {} if name in WITHOUT_DIFFUSERS else {"diffusers": diffusers.__version__}
    return {**FIGURES[name](), **version}


def write(names: list[str], folder: Path) -> list[str]:
    """Writes figures and returns the names of those whose file changed."""
    changed = []
    folder.mkdir(parents=True, exist_ok=True)
    for name in names or FIGURES:
        text = dumps(compute(name))
        path = folder / f"{name}.json"
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed


def dumps(figure: dict[str, Any]) -> str:
    """Returns a figure as JSON, each list of numbers on one line."""
    text = json.dumps(figure, indent=1, ensure_ascii=False, allow_nan=False)
    lists = re.compile(r"\[\s+((?:-?[\d.e+-]+,\s+)*-?[\d.e+-]+)\s+\]")
    return lists.sub(lambda m: f"[{', '.join(m[1].replace(',', ' ').split())}]", text) + "\n"
