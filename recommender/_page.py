"""What the guide's page runs for a file that a reader drops on it: the command line's own commands.

A page has no shell. This module chooses the commands, runs them as the command line does, and
returns what they print; nothing is decided or worded anew.
"""

from __future__ import annotations

import io
import json
import shlex
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from .__main__ import main
from ._errors import UnreadableError, visible
from ._metadata.files import begins_weights, open_regular
from ._metadata.values import shown
from ._names import EXTENSIONS

_WEIGHTS = (*EXTENSIONS, ".pkl", ".safetensors.index.json")


def check(name: str, model: str = "") -> str:
    """Returns as JSON what the commands for one file print: its headline and a list of runs.

    `name` is the file's path, `model` what the reader says it is made with. A file of weights is
    identified and its settings are recommended; everything else is linted and read.
    """
    first, second = _commands(name, model)
    runs = [_run(first, name)]
    if runs[0]["code"] != 2:
        runs.append(_run(second, name))
        # Keyword arguments as JSON are linted, but no tool wrote them down for `read` to find.
        if second == ["read"] and runs[1]["code"] == 2:
            runs.pop()
    return json.dumps({"headline": _headline(runs, name), "runs": runs})


def _commands(name: str, model: str) -> tuple[list[str], list[str]]:
    if name.lower().endswith(_WEIGHTS) or _begins_weights(name):
        said = ["--as", model] if model else []
        return ["identify"], ["recommend", *said]
    return ["lint", *(["--model", model] if model else [])], ["read"]


def _begins_weights(name: str) -> bool:
    try:
        stream, _ = open_regular(name)
        with stream:
            return begins_weights(stream.read(16))
    except (UnreadableError, OSError):
        return False


def _run(words: list[str], name: str) -> dict[str, Any]:
    """Returns one command as it would be typed, its exit code, and what it prints."""
    # What begins with a hyphen would be taken for an option.
    given = [*words, *(["--"] if name.startswith("-") else []), name]
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        code = main(given)
    typed = " ".join(shlex.quote(visible(word, 300)) for word in ["sweetspot", *given])
    return {"command": typed, "code": code, "text": printed.getvalue()}


def _headline(runs: list[dict[str, Any]], name: str) -> str:
    """Returns the line that sums the runs up, without the file's name before it.

    Of lint that is what all findings cost together, else the worst finding.
    """
    first, *others = runs
    lines = [_without(name, line) for line in first["text"].splitlines()]
    if first["code"] == 2:
        return lines[0]
    if first["command"].startswith("sweetspot lint "):
        return lines[-1].partition(". ")[2] or lines[0]
    told = [run["text"].partition("\n")[0] for run in others if run["code"] == 0]
    return ": ".join([lines[0], *told])


def _without(name: str, line: str) -> str:
    for written in (f"{shown(name, 300)}: ", f"{visible(name, 300)}: "):
        line = line.removeprefix(written)
    return line
