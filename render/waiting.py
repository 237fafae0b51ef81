"""Calls that wait for a batch: which go together, and what the batch answers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch

from .counters import Counters
from .memory import out_of_memory
from .replays import Replays
from .rows import (
    Call,
    answers,
    evaluated,
    is_compiled,
    padding,
    same_bits,
    stacks_well,
    total,
    uncompiled,
)


class Stopped(BaseException):
    """Ends a cell's thread when the run is over; no pipeline may swallow it."""


class Again(BaseException):
    """Ends a cell's attempt: the width has changed since it began."""


@dataclass(eq=False)
class Waiting:
    """A call that waits for its batch."""

    place: tuple[int, int]  # the cell with most evaluations to go, then the first admitted
    call: Call
    same: Any  # what an equal call has too; None: not looked at
    cells: int = 1  # that wait for it
    ready: threading.Event = field(default_factory=threading.Event)
    batched: bool = False  # still false when ready: the batch failed, run it alone
    answer: Any = None


def ready(waiting: Sequence[Waiting], width: int, live: int) -> list[Waiting]:
    """The calls that fill `width` rows best, if they fill them or all `live` cells wait."""
    groups: dict[Any, list[Waiting]] = {}
    rows: dict[Any, int] = {}
    for one in sorted(waiting, key=lambda w: w.place):
        mates = one.call.mates
        if rows.get(mates, 0) + one.call.rows <= width:
            groups.setdefault(mates, []).append(one)
            rows[mates] = rows.get(mates, 0) + one.call.rows
    best = max(groups, key=rows.__getitem__, default=None)
    idle = sum(one.cells for one in waiting)
    return groups[best] if best and (rows[best] == width or idle == live) else []


class Stacking:
    """Computes batches, and finds out at the first call of each kind whether it stacks well.

    A batch that calls do not fill is computed narrower where that gives the same bits: how a sum is
    ordered depends on the kernels that a shape is given, and on a CPU one serves many widths.
    That is seen, not assumed: the first batch of so many rows is computed at both widths.

    With `replays` whole batches are answered by their CUDA graphs, with the same bits. `quiet` is
    held while a model is not what it is otherwise.
    """

    def __init__(
        self,
        counters: Counters,
        replays: Replays | None = None,
        quiet: AbstractContextManager[Any] | None = None,
    ) -> None:
        self._counters, self.replays = counters, replays
        self._quiet = quiet or nullcontext()
        self._well: dict[tuple[Any, ...], bool] = {}
        self._alike: dict[tuple[Any, ...], set[int]] = {}  # narrower widths with the same bits
        self._unlike: dict[tuple[Any, ...], int] = {}  # the widest without: narrower are not tried

    def of(self, call: Call) -> bool:
        """False for a kind of call that is known not to stack."""
        return self._well.get(call.kind, True)

    def forget(self) -> None:
        """Drops the graphs: their memory, and a run's weights, which may be others in the next."""
        if self.replays:
            self.replays.forget()

    def spares(self) -> bool:
        """True where there was something to give up before a batch must be smaller: graphs."""
        return bool(self.replays and self.replays.stop("no CUDA graphs: memory was short"))

    @torch.no_grad()
    def answers(self, batch: list[Waiting], width: int) -> tuple[list[Any], int, bool]:
        """Each call's answer, or none at all; at which width; and whether memory was short."""
        calls = [waiting.call for waiting in batch]
        try:
            # The cells' threads have no autocast; the caller's, which this is, may have it.
            with torch.autocast(calls[0].device.type, enabled=False):
                if not self._checked(calls[0], width):
                    return [], width, False
                return *self._answers(calls, width), False
        except Exception as error:
            short = out_of_memory(error)
        if short and self.spares():
            self.forget()
            return self.answers(batch, width)
        return [], width, short

    def _answers(self, calls: list[Call], width: int) -> tuple[list[Any], int]:
        """The bits of a batch of `width` rows, and the width that gave them."""

        def at(rows: int) -> list[Any]:
            whole = self.replays and rows == width
            compute = self._replayed if whole else evaluated
            return answers(calls, padding(calls[0], rows - total(calls)), rows, compute)

        key, rows = (*calls[0].kind, *calls[0].shapes, width), total(calls)
        if key not in self._unlike:
            self._alike[key], self._unlike[key] = set(), width if is_compiled(calls[0].real) else 0
        alike = self._alike[key]
        known = min((w for w in alike if w >= rows), default=width)
        if known == rows or rows <= self._unlike[key]:
            return at(known), known
        whole = at(width)
        while rows < known:
            self._counters.checks += 1
            if same_bits(at(rows), whole):
                alike.add(rows)
                break
            self._unlike[key] = rows
            rows = 1 << rows.bit_length()  # where kernels change: 1, 2 and 3, 4 and more
        return whole, width

    def _replayed(self, call: Call, leaves: list[Any]) -> Any:
        assert self.replays
        answer, by_graph = self.replays.answer(call, leaves)
        self._counters.replays += by_graph
        return answer

    def _checked(self, call: Call, width: int) -> bool:
        if call.kind not in self._well:
            try:
                # No cell calls the model meanwhile: its answer would be the eager one.
                with self._quiet, uncompiled(call.real):
                    well = stacks_well(call, width)
            except Exception as error:
                if out_of_memory(error):
                    raise
                well = False
            self._well[call.kind] = well
            self._counters.checks += 2
        return self._well[call.kind]
