"""The keyboard alone: Tab reaches each control, shows where it is, and leaves."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import Opened
from keyboard import check
from playwright.sync_api import Browser
from widgets import WIDGETS, type_a_search


@pytest.mark.parametrize("name", ["details", "steps-slider", "table-filter"])
def test_tab_reaches_every_control_and_leaves(opened: Opened, small_guide: Path, name: str) -> None:
    """From the top of the page to its end: no trap, nothing left out, focus always seen."""
    page = opened(small_guide).open(WIDGETS[name].uri)
    check(page, WIDGETS[name].element)


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
        check(page, "main", most=20)  # it has three stops
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
    # The theme hears of a new focus a millisecond late, and not at all of two within it: nobody
    # types that fast, but a test does.
    page.evaluate("new Promise((heard) => setTimeout(heard, 50))")
    page.keyboard.press("s")
    page.wait_for_function("document.querySelector('#__search').checked")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("document.activeElement.matches('.md-search-result__link')")
    chosen = page.evaluate("document.activeElement.href")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: address.split("?")[0] == chosen.split("?")[0])
