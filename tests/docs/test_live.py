"""Live drawing in a real browser: what a reader types is drawn as in Python."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import served
from live import BESIDE
from live_reader import (
    begin,
    distance,
    latents_drawn,
    pixels_of,
    readers,
    set_all,
    wait_for_drawn,
    wait_for_status,
)
from live_site import ASSETS, KNOWN, large_site, live_picture, write_site
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.prove import PROVE

ASKED = [
    one
    for i, one in enumerate(KNOWN)
    if PROVE or i in (1, 7, 8) or BESIDE.keys() & one["settings"].keys()
]
# Asks for a picture and types until it is there: the prompt in the address before and after.
TYPED_MEANWHILE = """async (words) => {
    const told = () => new URLSearchParams(location.hash.slice("#draw?".length)).get("prompt");
    const { seed, prompt } = document.querySelector("live-picture form").elements;
    const type = (field, value) => {
        field.value = value;
        field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const before = told();
    const drawn = new Promise((done) => addEventListener("drawn", done, { once: true }));
    type(seed, 4);
    await new Promise((begun) => setTimeout(begun));
    type(prompt, words);
    const typing = setInterval(() => type(prompt, words), 20);
    await drawn;
    clearInterval(typing);
    return [before, told()];
}"""
STATED = json.loads((ASSETS / "models/parity.json").read_text(encoding="utf-8"))["summary"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page that draws live, with both models to choose from."""
    with served(large_site(tmp_path_factory.mktemp("live"))) as base:
        yield base


@pytest.fixture(scope="module")
def new_page(chromium: Browser) -> Iterator[Callable[[], Page]]:
    """Opens pages that share nothing, not even what was fetched."""
    with readers(chromium) as opened:
        yield opened


@pytest.fixture(scope="module")
def drawing(site: str, new_page: Callable[[], Page]) -> Page:
    """A page that has drawn its first picture, for tests that leave it drawing."""
    page = new_page()
    page.goto(site)
    begin(page)
    wait_for_drawn(page, 1)
    return page


@pytest.mark.parametrize(
    "known", ASKED, ids=lambda known: f"{known['settings']['prompt']} {len(known['settings'])}"
)
def test_what_a_reader_types_is_drawn_as_python_draws_it(
    drawing: Page, known: dict[str, Any]
) -> None:
    """As onnxruntime draws it from the same files, and as near to diffusers as the page states."""
    latents = latents_drawn(drawing, known)
    assert distance(latents, known["shipped"]) < 1e-4
    assert distance(latents, known["latents"]) < STATED["shipped"]["latents_worst"]
    expected = np.asarray(Image.open(io.BytesIO(base64.b64decode(known["png"]))).convert("RGB"))
    apart = np.abs(pixels_of(drawing) - expected).mean()
    assert apart < STATED["shipped"]["mean_levels_worst"]


def test_words_outside_the_vocabulary_are_marked_as_they_are_typed(drawing: Page) -> None:
    """In a list that describes the field and is read out."""
    prompt = drawing.get_by_label("Prompt", exact=True)
    prompt.fill("a dragon by the sea")
    told = drawing.locator(f"#{prompt.get_attribute('aria-describedby')}")
    expect(told).to_have_text("Not in the model's vocabulary: dragon")
    assert told.locator("mark").all_inner_texts() == ["dragon"]
    assert told.get_attribute("aria-live") == "polite"
    prompt.fill("a lighthouse by the sea")
    expect(told).to_have_text("")


def test_a_slider_that_is_dragged_draws_only_where_it_stops(drawing: Page) -> None:
    """Runs that began on the way are dropped between two of their steps."""
    set_all(drawing, "postcards", {"num_inference_steps": 12, "guidance_scale": 3, "seed": 1})
    before = drawing.evaluate("window.drawn")
    slider = drawing.locator("steps-slider input")
    slider.evaluate(
        """(slider) => {
            for (let at = 20; at >= 5; at--) {
                slider.value = at;
                slider.dispatchEvent(new Event("input", {bubbles: true}));
            }
        }"""
    )
    wait_for_drawn(drawing, before + 1)
    assert drawing.evaluate("window.drawn") == before + 1
    assert (
        ": 6 steps, guidance 3, seed 1" in drawing.locator(".drawn figcaption").first.inner_text()
    )


def test_the_address_is_of_the_picture_that_stands_there(drawing: Page) -> None:
    """Also where it is finished while the next prompt is being typed."""
    set_all(drawing, "postcards", {"num_inference_steps": 2, "guidance_scale": 1, "seed": 3})
    before, after = drawing.evaluate(TYPED_MEANWHILE, "a tent")
    assert after == before != "a tent"


def test_both_models_draw_side_by_side_each_with_what_suits_it(drawing: Page) -> None:
    """The form is the larger model's; the other keeps to its own steps."""
    set_all(drawing, "both", {"num_inference_steps": 3, "guidance_scale": 2, "seed": 2})
    captions = drawing.locator(".drawn figcaption").all_inner_texts()
    assert [caption.partition(",")[0] for caption in captions] == ["postcards", "postcards-turbo"]
    assert captions[0].endswith(": 3 steps, guidance 2, seed 2, euler-trailing")
    assert captions[1].endswith(": 4 steps, guidance 1, seed 2, lcm")


def test_a_link_brings_its_settings_back_and_waits_for_one_press(
    site: str, new_page: Callable[[], Page]
) -> None:
    """What no control can hold is left out, and the page says so."""
    page = new_page()
    page.goto(
        f"{site}#draw?prompt=a+tent%2C+%3Cb%3Edunes&seed=42&num_inference_steps=3&guidance_scale=99"
    )
    told = wait_for_status(page, "Press the button")
    assert told == (
        "The link draws “a tent, <b>dunes”. Press the button. "
        "Left out, as they cannot be drawn here: guidance_scale."
    )
    assert page.evaluate("window.drawn") is None
    begin(page)
    wait_for_drawn(page, 1)
    assert ": 3 steps, guidance 1, seed 42" in page.locator(".drawn figcaption").first.inner_text()
    copied = page.evaluate("location.hash")
    assert copied.startswith("#draw?prompt=a+tent%2C+%3Cb%3Edunes&seed=42&")


def test_a_link_put_in_the_address_bar_is_drawn_where_one_was_drawn_before(drawing: Page) -> None:
    """What its model cannot do gives way, and the page says what."""
    drawn = drawing.evaluate("window.drawn")
    drawing.evaluate(
        "location.hash = '#draw?model=postcards-turbo&prompt=a+tent&seed=77&scheduler=heun'"
        " + '&num_inference_steps=3&guidance_scale=1'"
    )
    wait_for_drawn(drawing, drawn + 1)
    told = wait_for_status(drawing, "Not as the link asked")
    assert told.endswith("Not as the link asked: scheduler.")
    drawing.evaluate("location.hash = '#draw?seed=78&num_inference_steps=2&width=7'")
    wait_for_drawn(drawing, drawn + 2)
    assert wait_for_status(drawing, "asked: width").endswith("Not as the link asked: width.")
    assert (
        ": 2 steps, guidance 1, seed 78, lcm"
        in drawing.locator(".drawn figcaption").first.inner_text()
    )
    set_all(drawing, "postcards-turbo", {"seed": 79})
    assert "Not as" not in wait_for_status(drawing, "Drawn with")


def test_a_number_that_cannot_be_is_named_where_it_is_folded_away(drawing: Page) -> None:
    """The focus stays where the reader types, and nothing is drawn until it is mended."""
    wait_for_status(drawing, "Drawn with")
    fold = drawing.locator("live-picture details")
    drawing.locator("[name=variation_seed]").evaluate("(field) => (field.value = '-5')")
    fold.evaluate("(fold) => (fold.open = false)")
    drawing.get_by_label("Prompt", exact=True).fill("a sailboat")
    told = wait_for_status(drawing, "Variation seed")
    assert told == "Variation seed: Value must be greater than or equal to 0."
    assert fold.evaluate("(fold) => fold.open")
    expect(drawing.get_by_label("Prompt", exact=True)).to_be_focused()
    drawn = drawing.evaluate("window.drawn")
    drawing.locator("[name=variation_seed]").fill("0")
    wait_for_drawn(drawing, drawn + 1)


def test_a_line_that_is_down_is_told_as_a_failed_download(
    site: str, new_page: Callable[[], Page]
) -> None:
    """Also before the first file, the list of all others."""
    page = new_page()
    page.goto(site)
    page.context.route("**/manifest.json", lambda route: route.abort())
    begin(page)
    told = wait_for_status(page, "failed")
    assert told == "The download failed. (manifest.json) The rendered pictures stay."


def test_a_failed_download_leaves_the_picture_a_line_and_another_try(
    site: str, new_page: Callable[[], Page]
) -> None:
    """The second try fetches only what is missing."""
    page = new_page()
    fetched: list[str] = []
    page.context.on("request", lambda request: fetched.append(request.url))
    page.context.route("**/unet.onnx*", lambda route: route.fulfill(status=503))
    page.goto(site)
    begin(page)
    told = wait_for_status(page, "download failed")
    assert told == (
        "The download failed. (postcards-turbo/unet.onnx: HTTP 503) The rendered pictures stay."
    )
    expect(page.locator("steps-slider img").first).to_have_js_property("naturalWidth", 128)
    page.context.unroute("**/unet.onnx*")
    fetched.clear()
    begin(page, "Try again")
    wait_for_drawn(page, 1)
    assert not any("decoder.onnx" in url or "wasm.gz" in url for url in fetched)


def test_a_damaged_download_is_not_drawn_with(site: str, new_page: Callable[[], Page]) -> None:
    """Every file must hash to what the manifest says."""
    page = new_page()
    page.context.route("**/unet.onnx*", lambda route: route.fulfill(body=b"not a model"))
    page.goto(site)
    begin(page)
    told = wait_for_status(page, "damaged")
    assert told.startswith("The download arrived damaged. (postcards-turbo/unet.onnx)")


def test_a_lost_worker_leaves_the_picture_a_line_and_another_try(
    site: str, new_page: Callable[[], Page]
) -> None:
    """A worker that is ended says nothing; the lock that it held tells."""
    page = new_page()
    page.goto(site)
    begin(page)
    wait_for_drawn(page, 1)
    page.workers[0].evaluate("setTimeout(() => self.close())")  # once it has answered
    told = wait_for_status(page, "ended")
    assert told == "The browser ended the drawing in the background. The rendered pictures stay."
    begin(page, "Try again")
    wait_for_drawn(page, 2)


def test_a_browser_without_what_it_takes_is_told_so(
    site: str, new_page: Callable[[], Page]
) -> None:
    """Nothing is fetched that it could not use."""
    page = new_page()
    page.add_init_script("delete globalThis.DecompressionStream")
    page.goto(site)
    begin(page)
    told = wait_for_status(page, "cannot draw")
    assert told == (
        "This browser cannot draw here: it lacks WebAssembly with SIMD, module workers or "
        "decompression. The rendered pictures stay."
    )


def test_a_copy_without_the_runtime_says_so_and_offers_no_button(
    chromium: Browser, tmp_path: Path
) -> None:
    """Its rendered pictures still flip."""
    shown = live_picture("num_inference_steps", "inference-steps", modules=tmp_path / "none")
    folder = tmp_path / "site"
    folder.mkdir()
    with served(write_site(folder, shown)) as base:
        page = chromium.new_page()
        page.goto(base)
        assert page.get_by_role("button").count() == 0
        assert page.locator(".live-note").inner_text() == (
            "This copy of the guide has rendered pictures only: it was built without what draws "
            "in the browser."
        )
        page.locator("steps-slider input").fill("0")
        assert "num_inference_steps 1 " in str(
            page.locator("steps-slider img").get_attribute("alt")
        )
        page.close()
