"""How far the page's pictures are from diffusers' own: `python -m render export --parity`.

The same prompts, seeds, steps and schedulers run in `StableDiffusionPipeline` and, as the page
does, through ONNX graphs and tables: in single precision, which says whether the arithmetic is the
same, and with the weights as they are shipped, which says what fewer bits cost. How far diffusers
is from itself when the last bit of its noise changes says what no other program can fall below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import RenderError
from ..models import find_model
from . import files, tables
from .choices import Choice, choices
from .reference import Pipeline, Settings
from .replay import Page, opened

SEA, HILL = "a sailboat, the ocean at night, clear sky", "a cabin on green hills by day, big clouds"
CACTI, SNOW = "sand dunes at dawn with cacti, clear sky", "a snowfield at sunset"
OTHER = "a lighthouse in the fog beside purple umbrellas"


@dataclass(frozen=True)
class Distance:
    """Of one run. Pictures in levels of 255.

    `latents` is the length of the difference over that of diffusers' latents; `worst_latent` its
    largest number over their largest.
    """

    latents: float
    worst_latent: float
    mean_levels: float
    worst_level: int


def spread() -> list[Settings]:
    """Every scheduler of every model, over prompts, seeds, step counts, guidance and sizes."""
    runs = []
    prompts = (SEA, HILL, CACTI, SNOW, OTHER)
    for i, choice in enumerate(choices(find_model("postcards"))):
        for k, steps in enumerate((5, 11, 24) if i else (3, 7, 12, 25, 50)):
            prompt = prompts[(i + k) % len(prompts)]
            runs.append(Settings("postcards", prompt, 40 + 3 * i + k, steps, 3.0, choice.id))
    runs += [
        Settings("postcards", HILL, 5, 12, 1.0, "euler-trailing"),
        Settings("postcards", SNOW, 6, 12, 7.5, "euler-trailing", "pine trees"),
        Settings("postcards", SEA, 7, 12, 3.0, "euler-trailing", "", 192, 96),
        Settings("postcards", CACTI, 8, 12, 3.0, "dpmpp-2m", "", 96, 160),
    ]
    for i, steps in enumerate((1, 2, 3, 4, 5, 8)):
        for k in range(2):
            prompt = prompts[(i + k) % len(prompts)]
            runs.append(Settings("postcards-turbo", prompt, 60 + 2 * i + k, steps, 1.0, "lcm"))
    runs.append(Settings("postcards-turbo", HILL, 9, 4, 2.0, "lcm", "", 160, 128))
    return runs


class Compared:
    """A model in diffusers, and as the page runs it."""

    def __init__(self, name: str, graphs: dict[str, bytes]) -> None:
        self.pipeline = Pipeline(name)
        self.page = opened(graphs)
        self.choices = {choice.id: choice for choice in choices(self.pipeline.model)}

    def __call__(self, one: Settings) -> tuple[Distance, np.ndarray, np.ndarray]:
        """The distance, and the two pictures: diffusers' and the page's."""
        choice = self.choices[str(one.scheduler)]
        expected, picture = self.pipeline.run(one, choice.spec, choice.eta)
        again = latents(self.page, self.pipeline, choice, one)
        drawn = self.page.rgba(again)[..., :3]
        return distance(again, drawn, expected, picture), picture, drawn

    def last_bit(self, one: Settings) -> Distance:
        """How far diffusers is from itself when the last bit of its starting noise changes."""
        choice = self.choices[str(one.scheduler)]
        nudged = self.pipeline.run(one, choice.spec, choice.eta, nudged=True)
        return distance(*nudged, *self.pipeline.run(one, choice.spec, choice.eta))


def distance(
    got: np.ndarray, drawn: np.ndarray, expected: np.ndarray, picture: np.ndarray
) -> Distance:
    """Of latents and a picture from what was expected."""
    levels = np.abs(drawn.astype(int) - picture)
    return Distance(
        length_off(got, expected),
        float(np.abs(got - expected).max() / np.abs(expected).max()),
        float(levels.mean()),
        int(levels.max()),
    )


def length_off(got: np.ndarray, expected: np.ndarray) -> float:
    """Length of the difference over the length of what was expected."""
    return float(np.linalg.norm(got - expected) / np.linalg.norm(expected))


def latents(page: Page, pipeline: Pipeline, choice: Choice, one: Settings) -> np.ndarray:
    """Final latents, the page's way."""
    run = tables.run_of(choice.spec, one.num_inference_steps, choice.eta)
    if run is None:
        raise RenderError(f"{choice.id}: expected a step count it takes, got {one}.")
    ids = pipeline.ids(one.negative_prompt, one.prompt)
    return page.latents(run, ids, one.guidance_scale, one.seed, one.width, one.height)


def shipped(name: str, out: Path = files.ASSETS) -> dict[str, bytes]:
    """The graphs as the page fetches them."""
    told = files.read_manifest(out)
    entries = {**told["models"][name], "decoder": told["decoder"]}
    return {part: (out / entries[part]["file"]).read_bytes() for part in files.PARTS}


def full(name: str) -> dict[str, bytes]:
    """The graphs in single precision."""
    from .write import single

    pipe = Pipeline(name).pipe
    return {part: single(name, part, pipe).SerializeToString() for part in files.PARTS}


def measure(runs: list[Settings], out: Path = files.ASSETS, say=print) -> dict[str, Any]:
    """Both precisions' distances for all runs, with their summaries."""
    kinds: dict[str, Callable[[str], dict[str, bytes]]] = {
        "float32": full,
        "shipped": lambda name: shipped(name, out),
    }
    told: list[dict[str, Any]] = [{"settings": asdict(one)} for one in runs]
    for kind, graphs in kinds.items():
        for name in sorted({one.model for one in runs}):
            compared = Compared(name, graphs(name))
            for one, entry in zip(runs, told, strict=True):
                if one.model == name:
                    entry[kind] = asdict(compared(one)[0])
                    say(f"{kind}: {one}: {entry[kind]}")
                if one.model == name and kind == "float32":
                    entry["last_bit"] = asdict(compared.last_bit(one))
    named = ("last_bit", *kinds)
    return {
        "graphs": files.graphs_in(files.read_manifest(out)),
        "summary": {kind: _summary([entry[kind] for entry in told]) for kind in named},
        "runs": [{**one, **{kind: _rounded(one[kind]) for kind in named}} for one in told],
    }


def _summary(distances: list[dict[str, float]]) -> dict[str, float]:
    latents = [one["latents"] for one in distances]
    return _rounded(
        {
            "runs": len(distances),
            "latents_median": float(np.median(latents)),
            "latents_worst": max(latents),
            "worst_latent": max(one["worst_latent"] for one in distances),
            "mean_levels_median": float(np.median([one["mean_levels"] for one in distances])),
            "mean_levels_worst": max(one["mean_levels"] for one in distances),
            "worst_level": max(one["worst_level"] for one in distances),
        }
    )


def _rounded(numbers: dict[str, float]) -> dict[str, float]:
    return {k: v if isinstance(v, int) else float(f"{v:.3g}") for k, v in numbers.items()}
