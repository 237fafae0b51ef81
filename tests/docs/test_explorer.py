"""The explorer in a real browser: links, keyboard, two pictures on top of each other."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import explore
import numpy as np
import pytest
from browser import Opened, served
from explore_curves import curve_files
from figures import load_manifests
from measured import load_measured
from measured_known import Known
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from small import ROOT
from sweeps import sweep, write

RENDERED = ROOT / "docs" / "content" / "renders"
LINK = (
    "explore/?plan=steps&x=num_inference_steps&y=model&prompt=winter&a.num_inference_steps=4"
    "&a.model=postcards&b.num_inference_steps=8&b.model=postcards-turbo"
)
A_AND_B = {
    "A": ("num_inference_steps = 4", 'model = "postcards"'),
    "B": ("num_inference_steps = 8", 'model = "postcards-turbo"'),
}


def names(page: Page) -> dict[str, str]:
    """Returns what stands beside A and beside B."""
    lines = page.locator("picture-compare .names > span").all_inner_texts()
    return {line[0]: line[1:].strip() for line in lines}


def told(page: Page) -> str:
    """Returns what a link asked for and did not get."""
    return page.locator(".fallback").inner_text()


def chosen(page: Page) -> dict[str, str]:
    """Returns the value of every list."""
    pairs = page.locator("picture-explorer select").evaluate_all(
        "all => all.map((one) => [one.name, one.value])"
    )
    return dict(pairs)


def address(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.url).query, keep_blank_values=True))


def explored(opened: Opened, site: Path, uri: str = "explore/", **how: Any) -> Page:
    """Opens the explorer and waits until it shows what its address says."""
    page = opened(site, **how).visit(uri)
    page.locator("picture-explorer [role=grid]").wait_for()
    return page


def test_a_link_opens_the_two_pictures_it_names(opened: Opened, small_guide: Path) -> None:
    """Comparison, axes, prompt, and both pictures by their values."""
    page = explored(opened, small_guide, LINK)
    assert names(page) == {side: ", ".join(words) for side, words in A_AND_B.items()}
    assert chosen(page) == {
        "plan": "steps",
        "x": "num_inference_steps",
        "y": "model",
        "prompt": "winter",
        "seed": "7",
    }
    pressed = page.locator("[role=grid] button[aria-pressed=true] img")
    assert pressed.evaluate_all("all => all.map((one) => one.alt)") == [
        "a snowy night, num_inference_steps 4, drawn by postcards",
        "a snowy night, num_inference_steps 8, drawn by postcards-turbo",
    ]
    assert told(page) == ""
    assert page.url.endswith(LINK)


def test_what_a_reader_chooses_stands_in_the_address(opened: Opened, small_guide: Path) -> None:
    """By names and values; loaded again, the page is the same."""
    page = explored(opened, small_guide, LINK)
    page.locator("select[name=prompt]").select_option("harbour")
    page.get_by_role("button", name="num_inference_steps 2, drawn by postcards-turbo").click()
    assert address(page) == {
        "plan": "steps",
        "x": "num_inference_steps",
        "y": "model",
        "prompt": "harbour",
        "seed": "7",
        "a.num_inference_steps": "2",
        "a.model": "postcards-turbo",
        "b.num_inference_steps": "8",
        "b.model": "postcards-turbo",
    }
    shown = names(page), chosen(page)
    page.reload()
    page.locator("picture-explorer [role=grid]").wait_for()
    assert (names(page), chosen(page)) == shown
    assert told(page) == ""


def test_other_axes_keep_the_two_pictures(opened: Opened, small_guide: Path) -> None:
    """What was down is a list now, and what was a list goes down."""
    page = explored(opened, small_guide, LINK)
    page.get_by_label("Down").select_option("prompt")
    assert names(page) == {"A": "num_inference_steps = 4", "B": "num_inference_steps = 8"}
    assert chosen(page)["model"] == "postcards"
    assert address(page)["a.prompt"] == "winter"
    page.get_by_label("Across").select_option("prompt")
    assert (chosen(page)["x"], chosen(page)["y"]) == ("prompt", "num_inference_steps")
    assert page.locator("[role=grid] tbody th").count() == 12
    page.get_by_label("Comparison").select_option("guidance")
    expect(page.locator("picture-explorer [role=grid] tbody th")).to_have_count(1)
    assert address(page)["plan"] == "guidance"


FALLBACKS = {
    "x=colour": "Across cannot be colour here; shown is num_inference_steps.",
    "y=colour": "Down cannot be colour here; shown is prompt.",
    "a.num_inference_steps=24": "num_inference_steps = 24 was not rendered here; shown is 25.",
    "model=sdxl": 'model = "sdxl" was not rendered here; shown is postcards.',
    "y=model&prompt=<b>": 'prompt = "<b>" was not rendered here; shown is harbour.',
    "y=model&seed=8": "seed = 8 was not rendered; shown is 7.",
    "utm_source=letter": "",
}


def test_what_is_not_there_is_said_in_a_line(opened: Opened, small_guide: Path) -> None:
    """And the nearest that is there is shown; what is no axis is none of its business."""
    page = explored(opened, small_guide, "explore/?plan=ladder&a.num_inference_steps=24")
    both = "There is no comparison called ladder; shown is steps. "
    assert told(page) == both + FALLBACKS["a.num_inference_steps=24"]
    assert page.locator("[role=grid] button[aria-pressed=true]").count() == 2
    said = page.evaluate(
        """async (queries) => {
            const { opened, resolved } = await import("../assets/js/explore/state.js");
            const plan = opened(await (await fetch("steps.json")).json());
            return queries.map((one) => resolved(plan, new URLSearchParams(one)).notes.join(" "));
        }""",
        list(FALLBACKS),
    )
    assert dict(zip(FALLBACKS, said, strict=True)) == FALLBACKS


def test_a_link_takes_values_as_other_pages_write_them(opened: Opened, small_guide: Path) -> None:
    """4.0 is 4, and a prompt may be given in its words, as the live page has it."""
    query = "y=model&prompt=a+snowy+night&a.num_inference_steps=4.0"
    page = explored(opened, small_guide, f"explore/?{query}")
    assert (told(page), chosen(page)["prompt"]) == ("", "winter")
    assert names(page)["A"].startswith("num_inference_steps = 4")


@pytest.fixture
def changed(small_guide: Path, tmp_path: Path) -> Callable[[Callable[[Any], Any]], Path]:
    """Returns the small guide with the explorer's file of a changed plan."""

    def build(change: Callable[[dict[str, Any]], None]) -> Path:
        site = tmp_path / "site"
        shutil.copytree(small_guide, site)
        manifest = load_manifests(site / "renders")["steps"]
        change(manifest)
        (plan,) = explore.explorable({"steps": manifest}, [])
        text = explore.plan_json(plan, Known(), live=False)
        (site / "explore" / "steps.json").write_text(text, encoding="utf-8")
        return site

    return build


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

    def lose(manifest: dict[str, Any]) -> None:
        manifest["cells"] = [
            cell
            for cell in manifest["cells"]
            if (cell["settings"]["model"], cell["axes"]["num_inference_steps"])
            not in {("postcards", 4), ("postcards", 3)}
        ]

    page = explored(opened, changed(lose), LINK)
    assert told(page) == "A was not rendered at num_inference_steps = 4; shown is 1."
    assert page.locator("td.absent").all_inner_texts() == ["not rendered"] * 2
    page.keyboard.press("Tab")
    page.locator("[role=grid] button[tabindex='0']").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("b")
    assert names(page)["B"] == "num_inference_steps = 5"


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
    files = {"explore/steps.json": explore.plan_json(plan, known, live=False), **curve_files(known)}
    for uri, text in files.items():
        (site / uri).write_text(text, encoding="utf-8")
    page = explored(opened, site, LINK)
    figures = page.locator(".explorer-curves figure")
    expect(figures).to_have_count(2)
    assert figures.locator("text.chosen").all_inner_texts() == ["A", "B"]
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
    watched.page.clock.install()
    page = watched.visit("explore/")
    button = page.get_by_role("button", name="Flicker")
    seen = page.locator("picture-compare .stage").first
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


def test_a_setting_page_leads_to_its_pictures(opened: Opened, small_guide: Path) -> None:
    """To the two at the ends of the row a reader was looking at."""
    page = opened(small_guide).visit("settings/inference-steps/")
    page.get_by_role("link", name="Compare two of these pictures").first.click()
    page.locator("picture-explorer [role=grid]").wait_for()
    assert told(page) == ""
    assert names(page) == {"A": "num_inference_steps = 4", "B": "num_inference_steps = 50"}
    page.get_by_role("link", name="Inference Steps").last.click()
    page.wait_for_url("**/settings/inference-steps/")


def test_data_that_do_not_load_leave_the_pictures_and_a_line(
    opened: Opened, small_guide: Path
) -> None:
    """The table that came with the page stands."""
    watched = opened(small_guide)
    watched.page.route("**/explore/*.json", lambda route: route.fulfill(status=200, body="<html>"))
    page = watched.visit("explore/")
    expect(page.locator(".fallback")).to_have_text(
        "The data of this comparison did not load. Load the page again."
    )
    assert page.locator("picture-explorer table img").count() == 6


def test_without_scripts_every_comparison_is_a_captioned_figure(
    chromium: Browser, small_guide: Path
) -> None:
    """A table of the first, a figure of each, a link to its setting's page, no dead control."""
    with served(small_guide) as base:
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{base}explore/")
        assert page.locator("picture-explorer caption").inner_text() == (
            "num_inference_steps across, prompt down; model: postcards"
        )
        assert page.locator("picture-explorer th[scope=col]").all_inner_texts() == ["4", "25", "50"]
        captions = page.locator("picture-compare figcaption").all_inner_texts()
        assert captions == ["num_inference_steps = 4", "num_inference_steps = 50"]
        figures = page.locator(".gallery section")
        assert figures.locator("h3").all_inner_texts() == [
            "Inference Steps: Plan steps",
            "Guidance Scale: Plan guidance",
        ]
        links = figures.locator("h3 a").evaluate_all(
            "all => all.map((a) => a.getAttribute('href'))"
        )
        assert links == ["../settings/inference-steps/", "../settings/guidance-scale/"]
        assert figures.locator("img:visible").count() == 5
        assert page.locator(".md-content :is(select, button, input):visible").count() == 0
        context.close()


def test_hostile_text_is_text_in_the_explorer(opened: Opened, hostile_guide: Path) -> None:
    """Titles, prompts, names and alternative texts are shown letter by letter, and run nowhere."""
    page = explored(opened, hostile_guide)
    page.get_by_role("grid").get_by_role("button").nth(3).click()
    shown = page.locator("picture-explorer")
    assert "<script>alert(1)</script>" in shown.locator("caption").inner_text()
    assert "<img src=x onerror=alert(1)>" in shown.locator("tbody th").first.inner_text()
    assert shown.locator(":is(script, iframe, [onerror], [onload], [onmouseover])").count() == 0
    hrefs = shown.locator("a").evaluate_all("all => all.map((a) => a.href)")
    assert [href for href in hrefs if not re.match("https?://127", href)] == []
