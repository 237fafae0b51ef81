"""What a reader sees first: on a phone, before scrolling."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import PHONE, Opened
from playwright.sync_api import expect

ROWS_SEEN = 3


@pytest.mark.parametrize("setting", ["inference-steps", "guidance-scale", "scheduler", "width"])
def test_the_first_screen_of_a_setting_says_which_value_suits_a_model(
    opened: Opened, guide: Path, setting: str
) -> None:
    """Model and value of several rows stand whole on a phone's screen, neither way scrolled."""
    page = opened(guide, phone=True).visit(f"settings/{setting}/")
    cells = page.locator(".answers tbody tr > :nth-child(-n + 2)").evaluate_all(
        "all => all.map((cell) => cell.getBoundingClientRect()).map((r) => [r.right, r.bottom])"
    )
    assert all(right <= PHONE["width"] for right, _ in cells)
    seen = [bottom for _, bottom in cells if bottom <= PHONE["height"]]
    assert len(seen) >= 2 * ROWS_SEEN


def test_the_index_of_settings_is_filtered_by_any_tools_name(opened: Opened, guide: Path) -> None:
    """A group without a match goes with its heading."""
    page = opened(guide).open("settings/")
    page.get_by_label("Find a setting").fill("cfg_scale")
    titles = page.locator(".card:visible strong").all_inner_texts()
    assert "Guidance Scale" in titles
    assert len(titles) < 8
    assert page.locator(".cards:not(:has(.card:not([hidden]))):visible").count() == 0


def test_the_button_of_the_front_page_says_what_it_waits_for(opened: Opened, guide: Path) -> None:
    """Pressed with an empty field it would seem broken."""
    page = opened(guide).visit("")
    page.get_by_role("button", name="Find its settings").click()
    expect(page.locator("model-search [role=status]")).to_have_text("Type the name of a model.")
    expect(page.locator("model-search input")).to_be_focused()
