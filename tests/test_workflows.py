"""The workflows hold to the rules that keep a stranger's pull request harmless."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
INPUT = re.compile(r"\$\{\{(?!\s*runner\.)")  # an expression that is not about the machine


def problems(text: str) -> Iterator[str]:
    """Yields what is wrong with a workflow: how it starts, what it may do, and what it uses."""
    flow = yaml.safe_load(text)
    starts = flow.get("on", flow.get(True))  # YAML 1.1 reads `on` as true
    starts = {starts} if isinstance(starts, str) else set(starts)
    for event in sorted(starts & {"pull_request_target", "workflow_run"}):
        yield f"starts on {event}: a stranger's code beside this repository's rights"
    if flow.get("permissions") != {}:
        yield "expected `permissions: {}` for all jobs"
    for line in text.splitlines():
        if line.strip(" -").startswith("uses:") and not re.search(
            r"@[0-9a-f]{40} # v\d+(\.\d+)*$", line
        ):
            yield f"expected a commit and its version: {line.strip(' -')}"
    for name, job in flow["jobs"].items():
        yield from (f"{name}: {found}" for found in _job(job, "pull_request" in starts))


def _job(job: dict[str, Any], stranger: bool) -> Iterator[str]:
    if "timeout-minutes" not in job:
        yield "expected timeout-minutes"
    if stranger:
        if job.get("permissions", {}) != {}:
            yield "expected `permissions: {}` in a job that a pull request starts"
        if "secrets." in str(job) or "github.token" in str(job):
            yield "expected no secret in a job that a pull request starts"
        if not re.fullmatch(r"[a-z]+-[\d.]+", job["runs-on"]):
            yield "expected one of GitHub's machines in a job that a pull request starts"
    for step in job["steps"]:
        uses, options = step.get("uses", ""), step.get("with", {})
        if uses and not PINNED.fullmatch(uses):
            yield f"expected a commit, got {uses}"
        if uses.startswith("actions/checkout@") and options.get("persist-credentials") is not False:
            yield "expected persist-credentials: false"
        if uses.startswith("actions/cache") or "cache" in options:
            yield "expected no cache: what one run saves, another would trust"
        if INPUT.search(step.get("run", "")):
            yield "expected inputs in the environment, not in the script"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_keeps_every_rule(path: Path) -> None:
    assert list(problems(path.read_text("utf-8"))) == []


BAD = """\
on: [pull_request, pull_request_target]
permissions: write-all
jobs:
  build:
    runs-on: self-hosted
    permissions: {contents: write}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/cache@0123456789012345678901234567890123456789 # v5.0.0
      - run: echo "${{ github.event.pull_request.title }}" ${{ secrets.KEY }}
"""


def test_a_planted_workflow_that_breaks_every_rule_is_told_each_of_them() -> None:
    found = "\n".join(problems(BAD))
    for expected in (
        "starts on pull_request_target",
        "expected `permissions: {}` for all jobs",
        "expected a commit and its version: uses: actions/checkout@v4",
        "build: expected timeout-minutes",
        "build: expected `permissions: {}` in a job that a pull request starts",
        "build: expected no secret in a job",
        "build: expected one of GitHub's machines",
        "build: expected a commit, got actions/checkout@v4",
        "build: expected persist-credentials: false",
        "build: expected no cache",
        "build: expected inputs in the environment",
    ):
        assert expected in found


def test_the_job_that_opens_a_pull_request_renders_nothing() -> None:
    """Rights to write and code that renders never meet in one job."""
    flow = yaml.safe_load((ROOT / ".github/workflows/regenerate-assets.yml").read_text("utf-8"))
    render, propose = flow["jobs"]["render"], flow["jobs"]["propose"]
    assert render["permissions"] == {"contents": "read"}
    assert propose["permissions"] == {"contents": "write", "pull-requests": "write"}
    said = " ".join(step.get("run", "") for step in propose["steps"])
    assert not re.search(r"\bmake\b|python|-m render", said)


def test_every_test_runs_in_full_each_night() -> None:
    """By the clock, through the script that finds the machine's browser."""
    flow = yaml.safe_load((ROOT / ".github/workflows/prove.yml").read_text("utf-8"))
    assert re.fullmatch(r"\d+ \d+ \* \* \*", flow[True]["schedule"][0]["cron"])
    assert flow["jobs"]["prove"]["steps"][-1]["run"] == ".ci/run prove"
    assert 'make "${1:-test}"' in (ROOT / ".ci" / "run").read_text("utf-8")
    assert "\nprove:" in (ROOT / "Makefile").read_text("utf-8")


def test_zizmor_finds_nothing() -> None:
    """The strictest persona of the workflow linter; offline, so that no network is needed."""
    found = shutil.which("zizmor", path=str(Path(sys.executable).parent)) or shutil.which("zizmor")
    if found is None:
        pytest.skip("no zizmor: pip install zizmor")
    said = subprocess.run(
        [found, "--offline", "--persona=auditor", "--no-progress", ".github"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stdout
