"""What the project's papers point at is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAPERS = ("README.md", "CONTRIBUTING.md", "settings/README.md", "render/reference/README.md")
LINK = re.compile(r'\]\((?!https?:|#)([^)#]+)[^)]*\)|src="(?!https?:)([^"]+)"')


@pytest.mark.parametrize("paper", PAPERS)
def test_every_file_a_paper_links_or_shows_exists(paper):
    """The pictures of the README among them: rendering anew renames them."""
    path = ROOT / paper
    for match in LINK.finditer(path.read_text(encoding="utf-8")):
        target = match[1] or match[2]
        assert (path.parent / target).exists(), (
            f"{paper}: {target}. Pictures made anew: python -m render check --fix"
        )


def test_the_readme_shows_pictures_and_both_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count("<img ") == 6
    assert "make guide" in text
    assert "make test" in text
