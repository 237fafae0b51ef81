"""The pictures under a curve: one prompt at every value, side by side."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from ..durable import write_whole
from ..images import encode
from .pictures import Asked
from .specs import Spec

KEPT = 3  # prompts per sweep that a page shows: the first, not the best


def write_strips(
    spec: Spec, drawn: dict[float, list[np.ndarray | str]], asked: Asked, folder: Path
) -> list[dict[str, Any]]:
    """Writes the first prompts' strips at their first seed; what the measurement says of each."""
    strips = []
    for prompt in range(min(KEPT, len(asked.prompts))):
        place = prompt * len(asked.seeds)
        shown = {value: row[place] for value, row in drawn.items()}
        shown = {value: picture for value, picture in shown.items() if not isinstance(picture, str)}
        if not shown:
            continue
        content = encode(np.concatenate(list(shown.values()), 1))
        name = f"{spec.id}-{prompt}.webp"
        write_whole(folder / name, content)
        strips.append(
            {
                "file": f"{folder.name}/{name}",
                "sha256": hashlib.sha256(content).hexdigest(),
                "prompt": prompt,
                "seed": asked.seeds[0],
                "values": list(shown),
            }
        )
    return strips
