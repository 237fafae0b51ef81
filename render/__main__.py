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

from .arguments import OFFLINE, add_device, positive
from .bench import commands as bench_commands
from .cluster import options as cluster_options
from .compare import command as compare_command
from .errors import RenderError
from .export import commands as export_commands
from .plan import RENDERS, load_plans, plan_ids
from .reference import commands as train_commands
from .sweeps import commands as measure_commands

OUT_HELP = "default: the guide's own pictures; with --model or a fake, renders/ in this folder"


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 fine, 1 findings or failed cells, 2 unreadable input, 130 interrupted."""
    options = _parser().parse_args(arguments)
    # transformers speaks up while it is imported, before its own switch can be reached.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    if options.offline:
        # Read by the hub's library while it is imported.
        os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        return options.command(options)
    except SweetspotError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(_told(error, options.command is _run), file=sys.stderr)
        return 2


def _told(error: OSError, ran: bool) -> str:
    """A line about a file or folder; after a run, what was finished before is recorded."""
    expected = {
        FileNotFoundError: "expected a file, got none",
        IsADirectoryError: "expected a file, got a folder",
        NotADirectoryError: "expected a folder, got a file",
        FileExistsError: "expected a folder, got a file",  # where one was to be made
    }.get(type(error), str(error.strerror or error))
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{expected}." + (" Finished pictures are kept." if ran else "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m render", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_plan_commands(commands)
    compare_command.add_to(commands)
    _add_model_commands(commands)
    export_commands.add_to(commands)
    for command in commands.choices.values():
        command.add_argument("--offline", action="store_true", help=OFFLINE)
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
            command.add_argument(
                "--fix", action="store_true", help="write sums and the READMEs' figures anew"
            )
        if name in ("run", "audit"):
            add_device(command)
        if name != "audit":
            command.add_argument(
                "--backend", default="torch", help="torch, or fake[:SECONDS] to try out a plan"
            )
        if name == "run":
            command.add_argument(
                "--dtype", choices=("auto", "float32", "bfloat16", "float16"), default="auto"
            )
            command.add_argument("--strict-environment", action="store_true")
            command.add_argument(
                "--replace", action="store_true", help="let another model's of the same name go"
            )
            cluster_options.add_to(command)
            command.add_argument(
                "--profile",
                choices=("exact", "fast", "graphs"),
                default="exact",
                help="fast: compiled; graphs: exact by CUDA graphs",
            )
            command.add_argument(
                "--width", type=positive(int), help="rows of a denoiser's batch (default: 8)"
            )
        command.add_argument(
            "--prompts", metavar="SET", help="a set of render/prompts/ in place of the plan's"
        )
        if name == "audit":
            command.add_argument("--n", type=positive(int), default=6, help="how many")
            command.add_argument("--seed", type=int, default=0)


def _add_model_commands(commands: Any) -> None:
    measure_commands.add_to(commands)
    curves = commands.add_parser("curves", help="compute the figures that no model has to draw")
    curves.set_defaults(command=_curves)
    curves.add_argument("figures", nargs="*", metavar="FIGURE", help="default: every figure")
    curves.add_argument("--out", type=Path, metavar="DIR", help="default: docs/content/curves")
    pack = commands.add_parser("pack", help="one archive of a model's measurements, to be sent")
    pack.set_defaults(command=_pack)
    pack.add_argument("model", help="a model of settings/measured/")
    pack.add_argument("--out", type=Path, metavar="FILE", help="default: MODEL-measured.zip")
    bench_commands.add_to(commands)
    train_commands.add_to(commands)


def _plans(options: argparse.Namespace):
    fake = _seconds(getattr(options, "backend", "torch"))
    own = options.model or fake is not None
    options.asked = _asked(options)
    options.out = options.out or (Path("renders") if own else RENDERS)
    names = options.plans or plan_ids()
    return load_plans(names, options.model, fake=fake, prompts=options.prompts)


def _asked(options: argparse.Namespace) -> list[str]:
    """What was given beside the plans, for a command that is to be about the same pictures."""
    told = [("--model", model) for model in options.model or ()]
    backend = getattr(options, "backend", "torch")
    told += [("--backend", backend)] if backend != "torch" else []
    told += [("--prompts", options.prompts)] if options.prompts else []
    told += [("--out", str(options.out))] if options.out else []
    return [word for pair in told for word in pair]


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
        width=options.width,
        strict_environment=options.strict_environment,
        through=cluster_options.through(options),
        profile=options.profile,
        replace=options.replace,
    )
    for line in summary.failed:
        print(line, file=sys.stderr)
    seconds = time.perf_counter() - started
    print(f"{summary} in {seconds:.0f} s, in {options.out}")
    if summary.rendered:
        print(summary.counters)
        print(expected.compared(seconds, summary.bytes))
    return 1 if summary.failed else 0


def _check(options: argparse.Namespace) -> int:
    from .check import command

    plans = _plans(options)
    whole = not options.plans
    published = whole and options.out == RENDERS
    return command(plans, options.out, options.asked, whole, published, options.fix)


def _pack(options: argparse.Namespace) -> int:
    from .pack import command

    return command(options.model, options.out)


def _audit(options: argparse.Namespace) -> int:
    from .audit import command

    return command(_plans(options), options.out, options.n, options.seed, options.device)


def _curves(options: argparse.Namespace) -> int:
    from .curves.figures import CURVES, write

    folder = options.out or CURVES
    changed = write(options.figures, folder)
    print(f"{len(changed)} figures changed in {folder}" + "".join(f"\n  {n}" for n in changed))
    return 0


if __name__ == "__main__":
    with stoppable():
        status = main()
    sys.exit(status)
