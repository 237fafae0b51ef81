"""What every test run ends with."""

from __future__ import annotations

import pytest


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
