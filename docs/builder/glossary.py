"""Explains a word of the glossary where a page first uses it: a button, and a native popover.

The browser opens and closes it, by mouse, finger and keyboard; there is no script to load.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from markdown.extensions.toc import slugify  # type: ignore[import-untyped]  # it ships no types
from markup import prose_line
from markupsafe import escape

# Everyday words: a mark on each would be noise. Their page explains them all the same.
PLAIN = {
    *("step", "token", "claim", "mask", "strength", "schedule", "attention", "precision"),
    *("pipeline", "flow", "mu", "worse", "draft", "unfinished", "checkpoint", "refiner"),
    "no visible gain",
}
_TAG = re.compile(r"""(<(?:[^>"']|"[^"]*"|'[^']*')*>)""")
_NAME = re.compile(r"</?([a-z0-9-]+)", re.IGNORECASE)
_VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
# Where a word is running text, and what inside it is not.
_PROSE = {"p", "li"}
_NOT_PROSE = {
    *("a", "button", "code", "pre", "kbd", "q", "h1", "h2", "h3", "h4", "h5", "h6", "summary"),
    *("label", "output", "figure", "figcaption", "table", "dl", "script", "style", "svg"),
    *("nav", "small", "del", "details"),
}
_CLASSES = {"crumb", "aka", "rendered-with", "row-name", "evidence", "sources", "legend"}
_CLASS = re.compile(r'class="([^"]*)"')
_ARTICLE = re.compile(r"<article\b[^>]*>")
_H1 = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)


@dataclass(frozen=True)
class Word:
    """A term, its anchor on the page of words, and its explanation as HTML."""

    term: str
    anchor: str
    text: str


class Open(NamedTuple):
    """An open element, and whether the text in it is prose, or shut to words all the same."""

    name: str
    prose: bool
    shut: bool


@functools.cache
def read(markdown: str) -> dict[str, Word]:
    """Returns the glossary's words by each of their names in small letters."""
    found: dict[str, Word] = {}
    for block in re.split(r"^### ", markdown, flags=re.MULTILINE)[1:]:
        title, _, body = block.partition("\n")
        first = re.split(r"\n\s*\n|^#", body.strip(), maxsplit=1, flags=re.MULTILINE)[0]
        word = Word(title.strip(), slugify(title.strip(), "-"), prose_line(first))
        for name in title.split(","):
            found[name.strip().lower()] = word
    return {name: word for name, word in found.items() if name not in PLAIN}


def explain(page: str, words: Mapping[str, Word], root: str) -> str:
    """Marks each word's first use in a page's prose; `root` leads to the site's root."""
    begun = _ARTICLE.search(page) if words else None
    if begun is None or (end := page.find("</article>", begun.end())) < 0:
        return page
    start = begun.end()
    return page[:start] + _article(page[start:end], words, root) + page[end:]


def _article(html: str, words: Mapping[str, Word], root: str) -> str:
    heading = _H1.search(html)
    title = heading[1].lower() if heading else ""
    # A page about a word explains it itself.
    left = {name: word for name, word in words.items() if name not in title}
    used: dict[str, Word] = {}
    marked = _marked(html, left, used)
    notes = "".join(
        f'<div class="word-note" popover id="word-{word.anchor}">'
        f"<p><strong>{escape(word.term)}.</strong> {word.text}</p>"
        f'<p><a href="{root}words/#{word.anchor}">All words</a></p></div>'
        for word in used.values()
    )
    return marked + notes


def _marked(html: str, left: Mapping[str, Word], used: dict[str, Word]) -> str:
    """Puts a button around each word's first use; `used` collects the words by anchor."""
    if not left:
        return html
    pattern = _pattern(tuple(left))

    def button(match: re.Match[str]) -> str:
        found = " ".join(match[0].lower().split())
        word = left.get(found) or left[found.removesuffix("s")]
        if word.anchor in used:
            return match[0]
        used[word.anchor] = word
        target = f'popovertarget="word-{word.anchor}"'
        return f'<button type="button" class="word" {target}>{match[0]}</button>'

    parts: list[str] = []
    stack: list[Open] = []
    for part in _TAG.split(html):
        if part.startswith("<"):
            _follow(part, stack)
        elif stack and stack[-1].prose and not stack[-1].shut:
            part = pattern.sub(button, part)
        parts.append(part)
    return "".join(parts)


@functools.cache
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    longest = sorted(names, key=len, reverse=True)
    words = "|".join(r"\s+".join(map(re.escape, name.split())) for name in longest)
    return re.compile(rf"(?<![\w-])(?:{words})s?(?![\w-])", re.IGNORECASE)


def _follow(tag: str, stack: list[Open]) -> None:
    """Keeps the open elements, each with whether it or one around it holds prose, or shuts it."""
    named = _NAME.match(tag)
    name = named[1].lower() if named else ""
    if not name or name in _VOID:
        return
    if tag.startswith("</"):
        while stack and stack.pop().name != name:
            pass
        return
    _, prose, shut = stack[-1] if stack else Open("", False, False)
    shut = shut or name in _NOT_PROSE or "-" in name or _is_apart(tag)
    stack.append(Open(name, prose or name in _PROSE, shut))


def _is_apart(tag: str) -> bool:
    classes = _CLASS.search(tag)
    return bool(classes and not _CLASSES.isdisjoint(classes[1].split()))
