"""No text of this repository has anybody install another project that bears our name on PyPI."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
BY_NAME = re.compile(r"pip install (?:-\S+ )*['\"]?sweetspot\b")


def test_nobody_is_told_to_install_us_by_a_name_that_is_not_ours() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*.md", "*.py", "*.j2", "*.js", "*.yml", "Makefile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    found = [
        f"{name}: {match[0]}"
        for name in listed
        if (ROOT / name).is_file() and (ROOT / name) != Path(__file__)
        for match in BY_NAME.finditer((ROOT / name).read_text("utf-8"))
    ]
    assert found == []


def test_the_readme_says_how_to_install_before_it_says_what_to_type() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert text.index("pip install .") < text.index("$ sweetspot flux-schnell")
