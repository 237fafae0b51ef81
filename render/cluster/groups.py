"""Which cells a worker makes next: its loaded model first, the longest first, suspects last.

No Ray here: the order and the bookkeeping of tries are plain data.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..models import ModelSource
from ..plan import Cell

TRIES = 3  # how often a cell may end a worker before it is given up


@dataclass
class Group:
    """Cells of one model and size that a worker makes together; places in the list of jobs."""

    model: ModelSource
    places: list[int]


class Groups:
    """The cells of a run that nobody is making, and how often each was tried in vain.

    A group is the share of its kind that keeps `workers` busy twice over, between `least` and
    `most` cells: large while there is much to do, small at the end, so that all finish together
    (guided self-scheduling: Polychronopoulos and Kuck, 1987).
    """

    def __init__(self, jobs: Sequence[Any], *, least: int, most: int) -> None:
        self._least, self._most = least, most
        self._cells = [job[1] for job in jobs]
        self._waiting: dict[tuple[Any, ...], deque[int]] = {}
        self._suspects: deque[int] = deque()
        self._tries: Counter[int] = Counter()
        self._length = [_length(cell) for cell in self._cells]
        self._left: Counter[ModelSource] = Counter()  # work that waits, by model
        self.back(sorted(range(len(jobs)), key=self._length.__getitem__, reverse=True))

    def take(
        self, held: ModelSource | None, others: Sequence[ModelSource | None], workers: int
    ) -> Group | None:
        """The next group for a worker that holds the model `held`; None when nothing waits.

        `others` are the models that the other workers hold.
        """
        if not self._waiting:
            return self._suspect(held)
        # A model is worth its load where most work waits for each worker that holds it.
        models = {model for model, *_ in self._waiting}
        chosen = held if held in models else max(models, key=lambda m: self._need(m, others))
        kind = max(
            (kind for kind in self._waiting if kind[0] == chosen),
            key=lambda kind: self._length[self._waiting[kind][0]],
        )
        places = self._waiting[kind]
        share = math.ceil(len(places) / (2 * max(1, workers)))
        taken = [places.popleft() for _ in range(min(len(places), self._size(share)))]
        self._left[chosen] -= sum(self._length[place] for place in taken)
        if not places:
            del self._waiting[kind]
        return Group(chosen, taken)

    def plenty(self, workers: int) -> bool:
        """True while so much waits that a worker may take a second group in advance."""
        return sum(map(len, self._waiting.values())) > workers * self._least

    def back(self, places: Sequence[int]) -> None:
        """Takes cells back that were lost through no fault of theirs."""
        for place in reversed(places):
            self._waiting.setdefault(self._kind(place), deque()).appendleft(place)
            self._left[self._cells[place].model] += self._length[place]

    def suspect(self, places: Sequence[int]) -> list[int]:
        """Takes cells back that may be at fault; returns those that were tried often enough.

        They are tried again alone and after all others, so that a poisonous one holds nothing up.
        """
        self._tries.update(places)
        given_up = [place for place in places if self._tries[place] >= TRIES]
        self._suspects.extend(place for place in places if self._tries[place] < TRIES)
        return given_up

    def _suspect(self, held: ModelSource | None) -> Group | None:
        if not self._suspects:
            return None
        own = (p for p in self._suspects if self._cells[p].model == held)
        place = next(own, self._suspects[0])
        self._suspects.remove(place)
        return Group(self._cells[place].model, [place])

    def _size(self, share: int) -> int:
        return max(self._least, min(self._most, share))

    def _kind(self, place: int) -> tuple[Any, ...]:
        """Cells of one kind share a batch."""
        settings = self._cells[place].settings
        return (self._cells[place].model, settings.get("height"), settings.get("width"))

    def _need(self, model: ModelSource, others: Sequence[ModelSource | None]) -> tuple[float, str]:
        return self._left[model] / (1 + others.count(model)), str(model)


def _length(cell: Cell) -> float:
    """How long a cell takes, in steps of one pixel; enough to tell long cells from short."""
    settings = cell.settings
    pixels = settings.get("height", 1) * settings.get("width", 1)
    both = 2 if settings.get("guidance_scale", 1) > 1 else 1
    return settings.get("num_inference_steps", 1) * pixels * both
