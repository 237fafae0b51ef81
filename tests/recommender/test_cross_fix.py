"""`check --fix` repairs what has one right form, and nothing that a person must decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recommender._authoring.check import check_root
from recommender._authoring.fix import fix

if TYPE_CHECKING:
    from conftest import Tree

FILE = "settings/guidance_scale.yaml"
BASE = "settings/models/plain/plain-base.yaml"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("It weighs the prompt.", "It weighs the prompt.   ", "spaces at line ends"),
        ("It weighs", "It\u00a0weighs", "odd spaces"),
        ("It weighs", "It \u200bweighs", "hidden characters"),
        ("It weighs", "It\u200c weighs", "hidden characters"),
        ("It weighs", "It ｗｅｉｇｈｓ", "letters in plain form"),
        ("It weighs", "𝐈𝐭 𝑤𝑒𝑖𝑔ℎ𝑠".replace("ℎ", "h"), "letters in plain form"),
        ("tips: [Begin with 5.]\n", "tips: [Begin with 5.]", "the last line's end"),
        ("It weighs", "It weighs", ""),
    ],
)
def test_a_slip_of_the_keyboard_is_repaired(tree: Tree, old: str, new: str, told: str) -> None:
    """The file is then what it was before the slip; a sound one is left alone."""
    path = tree.root / FILE
    before = path.read_bytes()
    tree.change(FILE, old, new)
    expected = [f"{path}: {told}."] if told else []
    assert list(fix(tree.root)) == expected
    assert path.read_bytes() == before


def test_windows_line_ends_become_plain_ones(tree: Tree) -> None:
    """So a file edited on Windows differs in what was edited alone."""
    path = tree.root / FILE
    before = path.read_bytes()
    path.write_bytes(before.replace(b"\n", b"\r\n"))
    assert list(fix(tree.root)) == [f"{path}: line ends."]
    assert path.read_bytes() == before


def test_an_accent_written_apart_is_composed(tree: Tree) -> None:
    """Two spellings of one letter would be two aliases."""
    tree.change(FILE, "[cfg]", "[cafe\u0301]")
    assert list(fix(tree.root)) == [f"{tree.root / FILE}: characters composed."]
    assert "[café]" in (tree.root / FILE).read_text("utf-8")
    assert check_root(tree.root).problems == ()


def test_a_source_nobody_cites_is_taken_out(tree: Tree) -> None:
    """The block goes, its neighbours stay."""
    for figure in ("value: 7.5", "value: 50", "value: EulerDiscreteScheduler"):
        tree.change(BASE, f"{figure}, source: paper", f"{figure}, source: tool")
    assert list(fix(tree.root)) == [f"{tree.root / BASE}: removed sources nobody cites (paper)."]
    assert check_root(tree.root).problems == ()


def test_what_a_person_must_decide_is_left(tree: Tree) -> None:
    """A figure out of range stays, and so does a file that cannot be read."""
    tree.change("settings/num_inference_steps.yaml", "default: 50", "default: 2000")
    (tree.root / "settings/broken.yaml").write_bytes(b"\xff")
    assert list(fix(tree.root)) == []
    assert len(check_root(tree.root).problems) == 2


def test_a_link_is_not_followed(tree: Tree) -> None:
    """Only the files of the checkout are rewritten."""
    outside = tree.root / "outside.yaml"
    outside.write_text("a: 1  \n")
    (tree.root / "settings/link.yaml").symlink_to(outside)
    assert list(fix(tree.root)) == []
    assert outside.read_text() == "a: 1  \n"
