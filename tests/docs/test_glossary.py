"""Words of the glossary are explained where a page first uses them."""

from __future__ import annotations

from pathlib import Path

import glossary
from browser import PHONE, Opened
from html_pages import elements
from playwright.sync_api import expect

MARKDOWN = """# Words

### Latent

The small grid, *not* pixels.

A second paragraph.

### Scheduler, sampler

The rule for moves.

### Step

One move.
"""
WORDS = glossary.read(MARKDOWN)


def article(inside: str) -> str:
    return f'<article class="x">{inside}</article>'


def test_a_word_is_known_by_each_of_its_names_and_everyday_words_are_left_alone() -> None:
    """Its first paragraph explains it."""
    assert sorted(WORDS) == ["latent", "sampler", "scheduler"]
    assert WORDS["sampler"].anchor == "scheduler-sampler"
    assert WORDS["latent"].text == "The small grid, <em>not</em> pixels."


def test_only_the_first_use_in_prose_is_marked() -> None:
    """Not in headings, links, code, tables or longer words; plurals and capitals count."""
    quiet = "<h2>Latent</h2><p><a>latent</a> <code>latent</code> latent-like</p><td>latent</td>"
    page = glossary.explain(article(f"{quiet}<p>Latents, latent.</p>"), WORDS, "../")
    button = '<button type="button" class="word" popovertarget="word-latent">Latents</button>'
    note = (
        '<div class="word-note" popover id="word-latent"><p><strong>Latent.</strong> The small '
        'grid, <em>not</em> pixels.</p><p><a href="../words/#latent">All words</a></p></div>'
    )
    assert page == article(f"{quiet}<p>{button}, latent.</p>{note}")


def test_a_word_of_two_words_may_stand_on_two_lines() -> None:
    """The text is wrapped where it is written."""
    words = glossary.read("### Negative prompt\n\nWhat not to paint.\n")
    page = glossary.explain(article("<p>A negative\nprompt.</p>"), words, "")
    assert ">negative\nprompt</button>." in page


def test_two_names_of_one_word_are_explained_once() -> None:
    """And on the word's own page not at all."""
    page = glossary.explain(article("<p>A sampler, a scheduler.</p>"), WORDS, "")
    assert page.count("<button") == page.count("popover id=") == 1
    own = article("<h1>Scheduler</h1><p>A scheduler.</p>")
    assert glossary.explain(own, WORDS, "") == own


def test_a_word_opens_by_keyboard_beside_its_use_and_closes_with_escape(
    opened: Opened, guide: Path
) -> None:
    """Whole on a phone's screen, and nothing else on the page moves."""
    page = opened(guide, phone=True).open("settings/inference-steps/")
    word = page.locator("button.word").first
    word.scroll_into_view_if_needed()
    note = page.locator(f"#{word.get_attribute('popovertarget')}")
    before = page.locator("h2").last.bounding_box()
    word.focus()
    page.keyboard.press("Enter")
    box = note.bounding_box()
    assert box is not None
    assert 0 <= box["x"] <= box["x"] + box["width"] <= PHONE["width"]
    assert 0 <= box["y"] <= box["y"] + box["height"] <= PHONE["height"]
    assert page.locator("h2").last.bounding_box() == before
    page.keyboard.press("Escape")
    expect(note).to_be_hidden()


def test_the_words_page_and_the_search_hold_no_notes(guide: Path) -> None:
    """There the words are explained, and found, once."""
    assert not [e for e in elements(guide / "words" / "index.html") if e.get("popover") == ""]
    index = (guide / "search" / "search_index.json").read_text(encoding="utf-8")
    assert "word-note" not in index
