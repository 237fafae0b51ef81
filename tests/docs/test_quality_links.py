"""Every address of the site leads somewhere: sections of pages, and what scripts read of a page."""

from __future__ import annotations

import json
import re
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from html_pages import page_paths, target

# Attributes are enough here, and a pattern reads them ten times as fast as a parser.
SETTINGS = ("data-fixed",)  # a source picture goes by its name there, and not by its address
ATTRIBUTE = re.compile(r"""\s(id|href|data-[\w-]+)=("[^"]*"|'[^']*'|[^\s>"']+)""")
FILE = re.compile(
    r"(?:\.{1,2}/)*[\w-]+(?:/[\w.-]+)*\.(?:webp|png|svg|json|onnx|wasm|gz|js|mjs|whl)"
)
# What a script imports, or names with its own address as the base.
NAMED = re.compile(
    r"""(?:\bfrom\s+|\bimport\s*\(?\s*)["'](\.[^"']+)["']"""
    r"""|\bnew URL\(\s*["'`]([\w./-]+)["'`],\s*import\.meta\.url"""
)


@pytest.fixture(params=["small_guide", "guide"])
def site(request: pytest.FixtureRequest) -> Path:
    """Both guides: the small one has pictures of every kind, the other is what gets published."""
    built: Path = request.getfixturevalue(request.param)
    return built


@cache
def attributes(page: Path) -> list[tuple[str, str]]:
    """Returns the names and values of a page's attributes that hold names or addresses."""
    found = ATTRIBUTE.findall(page.read_text(encoding="utf-8"))
    return [(name, unescape(value.strip("\"'"))) for name, value in found]


def test_every_link_to_a_section_finds_it(site: Path) -> None:
    """On the page itself and on any other."""
    ids = {page: {v for name, v in attributes(page) if name == "id"} for page in page_paths(site)}
    lost = [
        f"{page.relative_to(site)}: {address}"
        for page in ids
        for name, address in attributes(page)
        if name == "href" and "#" in address and page.name != "404.html"
        if (section := unquote(address.partition("#")[2])) and not section.startswith("__")
        if (found := target(site, page, address)) in ids and section not in ids[found]
    ]
    assert lost == []


def files_in(value: object) -> list[str]:
    """Returns the addresses of files in what a data attribute holds."""
    if isinstance(value, list | dict):
        inside = value.values() if isinstance(value, dict) else value
        return [one for part in inside for one in files_in(part)]
    return [value] if isinstance(value, str) and FILE.fullmatch(value) else []


def test_every_file_that_a_script_reads_of_a_page_is_there(site: Path) -> None:
    """Pictures that a slider flips to are in no `src` until then, nor is what a click fetches.

    Islands with a `data-root` name files as seen from the root of the site.
    """
    missing, found = [], 0
    for page in page_paths(site):
        for name, text in attributes(page):
            if not name.startswith("data-") or name in SETTINGS:
                continue
            for address in files_in(json.loads(text) if text[:1] in ("[", "{") else text):
                found += 1
                file = target(site, page, address)
                if file is not None and not (file.is_file() or (site / address).is_file()):
                    missing.append(f"{page.relative_to(site)}: {name}: {address}")
    assert found > 0
    assert missing == []


def test_every_file_that_a_script_names_is_there(small_guide: Path) -> None:
    """Modules, workers and tables; others' packages only where this machine has them."""
    scripts = sorted((small_guide / "assets" / "js").rglob("*.*js"))
    missing = [
        f"{script.relative_to(small_guide)}: {address}"
        for script in scripts
        for address in (a or b for a, b in NAMED.findall(script.read_text(encoding="utf-8")))
        if not (script.parent / address).exists() and "/vendor/" not in address
    ]
    assert scripts
    assert missing == []
