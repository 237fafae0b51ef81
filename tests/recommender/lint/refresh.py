"""Writes what lint says of each fixture into expected.json; read the difference before it is kept.

From the checkout: python tests/recommender/lint/refresh.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from recommender import lint

HERE = Path(__file__).parent


def fixtures() -> list[str]:
    """Returns the names of the fixtures."""
    return sorted(
        path.name for path in HERE.iterdir() if ".fails." in path.name or ".passes." in path.name
    )


def said(name: str) -> list[dict[str, Any]]:
    """Returns the findings of one fixture without the reason, which is the rule's docstring."""
    found = [one.to_dict() for one in lint(HERE / name)]
    return [
        {key: value for key, value in one.items() if key != "why" and value is not None}
        for one in found
    ]


if __name__ == "__main__":
    text = json.dumps({name: said(name) for name in fixtures()}, indent=1, ensure_ascii=False)
    (HERE / "expected.json").write_text(text + "\n", encoding="utf-8")
