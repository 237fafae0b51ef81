"""What a scheduler of diffusers does to latents, as numbers that a page can replay.

Between two calls of the network every scheduler here is linear: it adds up latents, network
outputs and fresh noise with factors of its own. Its `step` is therefore fed vectors of a basis, and
what it answers *is* the factors. Nothing of any scheduler is written down here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import torch
from diffusers import StableDiffusionImg2ImgPipeline
from torch.overrides import TorchFunctionMode

from ..errors import RenderError
from ..loading import build_scheduler

LONGEST = 4  # calls that a multistep method looks back at the most
EXACT = 1e-11  # relative; what is linear is met to 1e-13
AMPLITUDES = (1.0, 1000.0)


class NotLinear(RenderError):
    """A scheduler that no table can stand for; the message says at what it fails."""


@dataclass(frozen=True)
class Run:
    """One step count: x' = Σ a[l]·x(i-l) + b[l]·m(i-l) + c[l]·z(i-l), for each call i.

    `timesteps` and `scales` are what the network is told and what its input is multiplied by;
    `draws` says which calls draw noise; `preview` has the factors of x and m that make the guess
    at the finished picture. The first state is `init` times noise, and `kept` times the latents of
    a picture where the run starts from one.
    """

    init: float
    timesteps: list[float]
    scales: list[float]
    x: list[list[float]]
    m: list[list[float]]
    z: list[list[float]]
    draws: list[bool]
    preview: list[tuple[float, float]]
    kept: float = 0.0


class _Double(TorchFunctionMode):
    """Computes in double precision where diffusers asks for single: factors keep their digits."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if function is torch.Tensor.float:
            return args[0].double()
        if function is torch.Tensor.to and torch.float32 in args:
            args = tuple(torch.float64 if one is torch.float32 else one for one in args)
        if kwargs.get("dtype") is torch.float32:
            kwargs["dtype"] = torch.float64
        return function(*args, **kwargs)


def run_of(spec: dict[str, Any], steps: int, eta: float = 0.0) -> Run | None:
    """The factors of so many steps; None where the scheduler itself refuses that count.

    NotLinear where it is not, which random latents of two amplitudes tell.
    """
    try:
        told = probe(spec, steps, eta)
    except (ValueError, IndexError):
        return None
    run = _solved(spec, told)
    expect_linear(spec, steps, eta, run)
    return run


@dataclass
class Told:
    """What a scheduler answered to a basis: a row of factors for each state, output and noise."""

    init: float
    kept: float
    timesteps: list[float]
    scales: list[float]
    states: list[np.ndarray]
    noises: list[int | None]  # the coordinate of the noise that a call drew
    alphas: np.ndarray


def begun(spec: dict[str, Any], steps: int, left: int | None) -> tuple[Any, torch.Tensor]:
    """A scheduler about to run, and its timesteps: all, or the last ones as img2img takes them."""
    scheduler = build_scheduler(spec)
    scheduler.set_timesteps(steps)
    if left is None:
        return scheduler, scheduler.timesteps
    # The pipeline's own rule: the strength whose product with the steps is rounded down to `left`.
    pipe, strength = SimpleNamespace(scheduler=scheduler), (left + 0.5) / steps
    times, _ = StableDiffusionImg2ImgPipeline.get_timesteps(pipe, steps, strength, "cpu")
    return scheduler, times


def _entered(scheduler: Any, times: torch.Tensor, left: int | None) -> tuple[float, float]:
    """What noise and a picture are multiplied by to make the first state."""
    if left is None:
        return float(scheduler.init_noise_sigma), 0.0
    noise, picture = torch.eye(2, dtype=torch.float64).reshape(2, 1, 1, 1, 2)
    with _Double():
        state = scheduler.add_noise(picture, noise, times[:1])
    init, kept = state.flatten().tolist()
    return init, kept


def probe(
    spec: dict[str, Any],
    steps: int,
    eta: float,
    left: int | None = None,
    most: int | None = None,
) -> Told:
    """Asks a scheduler; of a run from a picture with so many steps `left`, and `most` calls."""
    scheduler, timesteps = begun(spec, steps, left)
    times = [float(t) for t in timesteps]
    calls = min(len(times), most or len(times))
    init, kept = _entered(scheduler, timesteps, left)
    basis = torch.eye(1 + 2 * calls, dtype=torch.float64)
    states, scales, noises = [basis[0].numpy()], [], []
    outputs, noise = basis[1 : 1 + calls], basis[1 + calls :]
    made = _stepped(scheduler, timesteps[:calls], eta, basis[0], outputs, noise)
    for i, (scale, state, drawn) in enumerate(made):
        scales.append(scale)
        states.append(state.numpy())
        noises.append(1 + calls + i if drawn else None)
    alphas = scheduler.alphas_cumprod.double().numpy()
    return Told(init, kept, times, scales, states, noises, alphas)


def _stepped(
    scheduler: Any,
    timesteps: torch.Tensor,
    eta: float,
    start: torch.Tensor,
    outputs: torch.Tensor,
    noises: torch.Tensor,
) -> list[tuple[float, torch.Tensor, bool]]:
    """The input's scale, the next state, and whether noise was drawn, for each call."""
    extra = {"eta": eta} if "eta" in inspect.signature(scheduler.step).parameters else {}
    drawn: list[int] = []
    found, call = [], 0

    def draw(shape, *args: Any, **kwargs: Any) -> torch.Tensor:
        drawn.append(call)
        return noises[call].reshape(tuple(shape))

    module = inspect.getmodule(type(scheduler))
    patch = mock.patch.object(module, "randn_tensor", draw, create=True)
    state = start.reshape(1, 1, 1, -1)
    with _Double(), torch.no_grad(), patch:
        for call, t in enumerate(timesteps):
            one = scheduler.scale_model_input(torch.ones_like(state), t)
            scale = float(one.flatten()[0])
            answer = outputs[call].reshape(state.shape)
            state = scheduler.step(answer, t, state, **extra, return_dict=False)[0]
            if drawn.count(call) > 1:
                raise NotLinear(f"{type(scheduler).__name__}: expected one noise a call, got two.")
            found.append((scale, state.flatten(), call in drawn))
    return found


def _solved(spec: dict[str, Any], told: Told) -> Run:
    """Each state from the fewest states, outputs and noises before it."""
    rows = [solved_row(spec, told, i) for i in range(len(told.timesteps))]
    x, m, z = ([row[kind] for row in rows] for kind in ("x", "m", "z"))
    inputs = zip(told.timesteps, told.scales, strict=True)
    preview = [_preview(t, scale, told.alphas) for t, scale in inputs]
    draws = [place is not None for place in told.noises]
    return Run(told.init, told.timesteps, told.scales, x, m, z, draws, preview, told.kept)


def solved_row(spec: dict[str, Any], told: Told, i: int) -> dict[str, list[float]]:
    """The factors of call i, for each kind of vector and each call that it looks back."""
    unit = np.eye(len(told.states[0]))
    for depth in range(min(i, LONGEST) + 1):
        lags = range(depth + 1)
        columns = [("x", told.states[i - lag], lag) for lag in lags]
        columns += [("m", unit[1 + i - lag], lag) for lag in lags]
        places = [(told.noises[i - lag], lag) for lag in lags]
        columns += [("z", unit[place], lag) for place, lag in places if place is not None]
        factors = _fitted([vector for _, vector, _ in columns], told.states[i + 1])
        if factors is not None:
            break
    else:
        raise NotLinear(
            f"{spec['class']}: expected a step of the {LONGEST} calls before it, got none that "
            "fits."
        )
    row = {kind: [0.0] * (depth + 1) for kind in "xmz"}
    for (kind, _, lag), factor in zip(columns, factors, strict=True):
        row[kind][lag] = float(factor)
    return row


def _fitted(columns: list[np.ndarray], target: np.ndarray) -> np.ndarray | None:
    """Factors that make the target, or None; columns are brought to one length first."""
    matrix = np.stack(columns, 1)
    lengths = np.linalg.norm(matrix, axis=0)
    lengths[lengths == 0] = 1
    found = np.linalg.lstsq(matrix / lengths, target, rcond=1e-13)[0]
    missed = np.abs(matrix / lengths @ found - target).max()
    return found / lengths if missed <= EXACT * max(np.abs(target).max(), 1e-30) else None


def _preview(t: float, scale: float, alphas: np.ndarray) -> tuple[float, float]:
    """What a v prediction says of the finished picture: sqrt(α)·input - sqrt(1-α)·output."""
    alpha = float(np.interp(t, np.arange(len(alphas)), alphas))
    return alpha**0.5 * scale, -((1 - alpha) ** 0.5)


def replayed(
    run: Run,
    start: np.ndarray,
    output: Callable[[int, np.ndarray], np.ndarray],
    noise: Callable[[int], np.ndarray],
) -> np.ndarray:
    """What a page does with a table; `output` is told a call and the network's input."""
    xs, ms, zs = [start], [], []
    for i in range(len(run.timesteps)):
        ms.append(output(i, run.scales[i] * xs[-1]))
        zs.append(noise(i) if run.draws[i] else None)
        total = np.zeros(start.shape)
        for factors, past in ((run.x[i], xs), (run.m[i], ms), (run.z[i], zs)):
            for lag, factor in enumerate(factors):
                if factor:
                    total = total + factor * past[i - lag]
        xs.append(total.astype(start.dtype))
    return xs[-1]


def expect_linear(
    spec: dict[str, Any], steps: int, eta: float, run: Run, left: int | None = None
) -> None:
    """A basis vector stays within ±1, where clipping hides: latents of two amplitudes do not."""
    rng = np.random.default_rng(steps)
    amplitude = np.repeat(AMPLITUDES, 32)
    calls = len(run.timesteps)
    start, *rest, picture = amplitude * rng.standard_normal((2 + 2 * calls, 64))
    outputs, noises = np.reshape(rest, (2, calls, 64))
    scheduler, timesteps = begun(spec, steps, left)
    ours, first = start, torch.from_numpy(start)
    if left is not None:
        ours = run.init * start + run.kept * picture
        with _Double():
            first = scheduler.add_noise(torch.from_numpy(picture), first, timesteps[:1])
    told = (first, torch.from_numpy(outputs), torch.from_numpy(noises))
    real = _stepped(scheduler, timesteps, eta, *told)[-1][1].numpy()
    again = replayed(run, ours, lambda i, x: outputs[i], lambda i: noises[i])
    for one, theirs, mine in zip(AMPLITUDES, np.split(real, 2), np.split(again, 2), strict=True):
        missed = np.abs(mine - theirs).max() / np.abs(theirs).max()
        if not missed <= 100 * EXACT:
            raise NotLinear(
                f"{spec['class']}: expected a linear scheduler, got an answer that differs by "
                f"{missed:.1e} at amplitude {one:g} and {steps} steps."
            )


def compact(run: Run) -> dict[str, Any]:
    """A run in nine digits, which is what single precision holds, without what says nothing."""
    told: dict[str, Any] = {"init": nine(run.init), "t": [nine(t) for t in run.timesteps]}
    if any(scale != 1 for scale in run.scales):
        told["scale"] = [nine(scale) for scale in run.scales]
    told |= {"a": [cut(row) for row in run.x], "b": [cut(row) for row in run.m]}
    if any(run.draws):
        told |= {"c": [cut(row) for row in run.z], "draws": [int(one) for one in run.draws]}
    return {**told, "p": [[nine(x), nine(m)] for x, m in run.preview]}


def cut(row: list[float]) -> list[float]:
    """A row of factors in nine digits, without the zeros at its end."""
    while row and row[-1] == 0:
        row = row[:-1]
    return [nine(value) for value in row]


def nine(value: float) -> float | int:
    """What single precision holds of a number, in the fewest characters."""
    short = float(f"{value:.9g}")
    return int(short) if short == int(short) else short
