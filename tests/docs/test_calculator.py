"""The calculator of the page on time, in a real browser: the same numbers as Python's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from measured_time import saving
from playwright.sync_api import Browser, Page
from small import ROOT
from templating import render

SCRIPT = ROOT / "docs" / "content" / "assets" / "js" / "time-calculator.js"


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """The page's own markup with its own script, and nothing else."""
    page = chromium.new_page()
    savings = {"after": (), "rows": (), "example": "84 %"}
    page.set_content(render("measured_time", lines=(), savings=savings, sizes=()))
    page.add_script_tag(content=SCRIPT.read_text(encoding="utf-8"), type="module")
    page.wait_for_function("document.querySelector('time-calculator output').value")
    yield page
    page.close()


def ask(page: Page, **figures: object) -> str:
    for name, value in figures.items():
        page.locator(f"[name={name}]").fill(str(value))
    return page.locator("time-calculator output").inner_text()


def test_it_opens_with_the_example(page: Page) -> None:
    said = page.locator("time-calculator output").inner_text()
    assert said == "From 50 to 8 steps saves 84 %: 25 seconds become 4."


@pytest.mark.parametrize(
    ("before", "after", "step", "fixed"),
    [(50, 8, 0.5, 0), (50, 8, 0.5, 25), (30, 4, 1.25, 0.75), (20, 20, 1, 1), (28, 4, 0.003, 0)],
)
def test_it_says_what_python_says(
    page: Page, before: int, after: int, step: float, fixed: float
) -> None:
    said = ask(page, before=before, after=after, step=step, fixed=fixed, pictures=1)
    assert f"saves {100 * saving(before, after, step, fixed):.0f} %:" in said


def test_more_steps_cost_more_and_credits_are_called_so(page: Page) -> None:
    page.locator("[name=unit]").select_option("credits")
    said = ask(page, before=8, after=50, step=2, fixed=0, pictures=10)
    assert said == "From 8 to 50 steps costs 525 % more: 160 credits become 1,000."
    page.locator("[name=unit]").select_option("seconds")


@pytest.mark.parametrize("wrong", [{"before": ""}, {"after": 0}, {"step": -1}, {"pictures": 0}])
def test_a_figure_that_means_nothing_gets_no_answer(page: Page, wrong: dict[str, object]) -> None:
    sound = {"before": 50, "after": 8, "step": 1, "fixed": 0, "pictures": 1}
    assert ask(page, **{**sound, **wrong}) == "Steps and pictures from 1, costs from 0."
