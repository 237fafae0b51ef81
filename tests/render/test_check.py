"""What `render check` says to run is what mends."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest

from render.__main__ import main
from render.plan import load_plan


def test_the_command_that_check_prints_makes_what_it_missed(
    studio: SimpleNamespace, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plan of one's own, with a blank in its path and everything that can be asked beside."""
    plan, out = tmp_path / "my plans" / "test.yaml", tmp_path / "my pictures"
    plan.parent.mkdir()
    plan.write_text(studio.plan.read_text())
    asked = ["--model", str(model), "--backend", "fake", "--prompts", "photo", "--out", str(out)]
    assert main(["check", str(plan), *asked]) == 1
    missing = 2 * len(load_plan(str(plan), prompts="photo").data["prompts"])
    told = capsys.readouterr().err
    assert told == (
        f"{plan}: {missing} pictures are missing. Run: python -m render run '{plan}' "
        f"--model {model} --backend fake --prompts photo --out '{out}'\n"
    )
    command = shlex.split(told.partition("Run: python -m render ")[2])
    assert main(command) == 0
    assert main(["check", str(plan), *asked]) == 0


def test_a_plan_of_the_guide_is_called_by_its_id(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "aspect-ratio", "--out", str(tmp_path)]) == 1
    cells = len(load_plan("aspect-ratio").cells())
    assert capsys.readouterr().err == (
        f"render/plans/aspect-ratio.yaml: {cells} pictures are missing. "
        f"Run: python -m render run aspect-ratio --out {tmp_path}\n"
    )


def test_a_guests_picture_is_made_again_by_the_command_that_check_prints(
    studio: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the plan does not say of a guest's pictures, the manifest does."""
    shown = ["--out", str(studio.out), "--backend", "fake"]
    assert (
        main(["run", str(studio.plan), "--model", "postcards", "--prompts", "photo", *shown]) == 0
    )
    assert main(["run", str(studio.plan), *shown]) == 0
    path = studio.folder / "manifest.json"
    found = json.loads(path.read_text())
    [victim, *_] = [e["file"] for e in found["cells"] if e["settings"]["model"] == "postcards"]
    (studio.folder / victim).unlink()
    capsys.readouterr()
    assert main(["check", str(studio.plan), *shown]) == 1
    told = capsys.readouterr().err
    where = f"{studio.plan}: {victim} (postcards): damaged or missing. Run: python -m render "
    mend = f"run {studio.plan} --model postcards --prompts photo --backend fake --out {studio.out}"
    assert told == f"{where}{mend}\n"

    found["models"]["postcards"] = {"repo": "nobody/postcards", "revision": "0f" * 20}
    assert main(shlex.split(mend)) == 0
    assert main(["check", str(studio.plan), *shown]) == 0
    (studio.folder / victim).unlink()
    path.write_text(json.dumps(found))
    capsys.readouterr()
    assert main(["check", str(studio.plan), *shown]) == 1
    there = f"run {studio.plan} --model nobody/postcards@{'0f' * 20} --out {studio.out}"
    assert capsys.readouterr().err.endswith(f" {there}\n")
