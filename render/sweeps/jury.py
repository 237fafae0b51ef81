"""Judges a sweep's pictures: does each show what its prompt asked for?"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from ..models import REFERENCE, folder_digest
from ..reference import dataset, judge
from ..reference.scenes import FACTORS, HELD_OUT_FROM, Scene, caption


class Jury:
    """Our judge and the scenes that its prompts describe."""

    def __init__(self, scenes: list[Scene], seeds: int) -> None:
        self.digest = folder_digest(REFERENCE / "judge")
        self._judge = judge.load()
        self._labels = {k: v.repeat_interleave(seeds) for k, v in judge.labels_of(scenes).items()}

    def hits(self, pictures: list[Any]) -> str:
        """One hexadecimal digit a picture: which factors are right, time of day in the lowest bit.

        `x` stands for a picture that could not be made.
        """
        made = [not isinstance(picture, str) for picture in pictures]
        if not any(made):
            return "x" * len(pictures)
        seen, _ = judge.judged(
            self._judge, np.stack([p for p in pictures if not isinstance(p, str)])
        )
        labels = {name: values[np.flatnonzero(made)] for name, values in self._labels.items()}
        right = np.stack([(seen[name] == labels[name]).numpy() for name in FACTORS], 1)
        digits = iter(f"{int(hits @ (1, 2, 4, 8)):x}" for hits in right)
        return "".join(next(digits) if ok else "x" for ok in made)


def scenes_asked(count: int) -> tuple[list[str], list[Scene]]:
    """The first prompts of the quality measurement and the held-out scenes they describe."""
    scenes = [Scene.sample(s) for s in dataset.training_seeds(count, first=HELD_OUT_FROM)]
    return [caption(s, random.Random(f"asked-{s.seed}"), complete=True) for s in scenes], scenes
