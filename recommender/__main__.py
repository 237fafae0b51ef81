"""The command line: recommend, identify, read, models, check, schema.

Exit codes: 0 fine, 1 findings, 2 unreadable input or a wrong command.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from ._errors import SweetspotError, visible

HELP = """\
usage: sweetspot MODEL [--json]            the settings for a model, and why
       sweetspot recommend MODEL [--json]  the same; [--scheduler NAME] [--task TASK] narrow it
       sweetspot recommend FILE [--as MODEL]  the settings for the model in a file
       sweetspot identify FILE ... [--json]   what model files are, by their headers alone
       sweetspot read FILE ... [--json]    the settings in pictures and workflows
       sweetspot models [--claims]         every model's answer [beside all its claims]
       sweetspot check [PATH ...]          every problem of the authoring files
       sweetspot schema [--out DIR]        the JSON Schema of those files, for editors
"""


class UsageError(Exception):
    """The command line itself is wrong."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; no traceback reaches the user."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _dispatch(given)
        sys.stdout.flush()
        return code
    except (SweetspotError, UsageError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        # The reader left (| head) or the disk is full. Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return 0
        print(f"The output cannot be written: {error.strerror}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _dispatch(given: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show '·' or '–' gets '?' and not a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if not given or given[0] in ("-h", "--help", "help"):
        print(HELP, end="")
        return 0 if given else 2
    commands: dict[str, Callable[[list[str]], int]] = {
        "recommend": _recommend,
        "identify": _identify,
        "read": _read,
        "models": _models,
        "check": _check,
        "schema": _schema,
    }
    command = commands.get(given[0])
    return command(given[1:]) if command else _recommend(given)


def _options(
    given: list[str], flags: Sequence[str], values: Sequence[str] = ()
) -> tuple[list[str], dict[str, str]]:
    """Parts words from options; a tenth of argparse, at none of its start-up time."""
    words: list[str] = []
    options: dict[str, str] = {}
    rest = iter(given)
    for word in rest:
        name, equals, value = word.partition("=")
        if word == "--":
            words += rest
        elif word in flags:
            options[word] = ""
        elif name in values:
            found = value if equals else next(rest, None)
            if found is None:
                raise UsageError(f"{name}: expected a value after it, got nothing.")
            options[name] = found
        elif word.startswith("-") and word != "-":
            known = ", ".join([*flags, *values]) or "none"
            raise UsageError(f"'{visible(word)}': unknown option. Known here: {known}.")
        else:
            words.append(word)
    return words, options


def _recommend(given: list[str]) -> int:
    words, options = _options(given, ["--json"], ["--scheduler", "--task", "--as"])
    if len(words) != 1:
        raise UsageError(
            f"recommend: expected one model, got {len(words)}. Quote a name with spaces."
        )
    from ._recommend import recommend

    found = recommend(
        words[0],
        scheduler=options.get("--scheduler"),
        task=options.get("--task"),
        known_as=options.get("--as"),
    )
    if "--json" in options:
        import json

        print(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
        return 0
    from ._show import lines

    print("\n".join(lines(found)))
    return 0


def _identify(given: list[str]) -> int:
    words, options = _options(given, ["--json"])
    if not words:
        raise UsageError("identify: expected a model file or a folder, got nothing.")
    from ._identify import command

    return command.run(words, as_json="--json" in options)


def _read(given: list[str]) -> int:
    words, options = _options(given, ["--json"])
    if not words:
        raise UsageError("read: expected a picture or a workflow, got nothing.")
    from ._metadata import command

    return command.read(words, as_json="--json" in options)


def _models(given: list[str]) -> int:
    words, options = _options(given, ["--claims"])
    if words:
        raise UsageError(f"models: expected no names, got '{visible(words[0])}'.")
    from ._catalog import catalogue
    from ._show import table

    print("\n".join(table(catalogue(), claims="--claims" in options)))
    return 0


def _check(given: list[str]) -> int:
    words, _ = _options(given, [])
    from pathlib import Path

    check = _authoring("_check")
    if words:
        count, problems = check.check_paths([Path(word) for word in words])
    else:
        root = _checkout()
        checked = check.check_root(Path(root))
        count, problems = checked.files, checked.problems
    for problem in problems:
        print(problem)
    files = "1 file" if count == 1 else f"{count} files"
    if not problems:
        print(f"{files}, no problems.")
        return 0
    print(f"{files}, {len(problems)} problem{'s' if len(problems) > 1 else ''}.", file=sys.stderr)
    return 2 if any(problem.unreadable for problem in problems) else 1


def _schema(given: list[str]) -> int:
    words, options = _options(given, [], ["--out"])
    if words:
        raise UsageError(f"schema: expected no names, got '{visible(words[0])}'.")
    import json
    from pathlib import Path

    schemas = _authoring("_registry").json_schemas()
    if "--out" not in options:
        print(json.dumps(schemas, indent=2))
        return 0
    folder = Path(options["--out"])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, schema in schemas.items():
            target = folder / f"{name}.schema.json"
            target.write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")
            print(visible(target, 300))
    except OSError as error:
        raise UsageError(f"{visible(folder)}: cannot be written: {error.strerror}.") from None
    return 0


def _authoring(name: str) -> Any:
    """Imports a module that needs the authoring extra, or says how to get it."""
    from importlib import import_module

    try:
        return import_module(f".{name}", __package__)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"This needs {error.name}, which is not installed. "
            "Run: pip install 'sweetspot[authoring]'"
        ) from None


def _checkout() -> str:
    from ._catalog import checkout

    root = checkout()
    if root is None:
        raise UsageError(
            "check: expected a checkout with settings/, got an installed package. Name a PATH."
        )
    return root


if __name__ == "__main__":
    sys.exit(main())
