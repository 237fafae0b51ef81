"""A computed figure: where its numbers land in the drawing, and its table."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from curves import CurveError, charts, load_curves
from setting_pages import setting_view
from templating import render

LINES: dict[str, Any] = {
    "kind": "lines",
    "x": {"label": "step", "log": False, "ticks": [1, 2, 3]},
    "y": {"label": "level", "log": True, "ticks": [0.1, 1, 10]},
    "series": [
        {"name": "plain", "xs": [1, 2, 3], "ys": [10, 1, 0.1]},
        {"name": "short", "xs": [1, 3], "ys": [1, 0.1]},
    ],
    "alt": "Two lines fall.",
    "made_from": "a scheduler",
    "diffusers": "0.0.1",
}
STRIPS: dict[str, Any] = {
    **LINES,
    "kind": "strips",
    "x": {"label": "timestep", "log": False, "ticks": [1000, 500, 0]},
    "series": [{"name": "a", "xs": [1000, 0]}, {"name": "b", "xs": [500], "note": "Wan"}],
}
del STRIPS["y"]
SHOWN = {"curve": "turning", "title": "Turning", "look_for": "The *fall*."}


def drawn(tmp_path: Path, data: dict[str, Any]) -> dict[str, Any]:
    """Returns one figure as the builder reads it."""
    (tmp_path / "turning.json").write_text(json.dumps(data), encoding="utf-8")
    return load_curves(tmp_path)["turning"]


def page(tmp_path: Path, data: dict[str, Any], **shown: str) -> str:
    """Returns the page of a setting that shows the figure."""
    setting = {
        "title": "Dial", "slug": "dial", "group": "quality", "type": "number", "aliases": [],
        "summary": "It turns.", "file": "settings/dial.yaml", "curves": [{**SHOWN, **shown}],
    }  # fmt: skip
    view = setting_view("dial", {"dial": setting}, {}, {"turning": drawn(tmp_path, data)})
    return render("setting", setting=view, answers=[], measured=[])


def test_points_lie_where_their_numbers_say(tmp_path: Path) -> None:
    """The middle of a logarithmic axis from 0.1 to 10 is 1."""
    figure = drawn(tmp_path, LINES)
    left, right, top, low = (figure[key] for key in ("left", "right", "top", "low"))
    middle = (left + right) / 2, (top + low) / 2
    assert figure["lines"][0]["marks"] == [(left, top), middle, (right, low)]
    assert figure["lines"][1]["points"] == f"{left:g},{middle[1]:g} {right:g},{low:g}"
    assert figure["y_ticks"] == [(low, "0.1"), (middle[1], "1"), (top, "10")]


def test_falling_ticks_turn_an_axis_round(tmp_path: Path) -> None:
    """Full noise stands on the left."""
    figure = drawn(tmp_path, STRIPS)
    assert figure["rows"][0]["dots"] == [figure["left"], figure["right"]]
    assert figure["rows"][1]["dots"] == [(figure["left"] + figure["right"]) / 2]


def test_an_axis_reaches_as_far_as_its_numbers(tmp_path: Path) -> None:
    """A value above the last tick is drawn inside the frame."""
    data = json.loads(json.dumps(LINES))
    data["series"][0]["ys"][0] = 100
    figure = drawn(tmp_path, data)
    assert figure["lines"][0]["marks"][0] == (figure["left"], figure["top"])


def test_a_long_logarithmic_axis_has_powers(tmp_path: Path) -> None:
    """Nobody counts the zeros of 0.0000001."""
    data = {**LINES, "y": {"label": "gap", "log": True, "ticks": [1e-7, 1e-3, 1]}}
    assert [words for _, words in drawn(tmp_path, data)["y_ticks"]] == ["10⁻⁷", "10⁻³", "1"]


def test_the_table_holds_every_number(tmp_path: Path) -> None:
    """Who cannot see the drawing reads it; a line without a point there has an empty cell."""
    assert drawn(tmp_path, LINES)["table"]["head"] == ["step", "plain", "short"]
    assert drawn(tmp_path, LINES)["table"]["rows"] == [[1, 10, 1], [2, 1, None], [3, 0.1, 0.1]]
    table = drawn(tmp_path, STRIPS)["table"]
    assert table["head"] == ["Row", "timestep", "Who"]
    assert table["rows"] == [["a", "1000, 0", None], ["b", "500", "Wan"]]


def test_a_page_shows_the_drawing_its_words_and_where_it_comes_from(tmp_path: Path) -> None:
    """Among the comparisons, or with the cost where the setting says so."""
    built = page(tmp_path, LINES)
    assert '<svg viewBox="0 0 420 274" role="img" aria-label="Two lines fall.">' in built
    assert "<strong>Look for:</strong> The <em>fall</em>." in built
    assert "Computed with diffusers 0.0.1, not rendered: a scheduler." in built
    assert "<code>python -m render curves turning</code>" in built
    assert '<a href="../../curves/turning.json">' in built
    assert built.index("## Visual Comparison") < built.index("### Turning")
    assert "## Visual Comparison" not in page(tmp_path, LINES, beside="cost")
    assert "## Time and Cost\n\n### Turning" in page(tmp_path, LINES, beside="cost")


def test_no_line_of_a_figure_is_empty(tmp_path: Path) -> None:
    """It would end the HTML block, and the rest would be read as Markdown."""
    for data in (LINES, STRIPS):
        block = re.search(r"<div class=\"comparison\">.*?\n</div>\n", page(tmp_path, data), re.S)
        assert block is not None
        assert "\n\n" not in block[0]


def test_a_figure_without_numbers_is_left_out(tmp_path: Path) -> None:
    """As a comparison without pictures is."""
    assert charts([SHOWN], {}) == {"pictures": [], "cost": []}
    assert load_curves(tmp_path / "nothing") == {}


@pytest.mark.parametrize("text", ["{", "[]", '{"kind": "lines"}'])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    """One line that says what to do."""
    (tmp_path / "turning.json").write_text(text, encoding="utf-8")
    with pytest.raises(CurveError, match=r"turning\.json: expected a figure written by `python -m"):
        load_curves(tmp_path)
