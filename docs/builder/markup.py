"""Makes text from the catalogue harmless before it enters a page.

Two ways in, no third: `inert` for names, labels and one-line texts (shown letter by letter) and
`prose` for Markdown fields (rendered here, then reduced to an allow-list). Both return `Markup`,
so a template that prints any other value prints it through `inert`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import markdown  # type: ignore[import-untyped]  # it ships no types
import nh3
from markupsafe import Markup

# Whatever opens a construct in Markdown, HTML or a template language. As character references
# these signs mean nothing to any of them, so one escape serves headings, cells and attributes.
_OPENS = re.compile(r"""[&<>"`*_{}\[\]\\#!|~^$]""")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")
_ALLOWED_TAGS = {"p", "em", "strong", "code", "pre", "ul", "ol", "li", "a", "blockquote", "br"}


def inert(value: object) -> Markup:
    """Returns a value as one line of text that no renderer interprets."""
    if isinstance(value, Markup):
        return value
    text = " ".join(figure(value).split())
    return Markup(_OPENS.sub(lambda match: f"&#{ord(match[0])};", text))


def slug(value: str) -> Markup:
    """Returns an id for a code block, where character references would show; refuses all else."""
    if not _SLUG.fullmatch(value):
        raise ValueError(f"{value!r}: expected an id of a–z, 0–9, '-' and '_'")
    return Markup(value)


def figure(value: object) -> str:
    """Writes a value as people write it: 3 for 3.0, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)


@functools.cache
def _renderer() -> markdown.Markdown:
    renderer = markdown.Markdown(extensions=["sane_lists"], output_format="html")
    # Without these two, a tag in the text is text: it is escaped, not passed through.
    renderer.preprocessors.deregister("html_block")
    renderer.inlinePatterns.deregister("html")
    return renderer


def prose(text: str) -> Markup:
    """Renders a Markdown field to sanitised HTML, as one block without blank lines."""
    clean = nh3.clean(
        _renderer().reset().convert(text),
        tags=_ALLOWED_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https"},
        link_rel="noopener",
    )
    # A blank line would end the HTML block for a CommonMark renderer; in <pre> it must stay one.
    return Markup(re.sub(r"\n\s*\n", "\n&#10;" if "<pre>" in clean else "\n", clean))


def prose_line(text: str) -> Markup:
    """Renders a one-paragraph Markdown field without its paragraph."""
    html = prose(text)
    single = html.startswith("<p>") and html.endswith("</p>") and html.count("<p>") == 1
    return Markup(html[3:-4]) if single else html


def breakable(name: str) -> Markup:
    """Returns a path or file name that may go on in the next line where its parts meet."""
    return Markup("").join(
        inert(part) + (Markup("<wbr>") if part in "/_" else "")
        for part in re.split(r"([/_])", name)
        if part
    )


def parted(name: str) -> Markup:
    """Returns a class name that may go on in the next line before each of its words."""
    parts = re.split(r"(?<=[a-z])(?=[A-Z])", name)
    return Markup("<wbr>").join(inert(part) for part in parts)


def source_url(source: Mapping[str, Any]) -> str | None:
    """Returns a source's address, or None if it is no web address."""
    url = str(source.get("url") or "")
    return url if urlsplit(url).scheme in ("http", "https") else None


def source_label(source: Mapping[str, Any], short: bool = False, only_file: bool = False) -> str:
    """Names a source in a few words: repository and file, or the page's host.

    `short` leaves out the file, `only_file` the repository, where it was named just before.
    """
    if not source.get("repo"):
        return urlsplit(str(source.get("url") or "")).netloc or "a page"
    file = str(source.get("path") or "").rsplit("/", 1)[-1]
    if only_file and file:
        return file
    return str(source["repo"]) if short or not file else f"{source['repo']} · {file}"
