"""Two pictures on top of each other: chosen by the keyboard, wiped, flickering, measured apart."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import explore
import numpy as np
import pytest
from browser import Opened
from explore_curves import curve_files
from explorer import LINK, explored, names
from figures import load_manifests
from measured import load_measured
from measured_known import Known
from PIL import Image
from playwright.sync_api import expect
from small import ROOT
from sweeps import sweep, write

RENDERED = ROOT / "docs" / "content" / "renders"


def test_the_keyboard_walks_the_pictures_and_chooses(opened: Opened, small_guide: Path) -> None:
    """One stop for Tab; arrows, Home and End move, Enter and Space choose, A and B say which."""
    page = explored(opened, small_guide, LINK)
    assert page.locator("[role=grid] button[tabindex='0']").count() == 1
    page.locator("[role=grid] button[tabindex='0']").focus()

    def focused() -> str:
        found: str = page.evaluate("document.activeElement.querySelector('img').alt")
        return found.removeprefix("a snowy night, num_inference_steps ")

    seen = [focused()]
    for key in ("ArrowLeft", "ArrowDown", "End", "ArrowRight", "Control+Home", "ArrowUp"):
        page.keyboard.press(key)
        seen.append(focused())
    assert seen == [
        "4, drawn by postcards",
        "3, drawn by postcards",
        "3, drawn by postcards-turbo",
        "50, drawn by postcards-turbo",
        "50, drawn by postcards-turbo",
        "1, drawn by postcards",
        "1, drawn by postcards",
    ]
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    assert names(page) == {"A": "num_inference_steps = 1", "B": "num_inference_steps = 2"}
    page.keyboard.press("ArrowRight")
    page.keyboard.press("b")
    assert names(page) == {"A": "num_inference_steps = 1", "B": "num_inference_steps = 3"}
    assert page.locator("[role=grid] button[tabindex='0']").count() == 1


def test_the_table_is_one_for_a_screen_reader(opened: Opened, small_guide: Path) -> None:
    """Caption, headings of columns and rows, and buttons named by their pictures."""
    page = explored(opened, small_guide, LINK)
    assert page.locator("[role=grid] caption").inner_text() == (
        "num_inference_steps across, model down; prompt: a snowy night"
    )
    heads = page.get_by_role("columnheader").all_inner_texts()
    assert heads == [*(str(step) for step in range(1, 11)), "25", "50"]
    assert page.get_by_role("rowheader").all_inner_texts() == ["postcards", "postcards-turbo"]
    assert page.get_by_role("grid").get_by_role("button").count() == 24


@pytest.fixture
def pictured(small_guide: Path, tmp_path: Path) -> tuple[Path, list[Path]]:
    """The small guide with rendered pictures at the first three step counts of a row."""
    site = tmp_path / "site"
    shutil.copytree(small_guide, site)
    cells = {
        cell["axes"]["guidance_scale"]: RENDERED / "guidance-scale" / cell["file"]
        for cell in json.loads((RENDERED / "guidance-scale" / "manifest.json").read_text())["cells"]
        if cell["axes"]["prompt"] == "cacti"
    }
    hires = next((RENDERED / "hires-fix").glob("*.webp"))
    sources = [cells[0.0], cells[20.0], hires]
    data = json.loads((site / "explore" / "steps.json").read_text(encoding="utf-8"))
    for source, cell in zip(sources, data["cells"], strict=False):
        shutil.copy(source, site / data["root"] / cell[1])
    return site, sources


def steps(a: int, b: int) -> str:
    return f"explore/?plan=steps&a.num_inference_steps={a}&b.num_inference_steps={b}"


def test_the_difference_is_the_one_that_numpy_finds(
    opened: Opened, pictured: tuple[Path, list[Path]]
) -> None:
    """Largest and mean over all pixels and channels, of two rendered WebP files."""
    site, files = pictured
    first, second = (np.asarray(Image.open(file).convert("RGB"), dtype=int) for file in files[:2])
    apart = np.abs(first - second)
    page = explored(opened, site, steps(1, 2))
    status = page.locator("picture-compare [role=status]")
    times = next(k for k in (32, 16, 8, 4, 2, 1) if k * np.quantile(apart, 0.99) <= 255)
    assert apart.max() > 100
    expect(status).to_have_text(
        f"Where they differ, ×{times}: mean {apart.mean():.2f}, "
        f"largest {apart.max()} grey levels of 255."
    )
    drawn = page.evaluate(
        """() => {
            const canvas = document.querySelector("picture-compare canvas");
            return [...canvas.getContext("2d").getImageData(0, 0, 128, 128).data];
        }"""
    )
    shown = np.asarray(drawn).reshape(128, 128, 4)[..., :3]
    assert np.array_equal(shown, np.minimum(apart * times, 255))


def test_where_there_is_no_difference_it_says_why(
    opened: Opened, pictured: tuple[Path, list[Path]]
) -> None:
    """One and the same picture, pictures of two sizes, and one that did not load."""
    site, _ = pictured
    page = explored(opened, site, steps(1, 1))
    status = page.locator("picture-compare [role=status]")
    expect(status).to_have_text("Every pixel of the two is the same.")
    page.get_by_role("button", name="num_inference_steps 3, drawn by postcards").first.click()
    expect(status).to_have_text(
        "One is 256 × 256 pixels, the other 128 × 128: no pixel has its counterpart."
    )
    page.route("**/renders/**", lambda route: route.fulfill(body=""))
    page.get_by_role("button", name="num_inference_steps 9, drawn by postcards").first.click()
    expect(status).to_have_text("A picture did not load.")


def test_the_measured_curve_marks_where_both_pictures_stand(
    opened: Opened, small_guide: Path, tmp_path: Path
) -> None:
    """Each on the curve of what drew it, with what was measured there; nothing for other plans."""
    site = tmp_path / "site"
    shutil.copytree(small_guide, site)
    for model in ("postcards", "postcards-turbo"):
        write(tmp_path / "measured", sweep("euler", model=model, own=True, fixed={}))
    known = Known(sweeps=load_measured(tmp_path / "measured"))
    (plan,) = explore.explorable({"steps": load_manifests(site / "renders")["steps"]}, [])
    files = {"explore/steps.json": explore.plan_json(plan, known), **curve_files(known)}
    for uri, text in files.items():
        (site / uri).write_text(text, encoding="utf-8")
    page = explored(opened, site, LINK)
    figures = page.locator(".explorer-curves figure")
    expect(figures).to_have_count(2)
    assert figures.locator("text.chosen").all_text_contents() == ["A", "B"]
    assert figures.locator("figcaption strong").all_inner_texts() == [
        "A (4): fidelity 0.500, change 0.219",
        "B (8): fidelity 1.000, change 0.109",
    ]
    page.get_by_role("button", name="num_inference_steps 7, drawn by postcards-turbo").click()
    told = figures.locator("figcaption strong")
    expect(told).to_have_text(["A (7): not measured; B (8): fidelity 1.000, change 0.109"])
    page.get_by_label("Comparison").select_option("guidance")
    expect(figures).to_have_count(0)


def test_a_wipe_is_a_range_input(opened: Opened, small_guide: Path) -> None:
    """The keyboard moves it, and it says how much of each picture is seen."""
    page = explored(opened, small_guide)
    wipe = page.get_by_label("Wipe: how much of A is seen")
    wipe.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert wipe.get_attribute("aria-valuetext") == "1 % A, 99 % B"
    over = page.locator("picture-compare .stage img").nth(1)
    assert over.evaluate("one => getComputedStyle(one).clipPath") == "inset(0px 0px 0px 1%)"


def test_a_drag_on_the_picture_wipes_too(opened: Opened, small_guide: Path) -> None:
    """A finger or the mouse need not find the slider."""
    page = explored(opened, small_guide)
    stage = page.locator("picture-compare .stage").first
    box = stage.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 20)
    page.mouse.up()
    assert page.get_by_label("Wipe: how much of A is seen").input_value() == "80"


def test_flicker_is_a_button_that_stops(opened: Opened, small_guide: Path) -> None:
    """Slower than three flashes a second; the button again, or Escape, ends it."""
    watched = opened(small_guide)
    watched.page.clock.install(time=0)
    page = watched.visit("explore/")
    button = page.get_by_role("button", name="Flicker")
    seen = page.locator("picture-compare .stage").first
    page.clock.pause_at(10**6)  # from here on time goes by only where a line below says so
    button.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    found = [seen.get_attribute("data-seen")]
    for _ in range(3):
        page.clock.run_for(600)
        found.append(seen.get_attribute("data-seen"))
    assert found == ["a", "b", "a", "b"]
    page.keyboard.press("Escape")
    assert button.get_attribute("aria-pressed") == "false"
    page.clock.run_for(6000)
    assert seen.get_attribute("data-seen") == "b"
    button.press("Enter")
    button.press("Enter")
    assert seen.get_attribute("data-seen") == "both"


def test_who_asked_for_less_motion_swaps_by_hand(opened: Opened, small_guide: Path) -> None:
    """Nothing moves by itself: each press shows the other picture."""
    watched = opened(small_guide)
    watched.page.emulate_media(reduced_motion="reduce")
    watched.page.clock.install()
    page = watched.visit("explore/")
    button = page.get_by_role("button", name="Swap A and B")
    seen = page.locator("picture-compare .stage").first
    found = []
    for _ in range(2):
        button.click()
        page.clock.run_for(6000)
        found.append(seen.get_attribute("data-seen"))
    assert found == ["a", "b"]
    assert button.get_attribute("aria-pressed") == "false"
