"""Every widget with the keyboard alone: Tab reaches each control, shows where it is, and leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browser import Opened
from playwright.sync_api import Browser, Page
from widgets import WHOLE, WIDGETS, type_a_search

MOST = 600  # presses of Tab; more stops than any page has
# Numbers every control that is seen and works. A group of radio buttons is one stop of Tab.
NUMBER = """(element) => {
    document.querySelectorAll("[data-stop]").forEach((old) => { delete old.dataset.stop; });
    const root = document.querySelector(element);
    const native = "a[href], button, input, select, textarea, summary, [tabindex='0']";
    let count = 0;
    const groups = new Set();
    for (const one of root.querySelectorAll(native)) {
        const seen = one.checkVisibility({visibilityProperty: true, opacityProperty: false});
        if (!seen || one.disabled || one.tabIndex < 0 || one.type === "hidden") continue;
        if (one.type === "radio") {
            if (groups.has(one.name)) continue;
            groups.add(one.name);
            (root.querySelector(`input[name="${one.name}"]:checked`) ?? one).dataset.stop = count;
        } else one.dataset.stop = count;
        count += 1;
    }
    return count;
}"""
# Puts the reader back at the top, wherever a click left the focus.
START = """() => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
}"""
# What has the focus, and whether a reader can see that it has: a ring around it, or a look that
# differs from the look without focus. An input that is not seen is judged by what stands for it.
FOCUSED = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    for (const moving of document.getAnimations()) moving.finish();
    const box = one.getBoundingClientRect();
    const seen = box.width > 1 && box.height > 1 && getComputedStyle(one).opacity !== "0";
    const parts = [seen ? one : one.nextElementSibling, ...(one.labels ?? []), one.parentElement];
    const ring = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    const look = () => parts.filter(Boolean).map((part) => {
        const style = getComputedStyle(part);
        return [ring(style) && style.outline, style.boxShadow, style.backgroundColor, style.color,
            style.borderColor, style.textDecorationLine, style.display].join();
    }).join();
    if (seen && (box.right <= 0 || box.left >= innerWidth))
        return {stop: one.dataset.stop ?? null, shown: false, words: one.outerHTML.slice(0, 120)};
    let shown = seen && ring(getComputedStyle(one));
    if (!shown) {
        const before = look();
        one.blur();
        shown = look() !== before;
        one.focus({focusVisible: true});
    }
    return {stop: one.dataset.stop ?? null, shown, words: one.outerHTML.slice(0, 120)};
}"""


def walk(page: Page, element: str) -> tuple[int, list[dict[str, Any]]]:
    """Presses Tab from the page's first stop to its last; returns the controls and the stops."""
    controls = page.evaluate(NUMBER, element)
    page.evaluate(START)
    stops: list[dict[str, Any]] = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None:
            return controls, stops
        stops.append(stop)
    raise AssertionError(f"Tab never left the page: {stops[-1]['words']}")


def check(page: Page, element: str) -> None:
    """Demands that a walk reaches every control of an element once, in order, and shows each."""
    controls, stops = walk(page, element)
    assert controls > 0
    inside = [stop for stop in stops if stop["stop"] is not None]
    assert [stop["stop"] for stop in inside] == [str(number) for number in range(controls)]
    assert [stop["words"] for stop in stops if not stop["shown"]] == []


@pytest.mark.parametrize("name", ["details", "steps-slider", "table-filter"])
def test_tab_reaches_every_control_and_leaves(opened: Opened, small_guide: Path, name: str) -> None:
    """From the top of the page to its end: no trap, nothing left out, focus always seen."""
    page = opened(small_guide).open(WIDGETS[name].uri)
    check(page, WIDGETS[name].element)


@pytest.mark.parametrize("name", WHOLE)
def test_tab_reaches_every_control_of_the_whole_guide(
    opened: Opened, guide: Path, name: str
) -> None:
    """As above, on pages that only the whole guide has."""
    page = opened(guide).open(WHOLE[name].uri)
    WHOLE[name].open(page)
    check(page, WHOLE[name].element)


def test_on_a_narrow_screen_the_menu_opens_with_a_key(opened: Opened, small_guide: Path) -> None:
    """Shut, none of its links is one; open, all of those that are seen."""
    page = opened(small_guide, phone=True).visit("models/")
    check(page, "main")
    while page.evaluate("document.activeElement.innerText") != "Menu":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "document.querySelector('.md-sidebar--primary').getBoundingClientRect().left === 0"
    )
    check(page, ".md-nav--primary > .md-nav__list")


GOOD = "<main><button>one</button><input type=radio name=a><input type=radio name=a><p>x</p></main>"


def test_a_page_that_works_with_the_keyboard_passes(chromium: Browser) -> None:
    """Two radio buttons of a group are one stop."""
    page = chromium.new_page()
    page.set_content(GOOD)
    check(page, "main")
    page.close()


@pytest.mark.parametrize(
    "broken",
    [
        GOOD.replace("<main>", "<style>:focus { outline: none }</style><main>"),
        GOOD.replace("<button>", "<button tabindex=3>two</button><button tabindex=2>"),
        GOOD.replace("<button>", "<button onfocus='this.blur(); this.nextSibling.focus()'>"),
        GOOD.replace("<button>", "<button onkeydown='event.preventDefault()'>"),
    ],
    ids=["no-ring", "out-of-order", "flees", "trap"],
)
def test_a_planted_page_that_fails_the_keyboard_is_found(chromium: Browser, broken: str) -> None:
    """The walk above would see it."""
    page = chromium.new_page()
    page.set_content(broken)
    with pytest.raises(AssertionError):
        check(page, "main")
    page.close()


def test_the_search_works_with_the_keyboard_alone(opened: Opened, small_guide: Path) -> None:
    """`s` opens it, arrows choose, Enter follows, Escape leaves it where the reader was."""
    page = opened(small_guide).visit("words/")
    type_a_search(page)
    assert page.evaluate("document.activeElement.matches('.md-search__input')")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.matches('.md-search-result__link')")
    page.keyboard.press("Escape")
    assert not page.locator("#__search").is_checked()
    page.keyboard.press("s")
    page.wait_for_function("document.activeElement.matches('.md-search__input')")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("document.activeElement.matches('.md-search-result__link')")
    chosen = page.evaluate("document.activeElement.href")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: address.split("?")[0] == chosen.split("?")[0])
