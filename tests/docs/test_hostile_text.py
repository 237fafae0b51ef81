"""Hostile text in every field of the catalogue and of a manifest, through a real build."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from html_pages import elements, page_paths, text


def active(site: Path) -> Counter[tuple[str, str]]:
    """Counts whatever a browser would run: scripts, handlers, addresses, foreign elements."""
    found: Counter[tuple[str, str]] = Counter()
    for page in page_paths(site):
        name = page.relative_to(site).as_posix()
        for element in elements(page):
            if not isinstance(element.tag, str):
                continue
            if element.tag in {"script", "style", "iframe", "object", "embed", "textarea", "base"}:
                found[name, element.tag] += 1
            for attribute, value in element.attrib.items():
                if attribute.startswith("on"):
                    found[name, attribute] += 1
                if "".join(value.split()).lower().startswith(("javascript:", "vbscript:", "data:")):
                    found[name, value] += 1
    return found


def test_hostile_text_adds_nothing_a_browser_would_run(
    hostile_guide: Path, small_guide: Path
) -> None:
    """Scripts, handlers and script addresses are those of the clean guide, page by page."""
    assert active(hostile_guide) == active(small_guide)


def test_hostile_text_adds_no_element_that_a_field_may_not_have(
    hostile_guide: Path, small_guide: Path
) -> None:
    """Prose may bring emphasis, code, links and lists; nothing else appears, nothing breaks out."""
    prose = {"a", "em", "strong", "code", "p", "br", "li", "ul", "ol", "pre", "blockquote", "span"}

    def kinds(site: Path) -> set[tuple[str, str]]:
        return {
            (page.relative_to(site).as_posix(), element.tag)
            for page in page_paths(site)
            for element in elements(page)
            if isinstance(element.tag, str) and element.tag not in prose
        }

    assert kinds(hostile_guide) - kinds(small_guide) == set()


def test_hostile_text_is_readable_as_it_was_written(hostile_guide: Path) -> None:
    """The title, a summary's tag and a template's braces are shown letter by letter."""
    words = text(hostile_guide / "settings" / "inference-steps" / "index.html")
    assert "<script>alert(1)</script>" in words
    assert "{{7*7}} {% raw %} ${7*7}" in words
    assert "evil" in words
    assert "49" not in words


def test_hostile_text_reaches_no_head_element(hostile_guide: Path, small_guide: Path) -> None:
    """Title and description keep to their own element and attribute."""
    for page in page_paths(hostile_guide):
        clean = small_guide / page.relative_to(hostile_guide)
        heads = [
            [e.tag for e in elements(path) if e.tag in {"meta", "link", "title", "h1"}]
            for path in (page, clean)
        ]
        assert heads[0] == heads[1], page
