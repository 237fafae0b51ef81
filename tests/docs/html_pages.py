"""Reads a built site with an HTML5 parser, as a browser does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib

BASE = "http://site/"


def page_paths(site: Path) -> list[Path]:
    """Returns every page of a site."""
    return sorted(site.rglob("*.html"))


def elements(path: Path) -> Iterator[Element]:
    """Yields every element of a page."""
    with path.open("rb") as stream:
        document = html5lib.parse(stream, transport_encoding="utf-8", namespaceHTMLElements=False)
    return document.iter()


def text(path: Path) -> str:
    """Returns the words of a page, spaces made one."""
    with path.open("rb") as stream:
        document = html5lib.parse(stream, transport_encoding="utf-8", namespaceHTMLElements=False)
    return " ".join("".join(document.itertext()).split())


def addresses(path: Path) -> Iterator[tuple[str, str]]:
    """Yields the kind and value of every address on a page: link, resource or anchor."""
    for element in elements(path):
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
