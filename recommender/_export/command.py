"""`sweetspot export MODEL --to TOOL`: the content on stdout, the notes on stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .._errors import visible
from . import ExportError, export

if TYPE_CHECKING:
    from .._recommend.answer import Recommendation


def run(
    recommendation: Recommendation,
    tool: str,
    *,
    prompt: str = "",
    negative_prompt: str = "",
    seed: int | None = None,
) -> int:
    """Prints what to paste, so that a pipe carries it alone; returns the exit code."""
    try:
        found = export(
            recommendation, tool, prompt=prompt, negative_prompt=negative_prompt, seed=seed
        )
    except ExportError as error:
        print(error, file=sys.stderr)
        return 2
    print(found.content)
    for note in found.notes:
        print(f"note: {visible(note, 400)}", file=sys.stderr)
    return 0
