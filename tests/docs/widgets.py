"""Every widget of the guide: the page it stands on, its element, and how a reader opens it.

A new widget is one more line here; axe, the keyboard and the weight of its page are then tested.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page


def as_it_is(page: Page) -> None:
    """Needs no opening."""


def search_for(page: Page, words: str) -> None:
    """Asks the search for words and waits for what it finds.

    The theme listens for keys and asks at each: what it finds for "gui" would go while a test reads
    it, for what it finds for "guid". So all words are there before the one key.
    """
    field = page.locator(".md-search__input")
    field.fill(words)
    field.press("End")
    page.locator(".md-search-result__item").first.wait_for()


def type_a_search(page: Page) -> None:
    """Opens the search dialog and waits for its results."""
    page.keyboard.press("s")
    search_for(page, "guidance")


def open_the_menu(page: Page) -> None:
    """Opens the drawer that holds the menu on a narrow screen, and the contents in it."""
    page.locator("label.md-header__button[for=__drawer]").click()
    page.locator(".md-nav--primary .md-nav__link").first.wait_for(state="visible")


def open_every_detail(page: Page) -> None:
    """Opens all <details>."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")


def generate(page: Page) -> None:
    """Asks for a live picture and opens all its controls; the picture itself is not waited for."""
    page.get_by_role("button", name="Generate live").click()
    page.locator("live-picture form").wait_for()
    open_every_detail(page)
    page.locator("h1").click()  # the press moved the focus on; a walk begins at the top again


def filter_to(words: str) -> Callable[[Page], None]:
    """Types words into the filter of a table."""
    return lambda page: page.locator("table-filter input").fill(words)


def check_the_example(page: Page) -> None:
    """Starts the interpreter of the page that checks files, on the file it has itself."""
    page.get_by_role("button", name="Try an example").click()
    page.locator(".result .headline").wait_for()


def compare(page: Page) -> None:
    """Chooses two pictures of the explorer by the keyboard and lets them flicker."""
    page.locator("picture-explorer [role=grid] button[tabindex='0']").focus()
    for key in ("b", "ArrowRight", "a"):
        page.keyboard.press(key)
    page.locator("picture-compare button").click()


def type_a_model(page: Page) -> None:
    """Types what fits several models, so that the list asks which."""
    page.locator("model-search input").first.press_sequentially("example")
    page.locator("model-search [role=option]").first.wait_for()


def await_the_answer(page: Page) -> None:
    """Waits until what a link asks for was looked up."""
    page.locator(".finder-paste pre, .compare-data").first.wait_for()


@dataclass(frozen=True)
class Widget:
    """Where a widget stands, which element it is, and what opens it."""

    uri: str
    element: str
    open: Callable[[Page], None] = as_it_is
    phone: bool = False


# On the pages of the small guide (small.py), which build and load fast.
WIDGETS = {
    "search": Widget("", ".md-search__inner", type_a_search),
    "menu": Widget("settings/inference-steps/", ".md-sidebar--primary", open_the_menu, phone=True),
    "details": Widget("models/flux-1-schnell/", ".md-content", open_every_detail),
    "steps-slider": Widget("settings/inference-steps/", "steps-slider"),
    "table-filter": Widget("models/", "table-filter", filter_to("flux")),
    "picture-explorer": Widget("explore/", "picture-explorer", compare),
    "picture-compare": Widget("explore/?plan=none&x=none", "picture-compare", compare, phone=True),
    "model-search": Widget("finder/", "model-search", type_a_model),
    "model-finder": Widget(
        "finder/?model=flux-1-schnell&tool=comfyui", "model-finder", await_the_answer, phone=True
    ),
    "compare-models": Widget(
        "compare/?a=flux-1-schnell&b=quick-lora", "compare-models", await_the_answer
    ),
    "steps-ruler": Widget("steps-ruler/", "steps-ruler"),
    "copy-text": Widget("models/flux-1-schnell/", "copy-text"),
    "no-model-found": Widget("models/", "table-filter", filter_to("no such model")),
}
# On pages that only the whole guide has.
WHOLE = {
    "live-picture": Widget("live/", "live-picture", generate),
    "time-calculator": Widget("measured/time/", "time-calculator"),
    "file-checker": Widget("check-a-file/", "file-checker", check_the_example),
}
