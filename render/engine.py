"""Continuous batching under unchanged pipelines: the one clever file of the studio.

Every cell runs its pipeline's own `__call__` in its own thread, with its own scheduler and
generator. While an engine runs, the models that the pipelines share are wrapped in place:

* text and image encoders answer from memory what they have answered before, and so does a denoiser
  (UNet, transformer, ControlNet): two trajectories may have their first evaluations in common;
* any other call of a denoiser waits. When `width` rows wait, or every live cell does, one batch is
  computed, padded to `width` rows or the fewest with the same bits, and each cell gets its own.

The width is fixed because it decides which kernels run, and so the last bits; mates, position and
padding do not. Nothing here knows a pipeline or a scheduler. What cannot be stacked row by row runs
alone, as diffusers runs it, and so does every call of `width` rows or more: all of them at width 1.

When memory runs out the width is halved and the cells under way begin again, so that a picture has
one width, which `conditions` tells; at width 1 the decoder goes on in tiles; then the cell fails.

Two things run at a time: the conductor (the caller's thread), which computes batches, and the cell
that holds the turn, until it waits for a batch: pipelines and schedulers need not be thread-safe.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch

from .coders import Coders, arrived
from .counters import Counters
from .kernels import Quiet, on_this_stream
from .memory import Memory, copied, out_of_memory
from .replays import Replays
from .rows import Call, contents, describe
from .stand_ins import in_place_of
from .waiting import Again, Stacking, Stopped, Waiting, ready

SHARED = 2**28  # bytes of denoisers' answers kept for cells that ask the same


class Engine:
    """Runs many cells over the models of one or more pipelines, `width` rows at a time.

    `shared`: how many of a cell's first calls of a model are looked up among those of others. To
    look is to wait for a GPU: 0 means all on a CPU and the first on a GPU. `graphs`: replays.py.
    """

    def __init__(
        self, width: int, counters: Counters | None = None, shared: int = 0, graphs: bool = False
    ) -> None:
        self.width, self.shared = width, shared
        self.counters = counters or Counters()
        self._turn, self._here = threading.Lock(), threading.local()
        self._news, quiet = threading.Condition(self._turn), Quiet(self._turn)
        self._fetch = quiet.beside(self._finish)
        self.replays = Replays(quiet) if graphs else None
        self._stacking = Stacking(self.counters, self.replays, self._turn)
        self._coders = Coders(self.counters, may_tile=lambda: self.width == 1)

    def run(
        self,
        jobs: Iterable[Any],
        make: Callable[[Any], Any],
        finish: Callable[[Any, Any], Any],
        models: Iterable[torch.nn.Module],
        length: Callable[[Any], int] = lambda job: 0,
    ) -> Iterator[tuple[Any, Any]]:
        """Yields (job, finish(job, make(job))) as they come, or (job, the exception raised).

        `make` calls a pipeline; `finish` runs beside it in a pool and must not use the models.
        `length` is a guess at a job's number of evaluations: who has most to go goes first.
        """
        queue = deque(enumerate(jobs))
        self._waiting, self._computing = [], []
        self._outcomes, self._closed, self._length = deque(), False, length
        self._denoised = Memory(SHARED)  # anew: the weights may be others since the last run
        unfinished, self._live = len(queue), min(len(queue), self._limit)
        pool = ThreadPoolExecutor(max(2, os.cpu_count() or 1))  # encoding holds no lock
        task = on_this_stream(self._work, queue, make, finish, pool)
        workers = [threading.Thread(target=task, daemon=True) for _ in range(self._live)]
        with in_place_of(models, self._denoise, self._coders, lambda: hasattr(self._here, "order")):
            try:
                for worker in workers:
                    worker.start()
                while unfinished:
                    batch, width = self._next()
                    if batch:
                        self._compute(batch, width)
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
                self._stacking.forget()

    def conditions(self) -> dict[str, Any]:
        """What here decides last bits; asked inside `finish`, of the picture being finished."""
        return getattr(self._here, "conditions", {"batch": self.width, **self._coders.conditions()})

    @property
    def _limit(self) -> int:
        """Twice the cells a batch needs: while some read their answers, others already wait."""
        return 1 if self.width == 1 else 2 * self.width

    # Cells' threads -------------------------------------------------------------------------
    def _work(self, queue: deque[Any], make: Any, finish: Any, pool: ThreadPoolExecutor) -> None:
        """Makes one cell after another, holding the turn."""
        with self._turn:
            while queue and not self._closed and self._live <= self._limit:
                order, job = queue.popleft()
                made, error = self._attempt(order, job, make)
                if isinstance(error, Stopped):
                    break
                short = out_of_memory(error) and self._here.width > 1
                if short and self.width == self._here.width and not self._stacking.spares():
                    self._shrink()
                if short or isinstance(error, Again):
                    queue.appendleft((order, job))
                elif error is not None:
                    self._outcomes.append((job, error))
                    self._news.notify()
                else:
                    made_at = {**self.conditions(), "batch": self._here.width}
                    pool.submit(on_this_stream(self._fetch, job, made, finish, made_at))
            self._live -= 1
            self._news.notify()

    def _attempt(self, order: int, job: Any, make: Any) -> tuple[Any, BaseException | None]:
        self._here.order, self._here.left = order, self._length(job)
        self._here.width, self._here.asked = self.width, Counter()
        self._coders.begin()
        try:
            return make(job), None
        except BaseException as error:
            failed = error
        # A traceback keeps its frames' tensors alive, and memory may be what is short.
        return None, failed.with_traceback(None) if out_of_memory(failed) else failed

    def _finish(self, job: Any, made: Any, finish: Any, conditions: dict[str, Any]) -> None:
        try:
            self._here.conditions = arrived(conditions)
            result = finish(job, made)
        except BaseException as error:
            result = error
        with self._turn:
            self._outcomes.append((job, result))
            self._news.notify()

    def _still(self) -> None:
        """Ends the attempt when the run is over, or when another width than its own began."""
        if self._closed:
            raise Stopped
        if self._here.width != self.width:
            raise Again

    def _denoise(self, real: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Stands in for a denoiser's forward."""
        if any(map(torch.is_autocast_enabled, ("cpu", "cuda"))):
            return real(*args, **kwargs)
        self._still()
        call = describe(real, args, kwargs)
        if call and call.rows < self.width and self._stacking.of(call):
            same = self._same(call)
            if same in self._denoised:
                self.counters.shared_rows += call.rows
                return self._denoised.get(same)
            waiting = self._wait(call, same)
            if waiting.batched:
                self.counters.shared_rows += call.rows * (waiting.call is not call)
                return copied(waiting.answer)
        self.counters.called(call.rows if call else 0, None)
        return real(*args, **kwargs)

    def _same(self, call: Call) -> Any:
        """What an equal call of another cell has too; None where nobody looks for one."""
        self._here.asked[call.kind] += 1
        most = self.shared or (1 if call.device.type != "cpu" else math.inf)
        return contents(call) if self._here.asked[call.kind] <= most else None

    def _wait(self, call: Call, same: Any) -> Waiting:
        """Passes the turn on until this call is answered, or an equal one that came before."""
        before = [w for w in (*self._waiting, *self._computing) if same and w.same == same]
        place = (self._here.asked[call.kind] - self._here.left, self._here.order)
        waiting = before[0] if before else Waiting(place, call, same)
        waiting.cells += len(before)
        self._waiting += [] if before else [waiting]
        self._news.notify()
        self._turn.release()
        try:
            while not (waiting.ready.wait(0.5) or self._closed):
                pass
        finally:
            self._turn.acquire()
        self._still()
        return waiting

    # The conductor --------------------------------------------------------------------------
    def _next(self) -> tuple[list[Waiting], int]:
        """Waits until a batch can run or a cell is finished; that batch's calls and its width."""
        with self._news:
            self._news.wait_for(lambda: self._outcomes or self._ready())
            batch = [] if self._outcomes else self._ready()
            self._waiting = [waiting for waiting in self._waiting if waiting not in batch]
            self._computing = batch
            return batch, self.width

    def _ready(self) -> list[Waiting]:
        return ready(self._waiting, self.width, self._live)

    def _compute(self, batch: list[Waiting], width: int) -> None:
        """Answers the calls of a batch, or sends them to run alone if they cannot be computed."""
        dealt, computed, short = self._stacking.answers(batch, width)
        if not dealt and not short and len(batch) > 1:
            # One of them spoils it: at the same width the others keep the bits they would have had.
            for waiting in batch:
                self._compute([waiting], width)
            return
        with self._turn:
            if dealt:
                self.counters.called(sum(waiting.call.rows for waiting in batch), computed)
            if short and width == self.width:
                self._shrink()
            for waiting, answer in zip(batch, dealt or [None] * len(batch), strict=True):
                waiting.answer, waiting.batched = answer, bool(dealt)
                if dealt and waiting.same and width == self.width:
                    self._denoised.keep(waiting.same, answer)
                waiting.ready.set()

    def _shrink(self) -> None:
        """Halves the width; the cells under way find it changed and begin again."""
        self.width = max(1, self.width // 2)
        self._denoised = Memory(SHARED)
        for waiting in self._waiting:
            waiting.ready.set()
        self._waiting, self._computing = [], []
        torch.cuda.empty_cache()  # does nothing where CUDA was never used
