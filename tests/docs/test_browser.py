"""The built site in a real browser: pictures arrive, nothing fails, nothing leaves the host."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import PHONE, Opened, served
from html_pages import covering, page_paths
from playwright.sync_api import Browser, Page, expect
from widgets import search_for

import recommender
from tests.prove import PROVE

SCREENS = [(False, False), (True, True), *([(True, False), (False, True)] if PROVE else [])]


# Every rendered picture on a page that a reader can see, with its natural width.
PICTURES = """() => [...document.querySelectorAll('.md-content img[src*="renders/"]')]
    .filter((image) => image.checkVisibility())
    .map((image) => ({src: image.src, alt: image.alt, width: image.naturalWidth}))"""


def search(page: Page, words: str) -> list[str]:
    """Types words into the search field and returns the titles that come up."""
    page.locator(".md-search__input").click()
    search_for(page, words)
    titles: list[str] = page.locator(".md-search-result__item h1").all_inner_texts()
    return titles


def test_the_steps_page_shows_its_pictures(opened: Opened, guide: Path) -> None:
    """Three captioned pictures at least, each loaded, each with words."""
    page = opened(guide).open("settings/inference-steps/")
    page.wait_for_function(f"({PICTURES})().every((one) => one.width)")
    seen = page.evaluate(PICTURES)
    assert len(seen) >= 3
    assert all(picture["alt"] for picture in seen)
    captions = page.locator(".comparison figcaption code").all_inner_texts()
    for value in (4, 25, 50):
        assert f"num_inference_steps = {value}" in captions


def test_every_page_of_the_guide_loads_without_a_complaint(opened: Opened, guide: Path) -> None:
    """No console error, no missing file, no request to another host.

    `make prove` visits every page; `make test` as few as show every element, attribute and class.
    """
    watched = opened(guide)
    for path in sorted(guide.rglob("index.html")) if PROVE else covering(guide):
        watched.visit(path.parent.relative_to(guide).as_posix().removeprefix(".") + "/")


def test_the_index_lists_every_setting(opened: Opened, guide: Path) -> None:
    """Each by its title, each leading to its page."""
    page = opened(guide).open("settings/")
    titles = page.locator(".card strong").all_inner_texts()
    settings = recommender.catalogue().settings.values()
    assert sorted(titles) == sorted(setting["title"] for setting in settings)


def test_search_finds_a_setting_by_the_name_a_tool_gives_it(opened: Opened, guide: Path) -> None:
    """`sample_steps` is nobody's title."""
    page = opened(guide).open("")
    assert "Inference Steps" in search(page, "sample_steps")


def test_the_table_of_models_is_filtered_by_any_spelling(opened: Opened, guide: Path) -> None:
    """Typing `flux1 schnell` leaves FLUX.1 [schnell]."""
    page = opened(guide).open("models/")
    page.get_by_label("Find a model").fill("flux1 schnell")
    rows = page.locator("tbody tr:visible th")
    assert rows.all_inner_texts() == ["FLUX.1 [schnell]"]
    total = len(recommender.catalogue().models)
    assert page.locator(".filter-control output").inner_text() == f"1 of {total} models"


@pytest.mark.parametrize(("dark", "phone"), SCREENS)
def test_no_page_type_is_wider_than_its_screen(
    opened: Opened, small_guide: Path, dark: bool, phone: bool
) -> None:
    """Wide tables scroll in their own box."""
    watched = opened(small_guide, dark=dark, phone=phone)
    kinds = ("settings/inference-steps/", "settings/", "models/", "models/flux-1-schnell/")
    for uri in (*kinds, "explore/"):
        page = watched.open(uri)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), uri


LONG_NAMES = (
    "models/dmd2-sdxl-4step/",  # names of 36 letters, among its facts
    "settings/aspect-ratio/",  # its names in every tool, each a word
)


def test_no_page_of_the_whole_guide_is_wider_than_a_phone(opened: Opened, guide: Path) -> None:
    """The two with the longest names; `make prove`: every page."""
    watched = opened(guide, phone=True)
    every = (f"{one.parent.relative_to(guide).as_posix()}/" for one in page_paths(guide))
    for uri in every if PROVE else LONG_NAMES:
        page = watched.visit(uri)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], uri


def test_the_slider_flips_every_model_to_the_same_value(opened: Opened, small_guide: Path) -> None:
    """With the keyboard too: it is a native range input."""
    page = opened(small_guide).open("settings/inference-steps/")
    slider = page.locator("steps-slider input")
    assert page.locator("steps-slider output").inner_text() == "10"  # nearest its own 12
    slider.focus()
    page.keyboard.press("Home")
    assert page.locator("steps-slider output").inner_text() == "1"
    assert slider.get_attribute("aria-valuetext") == "1"
    assert page.locator("steps-slider img").evaluate_all("all => all.map((i) => i.alt)") == [
        "a lighthouse by the sea, num_inference_steps 1, drawn by postcards",
        "a lighthouse by the sea, num_inference_steps 1, drawn by postcards-turbo",
    ]


def test_without_scripts_the_pictures_stand_with_their_captions(
    chromium: Browser, small_guide: Path
) -> None:
    """No dead control is left over."""
    with served(small_guide) as base:
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(base + "settings/inference-steps/")
        assert page.locator(".row figcaption code:visible").count() >= 3
        assert page.locator(".slider-control:visible").count() == 0
        page.goto(base + "models/")
        assert page.locator("tbody tr:visible").count() == 3
        assert page.locator(".filter-control:visible").count() == 0
        header = "document.querySelector('.md-header')"
        colour = page.evaluate(f"getComputedStyle({header}).backgroundColor")
        assert colour == "rgb(33, 29, 71)"  # the guide's own, not the theme's
        context.close()


REFUSED = """for (const name of ["localStorage", "sessionStorage"])
    Object.defineProperty(window, name, {
        configurable: true, get() { throw new DOMException("refused", "SecurityError"); },
    });"""


def test_a_browser_that_keeps_nothing_has_search_and_colours(
    opened: Opened, small_guide: Path
) -> None:
    """As with all cookies blocked, where asking for the storage is an error."""
    watched = opened(small_guide)
    watched.page.add_init_script(REFUSED)
    page = watched.visit("settings/")
    page.locator("[data-md-component=palette] label:visible").click()
    expect(page.locator("body")).to_have_attribute(
        "data-md-color-media", "(prefers-color-scheme: light)"
    )
    assert "Guidance Scale" in search(page, "guidance")


def test_hostile_text_opens_no_dialog_on_a_page_or_in_the_search(
    opened: Opened, hostile_guide: Path
) -> None:
    """The search shows excerpts of every page; they are text there too."""
    watched = opened(hostile_guide)
    for uri in ("settings/inference-steps/", "settings/", "models/", "schedulers/"):
        page = watched.open(uri)
    search(page, "evil")
    page.wait_for_timeout(300)
