"""The built site, read as files: strict, complete, self-contained, the same every time."""

from __future__ import annotations

import hashlib
import json
import re
from html import unescape
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from html_pages import addresses, page_paths, tags, target
from small import ROOT, build_guide

import recommender


@pytest.fixture(params=["small_guide", "guide"])
def site(request: pytest.FixtureRequest) -> Path:
    """Both guides: the small one has pictures of every kind, the other is what gets published."""
    built: Path = request.getfixturevalue(request.param)
    return built


def test_every_setting_and_every_model_of_the_catalogue_has_its_page(guide: Path) -> None:
    """The strict build of this checkout passes and leaves nothing out."""
    known = recommender.catalogue()
    expected = [f"settings/{setting['slug']}" for setting in known.settings.values()]
    expected += [f"models/{model_id}" for model_id in known.models]
    assert [uri for uri in expected if not (guide / uri / "index.html").is_file()] == []


def test_every_link_and_picture_resolves(site: Path) -> None:
    """Pages, anchors' pages, pictures, scripts and style sheets all exist."""
    missing = [
        f"{page.relative_to(site)}: {address}"
        for page in page_paths(site)
        if page.name != "404.html"
        for _, address in addresses(page)
        if (found := target(site, page, address)) is not None and not found.is_file()
    ]
    assert missing == []


def test_nothing_is_loaded_from_another_host(site: Path) -> None:
    """Only links, which a reader must click, lead away."""
    outside = [
        f"{page.relative_to(site)}: {address}"
        for page in page_paths(site)
        for kind, address in addresses(page)
        if kind == "resource" and urlsplit(address).netloc
    ]
    assert outside == []


def test_every_picture_has_words_and_a_size(site: Path) -> None:
    """A screen reader can read it, and the page does not move when it arrives."""
    bare = [
        f"{page.relative_to(site)}: {element.get('src')}"
        for page in page_paths(site)
        for element in tags(page)
        if element.tag == "img"
        and "renders/" in element.get("src", "")
        and not all(element.get(name) for name in ("alt", "width", "height", "loading"))
    ]
    assert bare == []


def test_no_page_has_a_placeholder(site: Path) -> None:
    """A missing picture leaves its figure out."""
    assert [page for page in page_paths(site) if "Image pending" in page.read_text()] == []


def test_headings_descend_one_level_at_a_time(site: Path) -> None:
    """A page has one title, and its sections nest."""
    for page in page_paths(site):
        levels = [int(e.tag[1]) for e in tags(page) if e.tag in {"h1", "h2", "h3", "h4"}]
        assert levels[0] == 1, page
        assert levels.count(1) == 1, page
        assert all(b - a <= 1 for a, b in pairwise(levels)), page


def test_every_page_has_a_description_of_its_own(site: Path) -> None:
    """No two pages look alike in a list of search results."""
    descriptions = {
        page: [e.get("content") for e in tags(page) if e.get("name") == "description"]
        for page in page_paths(site)
        if page.name != "404.html"
    }
    assert all(len(found) == 1 for found in descriptions.values())
    assert len({found[0] for found in descriptions.values()}) == len(descriptions)


def test_the_search_dialog_has_a_name(site: Path) -> None:
    """The theme leaves it unnamed; a screen reader would say 'dialog'."""
    for page in page_paths(site):
        dialogs = [e for e in tags(page) if e.get("role") == "dialog"]
        assert [dialog.get("aria-label") for dialog in dialogs] == ["Search"], page


def test_every_alias_of_a_setting_is_in_the_search_index_of_its_page(guide: Path) -> None:
    """A reader finds a setting under the name their tool gives it."""
    index = json.loads((guide / "search" / "search_index.json").read_text(encoding="utf-8"))
    texts: dict[str, str] = {}
    for entry in index["docs"]:
        uri = entry["location"].split("#")[0]
        texts[uri] = texts.get(uri, "") + " " + entry["text"]
    lost = [
        (alias, setting["slug"])
        for setting in recommender.catalogue().settings.values()
        for alias in setting["aliases"]
        if alias not in unescape(texts[f"settings/{setting['slug']}/"])
    ]
    assert lost == []


def test_the_edit_link_opens_the_yaml(guide: Path) -> None:
    """A page that is generated is edited where it is written."""
    links = [e.get("href") for e in tags(guide / "settings" / "inference-steps" / "index.html")]
    assert (
        "https://github.com/sweetspot-guide/sweetspot/edit/main/settings/num_inference_steps.yaml"
        in links
    )


def test_a_hand_written_page_is_edited_in_its_folder(guide: Path) -> None:
    """The edit link of a page under docs/content names that folder."""
    links = [e.get("href") for e in tags(guide / "words" / "index.html")]
    assert "https://github.com/sweetspot-guide/sweetspot/edit/main/docs/content/words.md" in links


def test_the_site_publishes_the_catalogue(guide: Path) -> None:
    """The same data that the library reads."""
    published = json.loads((guide / "catalogue.json").read_text(encoding="utf-8"))
    assert published == dict(recommender.catalogue())


def test_two_builds_are_the_same_bytes(
    small_guide: Path, knowledge: Path, small_renders: Path, tmp_path: Path
) -> None:
    """No date, no path and no hash order enters the site."""
    again = build_guide(tmp_path, knowledge, small_renders)
    assert digests(again) == digests(small_guide)


def digests(site: Path) -> dict[str, str]:
    return {
        path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in site.rglob("*")
        if path.is_file()
    }


def test_the_islands_are_small_and_need_nothing() -> None:
    """One element per file, its parts in folders, at most 200 lines, no code of anybody else's."""
    folder = ROOT / "docs" / "content" / "assets" / "js"
    for path in folder.rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 200, path
        imported = re.findall(r"""^import\s(?:[^"']*\sfrom\s)?["']([^"']+)["']""", text, re.M)
        assert [name for name in imported if not name.startswith(("./", "../"))] == [], path
        if path.parent == folder:
            assert f'customElements.define("{path.stem}"' in text, path
