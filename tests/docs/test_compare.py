"""Two models side by side: the same JSON as the finder's, with what differs marked in words too."""

from __future__ import annotations

from pathlib import Path

from browser import Opened
from playwright.sync_api import Route, expect


def test_two_models_of_a_link_stand_side_by_side(opened: Opened, small_guide: Path) -> None:
    """A row that differs says so; a row that says nothing of either is left out."""
    page = opened(small_guide).visit("compare/?a=flux-1-schnell&b=stable-diffusion-v1-5")
    row = page.get_by_role("row")
    expect(row.nth(0)).to_have_text("Example [quick]Example Base")
    expect(row.nth(1)).to_have_text("Steps (differs)420")
    expect(page.get_by_role("row", name="Kind")).to_have_text("Kindtext-to-imagetext-to-image")
    expect(page.get_by_role("row", name="Shift")).to_have_count(0)


def test_choosing_another_model_changes_its_column_and_the_link(
    opened: Opened, small_guide: Path
) -> None:
    """The other column stays."""
    page = opened(small_guide).visit("compare/?a=flux-1-schnell&b=stable-diffusion-v1-5")
    field = page.get_by_role("combobox", name="The other")
    expect(field).to_have_value("Example Base")
    field.fill("quick lora")
    field.press("ArrowDown")
    field.press("Enter")
    expect(page.get_by_role("columnheader")).to_have_text(["Example [quick]", "Example Quick LoRA"])
    assert page.url.endswith("?a=flux-1-schnell&b=quick-lora")


def test_a_column_that_comes_late_replaces_no_later_choice(
    opened: Opened, small_guide: Path
) -> None:
    """The first model's answers arrive after those of the model chosen in its place."""
    page = opened(small_guide).visit("compare/?b=stable-diffusion-v1-5")
    heads = page.get_by_role("columnheader")
    expect(heads).to_have_text(["Example Base"])
    held: list[Route] = []
    page.route("**/answers/flux-1-schnell.json", lambda route: held.append(route))
    field = page.get_by_role("combobox", name="One model")
    with page.expect_request("**/answers/flux-1-schnell.json"):
        field.fill("flux-1-schnell")
        field.press("Enter")
    field.fill("quick-lora")
    field.press("Enter")
    expect(heads).to_have_text(["Example Quick LoRA", "Example Base"])
    with page.expect_response("**/answers/flux-1-schnell.json") as late:
        held[0].continue_()
    late.value.finished()
    page.evaluate("fetch('../finder/index.json').then((got) => got.json())")  # a turn later
    expect(heads).to_have_text(["Example Quick LoRA", "Example Base"])
    assert page.url.endswith("?a=quick-lora&b=stable-diffusion-v1-5")


def test_a_long_name_stays_in_its_column_on_a_phone(opened: Opened, small_guide: Path) -> None:
    """A class of diffusers is one word, and wider than half a phone."""
    site = opened(small_guide, phone=True)
    page = site.visit("compare/?a=flux-1-schnell&b=stable-diffusion-v1-5")
    cell = page.get_by_role("cell").nth(1)
    expect(cell).to_be_visible()
    wide = cell.evaluate(
        "(cell) => (cell.textContent = 'FlowMatchEulerDiscreteScheduler',"
        " cell.scrollWidth - cell.clientWidth)"
    )
    assert wide <= 0


def test_an_unknown_id_is_named_and_not_shown_as_markup(opened: Opened, small_guide: Path) -> None:
    """What a link says is text."""
    page = opened(small_guide).visit("compare/?a=%3Cb%3Eno&b=flux-1-schnell")
    expect(page.locator(".finder-status")).to_have_text("No model has the id “<b>no”.")
    assert page.locator(".finder-status b").count() == 0
    expect(page.get_by_role("columnheader")).to_have_text(["Example [quick]"])
