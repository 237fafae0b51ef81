"""Finds Chromium and serves a built site to it on loopback."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserType, Page, expect

NO_BROWSER = (
    "no Chromium: expected one in $CHROME, on the PATH or from `playwright install chromium`, "
    "got none."
)
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
PATIENCE = 120_000  # milliseconds: a machine that is busy with other things is slow, not wrong
SUB_PATH = "some/sub/path/"
# The theme's script begins with a page in a task of its own, after those who waited before.
STARTED = "() => window.document$ && new Promise((done) => document$.subscribe(() => done()))"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# Nothing of the browser's own may reach for the network or for a graphics card.
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium(kind: BrowserType) -> str | None:
    """Returns the browser to use: $CHROME, one on the PATH, or Playwright's own."""
    named = os.environ.get("CHROME")
    found = [shutil.which(named)] if named else [shutil.which(name) for name in NAMES]
    if not named and Path(kind.executable_path).is_file():
        found.append(kind.executable_path)
    return next((path for path in found if path), None)


def launch(
    kind: BrowserType, path: str, *, graphics: bool = False, more: Iterable[str] = ()
) -> Browser:
    """Starts Chromium without a window; with `graphics`, a graphics card made in software."""
    options = [one for one in OPTIONS if not (graphics and one == "--disable-gpu")]
    options += ["--enable-unsafe-webgpu"] if graphics else []
    args = [*options, *more]
    browser = kind.launch(executable_path=path, headless=True, args=args)
    browser.on("context", lambda context: context.set_default_timeout(PATIENCE))
    expect.set_options(timeout=PATIENCE)
    return browser


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files below a sub-path, as GitHub Pages serves a project, and keeps no log."""

    UNDER = SUB_PATH

    def translate_path(self, path: str) -> str:
        """Returns the file of an address; outside the sub-path there is none."""
        top = f"/{self.UNDER}"
        inside = path.startswith(top)
        return super().translate_path(path.removeprefix(top) if inside else "/.outside")

    def handle(self) -> None:
        """Answers; a browser that leaves before the end is no error."""
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, *arguments: Any) -> None:
        """Says nothing."""


class Slow(Quiet):
    """Sends every page in slices, as a slow line does, so that the browser paints between them."""

    SLICES, PAUSE = 12, 0.05

    def copyfile(self, source: Any, outputfile: Any) -> None:
        """Sends a page with pauses, and whatever is no page at once."""
        sent = source.read()
        size = -(-len(sent) // self.SLICES) if self.path.endswith("/") and sent else len(sent)
        for start in range(0, len(sent), max(size, 1)):
            outputfile.write(sent[start : start + size])
            outputfile.flush()
            time.sleep(self.PAUSE if size < len(sent) else 0)


class Host(http.server.ThreadingHTTPServer):
    """Lets a browser wait in line: where only five may, the sixth comes back a second later."""

    request_queue_size = 128


@contextmanager
def served(site: Path, handler: type[Quiet] = Quiet) -> Iterator[str]:
    """Serves a site on a free loopback port and yields its address."""
    handling = functools.partial(handler, directory=str(site))
    with Host(("127.0.0.1", 0), handling) as server:
        # It looks this often whether it shall end, and whoever ends it waits until then.
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/{handler.UNDER}"
        server.shutdown()
        thread.join()


class Watched:
    """A page and what went wrong on it: console errors, failed answers, requests that left."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.problems: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)
        page.on("dialog", self._dialog)

    def visit(self, uri: str) -> Page:
        """Opens a page of the site and waits for the theme's script, which comes after the page."""
        self.page.goto(self.base + uri)
        self.page.wait_for_function("!document.querySelector('#__config') || 'document$' in window")
        self.page.evaluate(STARTED)
        return self.page

    def open(self, uri: str) -> Page:
        """Opens a page of the site, scrolls once through it and waits until nothing loads."""
        self.visit(uri)
        self.page.evaluate(
            """async () => {
                for (let y = 0; y < document.body.scrollHeight; y += innerHeight / 2) {
                    scrollTo(0, y);
                    await new Promise((done) => setTimeout(done, 30));
                }
                scrollTo(0, 0);
            }"""
        )
        self.page.wait_for_load_state("networkidle")
        return self.page

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.type}: {message.text}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.problems.append(f"left the host: {request.url}")

    def _response(self, response: Any) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.status}: {response.url}")

    def _dialog(self, dialog: Any) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()


Opened = Callable[..., Watched]


@contextmanager
def opening(browser: Browser) -> Iterator[Opened]:
    """Opens pages of a site and, at the end, demands that nothing went wrong on any."""
    watched: list[Watched] = []
    with ExitStack() as stack:

        def open_site(site: Path, *, dark: bool = False, phone: bool = False) -> Watched:
            base = stack.enter_context(served(site))
            context = browser.new_context(
                color_scheme="dark" if dark else "light", viewport=PHONE if phone else DESKTOP
            )
            stack.callback(context.close)
            watched.append(Watched(context.new_page(), base))
            return watched[-1]

        yield open_site
    assert [problem for one in watched for problem in one.problems] == []
