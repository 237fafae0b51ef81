"""Computed figures and the pages that show them: what passes, what fails."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from recommender._authoring.check import check_root

if TYPE_CHECKING:
    from conftest import Tree

TODAY = date(2025, 1, 1)
STEPS = "settings/num_inference_steps.yaml"
GUIDANCE = "settings/guidance_scale.yaml"
SHOWN = "curves: [{curve: levels, title: Levels, look_for: They fall.}]\n"
FIGURE: dict[str, Any] = {
    "kind": "lines",
    "x": {"label": "step", "log": False, "ticks": [1, 2]},
    "y": {"label": "level", "log": True, "ticks": [1, 10]},
    "series": [{"name": "plain", "xs": [1, 2], "ys": [10, 1]}],
    "alt": "A line falls.",
    "made_from": "a scheduler",
    "diffusers": "0.0.1",
}


def problems(tree: Tree) -> list[str]:
    """Returns what `check` says, less the file's name."""
    return [str(problem).split(": ", 1)[1] for problem in check_root(tree.root, TODAY).problems]


@pytest.fixture
def figures(tree: Tree) -> Tree:
    """A sound tree with one computed figure on one page."""
    write(tree, FIGURE)
    tree.change(STEPS, "tips:", SHOWN + "tips:")
    return tree


def write(tree: Tree, figure: dict[str, Any]) -> None:
    path = tree.root / "docs" / "content" / "curves" / "levels.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figure), encoding="utf-8")


def test_a_figure_on_one_page_is_sound(figures: Tree) -> None:
    assert problems(figures) == []


def test_a_page_shows_only_figures_that_exist(figures: Tree) -> None:
    figures.change(STEPS, "curve: levels", "curve: level")
    assert problems(figures) == [
        "expected a setting that shows this figure, got none.",
        "curves[0].curve: expected a figure of docs/content/curves, got 'level'. "
        "Did you mean 'levels'?",
    ]


def test_a_figure_stands_on_one_page(figures: Tree) -> None:
    """Two pages with one drawing would have to say the same of it."""
    figures.change(GUIDANCE, "tips:", SHOWN.replace("They fall", "It goes down here") + "tips:")
    owner, other = sorted((STEPS, GUIDANCE))
    told = f"curves[0].curve: expected a figure of its own, got 'levels', which {owner} shows."
    assert problems(figures) == [told]
    assert check_root(figures.root, TODAY).problems[0].file == other


def test_a_tree_without_figures_has_none_to_ask(figures: Tree) -> None:
    """An sdist carries no pictures."""
    (figures.root / "docs/content/curves/levels.json").unlink()
    assert problems(figures) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"y": None}, "expected a y axis for lines, and none for strips"),
        ({"series": [{"name": "plain", "xs": [1, 2], "ys": [1]}]},
         "expected as many ys as xs for lines, and none for strips"),
        ({"x": {"label": "step", "ticks": [1, 3, 2]}},
         "x: expected ticks that rise, or ticks that fall"),
        ({"y": {"label": "level", "log": True, "ticks": [0, 1]}},
         "y: expected ticks above 0 on a logarithmic axis"),
    ],
)  # fmt: skip
def test_a_figure_that_cannot_be_drawn_is_told(
    figures: Tree, change: dict[str, Any], told: str
) -> None:
    """Whoever wrote the file by hand."""
    whole = {key: value for key, value in {**FIGURE, **change}.items() if value is not None}
    write(figures, whole)
    assert told in [problem.split(", got")[0] for problem in problems(figures)]
