# ruff: noqa: PTH113, PTH118
"""The commands that need a checkout: check, schema, and the studio."""

from __future__ import annotations

import os
import sys
from typing import Any

from ._arguments import UsageError
from ._errors import visible


def check(words: list[str], *, repair: bool = False) -> int:
    """Prints every problem of the authoring files and returns the exit code; may mend first."""
    from pathlib import Path

    checker = _authoring("check")
    if repair:
        named = [Path(word) for word in words] or None
        for line in _authoring("fix").fix(Path(_checkout()), named):
            print(line)
    if words:
        count, problems = checker.check_paths([Path(word) for word in words])
    else:
        root = _checkout()
        checked = checker.check_root(Path(root))
        count, problems = checked.files, checked.problems
    for problem in problems:
        print(problem)
    files = "1 file" if count == 1 else f"{count} files"
    if not problems:
        print(f"{files}, no problems.")
        return 0
    print(f"{files}, {len(problems)} problem{'s' if len(problems) > 1 else ''}.", file=sys.stderr)
    return 2 if any(problem.unreadable for problem in problems) else 1


def schema(out: str | None) -> int:
    """Prints the JSON Schemas of the authoring files, or writes them into a folder."""
    import json
    from pathlib import Path

    schemas = _authoring("registry").json_schemas()
    if out is None:
        print(json.dumps(schemas, indent=2))
        return 0
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, schema in schemas.items():
            target = folder / f"{name}.schema.json"
            target.write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")
            print(visible(target, 300))
    except OSError as error:
        raise UsageError(f"{visible(folder)}: cannot be written: {error.strerror}.") from None
    return 0


def studio(words: list[str]) -> int:
    """Runs the studio of this checkout in a process of its own and hands its exit code on."""
    from ._catalog import checkout

    root = checkout()
    if root is None or not os.path.isfile(os.path.join(root, "render", "__main__.py")):
        raise UsageError(
            "The studio runs from a checkout. Run: git clone "
            "https://github.com/sweetspot-guide/sweetspot && cd sweetspot && make guide"
        )
    import subprocess

    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "render", *words]
    code = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=False).returncode
    return code if code >= 0 else 128 - code  # as a shell gives the number of a signal


def _authoring(name: str) -> Any:
    """Imports a module that needs the authoring extra, or says how to get it."""
    from importlib import import_module

    try:
        return import_module(f"._authoring.{name}", __package__)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"This needs {error.name}, which is not installed. Run: pip install pydantic pyyaml"
        ) from None


def _checkout() -> str:
    from ._catalog import checkout

    root = checkout()
    if root is None:
        raise UsageError(
            "check: expected a checkout with settings/, got an installed package. Name a PATH."
        )
    return root
