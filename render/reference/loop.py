"""The training loop that all reference models share: seeded, resumable, with a way to pause."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from ..errors import RenderError
from . import checkpoint


class Paused(RenderError):
    """The minutes given to a call are over; what was trained is kept."""


def train(
    name: str,
    steps: int,
    loss_at: Callable[[int], torch.Tensor],
    *,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    rate: Callable[[int], float],
    run: Path,
    resume: bool,
    until: float | None = None,
    average: nn.Module | None = None,
    decay: float = 0.0,
    after: Callable[[int], None] | None = None,
) -> None:
    """Takes `steps` optimiser steps on `loss_at(step)`, the first missing one first.

    `average` follows the weights with `decay` (an EMA). A checkpoint is kept in `run` every 200
    steps; `after(step)` runs every 1,000 and at the end. Past `until` (seconds of the monotonic
    clock) a checkpoint is kept and Paused raised.
    """
    parts: dict[str, Any] = {"model": model, "optimiser": optimiser}
    if average is not None:
        parts["ema"] = average
    target, start = run / f"{name}.checkpoint", 0
    if resume and (state := checkpoint.load(target)):
        for key, part in parts.items():
            part.load_state_dict(state[key])
        start = state["step"]
    smooth = None
    progress = tqdm(range(start, steps), initial=start, total=steps, desc=name, unit="step")
    for step in progress:
        for group in optimiser.param_groups:
            group["lr"] = rate(step)
        torch.manual_seed(step)  # per step, so that a resumed run draws what an unbroken one would
        loss = loss_at(step)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if average is not None:
            _follow(average, model, min(decay, (step + 1) / (step + 10)))
        if step % 20 == 0:
            smooth = loss.item() if smooth is None else 0.7 * smooth + 0.3 * loss.item()
            progress.set_postfix(loss=f"{smooth:.4f}")
        done, late = step + 1, until is not None and time.monotonic() > until
        if done % 200 == 0 or done == steps or late:
            kept = {key: part.state_dict() for key, part in parts.items()}
            checkpoint.save(target, step=done, **kept)
        if after and (done % 1000 == 0 or done == steps):
            progress.write(f"{name}: step {done}, loss {smooth:.4f}")
            after(done)
        if late and done < steps:
            raise Paused(
                f"{name}: paused at step {done} of {steps}. The same command with --resume goes on."
            )


@torch.no_grad()
def _follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    for slow, value in zip(average.parameters(), model.parameters(), strict=True):
        slow.lerp_(value, 1 - decay)
