"""A reader finds a setting, a model or a scheduler under every name that a tool gives it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from browser import Opened, Watched, opening
from playwright.sync_api import Browser

import recommender
from tests.prove import PROVE

TAG = re.compile(r"<[^>]+>")


def names() -> Iterator[tuple[str, str]]:
    """Yields every name of the catalogue with the address of the page that it must find."""
    known = recommender.catalogue()
    for setting in known.settings.values():
        for name in (setting["title"], *setting["aliases"]):
            yield name, f"settings/{setting['slug']}/"
    for model_id, model in known.models.items():
        for name in (model_id, model["name"], model.get("hub_id"), *model.get("aliases", ())):
            if name:
                yield name, f"models/{model_id}/"
    for scheduler_id, scheduler in known.schedulers.items():
        tools = [name for name, _ in scheduler.get("tools", {}).values()]
        called = [scheduler["name"], scheduler.get("class"), *scheduler.get("names", {}).values()]
        for name in {*called, *tools} - {None}:
            yield name, f"schedulers/{scheduler_id}/"


def indexed(guide: Path) -> tuple[re.Pattern[str], dict[str, set[str]]]:
    """Returns what parts words in the search, and the words of every page as it has them."""
    index = json.loads((guide / "search" / "search_index.json").read_text(encoding="utf-8"))
    separator = re.compile(index["config"]["separator"])
    words: dict[str, set[str]] = {}
    for entry in index["docs"]:
        uri = entry["location"].partition("#")[0]
        text = unescape(TAG.sub(" ", f"{entry['title']} {entry['text']}")).lower()
        words.setdefault(uri, set()).update(separator.split(text))
    return separator, words


def test_every_name_is_in_the_search_index_of_its_page(guide: Path) -> None:
    """Word for word, as the search parts them; the last may be typed in part."""
    separator, words = indexed(guide)
    lost = [
        f"{uri}: {name}"
        for name, uri in sorted(names())
        if not {word for word in separator.split(name.lower()) if word} <= words[uri]
    ]
    assert lost == []


# The theme's own worker, asked as the theme asks it.
ASK = """async ([worker, index, queries]) => {
    const asked = new Worker(worker);
    const ask = (type, data) => new Promise((done) => {
        asked.onmessage = (event) => done(event.data.data);
        asked.postMessage({type, data});
    });
    await ask(0, {...await (await fetch(index)).json(), options: {suggest: false}});
    const found = [];
    for (const query of queries) {
        const {items} = await ask(2, query);
        found.push(items.map(([first]) => first.location.split("#")[0]));
    }
    return found;
}"""


def test_the_search_finds_the_page_of_a_name(opened: Opened, guide: Path) -> None:
    """`make prove` asks for every name, `make test` for a few: a query takes its time.

    A hyphen before a word leaves pages out, so `--ar` is found by its letters.
    """
    asked = sorted(names())[:: 1 if PROVE else 150]
    watched = opened(guide)
    page = watched.visit("")
    worker = next(guide.glob("assets/javascripts/workers/search.*.min.js")).relative_to(guide)
    page.set_default_timeout(0)
    found = page.evaluate(
        ASK,
        [
            watched.base + worker.as_posix(),
            watched.base + "search/search_index.json",
            [name.lstrip("-") for name, _ in asked],
        ],
    )
    lost = [one for one, uris in zip(asked, found, strict=True) if one[1] not in uris]
    assert lost == []


@pytest.fixture(scope="module")
def front(chromium: Browser, guide: Path) -> Iterator[Watched]:
    """The front page of the guide, whose search reads its index once for all names."""
    with opening(chromium) as opened:
        watched: Watched = opened(guide)
        watched.visit("").keyboard.press("s")
        yield watched


@pytest.mark.parametrize(
    ("typed", "uri"),
    [
        ("Krea 2 Turbo", "models/krea-2-turbo/"),  # lunr as it comes stops at the digit
        ("DeepFloyd IF stage I", "models/deepfloyd-if-stage-1/"),  # "if" is no stop word here
        ("dpmpp_2m_sde_k", "schedulers/dpmpp-2m-sde-karras/"),  # a cell of a table
        ("cfg scale", "settings/guidance-scale/"),
    ],
)
def test_a_name_typed_into_the_search_brings_its_page(front: Watched, typed: str, uri: str) -> None:
    """Among the results that a reader sees first."""
    field = front.page.locator(".md-search__input")
    field.press("Control+a")
    field.press_sequentially(typed)
    front.page.locator(f".md-search-result__link[href^='{front.base}{uri}']").first.wait_for()
