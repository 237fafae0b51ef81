"""What every test run begins and ends with."""

from __future__ import annotations

import gc
import os

import pytest

# Thousands of tests and what they import live as long as the run: nothing to look for in them.
gc.disable()

if "PYTEST_XDIST_WORKER" in os.environ:
    # As many workers as processors: a second thread in each would only get in another's way.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


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
