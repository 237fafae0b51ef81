"""No sentence stands on two pages of the built guide: who reads both learns something on each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from html_pages import elements

import recommender
from recommender._authoring.cross_text import sentences

ROOT = Path(__file__).resolve().parents[2]
# What is told in words of its own; tables, sources and what all figures say are not.
TOLD = {"lead", "prose", "look-for"}
FIXED = {"sources", "told"}
HAND_WRITTEN = ("", "start-here/", "words/", "how-this-guide-is-made/")


def page(site: Path, uri: str) -> Path:
    return site / uri / "index.html"


def told(path: Path) -> Iterator[str]:
    """Yields the blocks of a setting's page that its file wrote."""
    for element in elements(path):
        kinds = set((element.get("class") or "").split())
        if kinds & TOLD and not kinds & FIXED:
            yield from blocks(element)


def written(path: Path) -> Iterator[str]:
    """Yields the blocks of a hand-written page, without the figures put into it."""
    (article,) = (element for element in elements(path) if element.tag == "article")
    for element in article:
        if "comparison" not in (element.get("class") or ""):
            yield from blocks(element)


def blocks(element: Element) -> Iterator[str]:
    """Yields the text of each paragraph and list item of an element, or its own."""
    if "word-note" in (element.get("class") or ""):
        return
    inner = [one for one in element.iter() if one.tag in {"p", "li"} and one is not element]
    for one in inner or [element]:
        yield " ".join(words(one).split())


def words(element: Element) -> str:
    """Returns an element's words, and code as code: it may hold a stop.

    Without its evidence, and without the notes that explain a word wherever it is used first.
    """
    parts = [element.text or ""]
    for child in element:
        if not {"evidence", "word-note"} & set((child.get("class") or "").split()):
            parts.append(words(child))
        parts.append(child.tail or "")
    return f"`{''.join(parts)}`" if element.tag == "code" else "".join(parts)


def pages(site: Path) -> dict[str, Iterator[str]]:
    """Returns each page's blocks by its address."""
    slugs = [setting["slug"] for setting in recommender.catalogue().settings.values()]
    own = {f"settings/{slug}/": told(page(site, f"settings/{slug}")) for slug in slugs}
    return own | {uri: written(page(site, uri)) for uri in HAND_WRITTEN}


def repeated(found: dict[str, Iterator[str]]) -> list[str]:
    """Returns each sentence that a second page says too, with both pages."""
    owners: dict[str, str] = {}
    twice = []
    for uri, texts_of_page in found.items():
        for text in texts_of_page:
            for sentence in sentences(text):
                owner = owners.setdefault(sentence, uri)
                if owner != uri:
                    twice.append(f"{owner} and {uri}: {sentence}")
    return twice


def test_no_sentence_stands_on_two_pages_of_the_guide(guide: Path) -> None:
    """Every setting's page, and the pages written by hand."""
    found = {uri: list(texts_of_page) for uri, texts_of_page in pages(guide).items()}
    assert repeated({uri: iter(blocks) for uri, blocks in found.items()}) == []
    # The comparison read the guide: a page has a lead, a full one dozens of blocks.
    assert all(blocks for blocks in found.values())
    assert sum(len(blocks) for blocks in found.values()) > 800


def test_a_sentence_that_stands_twice_is_found() -> None:
    """In any spelling of marks and case; short ones may stand anywhere."""
    one = ["First comes this. The dial turns `a.b` on its own."]
    two = ["the dial turns a.b on its own! Rule of thumb."]
    three = ["Rule of thumb."]
    found = {"a/": iter(one), "b/": iter(two), "c/": iter(three)}
    assert repeated(found) == ["a/ and b/: the dial turns a.b on its own"]


@pytest.mark.parametrize("name", ["words", "start-here", "how-this-guide-is-made", "index"])
def test_a_hand_written_page_has_a_heading_once(name: str) -> None:
    """A word is explained in one place."""
    text = (ROOT / "docs" / "content" / f"{name}.md").read_text(encoding="utf-8")
    heads = [part for head in re.findall(r"(?m)^#+ (.+)$", text) for part in head.split(", ")]
    assert sorted({head.casefold() for head in heads}) == sorted(head.casefold() for head in heads)


def test_each_word_is_explained_in_few_words() -> None:
    """A glossary is looked up in the middle of something else."""
    text = (ROOT / "docs" / "content" / "words.md").read_text(encoding="utf-8")
    entries = dict(re.findall(r"(?ms)^### (.+?)\n\n(.+?)(?=\n#|\Z)", text))
    assert len(entries) >= 50
    assert {
        term: len(said.split()) for term, said in entries.items() if len(said.split()) > 40
    } == {}
