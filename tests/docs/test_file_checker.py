"""A file on the page is answered in the command line's own words, and nothing leaves the host."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import checker
import pytest
import wheel
from browser import Opened, Watched, served
from playwright.sync_api import Browser, Page
from small import ROOT

from recommender._page import check
from tests.prove import PROVE
from tests.recommender.headers import files, hostile
from tests.recommender.strangers import MAGIC, bomb, chunk

SAMPLES = ROOT / "tests/recommender"
URI = "check-a-file/"
FEW = (
    *("a1111.png", "a1111.webp", "a1111.jpg", "a1111.avif", "comfy-flux.png", "fooocus.png"),
    *("comfy-subgraph.json", "novelai.png", "swarmui.jpg", "mflux.metadata.json"),
)
FIRST = "length-2-63", "deep", "nan", "overlap", "gguf-bad-key"
HEAD = MAGIC + chunk(b"IHDR", bytes(13))
EVIL = "<img src=x onerror=alert(1)>"
STRANGE = {
    "bomb.png": HEAD + chunk(b"zTXt", b"x\0\0" + bomb(64)) + chunk(b"IEND", b""),
    "deep.png": HEAD + chunk(b"tEXt", b"prompt\0" + b'{"a":' * 100_000) + chunk(b"IEND", b""),
    "deep.json": b"[" * 200_000,
    "cut.png": HEAD,
    "pickle.ckpt": b"PK\3\4" + bytes(60),
    "empty.json": b"",
    "-option.json": b'{"steps": 3}',
    f"{EVIL}.json": json.dumps({"steps": EVIL, "prompt": EVIL}).encode(),
    "\u202egnp.json": b"{}",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files as tools write them, files as attackers write them, and weights with holes."""
    whole = tmp_path_factory.mktemp("files")
    pictures = [
        path for path in (SAMPLES / "pictures").iterdir() if path.suffix not in (".py", ".md")
    ]
    for path in pictures if PROVE else [SAMPLES / "pictures" / name for name in FEW]:
        shutil.copy(path, whole)
    shutil.copy(SAMPLES / "lint/steps-above-range.fails.json", whole)
    broken = {f"{name}.safetensors": one for name, (one, _) in hostile.SAFETENSORS.items()}
    broken |= {f"{name}.gguf": one for name, (one, _) in hostile.GGUF.items()}
    for name, content in {**broken, **STRANGE}.items():
        if PROVE or name in STRANGE or name.rpartition(".")[0] in FIRST:
            (whole / name).write_bytes(content)
    files.written(whole / "sdxl_lightning_4step.safetensors", files.network("sdxl"))
    files.written(whole / "mystery.safetensors", {"a.weight": (3, 5)})
    return whole


@pytest.fixture(scope="module")
def page(chromium: Browser, guide: Path) -> Iterator[Page]:
    """The page, opened once, so that the interpreter starts once; it ends without a complaint."""
    if not (guide / "assets/vendor/pyodide").is_dir():
        if os.environ.get("CI"):
            pytest.fail("node_modules/pyodide: expected it, got none.")
        pytest.skip("node_modules/pyodide: expected it, got none. Run: make node_modules/ready")
    with served(guide) as base:
        context = chromium.new_context()
        watched = Watched(context.new_page(), base)
        asked: list[Any] = []
        watched.page.on("request", lambda request: asked.append(request))
        yield watched.visit(URI)
        context.close()
        names = {request.url.rpartition("/")[2].partition("?")[0] for request in asked}
        # What a worker fetches is seen too, and no request carries anything away.
        assert {"pyodide.asm.wasm.gz", "sweetspot-0.1.0-py3-none-any.whl"} <= names
        assert {(request.method, request.post_data) for request in asked} == {("GET", None)}
        assert watched.problems == []


def choose(page: Page, *paths: Path) -> list[list[list[str]]]:
    """Chooses files and returns what is then on the page: command and text of each run of each."""
    page.locator("file-checker input[type=file]").set_input_files(list(paths))
    page.locator(".result").nth(len(paths) - 1).wait_for()
    found: list[list[list[str]]] = page.evaluate(
        """() => [...document.querySelectorAll(".result")].map((one) =>
            [...one.querySelectorAll(".command")].map((command) =>
                [command.textContent, command.nextSibling.textContent]))"""
    )
    return found


def printed(path: Path, model: str = "") -> list[list[str]]:
    """Returns what the command line prints in the file's folder (recommender/test_page.py)."""
    runs = json.loads(check(path.name, model))["runs"]
    return [[f"$ {run['command']}", run["text"].rstrip()] for run in runs]


def test_without_scripts_the_page_points_at_the_commands(chromium: Browser, guide: Path) -> None:
    """No field is left over that nothing would read."""
    with served(guide) as base:
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(base + URI)
        shown = page.locator(".md-content").inner_text()
        assert "Without JavaScript the page reads no file." in shown
        assert page.locator("file-checker:visible").count() == 0
        context.close()


def test_nothing_is_fetched_before_a_file_is_there(opened: Opened, guide: Path) -> None:
    """Fourteen megabytes are for whoever asked for them."""
    watched = opened(guide)
    asked: list[str] = []
    watched.page.on("request", lambda request: asked.append(request.url))
    watched.open(URI)
    assert [url for url in asked if "/vendor/" in url] == []


def test_every_file_is_answered_as_the_command_line_does(
    page: Page, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures, workflows, weights and files that lie; hostile text stays text."""
    monkeypatch.chdir(folder)
    for path in sorted(folder.iterdir()):
        assert choose(page, path) == [printed(path)], path.name
        state = page.locator(".state").inner_text()
        assert state.endswith("Nothing left your machine.")
    assert page.locator("file-checker img, file-checker a").count() == 0


def test_five_gigabytes_of_weights_cost_their_header(page: Page, folder: Path) -> None:
    """The answer is the file's name and what runs it well; the page says how much was read."""
    path = folder / "sdxl_lightning_4step.safetensors"
    page.evaluate(
        """() => {
            window.shifts = [];
            new PerformanceObserver((list) => window.shifts.push(...list.getEntries()))
                .observe({type: "layout-shift"});
        }"""
    )
    choose(page, path)
    assert page.locator(".headline").inner_text() == (
        "SDXL family; the name says Lightning 4-step: "
        "4 steps · guidance off · EulerDiscreteScheduler"
    )
    with path.open("rb") as stream:
        header = int.from_bytes(stream.read(8), "little")
    state = page.locator(".state").inner_text()
    assert f"Read {round((8 + header) / 1000)} kB of 5.1 GB. Nothing left your machine." in state
    # Where an answer comes to stand was free before.
    late = "window.shifts.filter((one) => !one.hadRecentInput).map((one) => one.value)"
    assert page.evaluate(late) == []


def test_the_example_says_what_four_step_weights_lose_at_thirty(page: Page) -> None:
    page.get_by_role("button", name="Try an example").click()
    said = "SDXL-Lightning 4-step at 30 steps, guidance 7: 15× too slow (steps 7.5×, guidance 2×)."
    page.locator(".headline", has_text=said).wait_for()
    assert f"example.json: {said}" in page.locator(".state").inner_text()


def test_a_reader_may_say_the_model(
    page: Page, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is --model for a picture; the file is checked again at once."""
    monkeypatch.chdir(folder)
    path = folder / "a1111.png"
    choose(page, path)
    field = page.get_by_label("Model, where the file does not name it")
    field.fill("sdxl-turbo")
    field.press("Enter")
    page.locator(".headline", has_text="SDXL Turbo at 30 steps").wait_for()
    assert page.locator(".command").first.inner_text() == (
        "$ sweetspot lint --model sdxl-turbo a1111.png"
    )
    field.fill("")
    field.press("Enter")
    page.locator(".headline", has_text="no model called").wait_for()


def test_several_files_are_answered_one_by_one(
    page: Page, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the command line does with several names."""
    monkeypatch.chdir(folder)
    paths = [folder / "a1111.png", folder / "mystery.safetensors"]
    assert choose(page, *paths) == [printed(path) for path in paths]


def hand_over(page: Page, kind: str, name: str, text: str) -> None:
    """Drops a file on the page, or pastes text, as a reader's own hands do."""
    page.evaluate(
        """([kind, name, text]) => {
            const data = new DataTransfer();
            if (kind === "drop") data.items.add(new File([text], name));
            else data.setData("text/plain", text);
            const event = kind === "drop"
                ? new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true})
                : new ClipboardEvent(kind, {clipboardData: data, bubbles: true, cancelable: true});
            window.taken = !document.querySelector("h1").dispatchEvent(event);
        }""",
        [kind, name, text],
    )
    assert page.evaluate("window.taken")


@pytest.mark.parametrize(("kind", "name"), [("drop", "mine.json"), ("paste", "pasted.json")])
def test_a_file_may_be_dropped_anywhere_and_a_workflow_pasted(
    page: Page, kind: str, name: str
) -> None:
    """The browser does not leave the page for it."""
    text = '{"model": "sdxl-turbo", "prompt": "a", "steps": 40}'
    hand_over(page, kind, name, text)
    page.locator(".name", has_text=name).wait_for()
    assert page.locator(".headline").inner_text() == "SDXL Turbo at 40 steps: 10× too slow."


def test_a_file_that_takes_too_long_is_stopped_and_the_next_one_is_read(
    page: Page, folder: Path, tmp_path: Path
) -> None:
    """The page says so, with the command that has all the time it needs."""
    long = tmp_path / "long.json"
    node = {"class_type": "KSampler", "inputs": {"steps": 20, "model": ["1", 0]}}
    # Seconds of reading: a page that gets no turn meanwhile would hear of its end first.
    long.write_text(json.dumps(dict.fromkeys(map(str, range(40_000)), node)))
    limit = page.locator("file-checker")
    limit.evaluate("(one) => { one.dataset.seconds = '0.01' }")
    page.locator("file-checker input[type=file]").set_input_files(long)
    late = page.locator(".state", has_text="It took more than 0.01 seconds and was stopped.")
    late.wait_for()
    assert late.inner_text().endswith("On the command line: sweetspot lint long.json")
    assert page.locator(".result").count() == 0
    limit.evaluate("(one) => { one.dataset.seconds = '60' }")
    choose(page, folder / "comfy-flux.png")
    assert page.locator(".headline").inner_text() == "no findings."


def test_the_interpreter_runs_beside_the_page(page: Page, folder: Path) -> None:
    """The page itself loads none of it, so it answers to the reader all the while."""
    choose(page, folder / "sdxl_lightning_4step.safetensors")
    own: list[str] = page.evaluate(
        "performance.getEntriesByType('resource').map((one) => one.name)"
    )
    assert any(name.endswith("/file-checker.js") for name in own)
    assert [name for name in own if "/vendor/" in name] == []


def test_without_scripts_or_without_pyodide_the_commands_stand(
    chromium: Browser, guide: Path
) -> None:
    """No dead control is left over."""
    with served(guide) as base:
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(base + URI)
        assert not page.locator("file-checker").is_visible()
        assert "sweetspot lint picture.png" in page.locator(".md-content pre").inner_text()
        context.close()
    assert checker.reader({"assets/vendor/onnxruntime-web/x.mjs": Path("x.mjs")}) is None
    text = checker.fill(f"# A\n\n{checker.MARK}\n", "../", None)
    assert "<file-checker" not in text
    assert "was built without the Python interpreter" in text


def test_a_reader_that_cannot_be_fetched_is_one_clear_line(
    chromium: Browser, guide: Path, folder: Path
) -> None:
    """What was prerendered stays, and the next file tries again."""
    with served(guide) as base:
        context = chromium.new_context()
        page = context.new_page()
        page.route("**/pyodide.asm.wasm.gz", lambda route: route.abort())
        page.goto(base + URI)
        path = folder / "sdxl_lightning_4step.safetensors"
        page.locator("file-checker input[type=file]").set_input_files(path)
        state = page.locator(".state", has_text="The reader stopped: ")
        state.wait_for()
        command = "sweetspot identify sdxl_lightning_4step.safetensors"
        assert state.inner_text().endswith(f"On the command line: {command}")
        context.close()


def test_the_wheel_of_a_checkout_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    """A page may keep it as long as its address stays."""
    first = wheel.wheel()
    wheel.build(ROOT, tmp_path)
    assert (tmp_path / first.name).read_bytes() == first.read_bytes()
    assert "recommender" in sys.modules
