"""`python -m render compare`: its arguments, and what it prints."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..plan import RENDERS
from .pairs import compare


def add_to(commands: Any) -> None:
    """Adds the command `compare`."""
    text = "report what changed between two folders of renders"
    command = commands.add_parser("compare", help=text, description=text)
    command.set_defaults(command=_command)
    command.add_argument("before", type=Path, help="a folder of renders, kept from before")
    command.add_argument("after", type=Path, nargs="?", default=RENDERS)
    command.add_argument(
        *("--out", "--report"),
        dest="report",
        type=Path,
        default=Path("comparison"),
        metavar="DIR",
        help="where to write report.md and its thumbnails; default: comparison/",
    )
    command.add_argument(
        "--links",
        nargs=2,
        metavar=("BEFORE", "AFTER"),
        help="show the pictures from these addresses, to which PLAN/FILE is added",
    )


def _command(options: argparse.Namespace) -> int:
    from .report import report

    path = report(compare(options.before, options.after), options.report, options.links)
    print(path.read_text(encoding="utf-8").splitlines()[0])
    print(f"wrote {path}")
    return 0
