"""The command line of `export`; torch is loaded once it has something to export."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_to(commands: Any) -> None:
    """Adds it to `python -m render`."""
    text = "write what the pages' live models are made of, from the reference models"
    export = commands.add_parser("export", help=text, description=text)
    export.set_defaults(command=_export)
    export.add_argument(
        "--check", action="store_true", help="only say what is stale, damaged or missing"
    )
    export.add_argument(
        "--parity", action="store_true", help="also measure how far its pictures are from diffusers"
    )
    export.add_argument(
        "--vectors", type=Path, metavar="FILE", help="only write known answers for the page's tests"
    )
    export.add_argument("--out", type=Path, metavar="DIR", help="default: the guide's own")


def _export(options: argparse.Namespace) -> int:
    from . import files

    out = options.out or files.ASSETS
    if options.check:
        problems = files.check(out)
        print("\n".join(problems) or "the live models: no problems.", file=_stream(problems))
        return 1 if problems else 0
    if options.vectors:
        from .vectors import vectors

        options.vectors.write_bytes(files.as_json(vectors(), lines=True))
        print(f"wrote {options.vectors}")
        return 0
    from .write import write

    manifest = write(out)
    total = sum(entry["bytes"] for entry in files.entries(manifest))
    print(f"{len(files.entries(manifest))} files, {total / 1e6:.1f} MB, in {out}")
    if options.parity:
        from . import parity

        told = parity.measure(parity.spread(), out)
        (out / files.PARITY).write_bytes(files.as_json(told))
        for kind, numbers in told["summary"].items():
            print(f"{kind}: {numbers}")
    return 0


def _stream(problems: list[str]) -> Any:
    return sys.stderr if problems else sys.stdout
