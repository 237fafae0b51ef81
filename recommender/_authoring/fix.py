"""Puts right what has one right form only: `check --fix` rewrites files, a line says what changed.

What a person must decide (a figure, a sentence, an owner) is left to `check` to tell.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from .._errors import is_hidden, visible
from . import yaml_text
from .check import check_root

_SPACES = re.compile("[\u00a0\u2007\u202f]")
# Full-width and mathematical letters: the same letters in another costume.
_COSTUMES = re.compile("[\uff01-\uff5e\U0001d400-\U0001d7ff]+")


def fix(root: Path, files: Iterable[Path] | None = None) -> Iterator[str]:
    """Rewrites the authoring files of a checkout and yields one line for each file it changed.

    `files` narrows it to some. A file that cannot be read is passed over: `check` names it.
    """
    chosen = sorted(root.glob("settings/**/*.yaml")) if files is None else list(files)
    for path in chosen:
        try:
            text = path.read_bytes().decode("utf-8") if path.is_file() else ""
        except (OSError, UnicodeDecodeError):
            continue
        fixed, told = _plain(text)
        if text and told and not path.is_symlink():
            _write(path, fixed)
            yield f"{visible(path, 300)}: {', '.join(told)}."
    yield from _uncited(root, {path.resolve() for path in chosen})


def _plain(text: str) -> tuple[str, list[str]]:
    """Returns a text in its one right form, and what was wrong with it."""
    told = []
    steps = (
        ("line ends", lambda t: t.replace("\r\n", "\n")),
        (
            "hidden characters",
            lambda t: "".join(c for c in t if c in "\n\t" or not is_hidden(c)),
        ),
        ("odd spaces", lambda t: _SPACES.sub(" ", t)),
        (
            "letters in plain form",
            lambda t: _COSTUMES.sub(lambda m: unicodedata.normalize("NFKC", m[0]), t),
        ),
        ("characters composed", lambda t: unicodedata.normalize("NFC", t)),
        ("spaces at line ends", lambda t: re.sub(r"[ \t]+$", "", t, flags=re.MULTILINE)),
        ("the last line's end", lambda t: t.rstrip("\n") + "\n"),
    )
    for name, step in steps:
        changed = step(text)
        if changed != text:
            told.append(name)
            text = changed
    return text, told


def _uncited(root: Path, chosen: set[Path]) -> Iterator[str]:
    """Takes out sources that nothing cites, the block of lines as it stands in the file."""
    found: dict[Path, list[str]] = {}
    for problem in check_root(root, whole=False).problems:
        path = root / problem.file
        if "expected a source that something cites" in problem.message and (
            path.resolve() in chosen
        ):
            found.setdefault(path, []).append(problem.key.removeprefix("sources."))
    for path, keys in found.items():
        text = path.read_text(encoding="utf-8")
        for key in keys:
            block = rf"(?m)^  {re.escape(key)}:(?: .*)?\n(?:    .*\n?)*"
            text = re.sub(block, "", text, count=1)
        if _parses(text):
            _write(path, text)
            yield f"{visible(path, 300)}: removed sources nobody cites ({', '.join(keys)})."


def _parses(text: str) -> bool:
    try:
        yaml_text.parse(text)
    except yaml_text.Unreadable:
        return False
    return True


def _write(path: Path, text: str) -> None:
    """Replaces a file whole or not at all."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8", newline="\n")
    os.replace(beside, path)  # noqa: PTH105 - atomic, and says so by its name
