"""Live drawing in a browser whose WebAssembly cannot have the memory that it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import find_chromium, launch, served
from live_reader import begin, pixels_of, readers, wait_for_drawn, wait_for_status
from live_site import large_site
from playwright.sync_api import Browser, Page, expect

TOLD = "This browser ran out of memory. The rendered pictures stay."
# In pages of 64 KiB. Tried: up to 1200 the model alone has no room; at 1600 pictures of 64 px have,
# and of 256 px not; at 2000 both have.
ENOUGH_FOR_SMALL, TOO_FEW = 1600, 600
# At once: one side after the other asks for a picture in between, which may have room.
BOTH_SIDES = """({elements}, side) => {
    elements.width.value = elements.height.value = side;
    elements.height.dispatchEvent(new Event("input", {bubbles: true}));
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the page on live drawing."""
    folder: Path = large_site(tmp_path_factory.mktemp("memory"))
    with served(folder) as base:
        yield base


def limited(chromium: Browser, pages: int) -> Browser:
    """A browser that lets no WebAssembly grow beyond so many pages of memory."""
    path = find_chromium(chromium.browser_type)
    assert path is not None
    limit = f"--js-flags=--wasm-max-mem-pages={pages}"
    return launch(chromium.browser_type, path, more=[limit])


def stands(page: Page) -> None:
    """Demands that the rendered picture is there and seen."""
    shown = page.locator("steps-slider img").first
    expect(shown).to_be_visible()
    expect(shown).to_have_js_property("naturalWidth", 128)


def test_a_picture_too_large_for_memory_leaves_the_last_one_a_line_and_another_try(
    chromium: Browser, site: str
) -> None:
    """After the line a smaller picture can be drawn."""
    with limited(chromium, ENOUGH_FOR_SMALL) as browser, readers(browser) as opened:
        page = opened()
        page.goto(f"{site}#draw?width=64&height=64&num_inference_steps=1")
        begin(page)
        wait_for_drawn(page, 1)
        before = pixels_of(page)
        page.locator("live-picture form").evaluate(BOTH_SIDES, "256")
        assert wait_for_status(page, "stay") == TOLD
        assert (pixels_of(page) == before).all()
        stands(page)
        page.locator("live-picture form").evaluate(BOTH_SIDES, "64")
        begin(page, "Try again")
        wait_for_drawn(page, 2)


def test_a_model_too_large_for_memory_leaves_the_rendered_picture_and_the_same_line(
    chromium: Browser, site: str
) -> None:
    """Nothing was drawn yet."""
    with limited(chromium, TOO_FEW) as browser, readers(browser) as opened:
        page = opened()
        page.goto(site)
        begin(page)
        assert wait_for_status(page, "stay") == TOLD
        stands(page)
        assert page.get_by_role("button", name="Try again").is_visible()
