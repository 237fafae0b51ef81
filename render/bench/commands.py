"""The command lines of `bench` and `invariance`; torch is loaded once one of them runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

DEVICES = ("auto", "cpu", "cuda")


def add_to(commands: Any) -> None:
    """Adds both to `python -m render`."""
    bench = commands.add_parser("bench", help="time naive, batched and engine on the same cells")
    bench.set_defaults(command=_bench)
    bench.add_argument("plans", nargs="*", metavar="PLAN", help="default: every plan")
    bench.add_argument("--offline", action="store_true", help="download nothing")
    bench.add_argument("--device", choices=DEVICES, default="cpu")
    bench.add_argument("--quick", action="store_true", help="a part that takes under a minute")
    bench.add_argument("--width", type=int, help="rows of a batch; default: a run's own")
    bench.add_argument("--json", type=Path, metavar="FILE", help="also write what was measured")
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
    invariance = commands.add_parser(
        "invariance", help="check that a batch leaves the bits of its rows alone"
    )
    invariance.set_defaults(command=_invariance)
    invariance.add_argument("--device", choices=DEVICES, default="cpu")
    invariance.add_argument("--compile", action="store_true", help="measure compiled ones too")
    invariance.add_argument("--json", type=Path, metavar="FILE", help="also write what was found")
    invariance.add_argument(
        "--alone", action="store_true", help="without the second process; prints JSON"
    )


def _bench(options: argparse.Namespace) -> int:
    from .table import command

    return command(options)


def _invariance(options: argparse.Namespace) -> int:
    from .invariance import command

    return command(options)
