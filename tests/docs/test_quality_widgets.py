"""Every widget: what its page weighs, what axe finds with it open, and a walk by the keyboard."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe import violations
from browser import Opened, opening
from keyboard import check
from playwright.sync_api import Browser, Page, Response
from widgets import WHOLE, WIDGETS

BUDGET = 60 * 1024  # bytes of JavaScript, compressed, before "Generate live"
# Whether the page has followed the system's colours; those on their way are there at once.
FOLLOWED = """(scheme) => {
    if (document.body.dataset.mdColorScheme !== scheme) return false;
    for (const moving of document.getAnimations())
        if (moving instanceof CSSTransition) moving.finish();
    return true;
}"""


@dataclass(frozen=True)
class Shown:
    """A page with its widget open, and what it had asked for until then."""

    page: Page
    element: str
    scripts: dict[str, int]

    def use(self, *, dark: bool) -> Page:
        """Has the reader's system ask for light or dark, and returns the page in it."""
        self.page.emulate_media(color_scheme="dark" if dark else "light")
        self.page.wait_for_function(FOLLOWED, arg="slate" if dark else "default")
        assert self.page.locator(self.element).first.is_visible()
        return self.page


def weigh(opened: Opened, site: Path, uri: str, phone: bool = False) -> tuple[Page, dict[str, int]]:
    """Opens a page, and returns the compressed size of each script it asks for by itself."""
    sizes: dict[str, int] = {}

    def add(response: Response) -> None:
        path = response.url.removeprefix(watched.base).split("?")[0]
        if path.endswith((".js", ".mjs")):
            sizes[path] = len(gzip.compress((site / path).read_bytes(), 9, mtime=0))

    watched = opened(site, phone=phone)
    watched.page.context.on("response", add)
    with watched.page.context.expect_event("response", lambda one: "/workers/search" in one.url):
        page = watched.open(uri)
    return page, dict(sizes)


@pytest.fixture(scope="module")
def shown(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Shown]:
    """A widget's page, opened once for all tests of it: some take seconds to start."""
    small = request.param in WIDGETS
    widget = (WIDGETS if small else WHOLE)[request.param]
    site = request.getfixturevalue("small_guide" if small else "guide")
    with opening(chromium) as opened:
        page, scripts = weigh(opened, site, widget.uri, widget.phone)
        widget.open(page)
        yield Shown(page, widget.element, scripts)


EVERY_WIDGET = pytest.mark.parametrize("shown", [*WIDGETS, *WHOLE], indirect=True)


@EVERY_WIDGET
def test_its_page_asks_for_60_kib_of_scripts_at_most(shown: Shown) -> None:
    """Its own, the theme's, and the worker that searches, before a reader asks for more."""
    assert any("bundle" in path for path in shown.scripts)
    assert any("search" in path for path in shown.scripts)
    assert sum(shown.scripts.values()) <= BUDGET, shown.scripts


@EVERY_WIDGET
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_with_it_open(shown: Shown, dark: bool) -> None:
    """The element is there and seen, and so is what it opens."""
    assert violations(shown.use(dark=dark)) == []


@pytest.mark.parametrize("shown", WHOLE, indirect=True)
def test_tab_reaches_every_control_of_it(shown: Shown) -> None:
    """Of those on pages that only the whole guide has; test_quality_keyboard.py walks others."""
    check(shown.use(dark=False), shown.element)


def test_the_front_page_asks_for_60_kib_of_scripts_at_most(opened: Opened, guide: Path) -> None:
    """As every page that a widget stands on."""
    _, sizes = weigh(opened, guide, "")
    assert sum(sizes.values()) <= BUDGET, sizes
