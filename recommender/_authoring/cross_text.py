"""What a text must not do: look like other letters, link to what moves, or stand on two pages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from .._errors import visible
from .cross_parts import problem
from .entry import Entry
from .problems import Problem
from .yaml_text import Location

_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "FULLWIDTH", "MATHEMATICAL")
# Letters of science that stand alone or beside a Latin one on purpose: µ, σ, η, Δ …
_SCIENCE = frozenset("µμσΣηρφγαβδΔεθλπτχΩ")
_ADDRESS = re.compile(r"\]\(\s*<?([^)\s>]*)|^\s*\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
_REFERENCE = re.compile(r"\]\[([^\]]+)\]")
_DEFINED = re.compile(r"^\s*\[([^\]]+)\]:\s*\S+", re.MULTILINE)
_CODE = re.compile(r"`[^`]*`")
_MOVING = re.compile(r"https://(?:github\.com|huggingface\.co)/[^\s]+?/(?:blob|tree|raw|resolve)/")
_COMMIT = re.compile(r"/(?:blob|tree|raw|resolve)/[0-9a-f]{40}/")
_END = re.compile(r"(?<=[.!?])[\"'”’)*_]*\s+(?=[A-Z0-9\"'“`*\[])")
_PROSE = ("summary", "what_it_does", "cost", "tips", "mistakes")
_LOOKED = (("comparisons", "look_for"), ("curves", "look_for"))
_FEWEST_WORDS = 4


def text_problems(entry: Entry) -> Iterator[Problem]:
    """Yields what any text of a file gets wrong, wherever it stands."""
    for location, text in _texts(entry.data):
        for word in re.findall(r"\w+", text):
            scripts = _scripts(word)
            told = " and ".join(script.capitalize() for script in scripts)
            if len(scripts) > 1:
                message = f"expected one script in a word, got {told} in '{visible(word)}'."
                yield problem(entry, location, message)
            elif scripts not in ([], ["LATIN"]):
                message = f"expected Latin letters, got {told} in '{visible(word)}'."
                yield problem(entry, location, message)
        if unicodedata.normalize("NFC", text) != text:
            message = "expected composed characters (NFC), got others. Run: check --fix"
            yield problem(entry, location, message)
    if entry.kind == "setting":
        for location, text in _texts(entry.data):
            if location[0] in ("sources", "tools", "aliases"):
                continue
            yield from _links(entry, location, text)


def _texts(value: Any, location: Location = ()) -> Iterator[tuple[Location, str]]:
    if isinstance(value, str):
        yield location, value
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, child in items:
        yield from _texts(child, (*location, key))


def _scripts(word: str) -> list[str]:
    """Returns the scripts of a word's letters, of those that look alike; science is left out."""
    if word.isascii():
        return []
    found: dict[str, None] = {}
    for letter in word:
        if letter.isalpha() and letter not in _SCIENCE:
            name = unicodedata.name(letter, "").split(" ", 1)[0]
            if name in _SCRIPTS:
                found[name] = None
    return list(found)


def _links(entry: Entry, location: Location, text: str) -> Iterator[Problem]:
    """Links lead to https, files on GitHub and Hugging Face at a commit, and names are defined."""
    plain = _CODE.sub("", text)
    for match in _ADDRESS.finditer(plain):
        address = match[1] or match[2] or ""
        if not address.startswith("https://"):
            message = f"expected an address that begins with https://, got '{visible(address)}'."
            yield problem(entry, location, message)
        elif _MOVING.match(address) and not _COMMIT.search(address):
            message = f"expected a link to a commit of 40 digits, got '{visible(address, 200)}'."
            yield problem(entry, location, message)
    defined, used = set(_DEFINED.findall(plain)), set(_REFERENCE.findall(plain))
    for name in sorted(used - defined):
        message = f"expected an address for [{visible(name)}], got none."
        yield problem(entry, location, message)
    for name in sorted(defined - used):
        message = f"expected a link that uses [{visible(name)}], got none. Remove it."
        yield problem(entry, location, message)


def sentences_once(settings: Iterable[Entry]) -> Iterator[Problem]:
    """No sentence stands on two pages: who reads both learns something on each."""
    owners: dict[str, Entry] = {}
    for entry in settings:
        for location, text in _prose(entry.data):
            for sentence in sentences(text):
                owner = owners.setdefault(sentence, entry)
                if owner is not entry:
                    message = f"expected a sentence of its own, got one of {owner.file}: "
                    message += f"'{visible(sentence)}'."
                    yield problem(entry, location, message)


def _prose(data: dict[str, Any]) -> Iterator[tuple[Location, str]]:
    for key in _PROSE:
        yield from _texts(data[key], (key,)) if key in data else ()
    for name, band in data.get("values", {}).items():
        yield ("values", name, "text"), band["text"]
    for key, field in (("choices", "text"), ("works_with", "effect"), *_LOOKED):
        for index, item in enumerate(data.get(key, [])):
            yield (key, index, field), item[field]


def sentences(text: str) -> list[str]:
    """Returns the sentences of a Markdown text, without links, marks and case, short ones left out.

    A sentence of fewer than four words ("Rule of thumb.") may stand anywhere.
    """
    plain = _DEFINED.sub("", text)
    plain = re.sub(r"\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])", r"\1", plain)
    found = []
    for block in re.split(r"\n\s*\n|\n\s*[*-] ", plain):
        for sentence in _END.split(" ".join(block.split())):
            words = re.sub(r"[^\w%×.-]+", " ", sentence.lower()).strip(" .").split()
            if len(words) >= _FEWEST_WORDS:
                found.append(" ".join(words))
    return found
