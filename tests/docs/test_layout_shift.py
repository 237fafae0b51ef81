"""Nothing on a page moves while it loads, on a slow machine and over a slow line."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import DESKTOP, PHONE, Slow, Watched, served
from playwright.sync_api import Browser

from tests.prove import PROVE

# How much slower than this machine the browser computes: as Lighthouse's phone does.
SLOWER = 4
# Every shift since the page was asked for: how large, and what moved from where to where.
SHIFTS = """() => new Promise((done) => {
    const box = ({x, y, width, height}) => [x, y, width, height].map(Math.round).join(" ");
    const named = (node) => node?.cloneNode?.(false).outerHTML ?? node?.textContent ?? "gone";
    new PerformanceObserver((list) => done(list.getEntries().map((entry) =>
        `${entry.value.toFixed(5)}: ` + entry.sources.map((one) => `${named(one.node).slice(0, 99)}`
        + ` from ${box(one.previousRect)} to ${box(one.currentRect)}`).join("; "))))
    .observe({type: "layout-shift", buffered: true});
    setTimeout(() => done([]), 300);
})"""
SMALL = (
    "",
    "settings/",
    "settings/inference-steps/",
    "explore/",
    "explore/?plan=guidance&x=prompt&b.guidance_scale=9",
    "models/",
    "models/flux-1-schnell/",
    "finder/",
    "finder/?model=flux-1-schnell&tool=comfyui",
    "compare/",
    "steps-ruler/",
    "schedulers/",
    "schedulers/euler/",
)
# The pages of the whole guide that have something no other has.
WHOLE = (
    *("explore/", "explore/?plan=scheduler", "explore/?plan=width&x=none"),
    *("", "start-here/", "settings/", "settings/inference-steps/", "settings/scheduler/"),
    *("models/", "models/sdxl-base-1-0/", "schedulers/", "schedulers/dpmpp-2m/", "words/"),
    *("models/families/", "models/families/sdxl/", "changes/", "finder/", "compare/", "live/"),
    *("measured/", "measured/published/", "measured/folklore/", "measured/time/"),
    *("lint/", "export/", "check-a-file/", "api/", "api/python/", "how-this-guide-is-made/"),
)


def moved(chromium: Browser, site: Path, uri: str, *, dark: bool, phone: bool) -> list[str]:
    """Loads a page slowly, reads it to its end and lists what moved."""
    context = chromium.new_context(
        color_scheme="dark" if dark else "light", viewport=PHONE if phone else DESKTOP
    )
    with served(site, Slow) as base:
        watched = Watched(context.new_page(), base)
        session = context.new_cdp_session(watched.page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        shifts: list[str] = watched.open(uri).evaluate(SHIFTS)
        context.close()
    return shifts


def screens() -> list[tuple[str, bool]]:
    """Returns the pages and whether a phone shows them: each on one of two screens, or on both."""
    both = [(uri, phone) for phone in (False, True) for uri in SMALL]
    return both if PROVE else [(uri, place % 2 == 1) for place, uri in enumerate(SMALL)]


@pytest.mark.parametrize(("uri", "phone"), screens())
def test_no_page_type_moves_while_it_loads(
    chromium: Browser, small_guide: Path, uri: str, phone: bool
) -> None:
    """Pictures and controls have their room before they arrive, and tables their columns."""
    assert moved(chromium, small_guide, uri, dark=phone, phone=phone) == []


@pytest.mark.skipif(not PROVE, reason="whole guide, slowly: make prove")
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_of_the_whole_guide_moves_while_it_loads(
    chromium: Browser, guide: Path, dark: bool, phone: bool
) -> None:
    """One page of every kind, with all its figures."""
    found = {uri: moved(chromium, guide, uri, dark=dark, phone=phone) for uri in WHOLE}
    assert {uri: shifts for uri, shifts in found.items() if shifts} == {}
