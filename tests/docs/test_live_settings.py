"""Each setting that has live pictures draws at its stops what was rendered there."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from browser import served
from live import SIZED
from live_reader import begin, distance, latents_of, readers, set_all
from live_site import FROM_PICTURE, live_picture, need_runtime, write_site
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.prove import PROVE

WAIT = 120_000  # ms; a busy machine is slow
# The plan of each setting, and the stop to look at where not all are.
STOPS = {
    "guidance_rescale": ("guidance-rescale", 3),
    "guidance_end": ("guidance-end", 1),
    "guidance_start": ("guidance-start", 2),
    "variation_strength": ("variation-strength", 3),
    "aspect_ratio": ("aspect-ratio", 5),
    "strength": ("strength", 4),
}
# Pictures are kept as WebP with a loss: the mean difference of both, in levels of 255.
NEAR = 3.0


@pytest.mark.parametrize("setting", STOPS)
def test_what_is_drawn_at_a_stop_is_the_picture_that_stands_there(
    chromium: Browser, tmp_path: Path, setting: str
) -> None:
    """But for what smaller weights and the file's compression cost."""
    need_runtime()
    plan, looked_at = STOPS[setting]
    with served(write_site(tmp_path, live_picture(setting, plan))) as base:
        page = chromium.new_page()
        page.goto(base)
        page.get_by_role("button", name="Generate live").click()
        page.wait_for_function("location.hash", timeout=WAIT)
        count = page.locator("img[data-stops]").first.evaluate(
            "(image) => JSON.parse(image.dataset.stops).length"
        )
        for stop in range(count) if PROVE else (looked_at,):
            chosen_stop(page, stop)
            rendered, drawn = pixels(page, "img[data-stops]"), pixels(page, ".drawn canvas")
            assert rendered.shape == drawn.shape
            apart = np.abs(rendered - drawn).mean()
            assert apart < NEAR, stop
        page.close()


def test_from_a_picture_a_reader_draws_what_python_draws(chromium: Browser, tmp_path: Path) -> None:
    """A prompt, a seed, a scheduler and a strength that no plan renders."""
    need_runtime()
    asked = {k: v for k, v in FROM_PICTURE["settings"].items() if k not in SIZED}
    site = write_site(tmp_path, live_picture("strength", "strength"))
    with served(site) as base, readers(chromium) as opened:
        page = opened()
        page.goto(base)
        begin(page)
        page.get_by_text("All settings").click()
        assert page.locator("[name=width], [name=height]").count() == 0
        set_all(page, asked.pop("model"), asked)
        assert distance(latents_of(page), FROM_PICTURE["shipped"]) < 1e-4
        words = page.locator(".drawn figcaption").first.inner_text()
        assert words.endswith(": 6 steps, guidance 9, seed 71, unipc, strength 0.7")
        page.locator("[name=num_inference_steps]").fill("3")
        assert page.locator("[name=strength]").get_attribute("min") == "0.35"


def chosen_stop(page: Page, stop: int) -> None:
    """Puts the slider or the list at a stop, and waits until its picture is drawn."""
    page.evaluate(
        """async (stop) => {
            const one = document.querySelector("steps-slider :is(input, select)");
            const drawn = new Promise((done) => addEventListener("drawn", done, { once: true }));
            one.value = stop;
            one.dispatchEvent(new Event("input", { bubbles: true }));
            await drawn;
        }""",
        stop,
    )


def pixels(page: Page, which: str) -> np.ndarray:
    """The pixels of a picture or a canvas of the page, three numbers each."""
    address = page.locator(which).first.evaluate(
        """async (shown) => {
            await shown.decode?.();
            const width = shown.naturalWidth ?? shown.width;
            const height = shown.naturalHeight ?? shown.height;
            const copy = Object.assign(document.createElement("canvas"), { width, height });
            copy.getContext("2d").drawImage(shown, 0, 0);
            return copy.toDataURL("image/png");
        }"""
    )
    picture = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))
    return np.asarray(picture.convert("RGB"), dtype=float)
