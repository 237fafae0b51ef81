"""The command line of `train`; torch is loaded once it runs."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from ..arguments import add_device, positive

TRAINED = ("autoencoder", "decoder", "judge", "postcards", "postcards-turbo", "all")


def add_to(commands: Any) -> None:
    """Adds it to `python -m render`."""
    train = commands.add_parser("train", help="train a reference model")
    train.set_defaults(command=_train)
    train.add_argument("name", choices=TRAINED)
    add_device(train)
    train.add_argument("--preset", choices=("cpu", "gpu", "smoke"), default="cpu")
    train.add_argument(
        "--plan", action="store_true", help="count what it costs and how long it takes, only"
    )
    train.add_argument("--resume", action="store_true", help="continue from the last checkpoint")
    train.add_argument("--minutes", type=positive(float), help="pause, resumably, after this long")
    train.add_argument("--compile", action="store_true", help="torch.compile: needs g++")
    train.add_argument(
        "--out", type=Path, metavar="DIR", help="where to write the pipeline's folder"
    )


def _train(options: argparse.Namespace) -> int:
    begun = time.perf_counter()
    from .forecast import plan
    from .train import train

    if options.plan:
        importing = time.perf_counter() - begun
        print("\n".join(plan(options.name, options.preset, options.device, importing)))
        return 0
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
