"""`python -m render invariance`: do a picture's rows keep their bits whatever shares their batch?

Per width, one call of each denoiser is computed at every slot of a batch, beside mates of other
values, with other padding, and in a second process: the answers must be the same bits. How far the
call alone and the compiled network lie from it is measured beside. A width that fails has no place
in the `exact` profile of that machine.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ..durable import write_whole
from ..loading import pick_device
from ..profiles import prepare
from ..rows import Call, answers, describe, padding
from . import fullsize
from .machine import machine

WIDTHS = (1, 4, 8, 16)
MODELS = ("sd-1.5", "sdxl", "flux.1-schnell")  # a UNet, a large UNet, a transformer
BITWISE = ("slots", "mates", "padding", "repeated", "process")
ROOT = Path(__file__).parents[2]


class _Enough(BaseException):
    """Ends the pipeline once its denoiser was called."""


def suite(device: str, compiled: bool, second: bool = True) -> dict[str, Any]:
    """Everything by model and width; with `second` a process of its own computes it once more."""
    device = pick_device(device)
    found: dict[str, Any] = {"machine": machine(device), "models": {}}
    for name, spec in fullsize.specs(device).items():
        if name not in MODELS:
            continue
        started = time.perf_counter()
        pipe = fullsize.build(spec, device)
        call = first_call(pipe, spec["denoiser"], fullsize.jobs(spec, device)[0])
        rows = {width: at_width(call, width) for width in WIDTHS}
        if compiled:
            eager = {width: _at(call, 0, width, 0.5) for width in WIDTHS if width > call.rows}
            prepare(pipe, "fast")
            for width, answer in eager.items():
                rows[width]["compiled_max_abs"] = _far(answer, _at(call, 0, width, 0.5))
        seconds = round(time.perf_counter() - started, 1)
        found["models"][name] = {"rows": call.rows, "seconds": seconds, "widths": rows}
        del pipe, call
        torch.cuda.empty_cache()
    if second:
        _compare(found, _elsewhere(device))
    return found


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
def at_width(call: Call, width: int) -> dict[str, Any]:
    """The verdicts of one width; a call that fills it runs alone, and must repeat itself."""
    if call.rows >= width:
        digest = _digest(call.alone())
        return {"digest": digest, "repeated": digest == _digest(call.alone())}
    first = _at(call, 0, width, 0.5)
    digest = _digest(first)
    slots = range(0, width - call.rows + 1, call.rows)
    own = answers([call], padding(call, width - call.rows), width)[0]
    return {
        "digest": digest,
        "repeated": digest == _digest(_at(call, 0, width, 0.5)),
        "slots": all(digest == _digest(_at(call, slot, width, 0.5)) for slot in slots),
        "mates": all(digest == _digest(_at(call, 0, width, f)) for f in (-1.0, 0.25)),
        "padding": digest == _digest(own) == _digest(_at(call, 0, width, 0.0)),
        "alone_max_abs": _far(first, call.alone()),
    }


@torch.no_grad()
def _at(call: Call, slot: int, width: int, factor: float) -> Any:
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
    return answers(calls, after, width)[-1]


def _tensors(answer: Any) -> list[torch.Tensor]:
    leaves = torch.utils._pytree.tree_leaves(answer)
    return [leaf.detach().float().cpu() for leaf in leaves if isinstance(leaf, torch.Tensor)]


def _digest(answer: Any) -> str:
    """Of the values' bytes; floats of every precision are exact as float32."""
    told = hashlib.sha256()
    for tensor in _tensors(answer):
        told.update(tensor.contiguous().numpy().tobytes())
    return told.hexdigest()[:32]


def _far(one: Any, other: Any) -> float:
    pairs = zip(_tensors(one), _tensors(other), strict=True)
    return max(float((a - b).abs().max()) for a, b in pairs)


def _elsewhere(device: str) -> dict[str, Any]:
    """What a process of its own finds."""
    command = [sys.executable, "-m", "render", "invariance", "--device", device, "--alone"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _compare(here: dict[str, Any], there: dict[str, Any]) -> None:
    for name, model in here["models"].items():
        for width, row in model["widths"].items():
            other = there["models"][name]["widths"][str(width)]
            row["process"] = row["digest"] == other["digest"]


def failed(found: dict[str, Any]) -> list[str]:
    """Every check that should have been bitwise and was not."""
    return [
        f"{name}: width {width}: {check}"
        for name, model in found["models"].items()
        for width, row in model["widths"].items()
        for check in BITWISE
        if row.get(check) is False
    ]


def table(found: dict[str, Any]) -> str:
    lines = [f"{'':<16}{'width':>6}  {'bitwise':<42}{'alone':>10}{'compiled':>10}"]
    for name, model in found["models"].items():
        for width, row in model["widths"].items():
            held = ", ".join(check for check in BITWISE if row.get(check))
            far = (row.get("alone_max_abs"), row.get("compiled_max_abs"))
            told = "".join("" if x is None else f"{x:>10.1e}" for x in far)
            lines.append(f"{name:<16}{width:>6}  {held:<42}{told}")
    lines += [f"NOT BITWISE: {line}" for line in failed(found)]
    return "\n".join([*lines, json.dumps(found["machine"])])


def command(options: Any) -> int:
    """Prints the table; exit status 1 when a check that should be bitwise is not."""
    found = suite(options.device, options.compile, second=not options.alone)
    if options.alone:
        print(json.dumps(found))
        return 0
    print(table(found))
    if options.json:
        write_whole(options.json, (json.dumps(found, indent=1) + "\n").encode())
    return 1 if failed(found) else 0
