"""The examples on the page about exports are what the code prints today.

After a change of answers: `python tests/recommender/test_export_page.py` writes them anew.
"""

from __future__ import annotations

import re
from pathlib import Path

from recommender import TOOLS, export, recommend

PAGE = Path(__file__).parents[2] / "docs/content/export.md"
# A command on a line of its own, and the block under it once there is one.
EXAMPLE = re.compile(
    r"^`sweetspot export (\S+) --to (\S+)`\n(?:\n```\w+\n(.*?)\n```\n)?", re.MULTILINE | re.DOTALL
)
LANGUAGES = {"text": "text", "json": "json", "command": "sh"}


def example(model: str, tool: str) -> str:
    """Returns the block that belongs under a command."""
    made = export(recommend(model), tool)
    language = "python" if tool == "diffusers" else LANGUAGES[made.form]
    return f"`sweetspot export {model} --to {tool}`\n\n```{language}\n{made.content}\n```\n"


def rewritten(page: str) -> str:
    """Returns the page with every example as the code prints it."""
    return EXAMPLE.sub(lambda found: example(found[1], found[2]), page)


def test_the_page_shows_what_the_code_prints() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == rewritten(page), "Run: python tests/recommender/test_export_page.py"


def test_every_tool_has_an_example() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert {tool for _, tool, _ in EXAMPLE.findall(page)} == set(TOOLS)


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
