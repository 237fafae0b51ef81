"""The steps ruler: a line for each model, tools' defaults beside them, the same as a table."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
import ruler
from browser import Opened
from playwright.sync_api import expect

import recommender


@pytest.fixture(scope="module")
def against() -> list[ruler.Default]:
    """What tools begin with."""
    return ruler.defaults(recommender.catalogue().settings["num_inference_steps"])


@pytest.fixture(scope="module")
def models(against: list[ruler.Default]) -> list[ruler.Row]:
    """Every model on the ruler."""
    known = recommender.catalogue().models
    return ruler.rows((recommender.recommend(id).to_dict() for id in known), against)


def test_only_defaults_for_every_model_and_with_a_source_stand_on_it(
    against: list[ruler.Default],
) -> None:
    """What an API keeps for one model is that model's claim."""
    told = {one.steps: [tool.name for tool in one.tools] for one in against}
    assert told == {
        20: ["A1111", "ComfyUI", "SwarmUI", "SD.Next", "stable-diffusion.cpp", "Runware"],
        30: ["InvokeAI", "Fooocus"],
        50: ["diffusers"],
    }
    assert all(tool.url for one in against for tool in one.tools)


def test_every_model_with_a_figure_stands_on_it_once(models: list[ruler.Row]) -> None:
    """From few steps to many; a model without a figure has no place."""
    known = recommender.catalogue().models
    figured = {id for id in known if recommender.recommend(id).steps is not None}
    assert sorted(row.id for row in models) == sorted(figured)
    assert [row.steps for row in models] == sorted(row.steps for row in models)
    drawn = ruler.drawing(models)
    assert drawn["dots"].count("M") == len(models)
    wide = [row for row in models if row.low and row.high and row.low < row.high]
    assert drawn["bars"].count("M") == len(wide)


def test_the_axis_is_logarithmic_and_holds_every_figure(models: list[ruler.Row]) -> None:
    """Doubling is the same way everywhere, from 1 step to the most that anybody asks for."""
    assert ruler.place(1) == 0
    assert ruler.place(ruler.END) == pytest.approx(100)
    assert ruler.place(8) - ruler.place(4) == pytest.approx(ruler.place(64) - ruler.place(32))
    assert max(row.high or row.steps for row in models) <= ruler.END


@pytest.mark.parametrize(
    ("default", "steps", "said"),
    [(20, 4, "5×"), (20, 12, "1.7×"), (20, 50, "0.4×"), (50, 1, "50×"), (20, 20, "1×")],
)
def test_a_default_costs_its_share_of_the_sweet_spot(default: int, steps: int, said: str) -> None:
    """Two digits, and no tail of noughts."""
    assert ruler.times(default, steps) == said


def test_what_a_default_costs_is_said_with_the_range(models: list[ruler.Row]) -> None:
    """Above the range, within it, at the sweet spot, below it."""
    words = {row.id: row.words for row in models}
    assert words["flux-1-schnell"][0] == "20 steps are 5× its sweet spot"
    assert words["sdxl-base-1-0"] == (
        "20 steps are 0.7× its sweet spot, too few",
        "30 steps are its sweet spot",
        "50 steps are 1.7× its sweet spot, within its range",
    )


def test_the_table_has_every_model_under_its_family(models: list[ruler.Row]) -> None:
    """With the same figures as the drawing."""
    page = ruler.ruler_page()
    rows = re.findall(r"<tr data-words=.*?</tr>", page)
    assert len(rows) == len(models)
    (schnell,) = [row for row in rows if "models/flux-1-schnell/" in row]
    assert re.findall(r"<td[^>]*>(.*?)</td>", schnell) == ["4", "1–4", "5×", "7.5×", "12×"]
    assert page.count('<tr class="group">') == len({row.family for row in models})


def test_names_lie_apart(models: list[ruler.Row]) -> None:
    """No label of a well-known model lies on another."""
    tops = [float(one["top"]) for one in ruler.labels(models)]
    assert len(tops) >= 5
    assert all(after - before >= 0.033 for before, after in pairwise(tops))


def test_a_page_without_the_mark_stays_as_it_is() -> None:
    """And the front page gets the figure, with addresses from its own place."""
    assert ruler.fill("# A page", "./") == "# A page"
    filled = ruler.fill(ruler.MARK, "")
    assert 'data-from="finder/ruler.json"' in filled
    assert "<!--" not in filled


def test_the_ruler_is_read_by_keyboard_pointer_and_name(opened: Opened, small_guide: Path) -> None:
    """Each way ends in the same sentence, which the chosen tool changes."""
    page = opened(small_guide).visit("steps-ruler/")
    said = page.locator(".ruler-said")
    expect(said).to_have_text(
        "Example [quick] 4 steps (1–4). diffusers: 50 steps are 12× its sweet spot."
    )
    page.get_by_label("Walk from few steps to many").press("End")
    expect(said).to_contain_text("Example Base 20 steps (20–50). diffusers: 50 steps are 2.5×")
    plot = page.locator(".ruler-plot svg")
    box = plot.bounding_box()
    assert box
    plot.hover(position={"x": 20, "y": box["height"] / 2})
    expect(said).to_contain_text("Example Quick LoRA 6 steps")
    page.locator("steps-ruler").get_by_label("Find a model").fill("quick]")
    expect(said).to_contain_text("Example [quick] 4 steps")
    assert page.locator(".ruler-plot path.found").get_attribute("d")
    page.locator("steps-ruler").get_by_label("Find a model").fill("zzz")
    expect(said).to_have_text("No model is called “zzz”.")
    page.locator("steps-ruler").get_by_label("Find a model").fill("")
    expect(said).to_contain_text("Example [quick] 4 steps")
