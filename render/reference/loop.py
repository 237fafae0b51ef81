"""The training loop that all reference models share: seeded, resumable, with a way to pause.

Nothing in it waits for a GPU but what is read back for the curve, some 200 times in a run.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from ..errors import RenderError
from . import checkpoint
from .pace import Pace
from .presets import Part
from .record import POINTS, Record

KEEP = 60.0  # seconds between two checkpoints
EVERY = 1000  # steps between two looks at a model, and more where a run is long
LOOKS = 8  # in a long run
Loss = Callable[[int], torch.Tensor]


class Paused(RenderError):
    """The minutes given to a call are over; what was trained is kept."""


@dataclass(frozen=True)
class Run:
    """Where models are trained, on what, and until when (seconds of the clock)."""

    folder: Path
    device: str = "cpu"
    resume: bool = False
    until: float | None = None
    compile: bool = False
    committed: bool = True  # without a checkpoint, --resume starts from the repository's weights
    clock: Callable[[], float] = time.monotonic


def adamw(parameters: Iterable[nn.Parameter], run: Run, **options: Any) -> torch.optim.Optimizer:
    """AdamW whose rate the loop sets; in one kernel on a GPU."""
    return torch.optim.AdamW(parameters, lr=1.0, fused=run.device == "cuda" or None, **options)


def train(
    name: str,
    part: Part,
    prepare: Callable[[], Loss],
    *,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    rate: Callable[[int, int], float],
    run: Run,
    average: nn.Module | None = None,
    after: Callable[[int], dict[str, Any]] | None = None,
) -> Record:
    """Takes the part's steps on the loss that `prepare()` gives, the first missing one first.

    `rate(step, steps)` is a share of the part's learning rate. `average` follows the weights (an
    EMA). A checkpoint is kept in the run's folder every minute; `after(step)` looks at the model
    every 1,000 steps, less often in a long run, and at the end. Past `run.until` a checkpoint is
    kept and Paused raised. Where all steps are taken, `prepare` is not called.
    """
    parts = {"model": model, "optimiser": optimiser, "ema": average}
    work = _Work(name, part, run, {key: one for key, one in parts.items() if one is not None})
    if run.resume:
        work.resume()
    record = work.record
    if record.step >= record.steps:
        return record
    loss_at, pace = prepare(), Pace(part.minutes, part.steps, len(part.scenes))
    progress = tqdm(initial=record.step, total=record.steps, desc=name, unit="step")
    clock = work.kept = run.clock()
    while record.step < record.steps:
        work.step(loss_at, rate)
        now = run.clock()
        record.seconds, clock = record.seconds + now - clock, now
        if steps := pace.steps(record.step, record.seconds, record.looks):
            record.steps, record.looks = steps, record.looks + 1
            progress.total = steps
        ends = record.step >= record.steps or (run.until is not None and now > run.until)
        if ends or record.step % max(1, record.steps // POINTS) == 0:
            progress.set_postfix(loss=f"{work.point():.4f}", refresh=False)
        progress.update()
        if after and (record.step == record.steps or record.step % _every(record.steps) == 0):
            progress.write(work.look(after))
        if ends or now - work.kept > KEEP:
            work.keep()
        if ends and record.step < record.steps:
            raise Paused(
                f"{name}: paused at step {record.step} of {record.steps}. "
                "The same command with --resume goes on."
            )
    progress.close()
    return record


def _every(steps: int) -> int:
    return max(EVERY, steps // LOOKS)


@dataclass
class _Work:
    """A part in training: what learns, what is known of it, and where both are kept."""

    name: str
    part: Part
    run: Run
    parts: dict[str, Any]
    record: Record = field(init=False)
    losses: list[torch.Tensor] = field(default_factory=list)
    kept: float = 0.0  # when, by the clock

    def __post_init__(self) -> None:
        self.record = Record(self.part.steps)
        self.file = self.run.folder / f"{self.name}.checkpoint"

    def resume(self) -> None:
        """Goes back to the last checkpoint, if there is one."""
        if state := checkpoint.load(self.file):
            for key, part in self.parts.items():
                part.load_state_dict(state[key])
            # Before there were records, a checkpoint told its step alone.
            known = {"steps": self.part.steps, "step": state.get("step", 0)}
            self.record = Record(**state.get("record", known))

    def keep(self) -> None:
        kept = {key: part.state_dict() for key, part in self.parts.items()}
        checkpoint.save(self.file, record=asdict(self.record), **kept)
        self.kept = self.run.clock()

    def step(self, loss_at: Loss, rate: Callable[[int, int], float]) -> None:
        """One step of the optimiser, and of the average behind it."""
        model, optimiser, record = self.parts["model"], self.parts["optimiser"], self.record
        step = record.step
        for group in optimiser.param_groups:
            group["lr"] = self.part.rate * rate(step, record.steps)
        torch.manual_seed(step)  # per step, so that a resumed run draws what an unbroken one would
        # Operations are counted while the first step of each size is taken.
        first = step < len(self.part.scenes)
        with FlopCounterMode(display=False) if first else contextlib.nullcontext() as counter:
            loss = loss_at(step)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
        if counter:
            record.flops.append(float(counter.get_total_flops()))
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if "ema" in self.parts:
            decay = min(self.part.decay(record.steps), (step + 1) / (step + 10))
            follow(self.parts["ema"], model, decay)
        self.losses.append(loss.detach())
        record.step += 1
        record.pictures += self.part.count(self.part.size(step))

    def point(self) -> float:
        """Adds the mean loss since the last point to the curve. Here the device is waited for."""
        mean = torch.stack(self.losses).float().mean().item()
        self.losses.clear()
        rate = self.parts["optimiser"].param_groups[0]["lr"]
        self.record.curve.append([self.record.step, float(f"{mean:.5g}"), float(f"{rate:.4g}")])
        return mean

    def look(self, after: Callable[[int], dict[str, Any]]) -> str:
        """Looks at the model as it is; returns a line about it."""
        step, found = self.record.step, after(self.record.step)
        self.record.marks.append({"step": step, **found})
        told = "".join(f", {key} {value}" for key, value in found.items())
        return f"{self.name}: step {step}, loss {self.record.curve[-1][1]:.4f}{told}"


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Moves averaged weights a step after the weights, in a few kernels for all of them."""
    slow, fast = list(average.parameters()), list(model.parameters())
    torch._foreach_lerp_(slow, fast, 1 - decay)
