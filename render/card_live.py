"""What the model card says of the pages' live models: how large, and how near to diffusers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ASSETS = Path("docs/content/assets/models")
NEAR = 1e-5  # of single precision, where two ways to add up the same numbers part
_ROWS = {
    "float32": "same weights in single precision",
    "shipped": "as shipped",
    "last_bit": "diffusers from itself, last bit of its noise changed",
}


def _read(root: Path, name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((root / ASSETS / name).read_text("utf-8"))
    return told


def sizes(root: Path) -> Iterator[str]:
    """A table of what each part weighs."""
    told = _read(root, "manifest.json")
    names = ("postcards-turbo", "postcards")
    yield f"| | {' | '.join(names)} |"
    yield "| --- | --- | --- |"
    for part, what in (("unet", "UNet"), ("text_encoder", "text encoder")):
        here = [f"{told['models'][name][part]['bytes'] / 1e6:.2f} MB" for name in names]
        yield f"| {what} | {' | '.join(here)} |"
    yield f"| decoder, shared | {told['decoder']['bytes'] / 1e6:.2f} MB | |"


def parity(root: Path) -> Iterator[str]:
    """A table of differences, and which run of single precision is the farthest."""
    told = _read(root, "parity.json")
    kinds = ("latents, median", "latents, worst", "picture, median", "picture, worst")
    yield f"| the difference | {' | '.join(kinds)} | one pixel, worst |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, what in _ROWS.items():
        one = told["summary"][name]
        latents = (one["latents_median"], one["latents_worst"])
        cells = [f"{100 * x:.1f} %" if name == "shipped" else _small(x) for x in latents]
        cells += [f"{one[f'mean_levels_{which}']:.2f} levels" for which in ("median", "worst")]
        cells.append(f"{one['worst_level']} level{'s' if one['worst_level'] != 1 else ''}")
        yield f"| {what} | {' | '.join(cells)} |"
    far = max(told["runs"], key=lambda run: run["float32"]["latents"])
    near = sum(run["float32"]["latents"] <= NEAR for run in told["runs"])
    settings, bit = far["settings"], _small(far["last_bit"]["latents"])
    yield ""
    yield f"In single precision {near} of {len(told['runs'])} runs lie within 1e-5. The farthest is"
    yield f"“{settings['prompt']}” in {settings['num_inference_steps']} steps of"
    yield f"{settings['scheduler']}; diffusers is {bit} from itself there."


def _small(number: float) -> str:
    return f"{number:.1e}".replace("e-0", "e-")
