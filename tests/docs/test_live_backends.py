"""What live drawing runs on: WASM, WebGPU on a real graphics card, threads for who asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import Quiet, find_chromium, launch, served
from live_precision import by_webgpu
from live_reader import begin, latents_of, readers, wait_for_drawn, wait_for_status
from live_site import large_site
from playwright.sync_api import Browser, Page

from tests.prove import PROVE

LINK = "The address bar is a link to this picture."
ANY = "?webgpu=any"  # takes the graphics card that Chromium's SwiftShader imitates
# Between a picture by WebGPU and by WASM: 4.6e-5 measured.
SAME = 5e-4


class Isolated(Quiet):
    """Sends the two headers that a page needs for threads."""

    def end_headers(self) -> None:
        """Adds them to every file's."""
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page on live drawing."""
    return large_site(tmp_path_factory.mktemp("backends"))


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    """Its address."""
    with served(folder) as base:
        yield base


@pytest.fixture(scope="module")
def imitated(chromium: Browser) -> Iterator[Browser]:
    """A browser whose WebGPU has a graphics card, made in software."""
    path = find_chromium(chromium.browser_type)
    assert path is not None
    browser = launch(chromium.browser_type, path, graphics=True)
    yield browser
    browser.close()


@pytest.fixture
def new_page(imitated: Browser) -> Iterator[Callable[[], Page]]:
    """Opens pages in that browser."""
    with readers(imitated) as opened:
        yield opened


def runtimes_of(page: Page) -> list[str]:
    """A list that fills with the runtime's files as the page asks for them."""
    files: list[str] = []

    def note(url: str) -> None:
        if "onnxruntime-web" in url:
            files.append(url.rpartition("/")[2].partition("?")[0])

    page.context.on("request", lambda request: note(request.url))
    return files


def offers(page: Page) -> list[str]:
    """What a reader can choose to draw with; nothing where nothing is to be chosen."""
    chooser = page.get_by_label("Drawn with")
    return chooser.locator("option").all_inner_texts() if chooser.is_visible() else []


def test_more_threads_are_offered_on_an_isolated_page_and_draw_the_same(
    chromium: Browser, folder: Path
) -> None:
    """To the last bit. They are never taken unasked."""
    with served(folder, Isolated) as base, readers(chromium) as opened:
        page = opened()
        page.goto(base)
        begin(page)
        wait_for_drawn(page, 1)
        assert wait_for_status(page, "Drawn with") == f"Drawn with WASM. {LINK}"
        threads = min(page.evaluate("navigator.hardwareConcurrency"), 4)
        if threads < 2:
            assert offers(page) == []
            return
        one = latents_of(page)
        assert offers(page) == ["WASM", f"WASM, {threads} threads"]
        page.get_by_label("Drawn with").select_option(f"WASM, {threads} threads")
        wait_for_drawn(page, 2)
        told = wait_for_status(page, "Drawn with")
        assert told == f"Drawn with WASM, {threads} threads. {LINK}"
        assert np.array_equal(latents_of(page), one)


def test_a_graphics_card_made_in_software_is_left_alone(
    site: str, new_page: Callable[[], Page]
) -> None:
    """Nothing is fetched for it, and on a page that is not isolated nothing is offered."""
    page = new_page()
    page.goto(site)
    assert page.evaluate("navigator.gpu.requestAdapter().then((one) => one.info.architecture)")
    fetched = runtimes_of(page)
    begin(page)
    wait_for_drawn(page, 1)
    assert wait_for_status(page, "Drawn with") == f"Drawn with WASM. {LINK}"
    assert sorted(fetched) == ["ort-wasm-simd-threaded.wasm.gz", "ort.wasm.bundle.min.mjs"]
    assert offers(page) == []


def test_where_webgpu_cannot_begin_wasm_draws_and_the_line_says_so(
    site: str, new_page: Callable[[], Page]
) -> None:
    """Here what it needs does not arrive. The models are fetched once."""
    page = new_page()
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    page.context.route("**/*.jspi.wasm.gz*", lambda route: route.fulfill(status=404))
    page.goto(site + ANY)
    begin(page)
    wait_for_drawn(page, 1)
    told = wait_for_status(page, "Drawn with")
    assert told == f"Drawn with WASM, as WebGPU failed here. {LINK}"
    assert offers(page) == []
    assert sum("unet.onnx" in url for url in asked) == 1


@pytest.mark.skipif(not PROVE, reason="SwiftShader takes minutes: make prove")
def test_webgpu_draws_what_wasm_draws(site: str, new_page: Callable[[], Page]) -> None:
    """The same prompt, seed and settings; then a reader chooses WASM."""
    page = new_page()
    fetched = runtimes_of(page)
    assert by_webgpu(page, site) < SAME
    webgpu = ["ort-wasm-simd-threaded.jspi.wasm.gz", "ort.jspi.bundle.min.mjs"]
    assert sorted(fetched[:2]) == webgpu and "ort.wasm.bundle.min.mjs" in fetched[2:]
    assert offers(page) == ["WebGPU", "WASM"]
    assert ": 2 steps, guidance 1, seed 5" in page.locator(".drawn figcaption").first.inner_text()


def test_a_lost_graphics_card_is_replaced_by_wasm(
    site: str, imitated: Browser, new_page: Callable[[], Page]
) -> None:
    """The browser's graphics process is ended for real while the picture is drawn."""
    page = new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.goto(site + ANY)
    fetched = runtimes_of(page)
    begin(page)
    wait_for_status(page, "Starting")
    page.wait_for_timeout(1000)
    imitated.new_browser_cdp_session().send("Browser.crashGpuProcess")
    wait_for_drawn(page, 1)
    told = wait_for_status(page, "Drawn with")
    assert told == f"Drawn with WASM, as WebGPU failed here. {LINK}"
    assert fetched[:2] == ["ort.jspi.bundle.min.mjs", "ort-wasm-simd-threaded.jspi.wasm.gz"]
    assert problems == []


REAL = {"vendor": "nvidia", "architecture": "ampere", "device": "", "description": ""}


SOFTWARE: list[dict[str, object]] = [
    REAL | {"isFallbackAdapter": True},
    REAL | {"vendor": "google", "architecture": "swiftshader"},
    REAL | {"vendor": "mesa", "description": "llvmpipe (LLVM 19.1, 256 bits)"},
    REAL | {"description": "Microsoft Basic Render Driver"},
]


def test_only_a_real_graphics_card_is_taken(chromium: Browser, site: str) -> None:
    """Described as browsers describe theirs, and only where WebAssembly can wait for one."""
    page = chromium.new_page()
    page.goto(site)
    found = page.evaluate(
        """async (infos) => {
            const { adapterOf } = await import("./assets/js/live/backends.js");
            const taken = async (info, any) =>
                (await adapterOf(any, { requestAdapter: async () => info && { info } })) !== null;
            const told = [await Promise.all(infos.map((info) => taken(info, false)))];
            told.push(await Promise.all(infos.map((info) => taken(info, true))));
            delete WebAssembly.Suspending;
            return [...told, await taken(infos[0], true)];
        }""",
        [REAL, *SOFTWARE, None],
    )
    imitations = len(SOFTWARE)
    unasked, asked = [True, *[False] * imitations, False], [True, *[True] * imitations, False]
    assert found == [unasked, asked, False]
    page.close()
