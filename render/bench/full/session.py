"""`render bench --device cuda`: piece by piece, the most valuable that fit, each kept at once."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from ...ceilings import matmul_ceiling
from .. import fullsize
from . import looks, pieces
from .pieces import OVERRUN, Piece
from .runs import RUNS, Run
from .stage import Stage, counted


class Session:
    """One call of the bench; `found` holds everything that was ever measured into its file."""

    def __init__(
        self,
        device: str,
        minutes: float,
        found: dict[str, Any],
        told: Callable[[Any], Any],
        only: Sequence[str] = (),
    ) -> None:
        self.began, self.limit = time.monotonic(), 60 * minutes
        self.device, self.found, self._told = device, found, told
        self.specs = fullsize.specs(device)
        asked = {name: run for name, run in RUNS.items() if name in only or not only}
        self.runs = asked if device == "cuda" else {n: r.shrunken() for n, r in asked.items()}
        self.stage: Stage | None = None
        self._at = ""  # the network on the stage
        self._spent, self._expected = 0.0, 0.0
        self._naive: dict[Any, list[Any]] = {}  # pictures of the naive loop, to compare with

    def elapsed(self) -> float:
        return time.monotonic() - self.began

    def go(self) -> dict[str, Any]:
        """Does what fits, and says what was left out."""
        for part in ("runs", "networks", "looks", "done"):
            self.found.setdefault(part, {})
        self.found["left_out"] = []
        ceiling = matmul_ceiling(self.device)
        self.found["matmul_tflops"] = ceiling
        self._say(f"matrix product: {ceiling:g} TFLOP/s")
        known = pieces.finished(self.found["done"])
        todo = [p for p in pieces.pieces(self.specs, self.runs) if p.id not in known]
        kept, _ = pieces.chosen(todo, self.specs, self.limit)
        queue = pieces.in_order(kept)
        left = [piece for piece in todo if piece not in kept]
        for number, piece in enumerate(queue):
            if not self._fits(piece, queue[number + 1 :]):
                left.append(piece)
                continue
            self._do(piece)
        self._leave()
        self.found["left_out"] = [piece.id for piece in sorted(left, key=lambda p: p.value)]
        self._told(self.found)
        return self.found

    def _fits(self, piece: Piece, later: list[Piece]) -> bool:
        """Whether there is time for it and for all that is worth more and comes later.

        A dry run keeps to the plan's seconds, which are a card's, and so is the same everywhere.
        """
        if self.device != "cuda":
            return True
        more = [other for other in later if other.value < piece.value]
        networks = {other.network for other in [piece, *more]} - {self._at}
        wanted = piece.seconds + sum(other.seconds for other in more)
        wanted += sum(pieces.set_up(self.specs[name]) for name in networks)
        slow = self._spent / self._expected if self._expected else 1.0
        slow = min(max(slow, OVERRUN[0]), OVERRUN[1])
        return self.elapsed() + slow * wanted <= self.limit

    def _do(self, piece: Piece) -> None:
        """Times a piece and writes it. What fails is named and costs only itself."""
        began, on_stage = self.elapsed(), self._at
        try:
            said = self._look(piece) if piece.part is None else self._time(piece)
            self.found["done"][piece.id] = round(self.elapsed() - began, 2)
        except Exception as error:
            said = f"failed: {type(error).__name__}: {' '.join(str(error).split())[:300]}"
            self.found["done"][piece.id] = said
        self._spent += self.elapsed() - began
        self._expected += piece.seconds
        if piece.network != on_stage:
            self._expected += pieces.set_up(self.specs[piece.network])
        self._say(f"{piece.id}: {said}")
        self._told(self.found)

    def _say(self, line: str) -> None:
        print(f"{self.elapsed():7.1f} s  {line}", file=sys.stderr, flush=True)

    # The stage ------------------------------------------------------------------------------

    def _on_stage(self, piece: Piece) -> Stage:
        """The network of a piece, built where another one or none was there."""
        if self.stage is None or self._at != piece.network:
            self._leave()
            self.stage, self._at = Stage(self.specs[piece.network], self.device), piece.network
            self._say(f"{piece.network}: built in {self.stage.seconds:.1f} s")
        self._know(self.runs[piece.run].architecture, self.stage)
        return self.stage

    def _leave(self) -> None:
        if self.stage:
            self.stage.close()
        self.stage, self._at = None, ""

    def _know(self, name: str, stage: Stage) -> None:
        """What belongs to an architecture and not to a run: operations, precision, liveliness."""
        known = self.found["networks"]
        if name in known:
            return
        spec = self.specs[name]
        [job] = fullsize.jobs(spec, self.device, (2,))
        dtype = str(next(stage.denoiser.parameters()).dtype).removeprefix("torch.")
        known[name] = {
            "title": spec["title"],
            "dtype": dtype,
            "tflop": {key: round(value, 9) for key, value in counted(stage, spec).items()},
            "build_seconds": stage.seconds,
            "latents_std": round(fullsize.assert_alive(stage.pipe, job), 3),
        }

    # Pieces ---------------------------------------------------------------------------------

    def _look(self, piece: Piece) -> str:
        stage, run = self._on_stage(piece), self.runs[piece.run]
        look = {"techniques": looks.techniques, "kernels": looks.kernels}[piece.name]
        told = look(stage, self.specs[run.architecture], run.width)
        self.found["looks"].setdefault(run.architecture, {})[piece.name] = told
        return "done"

    def _time(self, piece: Piece) -> str:
        stage, run, part = self._on_stage(piece), self.runs[piece.run], piece.part
        counts = (part.at,) if part.at else run.steps
        spec = self.specs[run.architecture]
        jobs = fullsize.jobs(spec, self.device, counts, run.prompts, run.seeds)
        row = self.found["runs"].setdefault(piece.run, self._row(run))
        told = row["timings"].setdefault(str(part.at or "all"), {})
        if "tuned" in part.ways:
            looked = self.found["looks"].get(run.architecture, {}).get("techniques", {})
            if not looked.get("helpful"):
                return "no technique was seen to help: nothing to add to `fast`"
            stage.tune(looked["helpful"])
        said = []
        for way in part.ways:
            extra = stage.warm_up(way, jobs, run.width, run.architecture)
            if extra is not None:
                row["set_up_seconds"][way] = round(extra, 2)
            timed = stage.timed(way, jobs, run.width)
            self._keep(row, told, way, (piece.run, part.at), timed)
            said.append(f"{way} {timed['seconds']:.2f} s")
        return ", ".join(said)

    def _row(self, run: Run) -> dict[str, Any]:
        keys = ("timings", "set_up_seconds", "peak_memory_gib", "counters", "width_at_the_end")
        return {
            "title": run.title,
            "architecture": run.architecture,
            "steps": list(run.steps),
            "pictures_per_step_count": run.prompts * run.seeds,
            "width": run.width,
            **{key: {} for key in (*keys, "max_pixel_difference")},
        }

    def _keep(self, row: dict[str, Any], told: Any, way: str, cells: Any, timed: Any) -> None:
        told.setdefault(way, []).append(round(timed["seconds"], 4))
        if "peak_memory_gib" in timed:
            most = row["peak_memory_gib"].get(way, 0)
            row["peak_memory_gib"][way] = max(most, timed["peak_memory_gib"])
        if "counters" in timed:
            row["counters"][way] = timed["counters"]
            row["width_at_the_end"][way] = timed["width"]
        if way == "naive":
            self._naive = {**self._naive, cells: timed["pictures"]}
        elif cells in self._naive:
            off = fullsize.farthest(self._naive[cells], timed["pictures"])
            row["max_pixel_difference"][way] = max(off, row["max_pixel_difference"].get(way, 0))
