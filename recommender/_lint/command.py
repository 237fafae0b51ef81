"""`sweetspot lint FILE …`: findings as text, as one JSON document, or as GitHub annotations."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from .._catalog import catalogue
from .._errors import AmbiguousModelError, SweetspotError, UnknownModelError, visible
from .._hosted import endpoint_named
from .._metadata.values import shown
from .engine import Judged, judged
from .finding import Finding

FORMATS = ("text", "json", "github")
# GitHub's words for a workflow command.
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def run(paths: Sequence[str], *, model: str | None = None, form: str = "text") -> int:
    """Prints what is wrong in each file.

    Returns 0 where there is nothing but notes, 1 for warnings or worse, 2 where a file could not
    be read, or where the model or the format is none.
    """
    if form not in FORMATS:
        known = ", ".join(FORMATS)
        print(f"lint: --format: expected one of {known}, got '{visible(form)}'.", file=sys.stderr)
        return 2
    if model is not None and not _model_is_known(model):
        return 2
    results: list[tuple[str, Judged, str | None]] = []
    for path in paths:
        try:
            results.append((path, judged(path, model), None))
        except SweetspotError as error:
            results.append((path, Judged((), ""), str(error)))
    _print(results, form)
    if any(problem is not None for _, _, problem in results):
        return 2
    bad = any(one.severity != "note" for _, found, _ in results for one in found.findings)
    return 1 if bad else 0


def _model_is_known(model: str) -> bool:
    from .._names import file_stem

    try:
        if endpoint_named(model) is None:
            catalogue().find(file_stem(model))
    except (UnknownModelError, AmbiguousModelError) as error:
        print(error, file=sys.stderr)
        return False
    return True


def _print(results: list[tuple[str, Judged, str | None]], form: str) -> None:
    if form == "json":
        files = [
            {"file": path, "error": problem, "findings": [one.to_dict() for one in found.findings]}
            for path, found, problem in results
        ]
        # Escaped to ASCII: a file's name may hold what a terminal would act on.
        print(json.dumps({"files": files}, indent=2))
        return
    for path, found, problem in results:
        if problem is not None:
            print(problem, file=sys.stderr)
            if form == "github":
                print(_annotation("error", path, "unreadable", problem))
        elif form == "github":
            for one in found.findings:
                text = f"{one.where}: {one.message} {one.fix}"
                print(_annotation(_COMMANDS[one.severity], path, one.rule, text))
        else:
            print("\n".join(lines(path, found.findings, found.verdict)))


def lines(path: str, findings: Sequence[Finding], verdict: str = "") -> list[str]:
    """Returns the findings of one file for people; nothing from the file stands there raw."""
    name = shown(path, 300)
    if not findings:
        return [f"{name}: no findings."]
    out = []
    for one in findings:
        out.append(f"{name}: {one.severity}: {one.where}: {one.message} [{one.rule}]")
        out += [f"  {part}" for part in (one.why, one.fix) if part]
    count = len(findings)
    total = f"{count} finding{'s' if count > 1 else ''}."
    return [*out, f"{name}: {total} {verdict}".rstrip()]


def _annotation(command: str, path: str, title: str, text: str) -> str:
    """Returns a workflow command; what could end it or begin another is escaped.

    The rules are those of actions/toolkit packages/core/src/command.ts: escapeData, escapeProperty.
    """
    return f"::{command} file={_property(path)},title={_property(title)}::{_data(text)}"


def _data(text: str) -> str:
    shown_as = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return visible(shown_as, 4000)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
