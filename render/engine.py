"""Continuous batching under unchanged pipelines: the one clever file of the studio.

Every cell runs its pipeline's own `__call__` in its own thread, with its own scheduler and
generator. While an engine runs, the models that the pipelines share are wrapped in place:

* text and image encoders answer from memory what they have answered before;
* a denoiser's call (UNet, transformer, ControlNet) waits. When `width` rows wait, or every live
  cell does, one batch of exactly `width` rows is computed and each cell gets its own rows back.

The width is fixed because it decides which kernels run, and so the last bits; mates, position and
padding do not. Nothing here knows a pipeline or a scheduler. What cannot be stacked row by row runs
alone, as diffusers runs it, and so does every call of `width` rows or more: all of them at width 1.

Two things run at a time: the conductor (the caller's thread), which computes batches, and one cell,
the one that holds the turn. Cells pass the turn on only while they wait for a batch, so pipelines,
schedulers and tokenizers need not be safe to use from several threads.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import PreTrainedModel

from .counters import Counters
from .memory import Memory
from .rows import Call, answers, describe, padding, stacks_well, total


class _Stopped(BaseException):
    """Ends a cell's thread when the run is over; no pipeline may swallow it."""


@dataclass(eq=False)
class _Waiting:
    """A call that waits for its batch."""

    order: int  # of its cell: the cell admitted first goes first
    call: Call
    ready: threading.Event = field(default_factory=threading.Event)
    batched: bool = False  # still false when ready: the batch failed, run it alone
    answer: Any = None


class Engine:
    """Runs many cells over the models of one or more pipelines, `width` rows at a time."""

    def __init__(self, width: int, counters: Counters | None = None) -> None:
        self.width = width
        self.counters = counters or Counters()
        # Twice the cells a batch needs: while some read their answers, others already wait.
        self._limit = 1 if width == 1 else 2 * width
        self._turn = threading.Lock()
        self._news = threading.Condition(self._turn)
        self._here = threading.local()
        self._closed, self._live = False, 0
        self._waiting: list[_Waiting] = []
        self._outcomes: deque[tuple[Any, Any]] = deque()
        self._stacks: dict[tuple[Any, ...], bool] = {}
        self._memory = Memory()

    def run(
        self,
        jobs: Iterable[Any],
        make: Callable[[Any], Any],
        finish: Callable[[Any, Any], Any],
        models: Iterable[torch.nn.Module],
    ) -> Iterator[tuple[Any, Any]]:
        """Yields (job, finish(job, make(job))) as they come, or (job, the exception raised).

        `make` calls a pipeline; `finish` runs beside it in a pool and must not use the models.
        """
        queue = deque(enumerate(jobs))
        self._waiting, self._outcomes, self._closed = [], deque(), False
        unfinished, self._live = len(queue), min(len(queue), self._limit)
        pool = ThreadPoolExecutor(2)
        task = functools.partial(self._work, queue, make, finish, pool)
        workers = [threading.Thread(target=task, daemon=True) for _ in range(self._live)]
        with self._wrapped(models):
            try:
                for worker in workers:
                    worker.start()
                while unfinished:
                    if batch := self._next():
                        self._compute(batch)
                    while self._outcomes:
                        unfinished -= 1
                        yield self._outcomes.popleft()
            finally:
                # Takes no lock when left early: a cell may hold the turn for long.
                self._closed = True
                queue.clear()
                for waiting in self._waiting:
                    waiting.ready.set()
                until = time.monotonic() + 3
                for worker in (w for w in workers if w.ident is not None):
                    worker.join(max(0.0, until - time.monotonic()))
                pool.shutdown(cancel_futures=True)

    # Cells' threads -------------------------------------------------------------------------

    def _work(self, queue: deque[Any], make: Any, finish: Any, pool: ThreadPoolExecutor) -> None:
        """Makes one cell after another, holding the turn."""
        with self._turn:
            while queue and not self._closed:
                self._here.order, job = queue.popleft()
                try:
                    made = make(job)
                except _Stopped:
                    break
                except BaseException as error:
                    self._outcomes.append((job, error))
                    self._news.notify()
                else:
                    pool.submit(self._finish, job, made, finish)
            self._live -= 1
            self._news.notify()

    def _finish(self, job: Any, made: Any, finish: Callable[[Any, Any], Any]) -> None:
        try:
            result = finish(job, made)
        except BaseException as error:
            result = error
        with self._turn:
            self._outcomes.append((job, result))
            self._news.notify()

    def _in_a_cell(self) -> bool:
        return hasattr(self._here, "order")

    def _denoise(self, real: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Stands in for a denoiser's forward."""
        if not self._in_a_cell() or any(map(torch.is_autocast_enabled, ("cpu", "cuda"))):
            return real(*args, **kwargs)
        if self._closed:
            raise _Stopped
        call = describe(real, args, kwargs)
        if call and call.rows < self.width and self._stacks.get(call.kind, True):
            waiting = _Waiting(self._here.order, call)
            self._waiting.append(waiting)
            self._news.notify()
            self._turn.release()
            try:
                while not (waiting.ready.wait(0.5) or self._closed):
                    pass
            finally:
                self._turn.acquire()
            if self._closed:
                raise _Stopped
            if waiting.batched:
                return waiting.answer
        self.counters.alone += 1
        self._counted([call] if call else [], 0)
        return real(*args, **kwargs)

    def _encode(self, real: Callable[..., Any], counter: str, /, *args: Any, **kwargs: Any) -> Any:
        """Stands in for an encoder: the same input is encoded once."""
        if not self._in_a_cell():
            return real(*args, **kwargs)
        answer, known = self._memory.ask(real, args, kwargs)
        counter = "cache_hits" if known else counter
        setattr(self.counters, counter, getattr(self.counters, counter) + 1)
        return answer

    def _decode(self, real: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Stands in for a decoder, which stays at batch 1 in its cell: that fills a GPU already."""
        self.counters.decodes += self._in_a_cell()
        return real(*args, **kwargs)

    # The conductor --------------------------------------------------------------------------

    def _next(self) -> list[_Waiting]:
        """Waits until a batch can run or a cell is finished; the calls of that batch."""
        with self._news:
            self._news.wait_for(lambda: self._outcomes or self._batch())
            batch = [] if self._outcomes else self._batch()
            self._waiting = [waiting for waiting in self._waiting if waiting not in batch]
            return batch

    def _batch(self) -> list[_Waiting]:
        """The fullest batch, if it is full or no live cell can add to it."""
        groups: dict[Any, list[_Waiting]] = {}
        for waiting in sorted(self._waiting, key=lambda w: w.order):
            group = groups.setdefault(waiting.call.mates, [])
            if _rows(group) + waiting.call.rows <= self.width:
                group.append(waiting)
        best = max(groups.values(), key=_rows, default=[])
        ready = _rows(best) == self.width or len(self._waiting) == self._live
        return best if ready else []

    @torch.no_grad()
    def _compute(self, batch: list[_Waiting]) -> None:
        """Answers the calls of a batch, or sends them to run alone if it cannot be computed."""
        calls, dealt = [waiting.call for waiting in batch], []
        # Whatever goes wrong (memory, a shape) is met again by the call that causes it, alone.
        with contextlib.suppress(Exception):
            if self._checked(calls[0]):
                missing = self.width - total(calls)
                dealt = answers(calls, padding(calls[0], missing), self.width)
                self._counted(calls, missing)
        for waiting, answer in zip(batch, dealt or [None] * len(batch), strict=True):
            waiting.answer, waiting.batched = answer, bool(dealt)
            waiting.ready.set()

    def _checked(self, call: Call) -> bool:
        """Whether calls of this kind stack well; found out at the first of them."""
        if call.kind not in self._stacks:
            well = False
            with contextlib.suppress(Exception):
                well = stacks_well(call, self.width)
            self._stacks[call.kind] = well
            self.counters.checks += 2
        return self._stacks[call.kind]

    def _counted(self, calls: list[Call], missing: int) -> None:
        self.counters.denoiser_calls += 1
        self.counters.denoiser_rows += total(calls)
        self.counters.padding_rows += missing

    @contextlib.contextmanager
    def _wrapped(self, models: Iterable[torch.nn.Module]) -> Iterator[None]:
        """Puts stand-ins in the place of the models' own methods, and takes them away again."""
        with contextlib.ExitStack() as undo:
            for model in {id(m): m for m in models}.values():
                stand_ins: dict[str, tuple[Any, ...]] = {"forward": (self._denoise,)}
                if hasattr(model, "encode") and hasattr(model, "decode"):
                    encode = (self._encode, "image_encodes")
                    stand_ins = {"encode": encode, "decode": (self._decode,)}
                elif isinstance(model, PreTrainedModel):
                    stand_ins = {"forward": (self._encode, "text_encodes")}
                for name, (stand_in, *extra) in stand_ins.items():
                    real, own = getattr(model, name), name in vars(model)
                    wrapped = functools.partial(stand_in, real, *extra)
                    setattr(model, name, functools.update_wrapper(wrapped, real))
                    put_back = (setattr, model, name, real) if own else (delattr, model, name)
                    undo.callback(*put_back)
            yield


def _rows(batch: list[_Waiting]) -> int:
    return total([waiting.call for waiting in batch])
