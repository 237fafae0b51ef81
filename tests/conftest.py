"""What every test run begins and ends with."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

# Thousands of tests and what they import live as long as the run: nothing to look for in them.
gc.disable()

# Long for how few tests they have. They begin first: what begins last keeps one process busy while
# the others have nothing left.
LONG = (
    "docs/test_site.py",
    "render/test_engine.py",
    "render/test_bench.py",
    "render/test_durable.py",
    "render/test_cluster.py",
    "render/test_reference.py",
    "render/test_engine_counters.py",
    "docs/test_quality_axe.py",
    "docs/test_file_checker.py",
    "recommender/test_wheel.py",
)

if "PYTEST_XDIST_WORKER" in os.environ:
    # As many workers as processors: a second thread in each would only get in another's way.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the files that take long in front of all others, which keep their order."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path, len(LONG)))


def pytest_collection_finish() -> None:
    """Looks for garbage in what the tests make, and no longer in what was there before them."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Says in the very last line that browser tests did not run, where they did not."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if reporter is None:
        return
    skipped = [str(report.longrepr) for report in reporter.stats.get("skipped", [])]
    if any("no Chromium" in reason for reason in skipped):
        print(
            "Browser tests did not run: no Chromium found. Install it, or set CHROME to its path."
        )
