"""Asks axe what is wrong with a page."""

from __future__ import annotations

import os
from functools import cache

import pytest
from playwright.sync_api import Page
from small import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
NO_AXE = "node_modules/axe-core: expected axe.min.js, got none. Run: make node_modules/ready"


@cache
def engine() -> str:
    """Returns axe's source; without it tests are skipped, or fail where CI is set."""
    if not AXE.is_file():
        if os.environ.get("CI"):
            pytest.fail(NO_AXE)
        pytest.skip(NO_AXE)
    return AXE.read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """Returns what every rule of axe, best practices too, finds on a page as it stands."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"{engine()};0")  # its own value would take as long to send back
    found: list[str] = page.evaluate(
        """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.flatMap(
            (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}`)
        )"""
    )
    return found
