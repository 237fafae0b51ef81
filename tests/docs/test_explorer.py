"""The explorer in a real browser: what a link opens, and what stays where it cannot."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import explore
from browser import Opened, served
from explorer import A_AND_B, LINK, address, chosen, explored, names, told
from figures import load_manifests
from live import Kit
from measured_known import Known
from playwright.sync_api import Browser, expect
from small import ROOT


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


def test_a_setting_page_leads_to_its_pictures(opened: Opened, small_guide: Path) -> None:
    """To the two at the ends of the row a reader was looking at."""
    page = opened(small_guide).visit("settings/inference-steps/")
    page.get_by_role("link", name="Compare two of these pictures").first.click()
    page.locator("picture-explorer [role=grid]").wait_for()
    assert told(page) == ""
    assert names(page) == {"A": "num_inference_steps = 4", "B": "num_inference_steps = 50"}
    page.get_by_role("link", name="Inference Steps").last.click()
    page.wait_for_url("**/settings/inference-steps/")


def test_a_picture_leads_to_the_live_page_that_draws_it(
    opened: Opened, small_guide: Path, tmp_path: Path
) -> None:
    """With everything it was made with, in the names that page has for it; 75 steps it cannot."""
    site = tmp_path / "site"
    shutil.copytree(small_guide, site)
    manifest = load_manifests(site / "renders")["steps"]
    for cell in manifest["cells"]:
        if cell["axes"]["num_inference_steps"] == 50:
            cell["axes"]["num_inference_steps"] = cell["settings"]["num_inference_steps"] = 75
    exported = ROOT / "docs" / "content" / "assets" / "models" / "manifest.json"
    kit = Kit(json.loads(exported.read_text(encoding="utf-8")), {})
    (plan,) = explore.explorable({"steps": manifest}, [])
    text = explore.plan_json(plan, Known(), kit)
    (site / "explore" / "steps.json").write_text(text, encoding="utf-8")
    page = explored(opened, site, "explore/?a.num_inference_steps=4&b.num_inference_steps=75")
    links = page.locator(".explorer-about a[href*=live]")
    assert links.all_inner_texts() == ["picture A"]
    assert links.first.get_attribute("href") == (
        "../live/#draw?model=postcards&prompt=a+lighthouse+by+the+sea&num_inference_steps=4"
        "&seed=7&scheduler=euler-trailing"
    )


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
