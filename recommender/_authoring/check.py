"""Reads every authoring file of a checkout and collects every problem of all of them in one run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from . import cross, yaml_text
from .entry import Entry
from .problems import Problem, schema_problems
from .registry import KINDS, FileKind, locate, places
from .schema import SLUG

MAX_JSON_BYTES = 8 * 1024 * 1024
# Kinds whose folder bears an id too: a family of models, or the model that was measured.
_IN_A_NAMED_FOLDER = ("model", "measurement", "quality", "pairs")


@dataclass(frozen=True, slots=True)
class Checked:
    """All files of one checkout, and all their problems in order."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    files: int


def check_root(root: Path, today: date | None = None, *, whole: bool = True) -> Checked:
    """Checks every file of a checkout; `whole=False` leaves out the studio and the calendar.

    The catalogue is compiled with `whole=False`: it must depend on nothing but settings/.
    """
    entries: list[Entry] = []
    problems: list[Problem] = []
    files = 0
    for path, kind in _files(root, whole):
        files += 1
        file = path.relative_to(root).as_posix()
        if kind is None:
            problems.append(
                Problem(file, 1, "", f"expected a file the catalogue reads ({places()}).")
            )
            continue
        entry, found = _entry(path, kind, file)
        problems += found
        if entry:
            entries.append(entry)
    problems += cross.across(entries, (today or date.today()) if whole else None)
    return Checked(tuple(entries), tuple(sorted(set(problems))), files)


def check_paths(paths: Iterable[Path], today: date | None = None) -> tuple[int, list[Problem]]:
    """Checks the named files and folders, each within the checkout it lies in."""
    roots: dict[Path, set[str]] = {}
    problems: list[Problem] = []
    count = 0
    for path in paths:
        files = list(_walk(path)) if path.is_dir() and not path.is_symlink() else [path]
        if not files:
            problems.append(Problem(str(path), 1, "", "no YAML file in this folder.", True))
        for file in files:
            count += 1
            found = locate(_absolute(file))
            stray = _stray(file, found)
            if stray or found is None:
                problems += stray
            else:
                root = found[0]
                relative = _absolute(file).relative_to(root).as_posix()
                roots.setdefault(root, set()).add(relative)
    for root, chosen in roots.items():
        problems += [one for one in check_root(root, today).problems if one.file in chosen]
    return count, sorted(set(problems))


def _absolute(path: Path) -> Path:
    # Not resolve(): a link must be refused by its own name, not followed.
    return Path(os.path.abspath(path))  # noqa: PTH100


def _stray(path: Path, found: tuple[Path, FileKind] | None) -> list[Problem]:
    """Returns what keeps a named file from being judged within a checkout."""
    try:
        text = yaml_text.read_text(path, found[1].max_bytes if found else yaml_text.MAX_BYTES)
        if found is None:
            yaml_text.parse(text)
    except yaml_text.Unreadable as error:
        return [Problem(str(path), error.line, "", error.message, True)]
    if found is None:
        return [Problem(str(path), 1, "", f"expected a file the catalogue reads ({places()}).")]
    return []


def _files(root: Path, whole: bool) -> Iterator[tuple[Path, FileKind | None]]:
    seen: set[Path] = set()
    for kind in KINDS:
        if whole or kind.pattern.startswith("settings/"):
            for path in sorted(set(root.glob(kind.pattern)) - seen):
                seen.add(path)
                yield path, kind
    for path in _walk(root / "settings"):
        if path not in seen:
            yield path, None


def _walk(folder: Path) -> Iterator[Path]:
    """Yields the files under a folder in order, without following links to folders."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        for name in sorted(names):
            if name.endswith((".yaml", ".yml", ".json")):
                yield Path(here, name)


def _entry(path: Path, kind: FileKind, file: str) -> tuple[Entry | None, list[Problem]]:
    try:
        document = parse(path, kind.max_bytes)
    except yaml_text.Unreadable as error:
        return None, [Problem(file, error.line, "", error.message, True)]
    problems = schema_problems(file, document, kind.schema)
    sound = not problems
    stem = path.parent.name if path.name == "manifest.json" else path.stem
    family = path.parent.name if kind.name in _IN_A_NAMED_FOLDER else ""
    for word, what in ((stem, "file name"), (family, "folder name")):
        if word and not re.match(SLUG, word):
            message = f"{what}: expected an id of a–z, 0–9, '-' and '_', at most 64 long."
            problems.append(Problem(file, 1, "", message))
    return Entry(kind.name, stem, family, file, document, sound), problems


def parse(path: Path, max_bytes: int = MAX_JSON_BYTES) -> yaml_text.Document:
    """Returns an authoring file, YAML or JSON, as data with the lines it stood on."""
    if path.suffix != ".json":
        return yaml_text.read(path)
    text = yaml_text.read_text(path, max_bytes)
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise yaml_text.Unreadable(error.lineno, f"not JSON: {error.msg}.") from None
    except ValueError as error:
        raise yaml_text.Unreadable(1, f"not JSON: {error}.") from None
    except RecursionError:
        raise yaml_text.Unreadable(1, "not JSON: nested too deeply.") from None
    return yaml_text.Document(data, {(): 1})


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")
