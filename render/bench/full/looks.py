"""Looks at a network, one full batch at a time: which technique helps, and where the time goes."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from ...replays import Replays
from ...rows import Call, answers, evaluated, padding
from .. import fullsize
from ..invariance import first_call
from . import switches
from .stage import Stage

HELPS = 1.02  # faster by so much to count
LONG = 0.4  # seconds: a batch that takes longer is timed less often
DEAREST = 10


Compute = Callable[[Call, list[Any]], Any]


def batch_of(stage: Stage, spec: dict[str, Any], width: int) -> Callable[..., Callable[[], Any]]:
    """What makes a full batch of one evaluation as an engine computes it, or as it is told to."""
    [job] = fullsize.jobs(spec, stage.device, (4,))
    call = first_call(stage.pipe, spec["denoiser"], job)

    def by(compute: Compute = evaluated) -> Callable[[], Any]:
        @torch.no_grad()
        def batch() -> Any:
            return answers([call], padding(call, width - call.rows), width, compute)

        return batch

    return by


def decoder_of(stage: Stage, spec: dict[str, Any]) -> Callable[[], Any]:
    """One picture's latents decoded."""
    vae, call = stage.pipe.vae, spec["call"]
    side = 2 ** (len(vae.config.block_out_channels) - 1)
    shape = (1, vae.config.latent_channels, call["height"] // side, call["width"] // side)
    latents = torch.randn(shape, device=stage.device, dtype=vae.dtype)

    @torch.no_grad()
    def decode() -> Any:
        return vae.decode(latents, return_dict=False)

    return decode


def techniques(stage: Stage, spec: dict[str, Any], width: int) -> dict[str, Any]:
    """Milliseconds of a full batch and of decoding, technique by technique, and which help."""
    by, decode = batch_of(stage, spec, width), decoder_of(stage, spec)
    known, compiled = switches.of(stage.pipe, stage.denoiser), stage.compiled.on
    of_batch: dict[str, list[Any]] = {"as it is": [], "compiled blocks": [compiled]}
    for name in known:
        if name != "channels_last decoder":
            of_batch[name] = [known[name]]
    if "channels_last" in known:
        of_batch["compiled blocks, channels_last"] = [compiled, known["channels_last"]]
    of_decoder = {"as it is": [], "channels_last decoder": [known["channels_last decoder"]]}
    found = {
        "denoiser": {name: _milliseconds(stage, by(), on) for name, on in of_batch.items()},
        "decoder": {name: _milliseconds(stage, decode, on) for name, on in of_decoder.items()},
    }
    replays = Replays(contextlib.nullcontext())
    graph = by(lambda call, leaves: replays.answer(call, leaves)[0])
    found["denoiser"]["CUDA graph"] = _milliseconds(stage, graph, [])
    found["refused"] = [*replays.refused]
    replays.forget()
    # A dry run tries whatever there is, one attention after the other being pointless.
    dry = [name for name in known if name != "flash attention"]
    helps = helpful(found["denoiser"], found["decoder"]) if stage.device == "cuda" else dry
    return {"width": width, **found, "helpful": helps}


def helpful(denoiser: dict[str, Any], decoder: dict[str, Any]) -> list[str]:
    """The techniques that made a full batch, or decoding, faster than without."""
    names = ["channels_last decoder"] if _helps(decoder, "channels_last decoder") else []
    if _helps(denoiser, "compiled blocks, channels_last", "compiled blocks"):
        names.append("channels_last")
    attention = [n for n in ("cuDNN attention", "flash attention") if _helps(denoiser, n)]
    return names + sorted(attention, key=lambda name: denoiser[name])[:1]


def _helps(found: dict[str, Any], name: str, than: str = "as it is") -> bool:
    one, other = found.get(name), found.get(than)
    return isinstance(one, float) and isinstance(other, float) and one * HELPS < other


def _milliseconds(stage: Stage, what: Callable[[], Any], on: list[Any]) -> float | str:
    """The median of some, after one to warm up; in words why there is none."""
    try:
        with switches.all_of(on):
            what()
            taken = [_seconds(stage, what)]
            taken += [_seconds(stage, what) for _ in range(1 if taken[0] > LONG else 4)]
    except Exception as error:
        return f"failed: {' '.join(str(error).split())[:200]}"
    return round(1000 * statistics.median(taken), 3)


def _seconds(stage: Stage, what: Callable[[], Any]) -> float:
    stage.sync()
    started = time.perf_counter()
    what()
    stage.sync()
    return time.perf_counter() - started


def kernels(stage: Stage, spec: dict[str, Any], width: int) -> dict[str, Any]:
    """The dearest kernels of a full batch, compiled and not, and of decoding.

    `busy` is the kernels' share of the time by the clock: what is missing to 1 the device waited,
    most of it for launches.
    """
    batch, decode = batch_of(stage, spec, width)(), decoder_of(stage, spec)
    return {
        "exact": _dearest(stage, batch, []),
        "fast": _dearest(stage, batch, [stage.compiled.on]),
        "decoder": _dearest(stage, decode, []),
    }


def _dearest(stage: Stage, what: Callable[[], Any], on: list[Any]) -> dict[str, Any]:
    from torch.profiler import ProfilerActivity, profile

    gpu = stage.device == "cuda"
    with switches.all_of(on):
        what()
        seconds = _seconds(stage, what)
        activities = [ProfilerActivity.CUDA if gpu else ProfilerActivity.CPU]
        with profile(activities=activities, acc_events=True) as profiler:
            what()
            stage.sync()
    kind = "self_device_time_total" if gpu else "self_cpu_time_total"
    events = [e for e in profiler.key_averages() if getattr(e, kind) > 0]
    total = sum(getattr(e, kind) for e in events) or 1e-9
    events = sorted(events, key=lambda e: -getattr(e, kind))[:DEAREST]
    return {
        "milliseconds": round(1000 * seconds, 3),
        "busy": round(min(1.0, total / 1e6 / max(seconds, 1e-9)), 3),
        "dearest": [
            {
                "kernel": event.key[:120],
                "milliseconds": round(getattr(event, kind) / 1000, 3),
                "share": round(getattr(event, kind) / total, 4),
                "calls": event.count,
            }
            for event in events
        ],
    }
