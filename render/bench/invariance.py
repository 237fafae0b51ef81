"""Do a call's rows keep their bits whatever shares their batch, on this device?

At one width the same call is computed again, at other slots, beside mates of other values, with
other padding and by a CUDA graph: the answers must be the same bits. How far the call alone and
the compiled network lie from it is measured beside.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from ..errors import RenderError
from ..replays import Replays
from ..rows import Call, answers, describe, evaluated, padding

CALLS = 8  # batches that the checks of a width compute, extra slots aside


class _Enough(BaseException):
    """Ends the pipeline once its denoiser was called."""


def first_call(pipe: Any, name: str, job: dict[str, Any]) -> Call:
    """The first call of the denoiser in a pipeline's own loop, taken apart."""
    model, caught = getattr(pipe, name), []
    real = model.forward

    def catch(*args: Any, **kwargs: Any) -> Any:
        caught.append(describe(real, args, kwargs))
        raise _Enough

    model.forward = catch
    try:
        pipe(**job["call"], generator=torch.Generator("cpu").manual_seed(job["seed"]))
    except _Enough:
        pass
    finally:
        del model.forward
    return caught[0]


@torch.no_grad()
def at_width(call: Call, width: int, every_slot: bool = True) -> dict[str, Any]:
    """The verdicts of one width; a call that fills it runs alone, and must repeat itself.

    All slots are compared in one batch, of the call over and over; then, beside strangers, a slot
    with itself: the first, the middle and the last, or with `every_slot` every one.
    """
    if call.rows >= width:
        first = _alive(call.alone())
        again, row = _by_graph(call, lambda compute: compute(call, call.leaves), _digest(first))
        return {"digest": _digest(first), "repeated": _same(first, again), **row}
    first = _alive(_at(call, 0, width, 0.5))
    digest = _digest(first)
    again, row = _by_graph(call, partial(_at, call, 0, width, 0.5), digest)
    copies = _copies(call, width)
    last = len(copies) - 1
    factors = dict.fromkeys(range(1, last), 0.5) if every_slot else {}
    factors |= {last // 2: 0.0, last: -1.0}
    beside = (_digest(_at(call, s * call.rows, width, f)) == copies[s] for s, f in factors.items())
    alone = call.alone()
    return {
        "digest": digest,
        "repeated": _same(first, again),
        "slots": len({*copies}) == 1,
        "mates": all(beside),
        "padding": copies[0] == digest,
        **row,
        "alone_max_abs": _far(first, alone),
        "alone_psnr": _psnr(first, alone),
    }


@torch.no_grad()
def digest_at(call: Call, width: int) -> str:
    """What another process compares: the bits of the call at a width."""
    return _digest(call.alone() if call.rows >= width else _at(call, 0, width, 0.5))


@torch.no_grad()
def compiled(call: Call, width: int) -> float:
    """The largest difference that compiled blocks make; the pipeline's are compiled already."""
    ask = call.alone if call.rows >= width else partial(_at, call, 0, width, 0.5)
    with torch.compiler.set_stance("force_eager"):
        eager = ask()
    return _far(eager, ask())


def _alive(answer: Any) -> Any:
    """The answer; RenderError where it is NaN or constant: all such have the same bits."""
    if not all(torch.isfinite(x).all() and x.std() > 0 for x in _tensors(answer)):
        raise RenderError("the network's answer: expected finite numbers that vary, got others.")
    return answer


def _by_graph(call: Call, ask: Any, digest: str) -> tuple[Any, dict[str, Any]]:
    """The same once more, eager, and then by a CUDA graph, where there is a GPU to record it."""
    if call.device.type != "cuda":
        return ask(evaluated), {}
    replays = Replays(contextlib.nullcontext())
    again = ask(lambda call, leaves: replays.answer(call, leaves)[0])
    if replays.refused:
        told = "; ".join(replays.refused)
        seen = {"graph": False} if "other bits" in told else {}
        return again, {**seen, "no_graph": told}
    found = {"graph": digest == _digest(ask(lambda c, leaves: replays.answer(c, leaves)[0]))}
    replays.forget()
    return again, found


def _copies(call: Call, width: int) -> list[str]:
    """The digest of the call at each slot of a batch of itself."""
    calls = [call] * (width // call.rows)
    extra = padding(call, width - len(calls) * call.rows)
    return [_digest(answer) for answer in answers(calls, extra, width)]


def _at(call: Call, slot: int, width: int, factor: float, compute: Any = evaluated) -> Any:
    """The call's answer at a slot, its mates' values `factor` times its own."""
    mates = padding(call, width - call.rows)
    mates = [
        (leaf * factor).to(leaf.dtype) if role == "row" and leaf.is_floating_point() else leaf
        for leaf, role in zip(mates, call.roles, strict=True)
    ]
    rows = [role == "row" for role in call.roles]
    before = [x[:slot] if row else x for x, row in zip(mates, rows, strict=True)]
    after = [x[slot:] if row else x for x, row in zip(mates, rows, strict=True)]
    calls = [replace(call, rows=slot, leaves=before), call] if slot else [call]
    return answers(calls, after, width, compute)[-1]


def _tensors(answer: Any) -> list[torch.Tensor]:
    leaves = torch.utils._pytree.tree_leaves(answer)
    return [leaf.detach().float().cpu() for leaf in leaves if isinstance(leaf, torch.Tensor)]


def _digest(answer: Any) -> str:
    """Of the values' bytes; floats of every precision are exact as float32."""
    told = hashlib.sha256()
    for tensor in _tensors(answer):
        told.update(tensor.contiguous().numpy().tobytes())
    return told.hexdigest()[:32]


def _same(one: Any, other: Any) -> bool:
    return _digest(one) == _digest(other)


def _far(one: Any, other: Any) -> float:
    pairs = zip(_tensors(one), _tensors(other), strict=True)
    return max(float((a - b).abs().max()) for a, b in pairs)


def _psnr(one: Any, other: Any) -> float | None:
    """In decibels, over the answer's own range; None where nothing differs."""
    a, b = _tensors(one)[0], _tensors(other)[0]
    error = float((a - b).double().square().mean())
    peak = float(b.max() - b.min())
    return round(10 * math.log10(peak**2 / error), 1) if error and peak else None
