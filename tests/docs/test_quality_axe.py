"""axe finds nothing to complain about: light and dark, with every widget open."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from browser import Opened, Watched
from html_pages import covering
from playwright.sync_api import Page
from small import ROOT
from widgets import WHOLE, WIDGETS, Widget

from tests.prove import PROVE

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
NO_AXE = "node_modules/axe-core: expected axe.min.js, got none. Run: make node_modules/ready"
FEW = ["settings/", "settings/inference-steps/", "models/flux-1-schnell/", "schedulers/"]
SCREENS = [(False, False), (True, True), *([(True, False), (False, True)] if PROVE else [])]
THEMES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


@pytest.fixture(scope="module")
def axe() -> str:
    """The engine; without it the tests are skipped, or fail where CI is set."""
    if not AXE.is_file():
        if os.environ.get("CI"):
            pytest.fail(NO_AXE)
        pytest.skip(NO_AXE)
    return AXE.read_text(encoding="utf-8")


def violations(page: Page, axe: str) -> list[str]:
    """Returns what every rule of axe, best practices too, finds on a page as it stands."""
    page.evaluate(axe)
    found: list[str] = page.evaluate(
        """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.flatMap(
            (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}`)
        )"""
    )
    return found


def complaints(watched: Watched, axe: str, uris: list[str]) -> list[str]:
    """Returns the violations on pages, each behind the address of its page."""
    return [f"{uri}: {one}" for uri in uris for one in violations(watched.visit(uri), axe)]


def opened_and_clean(opened: Opened, site: Path, axe: str, widget: Widget, dark: bool) -> None:
    """The element is there and seen, and so is what it opens."""
    page = opened(site, dark=dark, phone=widget.phone).visit(widget.uri)
    widget.open(page)
    assert page.locator(widget.element).first.is_visible()
    assert violations(page, axe) == []


@THEMES
@pytest.mark.parametrize("name", WIDGETS)
def test_axe_finds_nothing_with_a_widget_open(
    opened: Opened, small_guide: Path, axe: str, name: str, dark: bool
) -> None:
    """Each on the small guide."""
    opened_and_clean(opened, small_guide, axe, WIDGETS[name], dark)


@THEMES
@pytest.mark.parametrize("name", WHOLE)
def test_axe_finds_nothing_with_a_widget_of_the_whole_guide_open(
    opened: Opened, guide: Path, axe: str, name: str, dark: bool
) -> None:
    """Those of pages that only the whole guide has."""
    opened_and_clean(opened, guide, axe, WHOLE[name], dark)


@pytest.mark.parametrize(("dark", "phone"), SCREENS)
def test_axe_finds_nothing_on_any_page(
    opened: Opened,
    small_guide: Path,
    request: pytest.FixtureRequest,
    axe: str,
    dark: bool,
    phone: bool,
) -> None:
    """One page of each type; `make prove`: pages that show all elements, attributes and classes."""
    uris, site = FEW, small_guide
    if PROVE:
        site = request.getfixturevalue("guide")
        uris = [f"{path.parent.relative_to(site).as_posix()}/" for path in covering(site)]
    assert complaints(opened(site, dark=dark, phone=phone), axe, uris) == []
