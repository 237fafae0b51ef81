"""The arguments of a command that may work on a cluster; ray is loaded once one is asked for."""

from __future__ import annotations

import argparse
from typing import Any

from ..arguments import positive
from ..errors import RenderError
from .connection import TIME_LIMIT


def add_to(command: argparse.ArgumentParser) -> None:
    """Gives a command the arguments of a cluster."""
    command.add_argument(
        "--ray", metavar="ADDRESS", help="work on a Ray cluster: auto or HOST:PORT"
    )
    command.add_argument(
        "--time-limit",
        type=positive(float),
        default=TIME_LIMIT,
        metavar="SECONDS",
        help="with --ray: stop a worker that is silent for so long (default: 1800)",
    )


def through(options: argparse.Namespace) -> Any:
    """What stands in the place of a run's studios; None when they work in this process."""
    if options.ray is None:
        return None
    if options.strict_environment:
        raise RenderError("--ray: expected no --strict-environment: each worker has its own.")
    from .cluster import Cluster

    return lambda studios: Cluster(options.ray, studios, time_limit=options.time_limit)
