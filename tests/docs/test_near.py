"""The page for addresses that do not exist: it suggests those near to what was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import near
import pytest
from browser import Quiet, served
from playwright.sync_api import Browser, expect

SETTING = {"slug": "inference-steps", "title": "Inference Steps", "aliases": ["sample_steps"]}
MODEL = {"name": "FLUX.1 [dev]", "hub_id": "a/FLUX.1-dev", "aliases": ["flux dev"]}
STEPS = ("inferencesteps", "numinferencesteps", "samplesteps")
CATALOGUE = {
    "settings": {"num_inference_steps": SETTING},
    "models": {"flux-1-dev": MODEL},
    "schedulers": {"euler": {"name": "Euler", "class": "EulerDiscreteScheduler"}},
}


class Missing(Quiet):
    """Answers with 404.html where there is no file, as static hosts do."""

    UNDER = ""  # the page is built for the root of a host

    def send_error(self, code: int, *arguments: Any) -> None:
        """Sends the page instead of the server's own words."""
        page = (Path(self.directory) / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page)


@pytest.fixture(scope="module")
def host(small_guide: Path) -> Iterator[str]:
    with served(small_guide, Missing) as base:
        yield base


def test_a_page_is_listed_by_its_names_in_small_letters_and_digits() -> None:
    """Each name once, the address and the title in front."""
    told = json.loads(near.near_pages(CATALOGUE, [("api/python/", "Python")]))
    assert told == [
        ["settings/inference-steps/", "Inference Steps", *STEPS],
        ["models/flux-1-dev/", "FLUX.1 [dev]", "flux1dev", "fluxdev"],
        ["schedulers/euler/", "Euler", "euler", "eulerdiscretescheduler"],
        ["api/python/", "Python", "python"],
    ]


@pytest.mark.parametrize(
    ("site_url", "root"),
    [("", "/"), ("https://example.org/", "/"), ("https://example.org/a/b/", "/a/b/")],
)
def test_the_links_begin_where_the_site_is_published(site_url: str, root: str) -> None:
    """The page is shown at any depth, so no relative address would do."""
    page = near.suggesting("<h1>404 - Not found</h1>", site_url)
    assert f'<a href="{root}models/">all models</a>' in page
    assert f'data-root="{root}" data-list="assets/near.json"' in page


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("settings/inferense-steps/", "Inference Steps"),
        ("settings/cfg_scale", "Guidance Scale"),
        ("guide/models/flux-1-schnel/index.html", "Example [quick]"),
        ("sampler/eulr", "Euler"),
        ("%E0%A4%A/eulr", "Euler"),  # no text in any encoding
    ],
)
def test_a_wrong_address_is_answered_with_the_page_that_was_meant(
    chromium: Browser, host: str, asked: str, first: str
) -> None:
    """A letter amiss, another tool's name, another folder."""
    page = chromium.new_page()
    page.goto(host + asked)
    link = page.locator("near-pages a").first
    expect(link).to_have_text(first)
    link.click()
    expect(page.locator("h1")).to_have_text(first, use_inner_text=True)
    page.close()


def test_nothing_near_and_no_script_leave_the_lists(chromium: Browser, host: str) -> None:
    """No empty heading stands there."""
    for scripts in (True, False):
        context = chromium.new_context(java_script_enabled=scripts)
        page = context.new_page()
        page.goto(host + "qqqqqqqqqqqq/zzzzzzzzzzzzzzzzzzz")
        page.wait_for_load_state("networkidle")
        assert page.get_by_text("Perhaps you want").is_visible() is False
        assert page.get_by_role("link", name="all settings", exact=True).is_visible()
        context.close()
