"""What a page waits for before it is shown: one style sheet, and no script."""

from __future__ import annotations

import hashlib
from pathlib import Path

import first_paint
import pytest
import theme
import yaml
from browser import Opened
from html_pages import elements, page_paths
from playwright.sync_api import Route
from small import ROOT

PAGE = (
    '<html class="no-js"><head>'
    '<link rel="stylesheet" href="../assets/stylesheets/main.1a2b.min.css">\n'
    '<link rel="stylesheet" href="../assets/stylesheets/palette.3c.min.css">'
    "</head><body>{script}</body></html>"
)
SCRIPT = '<script src="../assets/javascripts/bundle.4d.min.js"></script>'


def test_style_sheets_are_joined_in_their_order_without_comments_and_indents() -> None:
    """The later rule still wins; an icon in the sheet and a gradient of the page may be named."""
    first = "/* why\n it is so */\n.a {\n  color: red;\n}\n"
    second = (
        '.a { background: url("data:image/svg+xml,<svg/>") }\n\n'
        ".b::before { stroke: url(#sun); content: '/* not one */' }\n"
    )
    address, text = first_paint.joined([("a.css", first), ("b.css", second)])
    assert text == (
        ".a {\ncolor: red;\n}\n"
        '.a { background: url("data:image/svg+xml,<svg/>") }\n'
        ".b::before { stroke: url(#sun); content: '/* not one */' }\n"
    )
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    assert address == f"assets/stylesheets/sweetspot.{digest}.css"


@pytest.mark.parametrize("address", ["url(../img/a.png)", "url( 'a.png')", '@import "b.css"'])
def test_a_style_sheet_that_names_a_file_is_not_joined(address: str) -> None:
    """In another folder the address would lead elsewhere."""
    with pytest.raises(first_paint.PaintError) as refused:
        first_paint.joined([("a.css", f".a {{ x: {address}; }}")])
    assert str(refused.value) == (
        f"a.css: {address}: expected no address. Hint: only data: and #id may be joined."
    )


def test_a_page_of_the_theme_loses_its_sheets_and_starts_its_script_later() -> None:
    """That scripts run is said at once, so that nothing appears when the theme's does."""
    html = first_paint.paint_first(PAGE.format(script=SCRIPT))
    assert "main" not in html
    assert "palette" not in html
    assert "<script src" not in html
    assert html.index('className="js"') < html.index("requestAnimationFrame")
    assert 'src:"../assets/javascripts/bundle.4d.min.js"' in html


def test_a_theme_whose_pages_have_changed_stops_the_build() -> None:
    """Rather than ask for everything twice, or wait for a script again, unnoticed."""
    with pytest.raises(first_paint.PaintError) as refused:
        first_paint.paint_first(PAGE.format(script=""))
    assert str(refused.value) == (
        "the theme's page: expected 2 style sheets and 1 script, got 2 and 0. "
        "Hint: the theme has changed; look for 'stylesheets' and 'bundle' in its base.html."
    )


def test_a_theme_that_waits_for_the_page_otherwise_stops_the_build(tmp_path: Path) -> None:
    """Rather than never start, unnoticed."""
    bundle = tmp_path / "assets" / "javascripts" / "bundle.0.min.js"
    bundle.parent.mkdir(parents=True)
    bundle.write_text("nothing", encoding="utf-8")
    with pytest.raises(theme.ThemeError, match=r"expected 1 place that waits for .*, got 0"):
        theme.start_late(tmp_path)


def test_all_pages_share_one_style_sheet_with_all_rules(small_guide: Path) -> None:
    """Named by its content, so a host may keep it for ever; no other copy is published."""
    (sheet,) = (small_guide / "assets" / "stylesheets").iterdir()
    content = sheet.read_bytes()
    assert sheet.name == f"sweetspot.{hashlib.sha256(content).hexdigest()[:8]}.css"
    for page in page_paths(small_guide):
        links = [e.get("href") or "" for e in elements(page) if e.get("rel") == "stylesheet"]
        assert [one for one in links if one.endswith(f"assets/stylesheets/{sheet.name}")], page
        assert not [one for one in links if "mkdocstrings" in one], page
    text = content.decode()
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("extra_css:")[1]
    for source in yaml.safe_load(settings.split("\n\n")[0]):
        assert not (small_guide / source).exists()
        rules = (ROOT / "docs" / "content" / source).read_text(encoding="utf-8").splitlines()
        assert max(rules, key=len).strip() in text, source


def test_a_page_is_shown_and_works_before_the_script_of_the_theme(
    opened: Opened, small_guide: Path
) -> None:
    """Its filter filters and its search stands there; once the script arrives, that works too."""
    watched = opened(small_guide)
    page, held = watched.page, list[Route]()
    page.route("**/bundle.*.min.js", lambda route: held.append(route))
    page.goto(watched.base + "models/", wait_until="domcontentloaded")
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    page.locator("table-filter input").fill("no model is called so")
    page.locator(".filter-none").wait_for()
    assert page.locator(".md-search__input").is_visible()
    while not held:
        page.wait_for_timeout(10)
    assert page.evaluate("typeof document$") == "undefined"
    held[0].continue_()
    page.locator(".md-search__input").press_sequentially("guidance")
    page.locator(".md-search-result__item").first.wait_for()


def test_a_theme_that_asks_for_the_storage_elsewhere_stops_the_build() -> None:
    """Or its pages would have no search where a browser keeps nothing."""
    with pytest.raises(theme.ThemeError, match=r"expected 1 place that asks for .*, got 0"):
        theme.without_storage("<html></html>")
