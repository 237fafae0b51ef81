"""Hostile text in every field of the catalogue and of a manifest, through a real build."""

from __future__ import annotations

import json
import types
import typing
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile import ADDRESS, HOSTILE, KINDS, SAFE, poison_catalogue
from html_pages import elements, page_paths, text
from markup import prose
from pydantic import BaseModel
from small import CURVES

import recommender
from recommender._authoring.registry import KINDS as FILES
from recommender._authoring.schema_curve import Curve


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
    """Scripts, handlers and script addresses are those of the clean guide, page by page.

    A page may have fewer: settings in hostile words cannot be drawn live, which asks for no script.
    """
    assert active(hostile_guide)
    assert active(hostile_guide) - active(small_guide) == Counter()


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


def fields(schema: type[BaseModel], path: str = "") -> Iterator[str]:
    """Yields every key that a kind of file may have, from the outside in: tools.name."""
    for name, field in schema.model_fields.items():
        here = f"{path}{field.alias or name}"
        yield here
        for inner in _schemas(field.annotation):
            yield from fields(inner, f"{here}.")


def _schemas(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        if issubclass(annotation, BaseModel):
            yield annotation
        return
    for part in typing.get_args(annotation):
        yield from _schemas(part)


def there(value: Any, path: str = "") -> Iterator[str]:
    """Yields every key that data has, written as `fields` writes them, list and map left out."""
    if isinstance(value, list):
        for item in value:
            yield from there(item, path)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield f"{path}{key}"
            yield from there(item, f"{path}{key}.")
            # A map of ids: its values are what the schema speaks of.
            yield from there(item, path) if isinstance(item, dict | list) else ()


def strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yields every text of data with the key it stands under."""
    if isinstance(value, str):
        yield key, value
    for inner, item in value.items() if isinstance(value, dict) else ():
        yield from strings(item, str(inner))
    for item in value if isinstance(value, list) else ():
        yield from strings(item, key)


@pytest.mark.parametrize("kind", ["setting", "model", "scheduler", "schedule"])
def test_the_hostile_guide_has_every_field_that_a_file_may_have(kind: str, knowledge: Path) -> None:
    """A field that is added to a schema must be added here, or this fails."""
    (schema,) = (file.schema for file in FILES if file.name == kind)
    known = dict(recommender.catalogue(knowledge))[f"{kind}s"]
    used = {part for one in known.values() for part in there(one)}
    lost = {path.rsplit(".", 1)[-1] for path in fields(schema)} - {
        path.rsplit(".", 1)[-1] for path in used
    }
    assert lost == set()


def test_the_hostile_guide_has_every_field_of_a_computed_figure() -> None:
    """Both kinds of them together."""
    used = {
        part.rsplit(".", 1)[-1]
        for path in CURVES.glob("*.json")
        for part in there(json.loads(path.read_text("utf-8")))
    }
    assert {path.rsplit(".", 1)[-1] for path in fields(Curve)} - used == set()


def test_every_free_text_of_the_catalogue_is_hostile(knowledge: Path) -> None:
    """What is left as it was is held to a pattern or a list of words by its schema."""
    data = json.loads(json.dumps(dict(recommender.catalogue(knowledge))))
    poison_catalogue(data)
    spared = {
        (kind, key)
        for kind in KINDS
        for one in data[kind].values()
        for key, found in strings(one)
        if found not in (HOSTILE, ADDRESS)
    }
    assert {key for _, key in spared} <= SAFE | _inside_safe(data)


def _inside_safe(data: Any) -> set[str]:
    """Returns the keys that stand below a safe one, such as the ids of what was inherited."""
    if isinstance(data, list):
        return set().union(*map(_inside_safe, data)) if data else set()
    if not isinstance(data, dict):
        return set()
    found: set[str] = set()
    for key, value in data.items():
        found |= {inner for inner, _ in strings(value)} if key in SAFE else _inside_safe(value)
    return found


@pytest.mark.parametrize("page", ["models/flux-1-schnell", "settings/output-format", "schedulers"])
def test_each_kind_of_page_shows_hostile_text_letter_by_letter(
    hostile_guide: Path, page: str
) -> None:
    """Models with measurements, choices, the table of samplers."""
    words = text(hostile_guide / page / "index.html")
    assert "{{7*7}} {% raw %} ${7*7}" in words
    assert "<script>alert(1)</script>" in words


def test_a_hostile_figure_is_drawn_and_read_letter_by_letter(hostile_guide: Path) -> None:
    """In the drawing, in its words for a screen reader, in its table."""
    page = hostile_guide / "settings" / "inference-steps" / "index.html"
    drawings = [
        one for one in elements(page) if str(one.tag).endswith("}svg") and one.get("role") == "img"
    ]
    assert len(drawings) == 2
    assert all(one.get("aria-label") == " ".join(HOSTILE.split()) for one in drawings)
    assert all("{{7*7}}" in "".join(one.itertext()) for one in drawings)


def test_prose_alone_may_bring_markup_and_no_address_that_runs() -> None:
    """The one way in for Markdown, on the same text."""
    html = str(prose(HOSTILE))
    assert "<script" not in html
    assert "href" not in html
    assert "{{7*7}}" in prose("Write {{7*7}}.")
