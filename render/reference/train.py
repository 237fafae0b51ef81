"""`python -m render train NAME`: trains the reference models, in order, from nothing but a seed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import torch

from ..bench.machine import machine
from ..ceilings import matmul_ceiling
from ..durable import write_whole
from ..errors import RenderError
from ..pipelines import pick_device
from . import ahead, autoencoder, captions, dataset, distill, judge, postcards, record
from .dataset import CACHE, HERE
from .loop import Run
from .presets import ORDER, PRESETS, Part
from .record import Record

# What stands in a model's folder as its training, part by part.
MADE_OF = {
    "judge": ("judge",),
    "postcards": ("autoencoder", "decoder", "postcards"),
    "postcards-turbo": ("postcards-turbo",),
}


def train(
    name: str,
    *,
    device: str,
    preset: str,
    resume: bool,
    out: Path | None,
    minutes: float | None = None,
    compile: bool = False,
) -> None:
    """Trains one model, or `all`; checkpoints every minute, so that `resume` loses little.

    With `minutes` it pauses in time, for machines that end a command early. `compile` runs the UNet
    through torch.compile, which needs a C++ compiler and pays after some ten minutes. On a GPU all
    cores draw scenes ahead while it trains.
    """
    if preset == "smoke" and out in (None, HERE):
        raise RenderError(
            "--preset smoke: expected --out DIR, so that trained weights are not replaced."
        )
    until = None if minutes is None else time.monotonic() + 60 * minutes
    device = pick_device(device)
    torch.backends.cudnn.benchmark = device == "cuda"  # few shapes, many steps
    # The committed weights are those of the cpu preset; only it goes on from them.
    run = Run(CACHE / preset, device, resume, until, compile, committed=preset == "cpu")
    parts = [part for part in ORDER if name in ("all", part)]
    with ahead.cores():
        if device == "cuda":
            ahead.begin([job for part in parts for job in needs(part, PRESETS[preset][part])])
        for part in parts:
            _train(part, PRESETS[preset][part], run, out or HERE)


def needs(name: str, part: Part) -> list[ahead.Job]:
    """The files of scenes and captions that a part reads, larger pictures first: they take longer.

    Those that a part only looks at in the end come behind those that it trains on.
    """
    seeds = dataset.training_seeds(max(part.scenes.values()))
    jobs = []
    for size, count in sorted(part.scenes.items(), reverse=True):
        jobs += dataset.jobs(seeds[:count], size, "train")
    if name == "autoencoder":
        jobs += autoencoder.held_out() + dataset.jobs(
            seeds[: postcards.SCALED_OVER], autoencoder.SIZE, "scaling"
        )
    if name == "judge":
        unseen = dataset.combination_seeds(part.scenes[judge.SIZE] // 10)
        jobs += dataset.jobs(unseen, judge.SIZE, "never-trained") + judge.held_out()
    if name in ("postcards", "postcards-turbo"):
        jobs += captions.jobs(seeds)
    return jobs


def _train(name: str, part: Part, run: Run, out: Path) -> None:
    """Trains one part and writes what it gave; a paused one raises before."""
    if name == "autoencoder":
        vae, found = autoencoder.train(part, run)
        postcards.keep_autoencoder(vae, run.folder)
    elif name == "decoder":
        vae, found = autoencoder.train_decoder(postcards.load_autoencoder(run.folder), part, run)
        postcards.keep_autoencoder(vae, run.folder)
        for model in ("postcards", "postcards-turbo"):
            postcards.save_decoder(vae, out / model)
    elif name == "judge":
        model, found = judge.train(part, run)
        judge.save(model, out / name)
    else:
        if name == "postcards":
            pipe, found = postcards.train(part, run)
        else:
            pipe, found = distill.train(part, run, out / "postcards")
        postcards.save(pipe, out / name)
    _report(name, found, run, out)


def _report(name: str, found: Record, run: Run, out: Path) -> None:
    """Keeps what a part came to; where a model is whole, puts it beside its weights."""
    kept = run.folder / f"{name}.json"
    told = _read(kept)
    if (told.get("steps"), told.get("seconds")) != (found.step, round(found.seconds, 1)):
        told = {**found.told(matmul_ceiling(run.device)), "machine": machine(run.device)}
        write_whole(kept, json.dumps(told).encode())
        print(f"{name}: {told['pictures_per_second']:,.0f} pictures/s, {told['tflops']:.3g} "
              f"TFLOP/s, {told['share_of_matmul']:.1%} of this machine's matrix rate")  # fmt: skip
    if name in MADE_OF:
        parts = {one: _read(run.folder / f"{one}.json") for one in MADE_OF[name]}
        record.write(out / name, run.folder.name, parts)
        print("\n".join(record.lines(out / name)))
        print(f"wrote {out / name}")


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}
