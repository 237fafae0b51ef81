"""How good a reference model is, as the judge sees it: does a picture show what was asked?

Fidelity is the share of pictures in which the judge sees the value that the prompt asks for, per
factor and for all four at once. Beside it stand its ceiling (the judge on reconstructions of real
scenes: no picture of ours can do better) and its floor (on captions dealt out at random). The
Fréchet distance compares the judge's 64 features of generated and of real pictures, divided by the
same between two sets of real ones: 1 is as good as real, for this judge. It takes SPLIT pictures:
of few, it mostly tells how few they are, so a rung of a sweep has none.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from ..images import encode, to_uint8
from . import autoencoder, dataset, judge, shares
from .scenes import FACTORS, HELD_OUT_FROM, Scene, caption

BATCH = 32
REAL = 4096  # real scenes that Fréchet distances are taken against
SPLITS, SPLIT = 10, 1024


@dataclass(frozen=True)
class Row:
    """One setting of a model to judge, and the prompts it is judged on."""

    id: str
    steps: int
    guidance_scale: float
    prompts: int
    seeds: int
    unseen: bool = False  # factor combinations that training never saw


ROWS = {
    "postcards": (
        Row("sweet-spot", 25, 3.0, 256, 4),
        Row("few-steps", 4, 3.0, 256, 4),
        Row("never-trained", 25, 3.0, 64, 4, unseen=True),
        Row("converged", 100, 3.0, 64, 1),
    ),
    "postcards-turbo": (
        Row("sweet-spot", 4, 1.0, 256, 4),
        Row("one-step", 1, 1.0, 256, 4),
        Row("two-steps", 2, 1.0, 256, 4),
        Row("eight-steps", 8, 1.0, 256, 4),
        Row("never-trained", 4, 1.0, 64, 4, unseen=True),
    ),
}


def asked(row: Row) -> tuple[list[str], list[Scene]]:
    """The prompts of a row and the held-out scenes they describe; a larger row begins the same."""
    if row.unseen:
        seeds = dataset.combination_seeds(row.prompts, first=HELD_OUT_FROM)
    else:
        seeds = dataset.training_seeds(row.prompts, first=HELD_OUT_FROM)
    scenes = [Scene.sample(seed) for seed in seeds]
    said = [caption(s, random.Random(f"asked-{s.seed}"), complete=True) for s in scenes]
    return said, scenes


def called(row: Row, size: int | None = None) -> dict[str, Any]:
    """A row's settings as a pipeline takes them; without a size, the model's own."""
    side = {"width": size, "height": size} if size else {}
    return {"num_inference_steps": row.steps, "guidance_scale": row.guidance_scale, **side}


def draw(pipe: Any, row: Row, size: int | None = None) -> np.ndarray:
    """Renders every prompt with every seed, seeds outermost: uint8 [n, height, width, 3]."""
    said, _ = asked(row)
    jobs = [(text, seed) for seed in range(row.seeds) for text in said]
    pictures = []
    for start in tqdm(range(0, len(jobs), BATCH), desc=row.id, unit="batch"):
        part = jobs[start : start + BATCH]
        drawn = pipe(
            [text for text, _ in part],
            **called(row, size),
            generator=[torch.Generator().manual_seed(seed) for _, seed in part],
            output_type="np",
        ).images
        pictures += [to_uint8(picture) for picture in drawn]
    return np.stack(pictures)


def judge_row(model: judge.Judge, pictures: np.ndarray, row: Row) -> dict[str, Any]:
    """Fidelity with its 95 % band over prompts, Fréchet distance, and the raw hits."""
    _, scenes = asked(row)
    labels = {k: v.repeat(row.seeds) for k, v in judge.labels_of(scenes).items()}
    seen, features = judge.judged(model, pictures)
    right = np.stack([(seen[name] == labels[name]).numpy() for name in FACTORS], 1)
    # One hexadecimal digit a picture: which factors are right, the first in the lowest bit.
    hits = "".join(f"{int(one @ (1, 2, 4, 8)):x}" for one in right)
    found: dict[str, Any] = {
        "steps": row.steps,
        "guidance_scale": row.guidance_scale,
        "prompts": row.prompts,
        "seeds": row.seeds,
        "fidelity": shares.fidelity(hits),
        "all_95": shares.band(hits, row.seeds),
        "hits": hits,
    }
    if len(pictures) >= SPLIT:
        found["frechet_ratio"] = round(
            frechet_ratio(features.numpy(), real_features(model, pictures.shape[1])), 2
        )
    return found


def _rounded(shares: dict[str, float]) -> dict[str, float]:
    return {name: round(share, 4) for name, share in shares.items()}


def frechet_ratio(generated: np.ndarray, real: np.ndarray) -> float:
    """Distance of generated to real over that of real to real, each the mean of ten splits."""
    rng = np.random.default_rng(0)
    to_real, among_real = [], []
    for _ in range(SPLITS):
        order = rng.permutation(len(real))
        first, second = real[order[:SPLIT]], real[order[SPLIT : 2 * SPLIT]]
        rows = rng.permutation(len(generated))[:SPLIT]
        to_real.append(frechet(generated[rows], first))
        among_real.append(frechet(first, second))
    return float(np.mean(to_real) / np.mean(among_real))


def frechet(a: np.ndarray, b: np.ndarray) -> float:
    """Fréchet distance between the Gaussians that fit two sets of features, [n, d] each."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    c, d = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    # The eigenvalues of a product of two covariances are real and not negative, save for rounding.
    cross = np.sqrt(np.clip(np.linalg.eigvals(c @ d).real, 0, None)).sum()
    return float(np.square(a.mean(0) - b.mean(0)).sum() + np.trace(c) + np.trace(d) - 2 * cross)


def real_features(model: judge.Judge, size: int) -> np.ndarray:
    """The judge's features of held-out real scenes of a size."""
    # Far from the prompts' own scenes.
    seeds = dataset.training_seeds(REAL, first=HELD_OUT_FROM + 1_000_000)
    return judge.judged(model, dataset.pictures(seeds, size, "real"))[1].numpy()


@torch.no_grad()
def judge_itself(
    model: judge.Judge, vae: Any, size: int = judge.SIZE
) -> dict[str, dict[str, float]]:
    """The judge's accuracy on held-out real scenes, on their reconstructions, and by chance."""
    seeds = list(range(HELD_OUT_FROM, HELD_OUT_FROM + 2048))
    labels = judge.labels_of([Scene.sample(seed) for seed in seeds])
    pictures = dataset.pictures(seeds, size, "judged")
    rebuilt = np.concatenate([_rebuilt(vae, part) for part in np.array_split(pictures, 64)])
    order = torch.from_numpy(np.random.default_rng(0).permutation(len(seeds)))
    real = judge.judged(model, pictures)[0]
    return {
        "held_out": _rounded(judge.agreement(real, labels)),
        "reconstructions": _rounded(judge.agreement(judge.judged(model, rebuilt)[0], labels)),
        "shuffled": _rounded(judge.agreement(real, {k: v[order] for k, v in labels.items()})),
    }


def _rebuilt(vae: Any, pictures: np.ndarray) -> np.ndarray:
    images = autoencoder.to_tensor(pictures).to(vae.device)
    rebuilt = vae.decode(vae.encode(images).latents).sample
    pixels = ((rebuilt + 1) / 2).clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy()
    return (pixels * 255).round().astype(np.uint8)


def sheet(pipe: Any, name: str, target: Path, columns: int = 8) -> None:
    """Writes a model's first 64 pictures at its sweet spot side by side, to be looked at."""
    from PIL import Image

    pipe.set_progress_bar_config(disable=True)
    pictures = [*draw(pipe, replace(ROWS[name][0], id="contact sheet", prompts=64, seeds=1))]
    rows = [pictures[i : i + columns] for i in range(0, len(pictures), columns)]
    pixels = np.concatenate([np.concatenate(row, 1) for row in rows], 0)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix == ".webp":
        target.write_bytes(encode(pixels))
    else:
        Image.fromarray(pixels).save(target)
