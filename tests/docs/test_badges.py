"""A badge says a model's sweet spot as a picture: well-formed, named, of one width in any font."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import badges
import pytest
from browser import Opened

import recommender

# A button's new words stand for a second and a half: a busy machine may look away so long.
SAID = """(button) => {
    window.said = [];
    new MutationObserver(() => said.push(button.textContent)).observe(button, {childList: true});
}"""
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</title><script>alert(1)</script>\"' & \x00\x1b[31m\u202e ]]>\n"


def test_every_model_with_a_figure_has_a_badge() -> None:
    """Well-formed, and small enough for any page."""
    made = badges.badges()
    known = recommender.catalogue().models
    figured = {id for id in known if recommender.recommend(id).steps is not None}
    assert set(made) == {f"badges/{id}.svg" for id in figured}
    for svg in made.values():
        ET.fromstring(svg)
        assert len(svg) < 1000


@pytest.mark.parametrize(("steps", "said"), [(4, "4 steps"), (1, "1 step"), (100, "100 steps")])
def test_a_badge_says_the_sweet_spot_in_a_box_that_fits(steps: int, said: str) -> None:
    """Both texts have a fixed length, which lies within the picture."""
    root = ET.fromstring(badges.badge({"name": "A model", "steps": steps}))
    texts = root.findall(f".//{SVG}text")
    assert [text.text for text in texts] == ["sweet spot", said]
    last = texts[-1]
    assert int(last.attrib["x"]) + int(last.attrib["textLength"]) == int(root.attrib["width"]) - 7
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{SVG}title") == f"A model: sweet spot {said}"


def test_a_hostile_name_stays_a_name() -> None:
    """No element, no attribute and no control character comes of it."""
    svg = badges.badge({"name": HOSTILE, "steps": 4})
    root = ET.fromstring(svg)
    assert root.findall(f".//{SVG}script") == []
    assert root.attrib["aria-label"].startswith("</title><script>alert(1)</script>\"' &")
    assert not any(letter in svg for letter in "\x00\x1b\u202e")


def test_a_model_page_has_its_badge_and_the_markdown_to_copy(
    opened: Opened, small_guide: Path
) -> None:
    """The picture is as wide as its page says, so nothing moves when it comes."""
    page = opened(small_guide).visit("models/flux-1-schnell/")
    image = page.get_by_alt_text("Sweet spot: 4 steps")
    assert image.evaluate("(one) => [one.naturalWidth, one.naturalHeight]") == [
        int(image.get_attribute("width") or 0),
        int(image.get_attribute("height") or 0),
    ]
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.locator("copy-text button")
    button.evaluate(SAID)
    button.click()
    page.wait_for_function("said.length")
    assert page.evaluate("said[0]") == "Copied"
    assert page.evaluate("navigator.clipboard.readText()") == (
        "[![Sweet spot: 4 steps](http://127.0.0.1:8000/badges/flux-1-schnell.svg)]"
        "(http://127.0.0.1:8000/models/flux-1-schnell/)"
    )
