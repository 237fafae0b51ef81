"""`python -m render invariance`: the checks of every network and width, within minutes.

What matters most goes first: the bitwise checks, small networks before large ones; then what a
second process finds, which works beside the compiler; then compiled networks, at the renderer's
own width before the others. Each row is written as it is found, and `--resume` goes on.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch

from ..errors import RenderError
from ..kernels import settle
from ..loading import pick_device
from ..profiles import prepare
from . import fullsize, invariance
from .full.pieces import rows_of
from .machine import machine

WIDTHS = (1, 4, 8, 16)
COMPILED = (8, 1, 4, 16)
MODELS = ("sd-1.5", "sdxl", "flux.1-schnell")  # a UNet, a large UNet, a transformer
RATE = 0.4 * 780  # TFLOP/s: a share of an H200's matrix product that eager networks reach
START = 15  # seconds until a process has loaded its libraries
MANY = 6  # seconds that a width's extra slots may take
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Piece:
    """One thing to do, and the seconds it should take, the network's making included."""

    kind: str  # rows | process | compiled
    model: str = ""
    width: int = 0
    calls: int = 0
    seconds: float = 0.0


@cache
def published(model: str) -> dict[str, Any]:
    """The full-size architecture, whatever is computed here."""
    return fullsize.specs("cuda")[model]


def call_seconds(model: str, width: int) -> float:
    return published(model)["tflop"]["evaluation"] * max(rows_of(published(model)), width) / RATE


def more_slots(model: str, width: int) -> int:
    """Slots beside strangers that are worth their time, beyond first, middle and last."""
    slots = max(0, width // rows_of(published(model)) - 3)
    return slots if slots * call_seconds(model, width) < MANY else 0


def pieces(compile_too: bool) -> list[Piece]:
    """Everything there is to do, in its order."""
    found = []
    build = {model: published(model)["seconds"]["build"] for model in MODELS}
    for model in MODELS:
        for width in WIDTHS:
            alone = rows_of(published(model)) >= width
            calls = 5 if alone else invariance.CALLS + more_slots(model, width)
            seconds = calls * call_seconds(model, width) + (width == WIDTHS[0]) * build[model]
            found.append(Piece("rows", model, width, calls, seconds))
    digests = sum(call_seconds(model, width) for model in MODELS for width in WIDTHS)
    found.append(
        Piece(
            "process",
            calls=len(MODELS) * len(WIDTHS),
            seconds=START + sum(build.values()) + digests,
        )
    )
    for widths in (COMPILED[:1], COMPILED[1:]) if compile_too else ():
        for model in MODELS:
            for width in widths:
                seconds = (width == widths[0]) * build[model] + 2 * call_seconds(model, width)
                seconds += published(model)["seconds"]["compile"]
                found.append(Piece("compiled", model, width, 2, seconds))
    return found


def plan(compile_too: bool, minutes: float) -> str:
    """The pieces as lines, and what fits into so many minutes."""
    lines, sums, over = [], {"rows": float(START), "process": 0.0, "compiled": 0.0}, 0
    for piece in pieces(compile_too):
        then = {**sums, piece.kind: sums[piece.kind] + piece.seconds}
        spent = then["rows"] + max(then["process"], then["compiled"])
        told = f"width {piece.width}" if piece.width else "beside the compiler"
        line = f"{piece.kind:<10}{piece.model:<16}{told:<20}{piece.calls:>3} calls"
        line += f"{piece.seconds:>7.1f} s{spent:>8.0f} s in all"
        if spent > 60 * minutes:
            over, line = over + 1, f"{line}: left for --resume"
        else:
            sums = then
        lines.append(line)
    counted = f"counted at {RATE:g} TFLOP/s, {minutes:g} minutes allowed"
    return "\n".join([*lines, f"{counted}: {len(lines) - over} of {len(lines)} pieces fit"])


class Suite:
    """What was found, and the one network that is at hand."""

    def __init__(self, device: str, found: dict[str, Any], told: Callable[[Any], Any]) -> None:
        self._device, self.found, self._told = device, found, told
        self._specs = fullsize.specs(device)
        self._name, self._pipe, self._call = "", None, None
        self._other: subprocess.Popen[str] | None = None
        self._lines: deque[str] = deque()

    def todo(self, compile_too: bool) -> list[Piece]:
        return [piece for piece in pieces(compile_too) if not self._done(piece)]

    def run(self, compile_too: bool, minutes: float) -> None:
        """Does what is not done yet and fits; `left_out` names the rest."""
        started, self.found["left_out"] = time.monotonic(), []
        try:
            for piece in self.todo(compile_too):
                over = time.monotonic() - started + START + piece.seconds > 60 * minutes
                if over and self._device == "cuda":
                    name = f"{piece.kind} {piece.model} {piece.width or ''}"
                    self.found["left_out"].append(" ".join(name.split()))
                elif piece.kind == "process":
                    if self._unheard():
                        self._begin_other()
                else:
                    self._do(piece)
                self._hear()
            self._hear_to_the_end()
        finally:
            self._drop()
            if self._other:
                self._other.kill()
                self._other.wait()
        self._told(self.found)

    def _row(self, model: str, width: int) -> dict[str, Any]:
        widths = self.found["models"].setdefault(model, {"widths": {}})["widths"]
        return widths.setdefault(str(width), {})

    def _done(self, piece: Piece) -> bool:
        if piece.kind == "process":
            rows = [self._row(model, width) for model in MODELS for width in WIDTHS]
            return all("process" in row for row in rows)
        row = self.found["models"].get(piece.model, {"widths": {}})["widths"]
        key = {"rows": "digest", "compiled": "compiled_max_abs"}[piece.kind]
        return key in row.get(str(piece.width), {})

    def _do(self, piece: Piece) -> None:
        """One row's part; what cannot be had is told with it, and the next comes."""
        row, began = self._row(piece.model, piece.width), time.perf_counter()
        row.pop(f"{piece.kind}_error", None)
        try:
            call = self._at_hand(piece)
            if piece.kind == "compiled":
                row["compiled_max_abs"] = invariance.compiled(call, piece.width)
            else:
                every = bool(more_slots(piece.model, piece.width))
                row |= invariance.at_width(call, piece.width, every)
        except Exception as error:
            said = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            row[f"{piece.kind}_error"] = said
        torch.cuda.empty_cache()
        took = row[f"{piece.kind}_seconds"] = round(time.perf_counter() - began, 2)
        told = row.get(f"{piece.kind}_error", f"counted {piece.seconds:.1f} s")
        print(f"{piece.kind} {piece.model} width {piece.width}: {took:.1f} s, {told}", flush=True)
        self._told(self.found)

    def _at_hand(self, piece: Piece) -> Any:
        """The network's first call, eager or compiled: built anew when another was at hand."""
        name = f"{piece.kind} {piece.model}"
        if self._name != name:
            self._drop()
            spec = self._specs[piece.model]
            self._pipe, self._name = fullsize.build(spec, self._device), name
            job = fullsize.jobs(spec, self._device)[0]
            self._call = invariance.first_call(self._pipe, spec["denoiser"], job)
            if piece.kind == "compiled":
                prepare(self._pipe, "fast")
        return self._call

    def _drop(self) -> None:
        self._name, self._pipe, self._call = "", None, None
        torch.cuda.empty_cache()

    def _unheard(self) -> list[tuple[str, str]]:
        """Rows that no second process has seen."""
        models = self.found["models"].items()
        rows = ((name, w, row) for name, model in models for w, row in model["widths"].items())
        return [(name, w) for name, w, row in rows if "digest" in row and "process" not in row]

    def _begin_other(self) -> None:
        self.found.pop("second_process", None)
        rows = [f"{name}:{width}" for name, width in self._unheard()]
        command = [sys.executable, "-m", "render", "invariance", "--device", self._device]
        command += ["--digests", *rows]
        self._other = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._listen, args=(self._other.stdout,))
        self._reader.start()

    def _listen(self, said: Any) -> None:
        with said:
            self._lines.extend(said)

    def _hear(self) -> None:
        """Takes what the second process has found by now."""
        while self._lines:
            told = json.loads(self._lines.popleft())
            row = self._row(told["model"], told["width"])
            row["process"] = row["digest"] == told["digest"]
            print(f"process {told['model']} width {told['width']}: {row['process']}", flush=True)
            self._told(self.found)

    def _hear_to_the_end(self) -> None:
        while self._other:
            self._reader.join(1)
            self._hear()
            if not self._reader.is_alive():
                ended, self._other = self._other.wait(), None
                if ended:
                    self.found["second_process"] = f"it ended with status {ended}"


def digests(device: str, rows: list[str]) -> Iterator[dict[str, Any]]:
    """What this process finds of rows such as sdxl:8, network by network."""
    device = pick_device(device)
    settle(device)
    asked = [row.rpartition(":") for row in rows]
    for name in dict.fromkeys(name for name, _, _ in asked):
        spec = fullsize.specs(device)[name]
        pipe = fullsize.build(spec, device)
        call = invariance.first_call(pipe, spec["denoiser"], fullsize.jobs(spec, device)[0])
        for width in [width for other, _, width in asked if other == name]:
            found = invariance.digest_at(call, int(width))
            yield {"model": name, "width": int(width), "digest": found}
        del pipe, call
        torch.cuda.empty_cache()


def suite(
    device: str,
    compile_too: bool,
    minutes: float,
    before: dict[str, Any] | None = None,
    told: Callable[[Any], Any] = lambda found: None,
) -> dict[str, Any]:
    """Everything by model and width, rows that `before` has left as they are."""
    device = pick_device(device)
    settle(device)
    found = {"models": {}, **(before or {}), "machine": machine(device)}
    for key in ("device", "torch", "diffusers"):
        here, there = found["machine"][key], (before or found)["machine"][key]
        if here != there:
            raise RenderError(f"--resume: expected what {key} {here} found, got {there}'s.")
    found["models"] = {name: found["models"].get(name, {"widths": {}}) for name in MODELS}
    Suite(device, found, told).run(compile_too, minutes)
    return found
