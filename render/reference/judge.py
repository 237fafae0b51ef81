"""Trains the judge: a small classifier that says which scene a picture shows.

It measures the four factors of our scenes (time of day, terrain, subject, weather) and nothing
else: a picture it approves of shows what was asked, which is not to say that it is beautiful. Its
64 features also stand for a picture in Fréchet distances (Heusel et al. 2017, arXiv:1706.08500).
It never sees a generated picture, nor the autoencoder's; it sees the factor combinations that the
generators never do, so that it can judge them.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import nn

from . import ahead, autoencoder, checkpoint, dataset, loop
from .loop import Run
from .presets import Part
from .record import Record
from .scenes import FACTORS, HELD_OUT_FROM, Scene

SIZE = 128
HELD_OUT = 2048  # real scenes that it is tried on
FOLDER = dataset.HERE / "judge"
VALUES = {name: list(values) for name, values in FACTORS.items()}


class Judge(ModelMixin, ConfigMixin):
    """Pictures [n, 3, 128, 128] between -1 and 1 to 64 features and a logit per factor value."""

    @register_to_config
    def __init__(self, channels: tuple[int, ...] = (24, 48, 96, 128), features: int = 64) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for width in channels:
            layers += [nn.Conv2d(before, width, 3, stride=2, padding=1), _norm(width), nn.SiLU()]
            if before > 3:  # a second layer at 64x64 would cost as much as all that follow
                layers += [nn.Conv2d(width, width, 3, padding=1), _norm(width), nn.SiLU()]
            before = width
        self.body = nn.Sequential(*layers)
        # The mean says what fills a picture (weather, time), the maximum what stands in one place.
        self.embedding = nn.Linear(2 * before, features)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(features, len(values)) for name, values in VALUES.items()}
        )

    def embed(self, pictures: torch.Tensor) -> torch.Tensor:
        """The 64 features of each picture, [n, 64]."""
        maps = self.body(pictures)
        return self.embedding(torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], 1))

    def forward(self, pictures: torch.Tensor) -> dict[str, torch.Tensor]:
        """A logit for each value of each factor: {"time": [n, 5], ...}."""
        features = F.silu(self.embed(pictures))
        return {name: head(features) for name, head in self.heads.items()}


def _norm(width: int) -> nn.Module:
    return nn.GroupNorm(8, width)


def train(part: Part, run: Run) -> tuple[Judge, Record]:
    """Trains a judge, with checkpoints in the run's folder; returns it in fp32."""
    torch.manual_seed(0)
    committed = run.resume and run.committed and (FOLDER / "config.json").is_file()
    model = load().train() if committed else Judge()  # a checkpoint takes precedence
    model = model.to(run.device, memory_format=torch.channels_last)
    record = loop.train(
        "judge",
        part,
        lambda: _loss_at(part, run, model),
        model=model,
        optimiser=loop.adamw(model.parameters(), run, weight_decay=0.02),
        rate=partial(autoencoder.warm_cosine, warm=part.warm),
        run=run,
    )
    model = model.float().cpu().eval()
    shares = accuracy(model)
    print("judge, on held-out scenes: " + ", ".join(f"{k} {v:.4f}" for k, v in shares.items()))
    return model, record


def _loss_at(part: Part, run: Run, model: Judge) -> loop.Loss:
    """The loss of a step, on training scenes and a tenth more that generators never see."""
    count = part.scenes[SIZE]
    seeds, unseen = dataset.training_seeds(count), dataset.combination_seeds(count // 10)
    pictures = torch.cat(
        [
            autoencoder.resident(part, SIZE, run.device, name)
            for part, name in ((seeds, "train"), (unseen, "never-trained"))
        ]
    )
    scenes = [Scene.sample(seed) for seed in (*seeds, *unseen)]
    labels = {name: values.to(run.device) for name, values in labels_of(scenes).items()}

    def loss_at(step: int) -> torch.Tensor:
        rows = torch.randint(len(pictures), (part.batch,), device=run.device)
        images = pictures[rows].permute(0, 3, 1, 2).float() / 127.5 - 1
        with torch.autocast(run.device, torch.bfloat16):
            return loss_of(model, images, {name: seen[rows] for name, seen in labels.items()})

    return loss_at


def loss_of(model: Judge, images: torch.Tensor, labels: dict[str, torch.Tensor]) -> torch.Tensor:
    """The sum of the four factors' cross-entropies, on disturbed pictures."""
    images = _disturbed(images).contiguous(memory_format=torch.channels_last)
    losses = [
        F.cross_entropy(seen.float(), labels[name], label_smoothing=0.02)
        for name, seen in model(images).items()
    ]
    return torch.stack(losses).sum()


def labels_of(scenes: list[Scene]) -> dict[str, torch.Tensor]:
    """The index of each scene's value, per factor."""
    return {
        name: torch.tensor([values.index(getattr(scene, name)) for scene in scenes])
        for name, values in VALUES.items()
    }


def _disturbed(images: torch.Tensor) -> torch.Tensor:
    """Mirrors, blurs, noise and brightness: what an eye forgives, the judge must forgive too."""
    images = torch.where(_each(images) < 0.5, images.flip(3), images)
    blurred = F.avg_pool2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    images = torch.lerp(images, blurred, (2 * _each(images) - 1).clamp(min=0))  # half of them
    images = images + 0.06 * _each(images) * torch.randn_like(images)
    return images * (1 + 0.1 * (_each(images) - 0.5))


def _each(images: torch.Tensor) -> torch.Tensor:
    """A random number between 0 and 1 for each picture."""
    return torch.rand(len(images), 1, 1, 1, device=images.device)


@torch.no_grad()
def judged(model: Judge, pictures: np.ndarray) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """The value the judge sees per factor, and the features: uint8 [n, side, side, 3] in.

    It was trained at one size: pictures of another are brought to it by the mean over areas, which
    keeps four pixels of a larger picture as one and shows nothing that was not there.
    """
    seen: dict[str, list[torch.Tensor]] = {name: [] for name in VALUES}
    features = []
    for start in range(0, len(pictures), 64):
        images = autoencoder.to_tensor(pictures[start : start + 64])
        if images.shape[-1] != SIZE:
            images = F.interpolate(images, size=(SIZE, SIZE), mode="area")
        embedded = model.embed(images)
        features.append(embedded)
        for name, head in model.heads.items():
            seen[name].append(head(F.silu(embedded)).argmax(1))
    return {name: torch.cat(parts) for name, parts in seen.items()}, torch.cat(features)


def accuracy(model: Judge, count: int = HELD_OUT) -> dict[str, float]:
    """Share of held-out real scenes judged right, per factor and for all four at once."""
    seeds = list(range(HELD_OUT_FROM, HELD_OUT_FROM + count))
    pictures = dataset.pictures(seeds, SIZE, "judged")
    return agreement(judged(model, pictures)[0], labels_of([Scene.sample(seed) for seed in seeds]))


def held_out() -> list[ahead.Job]:
    """The files of scenes that `accuracy` reads."""
    return dataset.jobs(list(range(HELD_OUT_FROM, HELD_OUT_FROM + HELD_OUT)), SIZE, "judged")


def agreement(seen: dict[str, torch.Tensor], asked: dict[str, torch.Tensor]) -> dict[str, float]:
    """Share of pictures in which the judge sees what was asked: per factor, mean, and all four."""
    right = {name: (seen[name] == asked[name]) for name in VALUES}
    shares = {name: hits.float().mean().item() for name, hits in right.items()}
    every = torch.stack(list(right.values())).all(0).float().mean().item()
    return {**shares, "mean": sum(shares.values()) / len(shares), "all": every}


def load(folder: Path = FOLDER) -> Judge:
    """The committed judge, ready to judge."""
    return Judge.from_pretrained(folder, dtype=torch.float32, use_safetensors=True).eval()


def save(model: Judge, folder: Path) -> None:
    """Writes the judge with fp16 weights."""
    model.half().save_pretrained(folder, safe_serialization=True)
    checkpoint.amend(folder / "config.json")
