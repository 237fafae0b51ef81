"""For programs that read or write the authoring files. Reading needs the extra `authoring`.

The library itself never imports this: at run time it reads the compiled catalogue alone. What no
reading needs is there without the extra, so that a GPU's bench asks for nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ._authoring.plain import axis_values, did_you_mean
from ._errors import CatalogueError, visible
from ._recommend.weights import digest as folder_digest

__all__ = [
    "axis_values",
    "did_you_mean",
    "file_problems",
    "folder_digest",
    "manifest_problem",
    "read_measurement",
    "read_plan",
    "read_prompts",
    "visible",
]


def read_plan(path: Path) -> dict[str, Any]:
    """Returns a plan's data; CatalogueError lists everything wrong with its form, line by line."""
    from ._authoring.schema_render import Plan

    return _read(path, Plan)


def read_prompts(path: Path) -> dict[str, Any]:
    """Returns a prompt set's prompts; CatalogueError lists everything wrong with its form."""
    from ._authoring.schema_render import PromptSet

    prompts: dict[str, Any] = _read(path, PromptSet)["prompts"]
    return prompts


def _read(path: Path, schema: type[Any]) -> dict[str, Any]:
    from ._authoring.problems import schema_problems
    from ._authoring.yaml_text import Unreadable, read

    try:
        document = read(path)
    except Unreadable as error:
        raise CatalogueError(f"{path}:{error.line}: {error.message}") from None
    problems = schema_problems(str(path), document, schema)
    if problems:
        raise CatalogueError("\n".join(str(problem) for problem in problems))
    data: dict[str, Any] = document.data
    return data


def read_measurement(path: Path) -> dict[str, Any]:
    """Returns a measured sweep, wherever it lies; CatalogueError lists what is wrong in itself."""
    from ._authoring.check import parse
    from ._authoring.cross_measured import within
    from ._authoring.entry import Entry
    from ._authoring.problems import schema_problems
    from ._authoring.schema_measured import Measurement
    from ._authoring.yaml_text import Unreadable

    try:
        document = parse(path)
    except Unreadable as error:
        raise CatalogueError(f"{path}:{error.line}: {error.message}") from None
    problems = schema_problems(str(path), document, Measurement)
    if not problems:
        problems = list(within(Entry("measurement", path.stem, "", str(path), document, True)))
    if problems:
        raise CatalogueError("\n".join(str(problem) for problem in problems))
    data: dict[str, Any] = document.data
    return data


def manifest_problem(path: Path) -> str | None:
    """Returns what is wrong with the form of a manifest, wherever it lies; None when sound."""
    from ._authoring.check import parse
    from ._authoring.problems import schema_problems
    from ._authoring.schema_render import Manifest
    from ._authoring.yaml_text import Unreadable

    try:
        problems = schema_problems(str(path), parse(path), Manifest)
    except Unreadable as error:
        return f"{path}:{error.line}: {error.message}"
    return str(problems[0]) if problems else None


def file_problems(paths: Iterable[Path]) -> list[str]:
    """Returns everything wrong with these files of a checkout, alone and with all the others."""
    from ._authoring.check import check_paths

    return [str(problem) for problem in check_paths(paths)[1]]
