"""The shell of the workflow that regenerates pictures, run as GitHub would, in a user's repository.

GitHub itself is not there: `gh` writes down what it was asked, and a push goes to a folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from render.plan import ROOT
from tests.prove import PROVE
from tests.render.conftest import PLAN

FLOW = yaml.safe_load((ROOT / ".github/workflows/regenerate-assets.yml").read_text("utf-8"))
GH = '#!/bin/sh\nprintf "%s\\n" "$@" > "$RUNNER_TEMP/asked"\n'
SERVER = "https://github.example"
WHO = ["-c", "user.name=a", "-c", "user.email=a@example.org"]


def git(place: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(place), *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def theirs(tmp_path, model):
    """A user's repository with a plan, this one beside it as .sweetspot, and a server's folder."""
    repo, server, temp = tmp_path / "theirs", tmp_path / "server.git", tmp_path / "temp"
    for folder in (repo / "plans", repo / "docs", repo / ".sweetspot", temp, tmp_path / "bin"):
        folder.mkdir(parents=True)
    (repo / "plans" / "steps.yaml").write_text(PLAN.format(model=model))
    for name in ("render", "recommender", "settings", "pyproject.toml"):
        (repo / ".sweetspot" / name).symlink_to(ROOT / name)
    (repo / ".sweetspot" / ".venv").symlink_to(sys.prefix)
    for name, text in (("gh", GH), ("make", "#!/bin/sh\n")):  # it is installed already
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    git(tmp_path, "init", "--quiet", "--bare", str(server))
    git(repo, "init", "--quiet")
    git(repo, "config", f"url.{server}.insteadOf", f"https://x-access-token:t@{SERVER[8:]}/a/b.git")
    return SimpleNamespace(repo=repo, server=server, temp=temp, bin=tmp_path / "bin")


def commit(theirs: SimpleNamespace) -> None:
    git(theirs.repo, "add", "plans", "docs")
    git(theirs.repo, *WHO, "commit", "--quiet", "--allow-empty", "--message", "What there is")


def step(theirs: SimpleNamespace, job: str, name: str, **more: str) -> subprocess.CompletedProcess:
    """Runs one step's script with the variables that GitHub sets."""
    [script] = [s["run"] for s in FLOW["jobs"][job]["steps"] if s.get("name") == name]
    environment = {
        **os.environ,
        "PATH": f"{theirs.bin}:{os.environ['PATH']}",
        "RUNNER_TEMP": str(theirs.temp),
        "GITHUB_STEP_SUMMARY": str(theirs.temp / "summary"),
        "GITHUB_SERVER_URL": SERVER,
        "GITHUB_REPOSITORY": "a/b",
        "GITHUB_RUN_ID": "7",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_REF_NAME": "main",
        "GH_TOKEN": "t",
        "PICTURES": "docs/renders",
        **more,
    }
    command = ["bash", "-e", "-c", script]
    return subprocess.run(command, cwd=theirs.repo, env=environment, capture_output=True, text=True)


def test_what_changed_is_pushed_to_a_branch_and_proposed(theirs, rendered):
    """A picture that went is removed, and what is no picture does not come along."""
    shutil.copytree(rendered / "test", theirs.repo / "docs" / "renders" / "steps")
    (theirs.repo / "docs" / "renders" / "steps" / "old.webp").write_bytes(b"old")
    commit(theirs)
    proposal = theirs.temp / "proposal"
    shutil.copytree(rendered / "test", proposal / "pictures" / "steps")
    (proposal / "pictures" / "steps" / "run.sh").write_text("echo")
    (proposal / "pictures" / "steps" / "link.webp").symlink_to("/etc/passwd")
    (proposal / "report.md").write_text("One picture less: COMMIT_OF_THE_PICTURES\n")
    done = step(theirs, "propose", "Propose")
    assert done.returncode == 0, done.stderr
    branch = git(theirs.server, "rev-parse", "assets/7-1")
    changed = git(theirs.server, "show", "--name-status", "--format=%s", branch).split()
    assert changed == [*["Render", "pictures", "anew"], "D", "docs/renders/steps/old.webp"]
    asked = (theirs.temp / "asked").read_text().split("\n")
    assert asked[:6] == ["pr", "create", "--base", "main", "--head", "assets/7-1"]
    assert (proposal / "body.md").read_text() == f"One picture less: {branch}\n"


def test_nothing_is_proposed_when_every_picture_is_as_it_was(theirs, rendered):
    shutil.copytree(rendered / "test", theirs.repo / "docs" / "renders" / "steps")
    commit(theirs)
    shutil.copytree(rendered / "test", theirs.temp / "proposal" / "pictures" / "steps")
    assert step(theirs, "propose", "Propose").returncode == 0
    assert (theirs.temp / "summary").read_text() == "Every picture is as it was.\n"
    assert not (theirs.temp / "asked").exists()


@pytest.mark.skipif(not PROVE, reason="renders in a process of its own: make prove")
def test_the_whole_workflow_renders_compares_and_proposes(theirs):
    """From no picture at all, and with a cell that cannot be made."""
    plan = theirs.repo / "plans" / "steps.yaml"
    plan.write_text(plan.read_text().replace("guidance_scale: [1.0, 3.0]", "eta: [0.0, 0.5]"))
    commit(theirs)
    done = step(theirs, "render", "Render", PLANS="plans/steps.yaml", SWEETSPOT=".sweetspot")
    assert done.returncode == 0, done.stdout + done.stderr
    said = (theirs.temp / "summary").read_text()
    assert said == "Pictures: 0 changed, 2 new, 0 gone, 0 the same.\n"
    assert step(theirs, "propose", "Propose").returncode == 0
    names = git(theirs.server, "show", "--name-only", "--format=", "assets/7-1").split()
    assert sorted(Path(name).suffix for name in names) == [".json", *[".webp"] * 2]
    body = (theirs.temp / "proposal" / "body.md").read_text()
    pictures = (
        f"{SERVER}/a/b/raw/{git(theirs.server, 'rev-parse', 'assets/7-1')}/docs/renders/steps/"
    )
    assert body.count(pictures) == 2
    assert body.endswith(
        "Not every cell was rendered:\n\n"
        "    steps: tiny-sd at prompt = castle, eta = 0.5: "
        "EulerDiscreteScheduler takes no eta. Leave it out of the plan.\n"
        "    steps: tiny-sd at prompt = sea, eta = 0.5: "
        "EulerDiscreteScheduler takes no eta. Leave it out of the plan.\n"
    )
