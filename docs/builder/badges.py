"""One picture per model that says its sweet spot, to embed in a model card.

The text's width is fixed by textLength, from a small table of letter widths, so that no font of the
reader's can push it out of its box.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import recommender

FOLDER = "badges/"
HEIGHT, MARGIN, SIZE = 20, 7, 11
LABEL = "sweet spot"
# Widths in thousandths of the font size, of a plain sans serif; all else is as wide as a digit.
_WIDTHS = {"i": 280, "l": 280, "t": 390, "f": 350, " ": 340, "–": 600, "w": 800, "m": 950}
_USUAL = 610


def badges() -> dict[str, str]:
    """Returns every model's badge by its uri; a model without a figure has none."""
    answers = (recommender.recommend(id).to_dict() for id in recommender.catalogue().models)
    return {f"{FOLDER}{one['model']}.svg": badge(one) for one in having_steps(answers)}


def having_steps(answers: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Returns the answers that name a number of steps."""
    return [answer for answer in answers if answer["steps"] is not None]


def value(answer: Mapping[str, Any]) -> str:
    """Writes what a badge says: 4 steps, 1 step."""
    return f"{answer['steps']} {'step' if answer['steps'] == 1 else 'steps'}"


def width(text: str) -> int:
    """Returns how many pixels a text is given."""
    return round(sum(_WIDTHS.get(letter, _USUAL) for letter in text) * SIZE / 1000)


def whole_width(answer: Mapping[str, Any]) -> int:
    """Returns how many pixels wide a badge is."""
    return width(LABEL) + width(value(answer)) + 4 * MARGIN


def badge(answer: Mapping[str, Any]) -> str:
    """Returns the badge as SVG, named for those who do not see it."""
    said = value(answer)
    left, whole = width(LABEL) + 2 * MARGIN, whole_width(answer)
    title = escape(f"{printable(answer['name'])}: {LABEL} {said}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{HEIGHT}" '
        f'viewBox="0 0 {whole} {HEIGHT}" role="img" aria-label="{title}"><title>{title}</title>'
        f'<clipPath id="r"><rect width="{whole}" height="{HEIGHT}" rx="4"/></clipPath>'
        f'<g clip-path="url(#r)"><path fill="#332b60" d="M0 0h{left}v{HEIGHT}H0z"/>'
        f'<path fill="#a93420" d="M{left} 0H{whole}v{HEIGHT}H{left}z"/></g>'
        f'<g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="{SIZE}">'
        f"{_text(MARGIN, LABEL)}{_text(left + MARGIN, said)}</g></svg>\n"
    )


def _text(x: int, text: str) -> str:
    return f'<text x="{x}" y="14" textLength="{width(text)}">{escape(text)}</text>'


def printable(name: str) -> str:
    """Returns a name without the characters that no XML file may hold."""
    return "".join(letter for letter in " ".join(name.split()) if letter.isprintable())
