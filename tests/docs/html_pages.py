"""Reads a built site with an HTML5 parser, as a browser does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib

BASE = "http://site/"


def page_paths(site: Path) -> list[Path]:
    """Returns every page of a site."""
    return sorted(site.rglob("*.html"))


@cache
def _document(content: bytes) -> Element:
    """Parses a page once for all tests that ask about it: it takes as long as building it."""
    return html5lib.parse(content, transport_encoding="utf-8", namespaceHTMLElements=False)


def elements(path: Path) -> Iterator[Element]:
    """Yields every element of a page."""
    return _document(path.read_bytes()).iter()


def text(path: Path) -> str:
    """Returns the words of a page, spaces made one."""
    return " ".join("".join(_document(path.read_bytes()).itertext()).split())


class Tag(NamedTuple):
    """An element as it is written."""

    tag: str
    attributes: dict[str, str | None]

    def get(self, name: str, default: str | None = None) -> str | None:
        """Returns an attribute, as an element of a tree does."""
        return self.attributes.get(name, default)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Tag] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes an element."""
        self.found.append(Tag(tag, dict(attrs)))


@cache
def tags(path: Path) -> list[Tag]:
    """Returns every element of a page as it is written: for many pages, as no tree is built."""
    parser = _Tags()
    parser.feed(path.read_text(encoding="utf-8"))
    parser.close()
    return parser.found


def addresses(path: Path) -> Iterator[tuple[str, str]]:
    """Yields the kind and value of every address on a page: link, resource or anchor."""
    for element in tags(path):
        for attribute in ("href", "src", "poster", "data", "action", "srcset"):
            value = element.get(attribute)
            if value is not None:
                kind = "link" if element.tag == "a" else "resource"
                yield kind, value


def target(site: Path, page: Path, address: str) -> Path | None:
    """Returns the file a relative address leads to, or None where it leaves the site."""
    here = BASE + page.relative_to(site).as_posix().removesuffix("index.html")
    split = urlsplit(urljoin(here, address))
    if f"{split.scheme}://{split.netloc}/" != BASE:
        return None
    path = site / unquote(split.path).lstrip("/")
    return path / "index.html" if split.path.endswith("/") else path


class _Parts(HTMLParser):
    """Collects elements, attributes and classes; some four times as fast as building the tree."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: set[tuple[str, str, str]] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes an element with its attributes, and what it is by class, role or type."""
        self.found.add((tag, "", ""))
        for name, value in attrs:
            told = value or "" if name in ("class", "role", "type") else ""
            self.found.add((tag, name, told))


def covering(site: Path) -> list[Path]:
    """Returns a few pages that together have every element, attribute and class of a site."""
    parts = {page: _Parts(page).found for page in site.rglob("index.html")}
    left, chosen = set().union(*parts.values()), []
    while left:
        chosen.append(max(sorted(parts), key=lambda page: len(parts[page] & left)))
        left -= parts[chosen[-1]]
    return chosen
