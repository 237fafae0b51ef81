"""The model finder: what the page looks up is what recommend() answers; its field asks which."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import finder
import finder_exports
import finder_files
import finder_index
import pytest
from browser import Opened
from playwright.sync_api import Page, Route, expect

import recommender
from tests.prove import PROVE

# One of each kind: few-step, ranges, a start from a picture, measured, an accelerator LoRA.
SAMPLE = (
    "flux-1-schnell",
    "qwen-image",
    "zeroscope-v2-xl",
    "postcards",
    "stable-diffusion-v1-5+lcm-lora-sdv1-5",
)
BUDGETS = (None, 0, 1, 3, 8, 29, 60, 89, 122)
FINDER = "const made = await import(document.baseURI + '../assets/js/finder/answers.js');"
LOOK_UP = f"""async ([index, sheet, questions]) => {{
    {FINDER} return questions.map((question) => made.lookUp(index, sheet, question));
}}"""
EXPORTED = f"""async ([index, file, asked]) => {{
    {FINDER} return asked.map(([tool, goal]) => made.exported(index, file, tool, goal));
}}"""
FIND = f"""async ([index, texts]) => {{
    {FINDER} return texts.map((text) => {{
        const found = made.find(index, text);
        return [found.models.map((model) => model[0]), Boolean(found.exact), found.asks];
    }});
}}"""


def questions(sheet: dict[str, Any]) -> list[dict[str, Any]]:
    """Lists every question that a sheet answers, under budgets from nothing to plenty."""
    return [
        {"scheduler": scheduler, "goal": goal, "budget": budget}
        for scheduler in ("", *sheet["schedulers"])
        for goal in finder.GOALS
        for budget in BUDGETS
    ]


def told(name: str, question: dict[str, Any]) -> dict[str, Any]:
    """Returns what recommend() answers; of the warnings' order a page makes nothing."""
    model, _, lora = name.partition("+")
    budget = question["budget"]
    answer = recommender.recommend(
        model,
        goal=question["goal"],
        scheduler=question["scheduler"] or None,
        loras=(lora,) if lora else (),
        budget={"seconds": 1, "seconds_per_call": 2} if budget == 0 else budget,
    ).to_dict()
    return {**answer, "warnings": sorted(answer["warnings"])}


def shown(answer: dict[str, Any]) -> dict[str, Any]:
    """Returns what the page looked up, without the words that only a page needs."""
    kept = {key: value for key, value in answer.items() if key != "said"}
    return {**kept, "warnings": sorted(kept["warnings"])}


@pytest.fixture(scope="module")
def sheets() -> dict[str, dict[str, Any]]:
    """The sheets to compare: one of every kind, or all of them under PROVE."""
    known = recommender.catalogue()
    if PROVE:
        return finder.sheets(known)
    parted = {name: name.partition("+") for name in SAMPLE}
    return {name: finder.sheet(known, m, lora or None) for name, (m, _, lora) in parted.items()}


@pytest.fixture(scope="module")
def index() -> dict[str, Any]:
    """The index of the whole catalogue."""
    known = recommender.catalogue()
    return finder_index.index(known, list(known.models))


@pytest.fixture
def page(opened: Opened, small_guide: Path) -> Page:
    """The finder of the small guide."""
    return opened(small_guide).visit("finder/")


def test_the_page_looks_up_what_recommend_answers(
    page: Page, index: dict[str, Any], sheets: dict[str, dict[str, Any]]
) -> None:
    """Every goal, scheduler and budget, though not together; `make prove`: all of all sheets."""
    for name, sheet in sheets.items():
        asked = questions(sheet)[:: 1 if PROVE else 5]  # 27 goals and budgets: 5 meets them all
        found = page.evaluate(LOOK_UP, [index, sheet, asked])
        for question, answer in zip(asked, found, strict=True):
            assert shown(answer) == told(name, question), (name, question)


def test_the_page_shows_what_export_writes(page: Page, index: dict[str, Any]) -> None:
    """Letter for letter, for every tool and goal; a tool that cannot take it says why."""
    asked = [(tool, goal) for tool in recommender.TOOLS for goal in finder.GOALS]
    for model in ("sdxl-base-1-0", "flux-1-schnell"):
        file = finder_exports.exported(model, None)
        found = page.evaluate(EXPORTED, [index, file, asked])
        for (tool, goal), got in zip(asked, found, strict=True):
            try:
                made = recommender.export(recommender.recommend(model, goal=goal), tool)
                assert got == {"content": made.content, "notes": list(made.notes)}
            except recommender.ExportError as error:
                assert got == {"refused": str(error)}


def test_every_tool_of_the_recommender_has_a_button_with_a_name() -> None:
    """A new tool must not appear under its id."""
    assert set(finder_exports.NAMES) == set(recommender.TOOLS)


def test_a_name_that_fits_several_models_asks_which_as_the_recommender_does(
    page: Page, index: dict[str, Any]
) -> None:
    """The same candidates, those named so first; a name of one model alone is that model's."""
    known = recommender.catalogue()
    texts = ["sdxl lightning", "wan 2.1", "AnimateDiff", "flux schnell", "FLUX.1 [schnell]"]
    found = page.evaluate(FIND, [index, texts])
    for text, (models, exact, asks) in zip(texts, found, strict=True):
        try:
            assert models[0] == known.find(text)
            assert not asks
        except recommender.AmbiguousModelError as error:
            assert (sorted(models), exact, asks) == (sorted(error.candidates), False, True)
    assert [asks for _, _, asks in found] == [True, True, True, False, False]
    assert found[4][1] is True
    assert found[1][0][0].startswith("wan-2-1")  # before AnyFlow Wan 2.1


def test_every_name_the_index_asks_about_is_one_the_recommender_asks_about(
    index: dict[str, Any],
) -> None:
    """And every loose name leads to the model that find() returns."""
    known = recommender.catalogue()
    order = [model[0] for model in index["models"]]
    for name, candidates in finder_index.asks(known).items():
        assert [order[place] for place in index["asks"][name]] == list(candidates)
    for id, _, _, names, _ in index["models"]:
        assert {known.find(name) for name in names} == {id}


def test_a_text_that_is_no_name_lists_what_begins_like_it(
    page: Page, index: dict[str, Any]
) -> None:
    """A file's name, a slip at the end, an id of yesterday; never taken for the model itself."""
    texts = ["flux1-schnell-fp8.safetensors", "qwen imgae", "zzz", "zzz " * 2500, "!!!"]
    found = page.evaluate(FIND, [index, texts])
    assert found[0] == [["flux-1-schnell"], False, False]
    assert "qwen-image" in found[1][0]
    assert [models for models, _, _ in found[2:]] == [[], [], []]
    field = page.get_by_role("combobox", name="Your model")
    field.fill("quick lora.safetensors")
    said = page.locator("model-search [role=status]")
    told = "No model is called “quick lora.safetensors”. Like its beginning: 1 model"
    expect(said).to_have_text(told)
    field.press("Enter")
    expect(said).to_have_text(told)
    expect(page.locator(".finder-name")).to_have_count(0)
    field.fill("x" * 10_000)
    expect(said).to_have_text(f"No model is called “{'x' * 60}…”.")


def test_typing_a_name_lists_models_and_enter_opens_one(page: Page) -> None:
    """The field is a combobox; the answer stands below it and its question in the address."""
    field = page.get_by_role("combobox", name="Your model")
    expect(field).to_have_attribute("aria-expanded", "false")
    field.press_sequentially("example")
    expect(page.locator("model-search [role=option]")).to_have_count(3)
    said = page.locator("model-search [role=status]")
    expect(said).to_have_text("“example” fits 3 models. Which one?")
    field.press("ArrowDown")
    marked = page.locator("[role=option][aria-selected=true]")
    expect(field).to_have_attribute("aria-activedescendant", marked.get_attribute("id") or "")
    field.press("Enter")
    expect(page.locator(".finder-answer .answer-main dd")).to_contain_text("4")
    assert page.url.endswith("?model=flux-1-schnell")
    field.fill("no such thing at all")
    expect(said).to_have_text("No model is called “no such thing at all”.")


def test_the_tab_key_leaves_the_field_for_what_comes_next(page: Page) -> None:
    """Not for the list, which goes when the field is left: the key would end nowhere."""
    field = page.get_by_role("combobox", name="Your model")
    field.press_sequentially("example")
    models = page.locator("#finder-models")
    models.evaluate("(list) => Object.assign(list.style, {maxHeight: '2rem', overflow: 'auto'})")
    expect(page.locator("model-search [role=option]")).to_have_count(3)
    field.press("Tab")
    expect(models).to_be_hidden()
    assert page.evaluate("document.activeElement.tagName") == "A"


def test_an_answer_that_comes_late_never_stands_under_another_name(page: Page) -> None:
    """The first model's sheet arrives after the second's, as on a line that loses packets."""
    held: list[Route] = []
    page.route("**/answers/flux-1-schnell.json", lambda route: held.append(route))
    field = page.get_by_role("combobox", name="Your model")
    steps = page.locator(".finder-answer .answer-main dd")
    with page.expect_request("**/answers/flux-1-schnell.json"):
        field.fill("flux-1-schnell")
        field.press("Enter")
    page.get_by_label("Draft").check(force=True)  # of which model would be anybody's guess
    field.fill("stable-diffusion-v1-5")
    field.press("Enter")
    expect(steps).to_have_text("20 20–50")
    with page.expect_response("**/answers/flux-1-schnell.json") as late:
        held[0].continue_()
    late.value.finished()
    page.get_by_label("Final").check(force=True)
    expect(steps).to_have_text("50 20–50")
    expect(page.locator(".finder-name")).to_have_text("Example Base")


def test_a_link_with_a_question_opens_its_answer(opened: Opened, small_guide: Path) -> None:
    """Goal, LoRA and budget change it, and each stands in the address bar."""
    page = opened(small_guide).visit("finder/?model=stable-diffusion-v1-5&goal=final")
    expect(page.locator(".finder-answer .answer-main dd")).to_have_text("50 20–50")
    page.get_by_label("At most").fill("10")
    expect(page.locator(".finder-warnings")).to_contain_text("The budget of 10 calls is too small")
    page.get_by_label("At most").fill("9.2s@0.2")  # 46 calls, also in binary fractions
    expect(page.locator(".finder-warnings")).to_have_count(0)
    expect(page.locator(".finder-answer .answer-main dd")).to_have_text("46 20–50")
    page.get_by_label("At most").fill("ten")
    expect(page.locator(".finder-status")).to_contain_text("Budget: a whole number")
    page.get_by_label("At most").fill("")
    page.get_by_label("Draft").check(force=True)
    expect(page.locator(".finder-answer .answer-main dd")).to_have_text("20 20–50")
    assert page.url.endswith("?model=stable-diffusion-v1-5&goal=draft")
    page.get_by_role("button", name="ComfyUI").click()
    expect(page.locator(".finder-paste pre")).to_contain_text('"steps": 20')
    assert page.url.endswith("&tool=comfyui")


def test_files_are_made_once_for_the_same_facts(
    tmp_path: Path, knowledge: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was kept is used, and a damaged file is made again."""
    monkeypatch.setenv("SWEETSPOT_ROOT", str(knowledge))
    order = list(recommender.catalogue().models)
    made = finder_files.generate(order, tmp_path)
    (kept,) = tmp_path.iterdir()
    monkeypatch.setattr(finder, "sheets", lambda *_: pytest.fail("asked again"))
    assert finder_files.generate(order, tmp_path) == made
    monkeypatch.undo()
    monkeypatch.setenv("SWEETSPOT_ROOT", str(knowledge))
    kept.write_bytes(b"half a file")
    assert finder_files.generate(order, tmp_path) == made
    assert json.loads(made["finder/index.json"])["goals"] == list(finder.GOALS)


def test_a_sheet_stays_small(sheets: dict[str, dict[str, Any]]) -> None:
    """A reader waits for one sheet: at most 48 KB, before it is compressed."""
    largest = max(len(finder_files.dumps(sheet).encode()) for sheet in sheets.values())
    assert largest <= 48_000
