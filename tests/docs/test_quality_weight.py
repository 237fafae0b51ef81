"""What a page costs before a reader asks for more: scripts, and addresses that scripts make."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from browser import Opened
from playwright.sync_api import Response
from widgets import WHOLE, WIDGETS

BUDGET = 60 * 1024  # bytes of JavaScript, compressed, before "Generate live"


def scripts_of(opened: Opened, site: Path, uri: str) -> dict[str, int]:
    """Returns the compressed size of every script and worker that a page asks for by itself."""
    sizes: dict[str, int] = {}

    def weigh(response: Response) -> None:
        path = response.url.removeprefix(watched.base).split("?")[0]
        if path.endswith((".js", ".mjs")):
            sizes[path] = len(gzip.compress((site / path).read_bytes(), 9, mtime=0))

    watched = opened(site)
    watched.page.context.on("response", weigh)
    watched.open(uri)
    return sizes


@pytest.mark.parametrize("uri", sorted({widget.uri for widget in WIDGETS.values()}))
def test_a_page_asks_for_60_kib_of_scripts_at_most(
    opened: Opened, small_guide: Path, uri: str
) -> None:
    """Its own, the theme's, and the worker that searches."""
    sizes = scripts_of(opened, small_guide, uri)
    assert any("bundle" in path for path in sizes)
    assert any("search" in path for path in sizes)
    assert sum(sizes.values()) <= BUDGET, sizes


@pytest.mark.parametrize("uri", sorted({"", *(widget.uri for widget in WHOLE.values())}))
def test_a_page_of_the_whole_guide_asks_for_60_kib_of_scripts_at_most(
    opened: Opened, guide: Path, uri: str
) -> None:
    """As above, on pages that only the whole guide has."""
    sizes = scripts_of(opened, guide, uri)
    assert sum(sizes.values()) <= BUDGET, sizes
