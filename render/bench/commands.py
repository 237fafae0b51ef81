"""The command lines of `bench` and `invariance`; torch is loaded once one of them runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..arguments import add_device, positive
from ..widths import RECORDS
from .full.runs import RUNS


def add_to(commands: Any) -> None:
    """Adds both to `python -m render`."""
    bench = commands.add_parser("bench", help="time naive, batched and engine on the same cells")
    bench.set_defaults(command=_bench)
    bench.add_argument("plans", nargs="*", metavar="PLAN", help="default: every plan")
    add_device(bench, "cpu")
    bench.add_argument("--quick", action="store_true", help="a part that takes under a minute")
    bench.add_argument("--width", type=positive(int), help="rows of a batch; default: a run's own")
    _add_out(bench, "bench.json")
    bench.add_argument(
        "--resume", action="store_true", help="measure only what --json has not got yet"
    )
    bench.add_argument(
        "--record", type=Path, metavar="DIR", help="write settings/measured's files of seconds"
    )
    bench.add_argument("--show", type=Path, metavar="FILE", help="print an earlier --json instead")
    bench.add_argument(
        "--dry-run", action="store_true", help="the full-size models, shrunken, on the CPU"
    )
    bench.add_argument(
        "--minutes",
        type=positive(float),
        default=8.0,
        help="of the full-size models: what does not fit is left out; default: 8",
    )
    bench.add_argument(
        "--run",
        action="append",
        default=[],
        choices=[*RUNS],
        help="of the full-size models; default: all",
    )
    bench.add_argument(
        "--plan",
        action="store_true",
        help="print what --device cuda would time, and the seconds it should take; time nothing",
    )
    invariance = commands.add_parser(
        "invariance", help="check that a batch leaves the bits of its rows alone"
    )
    invariance.set_defaults(command=_invariance)
    add_device(invariance, "cpu")
    invariance.add_argument("--compile", action="store_true", help="measure compiled ones too")
    invariance.add_argument(
        "--minutes",
        type=positive(float),
        default=4.0,
        help="on a GPU: what does not fit is left to --resume; default: 4",
    )
    invariance.add_argument(
        "--plan", action="store_true", help="print the pieces and their seconds; measure nothing"
    )
    _add_out(invariance, "invariance.json")
    invariance.add_argument(
        "--resume", action="store_true", help="check only what --json has not got yet"
    )
    invariance.add_argument(
        "--record",
        type=Path,
        nargs="?",
        const=RECORDS,
        metavar="DIR",
        help="of a GPU: write which widths failed where `render run` reads it, or elsewhere",
    )
    invariance.add_argument(
        "--digests", nargs="+", metavar="MODEL:WIDTH", help="what the second process is asked"
    )


def _add_out(command: argparse.ArgumentParser, name: str) -> None:
    """Two ways to say where to write what was measured, and to end up as `json`."""
    out = command.add_mutually_exclusive_group()
    out.add_argument("--json", type=Path, metavar="FILE", help="also write what was measured")
    out.add_argument(
        "--out",
        dest="json",
        type=lambda folder: Path(folder) / name,
        metavar="DIR",
        help=f"the same, as {name} in a folder",
    )


def _bench(options: argparse.Namespace) -> int:
    from .table import command

    return command(options)


def _invariance(options: argparse.Namespace) -> int:
    from .verdicts import command

    return command(options)
