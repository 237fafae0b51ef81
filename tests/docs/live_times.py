"""Times live drawing in a built site: `python tests/docs/live_times.py SITE [--record FILE]`.

Prints what a reader waits for, and how busy the machine was before and while it was measured. A
time taken on a busy machine says little: measure on a quiet one, and record that.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from browser import find_chromium, launch, served
from playwright.sync_api import Browser, Error, Page, Request, sync_playwright

WAIT = 300_000  # ms
TURBO, BASE = "postcards-turbo", "postcards"
# What is timed, how it is asked for, and the aim in seconds.
RUNS: list[tuple[str, str, dict[str, float], float | None]] = [
    ("postcards-turbo, 4 steps", TURBO, {"num_inference_steps": 4}, 0.5),
    ("postcards, 10 steps with guidance", BASE, {"num_inference_steps": 10}, 1.0),
    ("postcards, 25 steps with guidance", BASE, {"num_inference_steps": 25}, None),
    ("postcards, 50 steps with guidance", BASE, {"num_inference_steps": 50}, None),
    (
        "postcards, 10 steps without guidance",
        BASE,
        {"num_inference_steps": 10, "guidance_scale": 1},
        None,
    ),
]
# A first picture of each, with the settings that the page gives it.
LINKS = {
    TURBO: "",
    BASE: "#draw?model=postcards&num_inference_steps=12&guidance_scale=3&scheduler=euler-trailing",
}
WATCH = """
addEventListener('drawn', () => { window.drawnAt = performance.now(); });
window.tasks = [];
new PerformanceObserver((list) => tasks.push(...list.getEntries()))
  .observe({type: 'longtask', buffered: true});
"""
# The longest tasks of the page's own thread, in ms, before the press and from then on.
LONGEST = """() => [[0, pressedAt], [pressedAt, Infinity]].map(([from, to]) => {
  const within = tasks.filter(({ startTime }) => from <= startTime && startTime < to);
  return Math.max(0, ...within.map((one) => one.duration));
})"""


def main() -> int:
    """Measures, prints, and records where asked to."""
    parser = argparse.ArgumentParser(prog="live_times.py", description="Times live drawing.")
    parser.add_argument("site", type=Path, help="a built site with onnxruntime-web in it")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--times", type=int, default=5, help="measure each so often (default 5)")
    arguments = parser.parse_args()
    if not (arguments.site / "live" / "index.html").is_file():
        print(f"{arguments.site}: expected a built site with live/, got none.", file=sys.stderr)
        return 2
    with sync_playwright() as playwright, served(arguments.site) as base:
        path = find_chromium(playwright.chromium)
        if path is None:
            print(
                "expected Chromium ($CHROME, the PATH or Playwright's), got none", file=sys.stderr
            )
            return 2
        browser = launch(playwright.chromium, path)
        told = measured(browser, base + "live/", arguments.times)
        browser.close()
    print("\n".join(lines(told)))
    if arguments.record:
        arguments.record.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    return 0


def measured(browser: Browser, address: str, times: int) -> dict[str, Any]:
    """Returns every figure; each first picture has a browser profile that has fetched nothing."""
    before, began = busy(2), ticks()
    firsts, fetched = zip(*(first(browser, address, TURBO) for _ in range(times)), strict=True)
    own, more = zip(*(first(browser, address, BASE) for _ in range(times)), strict=True)
    page = opened(browser, address)
    press(page)
    rows: list[tuple[str, float | None, Any]] = [
        ("first picture, postcards-turbo", 3.5, firsts),
        ("first picture, postcards", None, own),
    ]
    for name, model, settings, aim in RUNS:
        choose(page, model)
        rows.append((name, aim, [drawn(page, settings, seed) for seed in range(times)]))
    loading, drawing = page.evaluate(LONGEST)
    return {
        "machine": machine(browser, before, busy_since(began)),
        "times": times,
        "bytes": {TURBO: fetched[0], BASE: more[0], "second model": added(browser, address)},
        "longest_task_ms": {"loading": round(loading), "drawing": round(drawing)},
        "rows": [
            {"what": name, "aim": aim, "best": round(min(all_), 2), "median": middle(all_)}
            for name, aim, all_ in rows
        ],
    }


def opened(browser: Browser, address: str) -> Page:
    """Opens the page in a profile of its own."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return page


def press(page: Page) -> float:
    """Presses the button and returns the seconds until a picture stands there."""
    start = page.evaluate("window.pressedAt = performance.now()")
    page.get_by_role("button", name="Generate live").click()
    page.wait_for_function("window.drawnAt > 0", timeout=WAIT)
    return float(page.evaluate("drawnAt") - start) / 1000


def first(browser: Browser, address: str, model: str) -> tuple[float, int]:
    """Returns the seconds to a first picture, with what the model starts from, and the bytes."""
    page = opened(browser, address + LINKS[model])
    got = bytes_of(page)
    seconds = press(page)
    page.context.close()
    return seconds, sum(got)


def added(browser: Browser, address: str) -> int:
    """Returns the bytes that the second model adds to the first."""
    page = opened(browser, address)
    press(page)
    got = bytes_of(page)
    choose(page, BASE)
    page.wait_for_timeout(500)
    page.context.close()
    return sum(got)


def bytes_of(page: Page) -> list[int]:
    """A list that fills with the bytes of each answer, as they were sent."""
    got: list[int] = []

    def add(request: Request) -> None:
        with suppress(Error):  # the page was closed meanwhile: all that draws had arrived
            got.append(request.sizes()["responseBodySize"])

    page.context.on("requestfinished", add)
    return got


def choose(page: Page, model: str) -> None:
    """Chooses a model and waits for its picture."""
    page.evaluate("window.drawnAt = 0")
    page.locator("details summary", has_text="All settings").evaluate(
        "(one) => { one.parentElement.open = true }"
    )
    already = page.locator(f"[name=model][value={model}]").is_checked()
    page.locator(f"[name=model][value={model}]").check()
    if not already:
        page.wait_for_function("window.drawnAt > 0", timeout=WAIT)


def drawn(page: Page, settings: dict[str, float], seed: int) -> float:
    """Returns the seconds from a changed control to the finished picture."""
    seconds = page.evaluate(
        """async (settings) => {
            const form = document.querySelector("live-picture form");
            for (const [name, value] of Object.entries(settings)) form.elements[name].value = value;
            const start = performance.now();
            const done = new Promise((end) => addEventListener("drawn", end, { once: true }));
            form.elements.seed.dispatchEvent(new Event("input", { bubbles: true }));
            await done;
            return (performance.now() - start) / 1000;
        }""",
        {**settings, "seed": seed},
    )
    return float(seconds)


def machine(browser: Browser, before: float, during: float) -> dict[str, Any]:
    """What it was measured on, and the share of all cores that was busy."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "browser": f"Chromium {browser.version}",
        "busy_before": round(before, 2),
        "busy_during": round(during, 2),
        "load": round(os.getloadavg()[0], 1),
    }


def processor() -> str:
    """The processor's name where Linux tells it."""
    path = Path("/proc/cpuinfo")
    told = path.read_text().splitlines() if path.is_file() else []
    names = [line.partition(":")[2].strip() for line in told if line.startswith("model name")]
    return names[0] if names else platform.machine()


def ticks() -> tuple[int, int]:
    """Returns what all cores spent idle, and in all, since the machine started; zeros elsewhere."""
    path = Path("/proc/stat")
    if not path.is_file():
        return 0, 0
    spent = [int(part) for part in path.read_text().split("\n")[0].split()[1:]]
    return spent[3] + spent[4], sum(spent)


def busy(seconds: float) -> float:
    """Returns the share of all cores that is busy over some seconds."""
    began = ticks()
    time.sleep(seconds)
    return busy_since(began)


def busy_since(began: tuple[int, int]) -> float:
    """Returns the share of all cores that was busy since then."""
    idle, whole = (now - then for now, then in zip(ticks(), began, strict=True))
    return 1 - idle / whole if whole else 0.0


def middle(values: Any) -> float:
    """The median, to a hundredth."""
    return round(statistics.median(values), 2)


def lines(told: dict[str, Any]) -> list[str]:
    """The figures as a table to read."""
    host, sent, longest = told["machine"], told["bytes"], told["longest_task_ms"]
    table = [f"{'':38} {'best':>7} {'median':>7} {'aim':>6}"]
    for row in told["rows"]:
        aim = f"{row['aim']:.1f} s" if row["aim"] else ""
        table.append(f"{row['what']:38} {row['best']:5.2f} s {row['median']:5.2f} s {aim:>6}")
    return [
        *table,
        f"longest task of the page's own thread: {longest['drawing']} ms from the press on, "
        f"{longest['loading']} ms while the page loads (0: none over 50)",
        *(f"fetched for {name}: {count / 1e6:.2f} MB" for name, count in sent.items()),
        f"{host['processor']}, {host['cores']} cores, {host['browser']}",
        f"busy: {host['busy_before']:.0%} of the cores before, {host['busy_during']:.0%} meanwhile "
        "(this browser's own work included)",
    ]


if __name__ == "__main__":
    sys.exit(main())
