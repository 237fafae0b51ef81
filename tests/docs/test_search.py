"""The search: fetched when it is opened, and small enough to be fetched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import theme
from browser import Opened

LARGEST = 1_000_000  # bytes; what a model's sources say is read on its page


def test_the_search_index_is_fetched_when_the_search_is_opened(
    opened: Opened, small_guide: Path
) -> None:
    """And not with every page."""
    watched = opened(small_guide)
    asked: list[str] = []
    watched.page.on("request", lambda request: asked.append(request.url))
    page = watched.open("settings/inference-steps/")
    assert [url for url in asked if "search_index" in url] == []
    page.locator(".md-search__input").press_sequentially("guidance")
    page.locator(".md-search-result__item").first.wait_for()
    assert [url for url in asked if "search_index" in url] == [
        watched.base + "search/search_index.json"
    ]


def test_the_search_index_stays_small(guide: Path) -> None:
    """Names lead to pages; tables of claims, reasons and code only fill it."""
    index = guide / "search" / "search_index.json"
    assert index.stat().st_size < LARGEST
    docs = json.loads(index.read_text(encoding="utf-8"))["docs"]
    titles = {one["title"] for one in docs if one["location"].startswith("models/flux-1-dev/")}
    assert titles == {"FLUX.1 [dev]", "About"}


def test_a_theme_whose_script_has_changed_stops_the_build(tmp_path: Path) -> None:
    """Rather than fetch the index with every page again, unnoticed."""
    bundle = tmp_path / "assets" / "javascripts" / "bundle.0.min.js"
    bundle.parent.mkdir(parents=True)
    bundle.write_text("nothing", encoding="utf-8")
    with pytest.raises(theme.ThemeError, match=r"expected 1 place that fetches .*, got 0"):
        theme.search_on_demand(tmp_path)


def test_a_theme_whose_worker_has_changed_stops_the_build(tmp_path: Path) -> None:
    """Rather than search with an error in it again, unnoticed."""
    worker = tmp_path / "assets" / "javascripts" / "workers" / "search.0.min.js"
    worker.parent.mkdir(parents=True)
    worker.write_text("nothing", encoding="utf-8")
    with pytest.raises(theme.ThemeError, match="expected 1 place that names states, got 0"):
        theme.search_by_digits(tmp_path)
