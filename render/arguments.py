"""What the arguments of several commands have in common: the kinds of numbers, and options."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any

from recommender.authoring import visible

DEVICES = ("auto", "cpu", "cuda")
OFFLINE = "download nothing: a model that is not here fails at once"


def positive(kind: type[int] | type[float]) -> Callable[[str], Any]:
    """What reads an argument that is a whole number, or any finite one, above 0."""

    def read(text: str) -> Any:
        try:
            number = kind(text)
        except ValueError:
            number = kind(0)
        if not 0 < number < math.inf:
            expected = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(
                f"expected {expected} above 0, got '{visible(text, 20)}'."
            )
        return number

    return read


def add_device(command: argparse.ArgumentParser, default: str = "auto") -> None:
    """Where a command computes."""
    command.add_argument("--device", choices=DEVICES, default=default)
