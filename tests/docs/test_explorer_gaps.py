"""The explorer where a comparison changed since a link to it, lacks pictures, or does not load."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import explore
import pytest
from browser import Opened
from explorer import A_AND_B, LINK, chosen, explored, names, told
from figures import load_manifests
from measured_known import Known
from playwright.sync_api import expect


@pytest.fixture
def changed(small_guide: Path, tmp_path: Path) -> Callable[[Callable[[Any], Any]], Path]:
    """Returns the small guide with the explorer's file of a changed plan."""

    def build(change: Callable[[dict[str, Any]], None]) -> Path:
        site = tmp_path / "site"
        shutil.copytree(small_guide, site)
        manifest = load_manifests(site / "renders")["steps"]
        change(manifest)
        (plan,) = explore.explorable({"steps": manifest}, [])
        text = explore.plan_json(plan, Known())
        (site / "explore" / "steps.json").write_text(text, encoding="utf-8")
        return site

    return build


def without(lost: Callable[[str, str, int], bool]) -> Callable[[dict[str, Any]], None]:
    """Returns a change that takes pictures out, told by model, prompt and number of steps."""

    def lose(manifest: dict[str, Any]) -> None:
        manifest["cells"] = [
            cell
            for cell in manifest["cells"]
            if not lost(
                cell["settings"]["model"],
                cell["axes"]["prompt"],
                cell["axes"]["num_inference_steps"],
            )
        ]

    return lose


def test_an_old_link_outlives_an_axis_and_values_that_were_added(
    opened: Opened, changed: Callable[..., Path]
) -> None:
    """It opens the same two pictures; the new axis is a list that stands at its first value."""

    def add(manifest: dict[str, Any]) -> None:
        new = [
            {**cell, "axes": {**cell["axes"], "eta": eta}}
            for eta in (0.0, 0.5)
            for cell in manifest["cells"]
        ]
        manifest["cells"] = [
            *({**cell, "axes": {**cell["axes"], "num_inference_steps": 0}} for cell in new[:48]),
            *new,
        ]

    page = explored(opened, changed(add), LINK)
    assert names(page) == {side: ", ".join(words) for side, words in A_AND_B.items()}
    assert (told(page), chosen(page)["eta"]) == ("", "0")


def test_a_picture_that_was_not_rendered_is_an_empty_cell(
    opened: Opened, changed: Callable[..., Path]
) -> None:
    """It says so, the arrow keys pass over it, and a link to it is told what is shown instead."""

    lose = without(lambda model, _, steps: model == "postcards" and steps in {3, 4})
    page = explored(opened, changed(lose), LINK)
    assert told(page) == "A was not rendered at num_inference_steps = 4; shown is 1."
    assert page.locator("td.absent").all_inner_texts() == ["not rendered"] * 2
    page.keyboard.press("Tab")
    page.locator("[role=grid] button[tabindex='0']").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("b")
    assert names(page)["B"] == "num_inference_steps = 5"


def test_cells_without_a_picture_do_not_widen_the_page(
    opened: Opened, changed: Callable[..., Path]
) -> None:
    """What only a screen reader says of them stays inside the table's box."""

    lose = without(lambda model, _, steps: model != "postcards" and steps > 8)
    page = explored(opened, changed(lose), LINK)
    assert page.locator("td.absent").count() == 4
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_unasked_the_first_row_with_both_pictures_is_shown(
    opened: Opened, changed: Callable[..., Path]
) -> None:
    """A comparison whose first row is a single picture begins with two that differ."""
    lose = without(lambda _, prompt, steps: prompt != "winter" and steps != 50)
    page = explored(opened, changed(lose))
    assert names(page) == {"A": "num_inference_steps = 1", "B": "num_inference_steps = 50"}
    pressed = page.locator("[role=grid] button[aria-pressed=true] img")
    assert {
        alt.partition(",")[0] for alt in pressed.evaluate_all("all => all.map((one) => one.alt)")
    } == {"a snowy night"}
    assert told(page) == ""


def test_a_comparison_that_does_not_load_is_not_the_one_chosen(
    opened: Opened, small_guide: Path
) -> None:
    """The list goes back to what is shown."""
    watched = opened(small_guide)
    page = watched.visit("explore/")
    page.locator("picture-explorer [role=grid]").wait_for()
    page.route("**/explore/guidance.json", lambda route: route.fulfill(status=200, body="<html>"))
    page.locator("select[name=plan]").select_option("guidance")
    expect(page.locator(".fallback")).to_have_text(
        "The data of this comparison did not load. Load the page again."
    )
    expect(page.locator("select[name=plan]")).to_have_value("steps")
