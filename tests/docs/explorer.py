"""Opens the explorer and reads what it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from browser import Opened
from playwright.sync_api import Page

LINK = (
    "explore/?plan=steps&x=num_inference_steps&y=model&prompt=winter&a.num_inference_steps=4"
    "&a.model=postcards&b.num_inference_steps=8&b.model=postcards-turbo"
)
A_AND_B = {
    "A": ("num_inference_steps = 4", 'model = "postcards"'),
    "B": ("num_inference_steps = 8", 'model = "postcards-turbo"'),
}


def names(page: Page) -> dict[str, str]:
    """Returns what stands beside A and beside B."""
    lines = page.locator("picture-compare .names > span").all_inner_texts()
    return {line[0]: line[1:].strip() for line in lines}


def told(page: Page) -> str:
    """Returns what a link asked for and did not get."""
    return page.locator(".fallback").inner_text()


def chosen(page: Page) -> dict[str, str]:
    """Returns the value of every list."""
    pairs = page.locator("picture-explorer select").evaluate_all(
        "all => all.map((one) => [one.name, one.value])"
    )
    return dict(pairs)


def address(page: Page) -> dict[str, str]:
    """Returns what the page's address asks for: the page's own word, `page.url` may come later."""
    query: str = page.evaluate("location.search.slice(1)")
    return dict(parse_qsl(query, keep_blank_values=True))


def explored(opened: Opened, site: Path, uri: str = "explore/", **how: Any) -> Page:
    """Opens the explorer and waits until it shows what its address says."""
    page = opened(site, **how).visit(uri)
    page.locator("picture-explorer [role=grid]").wait_for()
    return page
