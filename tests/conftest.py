"""What every test run begins and ends with."""

from __future__ import annotations

import os

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # As many workers as processors: a second thread in each would only get in another's way.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


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
