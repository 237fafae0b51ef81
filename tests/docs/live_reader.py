"""What a reader does on a page that draws live, and what the page then shows."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from live import BESIDE
from PIL import Image
from playwright.sync_api import Browser, Page

WAIT = 120_000  # ms; a busy machine is slow
# Counts the pictures that are finished, and keeps which of the page's runs was the last of them.
COUNT = """addEventListener("drawn", () => {
    window.drawn = (window.drawn ?? 0) + 1;
    window.finished = document.querySelector("live-picture").panel.engine.session.run;
})"""
# The settings that the address does not name as they are.
UNTOLD = """(wanted) => {
    const told = new URLSearchParams(location.hash.slice("#draw?".length));
    return Object.entries(wanted).filter(([name, value]) => told.get(name) !== String(value));
}"""
LISTENING = "document.querySelector('live-picture').panel?.engine"
# The number of the run that draws all that was typed: one that waits for its turn begins first.
ASKED = """() => new Promise((begun) => setTimeout(begun)).then(
    () => document.querySelector("live-picture").panel.engine.session.run)"""


@contextmanager
def readers(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Gives a function that opens pages which share nothing, not even what was fetched."""
    contexts = []

    def opened() -> Page:
        contexts.append(browser.new_context(viewport={"width": 900, "height": 1000}))
        contexts[-1].add_init_script(COUNT)
        return contexts[-1].new_page()

    yield opened
    for context in contexts:
        context.close()


def begin(page: Page, name: str = "Generate live") -> None:
    """Presses the button."""
    page.get_by_role("button", name=name).click()


def wait_for_drawn(page: Page, count: int, patience: int = WAIT) -> None:
    """Waits until so many pictures are finished since the page was opened (see COUNT)."""
    page.wait_for_function("(count) => window.drawn >= count", arg=count, timeout=patience)


def wait_for_status(page: Page, words: str) -> str:
    """Returns the page's one line once it has these words in it."""
    status = page.locator("live-picture [role=status]")
    status.filter(has_text=words).wait_for(timeout=WAIT)
    return status.inner_text()


def set_all(page: Page, model: str, settings: dict[str, Any]) -> None:
    """Types and chooses as a reader does, and waits for the picture of all of it.

    Each change asks for a picture; what is typed as text a moment later, so it comes first. Nothing
    is left to draw then, not even the same picture again, whose previews would take its place.
    """
    page.wait_for_function(LISTENING, timeout=WAIT)
    page.get_by_label(model, exact=True).or_(page.locator(f"[value={model}]")).first.check()
    for name, value in sorted(settings.items(), key=lambda one: not isinstance(one[1], str)):
        field = page.locator(f"[name={name}]")
        choices = field.evaluate("(field) => field.tagName === 'SELECT'")
        field.select_option(str(value)) if choices else field.fill(str(value))
    page.wait_for_function(
        "(run) => window.finished >= run", arg=page.evaluate(ASKED), timeout=WAIT
    )
    assert page.evaluate(UNTOLD, {"model": model, **settings}) == []


def latents_drawn(page: Page, known: dict[str, Any]) -> np.ndarray:
    """Types all settings of a known run, and returns its final latents."""
    settings = {**BESIDE, **known["settings"], "seed": known["settings"]["seed"] % 2**32}
    set_all(page, settings.pop("model"), settings)
    return latents_of(page)


def latents_of(page: Page) -> np.ndarray:
    """The final latents of the picture that stands in the first canvas."""
    latents = "[...document.querySelector('live-picture').panel.screens[0].latents]"
    return np.array(page.evaluate(latents), dtype=np.float32)


def pixels_of(page: Page) -> np.ndarray:
    """The picture in the first canvas, three numbers a pixel."""
    address = page.evaluate("document.querySelector('.drawn canvas').toDataURL('image/png')")
    picture = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))
    return np.asarray(picture.convert("RGB"), dtype=float)


def distance(found: np.ndarray, packed: str) -> float:
    """The length of the difference over that of what was expected."""
    return apart(found, np.frombuffer(base64.b64decode(packed), "<f4"))


def apart(found: np.ndarray, wanted: np.ndarray) -> float:
    """The same, of numbers that are not packed."""
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))
