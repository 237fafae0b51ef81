"""Guides to test with: a small one with pictures drawn by Pillow, and this checkout's own."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, sync_playwright

# The builder's files import each other by name, as they do when MkDocs or Python runs them.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "docs" / "builder")]

from browser import (  # noqa: E402 - found through the path above
    NO_BROWSER,
    Opened,
    find_chromium,
    launch,
    opening,
)
from hostile import build_hostile_guide, measure, patch_catalogue  # noqa: E402 - found through the path above
from small import (  # noqa: E402 - found through the path above
    FIXTURE,
    POSTCARDS,
    ROOT,
    TURBO,
    build_guide,
    run_mkdocs,
    write_plan,
)

Once = Callable[[str, Callable[[Path], Any]], Path]


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Writes a plan below this test's own folder."""

    def write(*arguments: Any, **options: Any) -> dict[str, Any]:
        return write_plan(tmp_path / "renders", *arguments, **options)

    return write


@pytest.fixture(scope="session")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the fixture's YAML with a measurement; compiling it leaves a cache beside it."""
    folder = tmp_path_factory.mktemp("knowledge") / "fixture"
    shutil.copytree(FIXTURE, folder)
    patch_catalogue(folder, measure)
    return folder


@pytest.fixture(scope="session")
def small_renders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of two plans: one row of three guidance scales, and steps for two models."""
    renders = tmp_path_factory.mktemp("pictures") / "renders"
    steps = [*range(1, 11), 25, 50]
    write_plan(renders, "steps", "num_inference_steps", steps, models=(POSTCARDS, TURBO))
    write_plan(renders, "guidance", "guidance_scale", [1, 7], prompts={"harbour": "a harbour"})
    return renders


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Builds a site once for all workers of a run, whose folders lie in one of the run's own."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def built(name: str, build: Callable[[Path], Any]) -> Path:
        folder = shared / name
        with FileLock(shared / f"{name}.lock"):
            if not (folder / "built").exists():
                shutil.rmtree(folder, ignore_errors=True)
                build(folder)
                (folder / "built").touch()
        return folder

    return built


@pytest.fixture(scope="session")
def small_guide(once: Once, knowledge: Path, small_renders: Path) -> Path:
    """The site of the fixture's catalogue and pictures."""
    return once("small", lambda folder: build_guide(folder, knowledge, small_renders)) / "site"


@pytest.fixture(scope="session")
def guide(once: Once) -> Path:
    """The site of this checkout, as it would be published."""
    folder = once("guide", lambda to: run_mkdocs(ROOT, "--site-dir", str(to / "site")))
    return folder / "site"


@pytest.fixture(scope="session")
def hostile_guide(once: Once, small_renders: Path) -> Path:
    """The small guide with every free text replaced by a hostile one."""
    built = once("hostile", lambda folder: build_hostile_guide(folder, small_renders))
    return built / "build" / "site"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all tests here; without one they are skipped, or fail where CI is set."""
    with sync_playwright() as playwright:
        path = find_chromium(playwright.chromium)
        if path is None:
            if os.environ.get("CI"):
                pytest.fail(NO_BROWSER)
            pytest.skip(NO_BROWSER)
        browser = launch(playwright.chromium, path)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Opened]:
    """Opens pages for one test; nothing may go wrong on any."""
    with opening(chromium) as open_site:
        yield open_site
