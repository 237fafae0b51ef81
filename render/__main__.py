"""The studio's command line: plan, run, check, audit, measure, bench, train, export."""

from __future__ import annotations

from .stopping import listen, stoppable

if __name__ == "__main__":
    listen()  # before the imports that take long

import argparse
import contextlib
import os
import sys
import time
from pathlib import Path
from typing import Any

from recommender import SweetspotError
from recommender.authoring import visible

from .bench import commands as bench_commands
from .cluster import options as cluster_options
from .compare import command as compare_command
from .errors import RenderError
from .export import commands as export_commands
from .plan import RENDERS, load_plan, plan_ids

TRAINED = ("autoencoder", "decoder", "judge", "postcards", "postcards-turbo", "all")
SWEEPS = ("quality", "steps", "scheduler", "guidance", "strength", "pairs")
METRICS = ("lpips",)  # ꟻLIP and SSIM need no weights and are always measured
DEVICES = ("auto", "cpu", "cuda")
OUT_HELP = "default: the guide's own pictures; with --model or a fake, renders/ in this folder"
OFFLINE_HELP = "download nothing: a model that is not here fails at once"


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 fine, 1 findings or failed cells, 2 unreadable input, 130 interrupted."""
    options = _parser().parse_args(arguments)
    # transformers speaks up while it is imported, before its own switch can be reached.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    if getattr(options, "offline", False):
        # Read by the hub's library while it is imported.
        os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        return options.command(options)
    except SweetspotError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        # A full disk or a read-only folder: what was finished before is recorded and stays.
        where = f"{error.filename}: " if error.filename else ""
        print(f"{where}{error.strerror or error}. Finished pictures are kept.", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m render", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_plan_commands(commands)
    compare_command.add_to(commands)
    _add_model_commands(commands)
    export_commands.add_to(commands)
    return parser


def _add_plan_commands(commands: Any) -> None:
    for name, function, text in (
        ("plan", _plan, "print cells, denoiser steps and what is missing"),
        ("run", _run, "render what is missing or stale"),
        ("check", _check, "compare the pictures with the plans, and measurements with themselves"),
        ("audit", _audit, "re-render published pictures and report their drift"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(command=function)
        command.add_argument("plans", nargs="*", metavar="PLAN", help="default: every plan")
        command.add_argument("--out", type=Path, metavar="DIR", help=OUT_HELP)
        command.add_argument(
            "--model", action="append", help="a reference model, a folder, or REPO@REVISION"
        )
        if name == "check":
            command.add_argument("--fix", action="store_true", help="sum measurements up anew")
        if name in ("run", "audit"):
            command.add_argument("--device", choices=DEVICES, default="auto")
            command.add_argument("--offline", action="store_true", help=OFFLINE_HELP)
        if name != "audit":
            command.add_argument(
                "--backend", default="torch", help="torch, or fake[:SECONDS] to try out a plan"
            )
        if name == "run":
            command.add_argument(
                "--dtype", choices=("auto", "float32", "bfloat16", "float16"), default="auto"
            )
            command.add_argument("--strict-environment", action="store_true")
            cluster_options.add_to(command)
            command.add_argument(
                "--profile", choices=("exact", "fast"), default="exact", help="fast: compiled"
            )
        if name in ("plan", "run"):
            command.add_argument(
                "--prompts", metavar="SET", help="a set of render/prompts/ in place of the plan's"
            )
        if name == "audit":
            command.add_argument("--n", type=int, default=6)
            command.add_argument("--seed", type=int, default=0)


def _add_model_commands(commands: Any) -> None:
    measure = commands.add_parser(
        "measure", help="measure a model, with a judge where there is one"
    )
    measure.set_defaults(command=_measure)
    measure.add_argument("model", help="a reference model, a folder, or REPO@REVISION")
    measure.add_argument("--sweep", choices=SWEEPS, default="quality")
    measure.add_argument(
        "--scheduler", action="append", help="an id of settings/schedulers/; default: its own"
    )
    measure.add_argument("--prompts", type=Path, metavar="FILE", help="one prompt a line")
    measure.add_argument("--count", type=int, default=16, help="prompts, where none are given")
    measure.add_argument("--clip", type=Path, metavar="FOLDER", help="a CLIP model: its scores too")
    measure.add_argument(
        "--metric", action="append", choices=METRICS, help="a further distance; needs its weights"
    )
    measure.add_argument(
        "--weights", type=Path, metavar="FOLDER", help="of --metric; default: torch hub's cache"
    )
    measure.add_argument("--seeds", type=int, default=2, help="pictures of each prompt")
    measure.add_argument("--offline", action="store_true", help=OFFLINE_HELP)
    measure.add_argument("--device", choices=DEVICES, default="auto")
    measure.add_argument("--out", type=Path, metavar="DIR", help="default: settings/measured")
    measure.add_argument("--sheet", type=Path, help="also write a contact sheet of 64 pictures")
    curves = commands.add_parser("curves", help="compute the figures that no model has to draw")
    curves.set_defaults(command=_curves)
    curves.add_argument("figures", nargs="*", metavar="FIGURE", help="default: every figure")
    curves.add_argument("--out", type=Path, metavar="DIR", help="default: docs/content/curves")
    pack = commands.add_parser("pack", help="one archive of a model's measurements, to be sent")
    pack.set_defaults(command=_pack)
    pack.add_argument("model", help="a model of settings/measured/")
    pack.add_argument("--out", type=Path, metavar="FILE", help="default: MODEL-measured.zip")
    bench_commands.add_to(commands)
    train = commands.add_parser("train", help="train a reference model")
    train.set_defaults(command=_train)
    train.add_argument("name", choices=TRAINED)
    train.add_argument("--device", choices=DEVICES, default="auto")
    train.add_argument("--preset", choices=("cpu", "gpu", "smoke"), default="cpu")
    train.add_argument("--resume", action="store_true", help="continue from the last checkpoint")
    train.add_argument("--minutes", type=float, help="pause, resumably, after this long")
    train.add_argument("--compile", action="store_true", help="torch.compile: needs g++")
    train.add_argument("--out", type=Path, help="where to write the pipeline folder")


def _plans(options: argparse.Namespace):
    fake = _seconds(getattr(options, "backend", "torch"))
    own = options.model or fake is not None
    options.out = options.out or (Path("renders") if own else RENDERS)
    return [
        load_plan(name, options.model, fake=fake, prompts=getattr(options, "prompts", None))
        for name in options.plans or plan_ids()
    ]


def _seconds(backend: str) -> float | None:
    """Seconds per picture of `fake` or `fake:SECONDS`; None for `torch`, the real backend."""
    name, _, number = backend.partition(":")
    with contextlib.suppress(ValueError):
        seconds = None if backend == "torch" else float(number or 0)
        if seconds is None or (name == "fake" and 0 <= seconds <= 3600):
            return seconds
    raise RenderError(f"--backend: expected torch, fake or fake:SECONDS, got '{visible(backend)}'.")


def _plan(options: argparse.Namespace) -> int:
    from .estimate import lines

    print("\n".join(lines(_plans(options), options.out)))
    return 0


def _run(options: argparse.Namespace) -> int:
    from .estimate import estimate
    from .run import run

    plans = _plans(options)
    expected = estimate(plans, options.out)
    if expected.wanted:
        print(expected, flush=True)
    started = time.perf_counter()
    summary = run(
        plans,
        options.out,
        device=options.device,
        dtype=options.dtype,
        strict_environment=options.strict_environment,
        through=cluster_options.through(options),
        profile=options.profile,
    )
    for line in summary.failed:
        print(line, file=sys.stderr)
    print(f"{summary} in {time.perf_counter() - started:.0f} s, in {options.out}")
    if summary.rendered:
        print(summary.counters)
    return 1 if summary.failed else 0


def _check(options: argparse.Namespace) -> int:
    from .check import command

    plans = _plans(options)
    whole = not options.plans
    return command(plans, options.out, whole, whole and options.out == RENDERS, options.fix)


def _pack(options: argparse.Namespace) -> int:
    from .pack import command

    return command(options.model, options.out)


def _audit(options: argparse.Namespace) -> int:
    from .audit import command

    return command(_plans(options), options.out, options.n, options.seed, options.device)


def _measure(options: argparse.Namespace) -> int:
    from .measure import measure, table

    for target in measure(
        options.model,
        options.sweep,
        device=options.device,
        schedulers=options.scheduler,
        prompts=options.prompts or options.count,
        seeds=options.seeds,
        clip=options.clip,
        metric=options.metric,
        weights=options.weights,
        out=options.out,
        sheet=options.sheet,
    ):
        print(table(target))
        print(f"wrote {target}")
    return 0


def _curves(options: argparse.Namespace) -> int:
    from .curves.figures import CURVES, write

    folder = options.out or CURVES
    changed = write(options.figures, folder)
    print(f"{len(changed)} figures changed in {folder}" + "".join(f"\n  {n}" for n in changed))
    return 0


def _train(options: argparse.Namespace) -> int:
    from .reference.train import train

    train(
        options.name,
        device=options.device,
        preset=options.preset,
        resume=options.resume,
        out=options.out,
        minutes=options.minutes,
        compile=options.compile,
    )
    return 0


if __name__ == "__main__":
    with stoppable():
        status = main()
    sys.exit(status)
