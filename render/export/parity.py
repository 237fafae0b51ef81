"""How far the page's pictures are from diffusers' own: `python -m render export --parity`.

The same prompts, seeds, steps and schedulers run in `StableDiffusionPipeline` and, as the page
does, through ONNX graphs and tables: in single precision, which says whether the arithmetic is the
same, and with the weights as they are shipped, which says what fewer bits cost. How far diffusers
is from itself when the last bit of its noise changes says what no other program can fall below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import RenderError
from ..models import find_model
from . import files, starts, tables
from .choices import Choice, choices
from .reference import Pipeline, Settings
from .replay import Page, opened
from .sources import SOURCES
from .sources import latents as encoded

Made = tuple[np.ndarray, np.ndarray]  # latents and picture
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
    return runs + around()


def around() -> list[Settings]:
    """What acts around the samplers: on guidance, on the noise, on the size, on the start."""
    own = Settings("postcards", CACTI, 11, 8, 9.0, "euler-trailing")
    turbo = Settings("postcards-turbo", HILL, 12, 4, 2.0, "lcm")
    runs = [replace(own, guidance_rescale=share) for share in (0.35, 1.0)]
    runs += [
        replace(own, prompt=SEA, scheduler="unipc", guidance_rescale=0.7, guidance_end=0.5),
        replace(own, prompt=HILL, guidance_end=0.6),
        replace(own, prompt=OTHER, scheduler="heun", guidance_start=0.2, guidance_end=0.75),
        replace(own, prompt=SNOW, scheduler="pndm", guidance_start=0.3),
        replace(turbo, guidance_rescale=0.5, guidance_start=0.5),
    ]
    calm = replace(own, guidance_scale=3.0, variation_seed=77, variation_strength=0.35)
    runs += [
        calm,
        replace(calm, prompt=SEA, scheduler="euler-ancestral", variation_strength=0.8),
        replace(turbo, variation_seed=12, variation_strength=1.0),
    ]
    for width, height in ((160, 104), (96, 168), (192, 80), (72, 136)):
        runs.append(replace(own, prompt=HILL, guidance_scale=3.0, width=width, height=height))
    runs.append(replace(turbo, width=104, height=160))
    return runs + from_picture()


def from_picture() -> list[Settings]:
    """Every scheduler from the source picture, at strengths of its own."""
    runs = []
    for i, choice in enumerate(choices(find_model("postcards"))):
        steps, strength = (8, 0.7) if i % 2 else (11, 0.45)
        one = Settings("postcards", (SEA, CACTI, SNOW)[i % 3], 30 + i, steps, 3.0, choice.id)
        runs.append(replace(one, strength=strength, source_image=SOURCES[0]))
    turbo = Settings("postcards-turbo", SNOW, 31, 5, 1.0, "lcm")
    long = Settings("postcards", OTHER, 32, 25, 3.0, "euler-trailing", "clouds")
    for one, strength in ((turbo, 0.6), (long, 0.3), (long, 1.0)):
        runs.append(replace(one, strength=strength, source_image=SOURCES[0]))
    return runs


class Compared:
    """A model in diffusers, and as the page runs it; `known` keeps what diffusers made."""

    def __init__(
        self, name: str, graphs: dict[str, bytes], known: dict[Settings, Made] | None = None
    ) -> None:
        self.pipeline = Pipeline(name)
        self.page = opened(graphs)
        self.choices = {choice.id: choice for choice in choices(self.pipeline.model)}
        self._known = {} if known is None else known

    def __call__(self, one: Settings) -> tuple[Distance, np.ndarray, np.ndarray]:
        """The distance, and the two pictures: diffusers' and the page's."""
        expected, picture = self.expected(one)
        again = latents(self.page, self.pipeline, self.choices[str(one.scheduler)], one)
        drawn = self.page.rgba(again)[..., :3]
        return distance(again, drawn, expected, picture), picture, drawn

    def expected(self, one: Settings) -> Made:
        """Latents and picture of diffusers' own pipeline."""
        if one not in self._known:
            choice = self.choices[str(one.scheduler)]
            self._known[one] = self.pipeline.run(one, choice.spec, choice.eta)
        return self._known[one]

    def last_bit(self, one: Settings) -> Distance:
        """How far diffusers is from itself when the last bit of its starting noise changes."""
        choice = self.choices[str(one.scheduler)]
        nudged = self.pipeline.run(one, choice.spec, choice.eta, nudged=True)
        return distance(*nudged, *self.expected(one))


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
    source = None
    if one.source_image and one.strength is not None:
        left = int(one.num_inference_steps * one.strength)
        steps = one.num_inference_steps
        start = starts.start_of(choice.spec, steps, choice.eta, left, run)
        run = starts.started(run, start)
        source = encoded(one.source_image, pipeline.from_picture)
    return page.latents(run, pipeline.ids(one.negative_prompt, one.prompt), one, source)


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
    return summed(distances(runs, out, say), out)


def distances(runs: list[Settings], out: Path, say=print) -> list[dict[str, Any]]:
    """Each run's settings with its distances, by what they are the distances of."""
    kinds: dict[str, Callable[[str], dict[str, bytes]]] = {
        "float32": full,
        "shipped": lambda name: shipped(name, out),
    }
    told: list[dict[str, Any]] = [{"settings": one.told()} for one in runs]
    known: dict[Settings, Made] = {}
    for kind, graphs in kinds.items():
        for name in sorted({one.model for one in runs}):
            compared = Compared(name, graphs(name), known)
            for one, entry in zip(runs, told, strict=True):
                if one.model == name:
                    entry[kind] = asdict(compared(one)[0])
                    say(f"{kind}: {one}: {entry[kind]}")
                if one.model == name and kind == "float32":
                    entry["last_bit"] = asdict(compared.last_bit(one))
    return told


def summed(told: list[dict[str, Any]], out: Path) -> dict[str, Any]:
    """What was measured, with the graphs that it holds for."""
    kinds = ("last_bit", "float32", "shipped")
    return {
        "graphs": files.graphs_in(files.read_manifest(out)),
        "summary": {kind: _summary([entry[kind] for entry in told]) for kind in kinds},
        "runs": [{**one, **{kind: _rounded(one[kind]) for kind in kinds}} for one in told],
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
