"""The command line: recommend, identify, read, models, check, schema.

Exit codes: 0 fine, 1 findings, 2 unreadable input or a wrong command.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ._arguments import HelpAsked, UsageError, budget_in, number, options_in
from ._errors import SweetspotError, visible

if TYPE_CHECKING:
    from ._recommend.answer import Recommendation

HELP = """\
usage: sweetspot MODEL [--json]            the settings for a model, and why
       sweetspot recommend MODEL [--json]  the same; MODEL may be a file, then [--as MODEL]
         [--goal draft|balanced|final]       fewer steps, the usual, or the most that help
         [--scheduler NAME] [--lora NAME]    another scheduler; an accelerator LoRA
         [--task TASK] [--strength 0.6]      another task; a start from a picture
         [--budget 40 | --budget 12s@0.5]    network calls; seconds at seconds a call
       sweetspot identify FILE ... [--json]   what model files are, by their headers alone
       sweetspot read FILE ... [--json]    the settings in pictures and workflows
       sweetspot lint FILE ... [--model MODEL] [--format text|json|github]  what is wrong in them
       sweetspot export MODEL --to TOOL    what to paste there; [--prompt TEXT] [--seed N]
       sweetspot explain SETTING           a setting under any tool's name for it
       sweetspot models [--claims]         every model's answer [beside all its claims]
       sweetspot check [--fix] [PATH ...]  every problem of the authoring files, or mended
       sweetspot schema [--out DIR]        the JSON Schema of those files, for editors
       sweetspot render|measure ...        the studio, in a checkout: python -m render ...
       sweetspot COMMAND --help            one command and all its options; sweetspot --version
"""
_START = len("usage: ")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; no traceback reaches the user."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _dispatch(given)
        sys.stdout.flush()
        return code
    except HelpAsked as asked:
        print(_usage(given[0], asked.args))
        return 0
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
    if given == ["--version"]:
        from importlib.metadata import version

        print(f"sweetspot {version('sweetspot')}")
        return 0
    commands: dict[str, Callable[[list[str]], int]] = {
        "recommend": _recommend,
        "identify": _identify,
        "read": _read,
        "lint": _lint,
        "export": _export,
        "explain": _explain,
        "models": _models,
        "check": _check,
        "schema": _schema,
        "render": lambda words: _studio(words or ["--help"]),
        "measure": lambda words: _studio(["measure", *words]),
    }
    command = commands.get(given[0])
    return command(given[1:]) if command else _recommend(given)


def _usage(command: str, options: Sequence[str]) -> str:
    """Returns the help's lines about a command, and every option that it takes."""
    entries: list[list[str]] = []
    for line in HELP.splitlines():
        if line[_START:].startswith("sweetspot"):
            entries.append([])
        entries[-1].append(line[_START:])
    found = [entry for entry in entries if entry[0].startswith(f"sweetspot {command} ")]
    lines = [line for entry in found or entries[:2] for line in entry]
    return "\n".join([*lines, f"options: {', '.join(options) or 'none'}"])


_NARROWING = ("--scheduler", "--goal", "--task", "--strength", "--lora", "--budget", "--as")


def _recommend(given: list[str]) -> int:
    words, options = options_in(given, ["--json"], _NARROWING)
    if len(words) != 1:
        raise UsageError(
            f"recommend: expected one model, got {len(words)}. Quote a name with spaces."
        )
    found = _answer(words[0], options)
    if "--json" in options:
        import json

        print(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
        return 0
    from ._show import lines

    print("\n".join(lines(found)))
    return 0


def _answer(name: str, options: dict[str, str]) -> Recommendation:
    """Returns the recommendation that the narrowing options of a command ask for."""
    from ._recommend.recommend import recommend

    return recommend(
        name,
        scheduler=options.get("--scheduler"),
        goal=options.get("--goal", "balanced"),
        loras=tuple(options["--lora"].split(",")) if "--lora" in options else (),
        task=options.get("--task"),
        strength=number("--strength", options),
        budget=budget_in(options),
        known_as=options.get("--as"),
    )


def _identify(given: list[str]) -> int:
    words, options = options_in(given, ["--json"])
    if not words:
        raise UsageError("identify: expected a model file or a folder, got nothing.")
    from ._identify import command

    return command.run(words, as_json="--json" in options)


def _read(given: list[str]) -> int:
    words, options = options_in(given, ["--json"])
    if not words:
        raise UsageError("read: expected a picture or a workflow, got nothing.")
    from ._metadata import command

    return command.read(words, as_json="--json" in options)


def _lint(given: list[str]) -> int:
    words, options = options_in(given, [], ["--model", "--format"])
    if not words:
        raise UsageError("lint: expected a picture, a workflow or settings as JSON, got nothing.")
    from ._lint import command

    return command.run(words, model=options.get("--model"), form=options.get("--format", "text"))


def _export(given: list[str]) -> int:
    said = ["--to", "--prompt", "--negative-prompt", "--seed"]
    words, options = options_in(given, [], [*said, *_NARROWING])
    if len(words) != 1 or "--to" not in options:
        from ._export import TOOLS

        raise UsageError(
            f"export: expected one model and --to TOOL. The tools: {', '.join(TOOLS)}."
        )
    seed = options.get("--seed")
    if seed is not None and not seed.isdecimal():
        raise UsageError(f"--seed: expected a whole number from 0, got '{visible(seed)}'.")
    from ._export import command

    return command.run(
        _answer(words[0], options),
        options["--to"],
        prompt=options.get("--prompt", ""),
        negative_prompt=options.get("--negative-prompt", ""),
        seed=None if seed is None else int(seed),
    )


def _explain(given: list[str]) -> int:
    words, options = options_in(given, ["--json"])
    if not words:
        raise UsageError("explain: expected the name of a setting, got nothing.")
    from ._settings import command

    return command(" ".join(words), as_json="--json" in options)


def _models(given: list[str]) -> int:
    words, options = options_in(given, ["--claims"])
    if words:
        raise UsageError(f"models: expected no names, got '{visible(words[0])}'.")
    from ._catalog import catalogue
    from ._show import table

    print("\n".join(table(catalogue(), claims="--claims" in options)))
    return 0


def _check(given: list[str]) -> int:
    words, options = options_in(given, ["--fix"])
    from ._checkout import check

    return check(words, repair="--fix" in options)


def _schema(given: list[str]) -> int:
    words, options = options_in(given, [], ["--out"])
    if words:
        raise UsageError(f"schema: expected no names, got '{visible(words[0])}'.")
    from ._checkout import schema

    return schema(options.get("--out"))


def _studio(given: list[str]) -> int:
    from ._checkout import studio

    return studio(given)


if __name__ == "__main__":
    sys.exit(main())
