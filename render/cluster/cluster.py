"""Many GPUs, many machines: workers of a Ray cluster in the place of a run's own studios.

Ray starts workers and carries messages; what to do next is decided here. The driver alone writes
pictures and manifests, so the files of a run are its only state: kill the driver, run it again,
and it goes on. Workers may come, leave or die at any time.
"""

from __future__ import annotations

import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ..errors import RenderError
from ..run import Studios, finished
from .connection import TIME_LIMIT, connect
from .groups import TRIES, Group, Groups

STILLBORN = 3  # workers of a node that die in a row before their first word: the node is unfit
LOOK = 1.0  # seconds between two looks at the cluster's nodes
UNMANNED = 1800.0  # seconds to wait for a first worker, or for another when all have left


class Worker:
    """One accelerator's process: the studios of a run, kept between groups."""

    def __init__(self, studios: Studios) -> None:
        self._studios = studios

    def ready(self) -> None:
        """Answers once the process is up."""

    def make(self, group: Group, jobs: list[Any]) -> Iterator[tuple[str, Any]]:
        """Yields what happens as it happens: loaded or unfit, then cell or broke for each cell."""
        counted = self._studios.counters.to_dict()
        try:
            studio = self._studios.of(group.model)
            _same_model(group.model, jobs[0][1])
        except Exception as error:
            yield "unfit", f"{socket.gethostname()}: {_words(error)}"
            return
        if self._studios.counters.model_loads > counted["model_loads"]:
            yield "loaded", None  # that took its time: the driver's patience begins anew
        work = [(*job, place) for job, place in zip(jobs, group.places, strict=True)]
        for (*_, place), outcome in finished(studio, work):
            before, counted = counted, self._studios.counters.to_dict()
            more = {name: counted[name] - before[name] for name in counted}
            if isinstance(outcome, Exception) and not isinstance(outcome, RenderError):
                yield "broke", (place, _words(outcome), more)  # may not be picklable itself
            else:
                yield "cell", (place, outcome, more)


def _same_model(model: Any, cell: Any) -> None:
    """Refuses a node whose model files are others than those the driver planned with."""
    if model.identity != cell.recipe["model"]:
        raise RenderError(f"{model.name}: expected the model's files as the driver has them")


def _words(error: BaseException) -> str:
    text = " ".join(str(error).split())[:300]
    return text if isinstance(error, RenderError) else f"{type(error).__name__}: {text}"


@dataclass
class _Task:
    """What a worker was asked for: a group's cells, or at first whether it is up."""

    stream: Any  # what it will say next
    places: list[int] = field(default_factory=list)  # cells it has not handed back


@dataclass(eq=False)
class _Hand:
    """What the driver knows of a worker. It works at its first task; a second one waits there."""

    actor: Any
    node: str
    tasks: list[_Task]
    up: bool = False
    model: Any = None
    heard: float = field(default_factory=time.monotonic)


class Cluster:
    """Stands where a run's studios stand, and has the work done by the workers of a cluster.

    A worker that says nothing for `time_limit` seconds while it has work is stopped. A cell whose
    worker died, hung or broke three times is given up; a node that left is nobody's fault.
    """

    def __init__(
        self,
        address: str,
        studios: Studios,
        *,
        time_limit: float = TIME_LIMIT,
        least: int = 4,
        most: int = 32,
    ) -> None:
        self._address, self._studios = address, studios
        self._time_limit, self._sizes = time_limit, {"least": least, "most": most}
        self._hands: list[_Hand] = []
        self._stillborn: Counter[str] = Counter()
        self._unfit: dict[str, str] = {}  # nodes that cannot load a model, and why
        self._manned = time.monotonic()  # when a worker was last there
        self.most_workers = self.lost = 0

    def make_all(self, jobs: list[Any]) -> Iterator[tuple[Any, Any]]:
        """Yields (job, outcome) as a run's own studios do."""
        if not jobs:
            return
        self._groups, self._jobs = Groups(jobs, **self._sizes), jobs
        with connect(self._address) as self._ray:
            self._worker = self._ray.remote(Worker)
            try:
                for place, outcome in self._results(len(jobs)):
                    yield jobs[place], outcome
            finally:
                for hand in [*self._hands]:
                    self._drop(hand)
                print(f"Ray: {self.most_workers} workers, {self.lost} lost", file=sys.stderr)

    def _results(self, open_cells: int) -> Iterator[tuple[int, Any]]:
        """Looks after the workers until every cell has its outcome."""
        looked = -LOOK
        while open_cells:
            if time.monotonic() - looked >= LOOK:
                self._staff(open_cells)
                looked = time.monotonic()
            self._give_out()
            streams = {hand.tasks[0].stream: hand for hand in self._hands if hand.tasks}
            ready, _ = self._ray.wait([*streams], timeout=LOOK) if streams else ([], [])
            if not streams:
                time.sleep(LOOK)
            heard = [result for stream in ready for result in self._listen(streams[stream])]
            heard += self._overdue()
            open_cells -= len(heard)
            self._give_out()  # first of all: whoever takes these results writes them to a disk
            yield from heard

    def _staff(self, wanted: int) -> None:
        """Hires a worker for every accelerator that has none: new nodes are used as they come."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        nodes = [node for node in self._ray.nodes() if node["Alive"]]
        unit = self._unit(nodes)
        employed = Counter(hand.node for hand in self._hands)
        fit = [node for node in nodes if node["NodeID"] not in self._unfit]
        for node in fit:
            free = int(node["Resources"].get(unit, 0)) - employed[node["NodeID"]]
            for _ in range(min(free, wanted - len(self._hands))):
                actor = self._worker.options(
                    **{"num_cpus": 0, f"num_{unit.lower()}s": 1},
                    max_restarts=0,  # a dead worker's cells go back to the queue instead
                    scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], False),
                ).remote(self._studios)
                self._hands.append(_Hand(actor, node["NodeID"], [_Task(actor.ready.remote())]))
        self.most_workers = max(self.most_workers, len(self._hands))
        if self._unfit and not fit and not self._hands:
            raise RenderError("\n".join(dict.fromkeys(self._unfit.values())))
        if any(hand.up for hand in self._hands):
            self._manned = time.monotonic()
        elif time.monotonic() - self._manned > UNMANNED:
            raise RenderError(
                f"--ray: expected a node with a free {unit}, got none for half an hour"
            )

    def _unit(self, nodes: list[Any]) -> str:
        """Workers take a GPU each; a CPU each where the cluster has no GPU or is told so."""
        gpus = any(node["Resources"].get("GPU", 0) >= 1 for node in nodes)
        wants = self._studios.device
        return "GPU" if wants == "cuda" or (gpus and wants != "cpu") else "CPU"

    def _give_out(self) -> None:
        """Gives every idle worker a group, and while there are plenty a second one in advance.

        A worker so never waits for the driver, who may be busy writing.
        """
        for tasks in (1, 2):
            for hand in self._hands:
                if not hand.up or sum(bool(task.places) for task in hand.tasks) >= tasks:
                    continue
                if tasks == 2 and not self._groups.plenty(len(self._hands)):
                    return
                others = [other.model for other in self._hands if other is not hand]
                group = self._groups.take(hand.model, others, len(self._hands))
                if group is None:
                    return
                if not hand.tasks:
                    hand.heard = time.monotonic()
                hand.model = group.model
                jobs = [self._jobs[place][:2] for place in group.places]
                stream = hand.actor.make.options(num_returns="streaming").remote(group, jobs)
                hand.tasks.append(_Task(stream, [*group.places]))

    def _listen(self, hand: _Hand) -> Iterator[tuple[int, Any]]:
        """Hears one thing a worker has to say; yields the outcomes that follow from it."""
        from ray.exceptions import RayActorError, RayTaskError

        hand.heard = time.monotonic()
        task = hand.tasks[0]
        try:
            ref = next(task.stream) if hand.up else task.stream
            what, told = self._ray.get(ref) or ("up", None)
        except StopIteration:
            del hand.tasks[0]
            yield from self._suspect(task.places, "its worker handed nothing back for it")
            return
        except (RayActorError, RayTaskError) as error:
            yield from self._bury(hand, error)
            return
        if what == "up":
            hand.up, hand.tasks = True, []
            self._stillborn[hand.node] = 0
        elif what == "unfit":
            self._refuse(hand, told)
        elif what in ("cell", "broke"):
            place, outcome, more = told
            task.places.remove(place)
            self._studios.counters.add(more)
            if what == "cell":
                yield place, outcome
            else:
                yield from self._suspect([place], outcome)
                if "CUDA" in outcome:  # the process may make nothing but errors from now on
                    self._drop(hand)

    def _bury(self, hand: _Hand, error: Exception) -> Iterator[tuple[int, Any]]:
        """A worker is gone. Its cells are suspects, unless its whole node went."""
        self.lost += 1
        alive = {node["NodeID"] for node in self._ray.nodes() if node["Alive"]}
        if hand.node in alive and not getattr(error, "preempted", False):
            yield from self._blame(hand, "its worker died (killed, crashed, or out of memory)")
        self._drop(hand)
        if not hand.up:
            self._stillborn[hand.node] += 1
            if self._stillborn[hand.node] >= STILLBORN:
                self._unfit[hand.node] = f"--ray: a node's workers do not start: {_words(error)}"

    def _refuse(self, hand: _Hand, why: str) -> None:
        """A node that cannot load a model gets no new workers; others may be able to."""
        self._drop(hand)
        self._unfit[hand.node] = why
        print(f"Ray: goes on without a worker of {why}", file=sys.stderr)

    def _overdue(self) -> Iterator[tuple[int, Any]]:
        """Stops workers that have been silent for too long."""
        for hand in [*self._hands]:
            silent = time.monotonic() - hand.heard > self._time_limit and hand.up and hand.tasks
            if silent and not self._ray.wait([hand.tasks[0].stream], timeout=0)[0]:
                self.lost += 1
                yield from self._blame(hand, f"nothing came back for {self._time_limit:.0f} s")
                self._drop(hand)

    def _blame(self, hand: _Hand, why: str) -> Iterator[tuple[int, Any]]:
        """The cells that a worker was at are suspects."""
        yield from self._suspect(hand.tasks.pop(0).places, why)

    def _suspect(self, places: list[int], why: str) -> Iterator[tuple[int, Any]]:
        for place in self._groups.suspect(places):
            yield place, RenderError(f"given up after {TRIES} tries, at last because {why}")

    def _drop(self, hand: _Hand) -> None:
        """Stops a worker; what it had not handed back waits again."""
        self._hands.remove(hand)
        for task in hand.tasks:
            self._groups.back(task.places)
        with suppress(Exception):  # it may be dead already
            self._ray.kill(hand.actor)
