"""The one YAML reader of the house: safe, unique keys, YAML 1.2 scalars, a line for every value.

It walks parser events instead of composing nodes: depth is counted before anything nests, so fifty
thousand brackets are one message and not a crash. The parser is PyYAML's own; libyaml's is avoided
because it dies on such input.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml import events

from .._errors import is_hidden, visible

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32

Location = tuple[str | int, ...]
Scalar = str | int | float | bool | None

# YAML 1.2 core, less the forms that YAML 1.1 reads otherwise (0150, 1e3, .inf, 0x1F): those stay
# text, and a field that wants a number then says so.
_NULLS = frozenset(["", "~", "null", "Null", "NULL"])
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})?\.[0-9]{1,18}")


class Unreadable(Exception):
    """A file that cannot be read as one plain YAML document; carries the line and the sentence."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        self.message = message
        super().__init__(message)


@dataclass
class Document:
    """One parsed file: its data, and for each location the line and the text as written."""

    data: Any = None
    lines: dict[Location, int] = field(default_factory=dict)
    raw: dict[Location, str] = field(default_factory=dict)
    duplicates: list[tuple[Location, int, int]] = field(default_factory=list)

    def line(self, location: Location) -> int:
        """Returns the line of this location, or of the nearest mapping around it."""
        while location not in self.lines and location:
            location = location[:-1]
        return self.lines.get(location, 1)


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """Returns the text of a regular UTF-8 file, and never waits for a pipe or a device."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if path.is_symlink():
            raise Unreadable(1, "expected a regular file, got a symbolic link.") from None
        raise Unreadable(1, f"cannot be opened: {error.strerror}.") from None
    except ValueError:
        raise Unreadable(1, "cannot be opened: the name holds a NUL character.") from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise Unreadable(1, f"expected a regular file, got {_special(mode)}.")
    with os.fdopen(descriptor, "rb") as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise Unreadable(1, f"expected at most {limit // 1024} KB, got a larger file.")
    return _decode(content)


def _special(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a directory"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def _decode(content: bytes) -> str:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(
            line, f"expected UTF-8, got the byte 0x{content[error.start]:02x}."
        ) from None
    for number, written in enumerate(text.split("\n"), 1):
        _refuse_hidden(written.removesuffix("\r"), number)
    return text


def _refuse_hidden(text: str, line: int) -> None:
    if text.isprintable():
        return
    for character in text:
        if character != "\n" and is_hidden(character):
            hint = "Indent with spaces." if character == "\t" else "Remove it."
            raise Unreadable(
                line,
                f"expected plain text, got the hidden character U+{ord(character):04X}. {hint}",
            )


def parse(text: str) -> Document:
    """Returns the one document in this text, or raises Unreadable naming the line and the cause."""
    try:
        return _Builder().build(_events(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(mark.line + 1 if mark else 1, f"not YAML: {_cause(error)}.") from None
    except yaml.YAMLError as error:
        raise Unreadable(1, f"not YAML: {visible(error, 120)}.") from None
    except (ValueError, OverflowError):
        # PyYAML's scanner lets these through for a directive or an escape beyond any character.
        raise Unreadable(1, "not YAML: a number or an escape in it is out of range.") from None


def read(path: Path) -> Document:
    """Reads and parses one file."""
    return parse(read_text(path))


def _events(text: str) -> Iterator[Any]:
    loader = yaml.SafeLoader(text)
    try:
        while loader.check_event():
            yield loader.get_event()  # type: ignore[no-untyped-call]
    finally:
        loader.dispose()


def _cause(error: yaml.MarkedYAMLError) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    return visible(", ".join(parts) or "the text breaks off", 160)


class _Builder:
    """Turns parser events into plain data without recursion."""

    def __init__(self) -> None:
        self.document = Document()
        self.documents = 0
        # Each frame: the container, its location, and the key a mapping waits to fill.
        self.stack: list[tuple[Any, Location]] = []
        self.keys: list[str | None] = []

    def build(self, stream: Iterator[Any]) -> Document:
        for event in stream:
            line = event.start_mark.line + 1
            self._refuse(event, line)
            if isinstance(event, events.MappingStartEvent):
                self._open({}, line)
            elif isinstance(event, events.SequenceStartEvent):
                self._open([], line)
            elif isinstance(event, events.CollectionEndEvent):
                self.stack.pop()
                self.keys.pop()
            elif isinstance(event, events.ScalarEvent):
                self._scalar(event, line)
        if not self.documents:
            raise Unreadable(1, "expected a mapping of keys, got an empty file.")
        return self.document

    def _refuse(self, event: Any, line: int) -> None:
        if isinstance(event, events.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise Unreadable(line, "expected one document, got a second one. Remove the '---'.")
            if event.version or event.tags:
                raise Unreadable(line, "directives (%YAML, %TAG) are not allowed. Remove them.")
        if isinstance(event, events.AliasEvent):
            raise Unreadable(
                line, f"aliases are not allowed, got '*{visible(event.anchor)}'. Repeat the text."
            )
        if getattr(event, "anchor", None):
            raise Unreadable(
                line, f"anchors are not allowed, got '&{visible(event.anchor)}'. Repeat the text."
            )
        if getattr(event, "tag", None):
            raise Unreadable(line, f"tags are not allowed, got '{visible(event.tag)}'. Remove it.")

    def _open(self, container: Any, line: int) -> None:
        if len(self.stack) == MAX_DEPTH:
            raise Unreadable(line, f"expected at most {MAX_DEPTH} levels of nesting, got more.")
        location = self._place(container, line)
        self.stack.append((container, location))
        self.keys.append(None)

    def _scalar(self, event: Any, line: int) -> None:
        _refuse_hidden(event.value, line)  # a quoted "\\x1b" is one only now
        if self.stack and isinstance(self.stack[-1][0], dict) and self.keys[-1] is None:
            self._key(event, line)
            return
        plain = event.style is None
        location = self._place(resolve(event.value) if plain else event.value, line)
        if plain:
            self.document.raw[location] = event.value

    def _key(self, event: Any, line: int) -> None:
        key: str = event.value
        container, location = self.stack[-1]
        if event.style is None and key == "<<":
            raise Unreadable(line, "merge keys are not allowed, got '<<'. Repeat the keys.")
        if event.style is None and not isinstance(resolve(key), str):
            raise Unreadable(
                line, f"expected a key that is text, got {visible(key) or 'nothing'}. Quote it."
            )
        here = (*location, key)
        if key in container:
            self.document.duplicates.append((here, line, self.document.lines[here]))
        self.document.lines[here] = line
        self.keys[-1] = key

    def _place(self, value: Any, line: int) -> Location:
        if not self.stack:
            self.document.data = value
            self.document.lines[()] = line
            return ()
        container, location = self.stack[-1]
        if isinstance(container, list):
            here: Location = (*location, len(container))
            container.append(value)
            self.document.lines[here] = line
            return here
        key = self.keys[-1]
        if key is None:
            raise Unreadable(line, "expected a key that is text, got a list or a mapping.")
        self.keys[-1] = None
        container[key] = value
        return (*location, key)


def resolve(text: str) -> Scalar:
    """Returns what an unquoted scalar means: null, true, false, a decimal number, or its text."""
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
