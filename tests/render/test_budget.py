"""The guide's pictures stay small, alone and together, and cheap to make again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from render import check
from render.__main__ import main
from render.budget import most_bytes, steps_of, together
from render.plan import RENDERS, load_plan, plan_ids


def planned(folder: Path, seeds: int, steps: int) -> Path:
    """Writes a plan of so many cells of so many steps."""
    file = folder / "many.yaml"
    file.write_text(
        "title: Many\ntransfers: mechanism\nmodels: [postcards]\n"
        f"settings: {{num_inference_steps: {steps}}}\nprompts:\n  a: {{prompt: a, seed: 1}}\n"
        f"axes:\n  seed: {{from: 1, to: {seeds}, step: 1}}\n"
    )
    return file


def test_a_picture_may_take_30_kb_at_128_px_and_60_at_256() -> None:
    """It grows with the side, for detail does; nothing is asked of smaller ones."""
    assert [most_bytes(side, side) for side in (64, 128, 256, 1024)] == [
        30_000,
        30_000,
        60_000,
        240_000,
    ]
    assert most_bytes(256, 128) == 42_426


def test_a_published_picture_above_its_bound_is_told(tmp_path: Path) -> None:
    """A manifest of the guide, one of whose pictures of 256 px took one byte too many."""
    folder = tmp_path / "hires-fix"
    folder.mkdir()
    told = json.loads((RENDERS / "hires-fix" / "manifest.json").read_text())
    large = next(cell for cell in told["cells"] if (cell["width"], cell["height"]) == (256, 256))
    for size, problems in ((60_000, 0), (60_001, 1)):
        large["bytes"] = size
        (folder / "manifest.json").write_text(json.dumps(told))
        said = [line for line in check.check(load_plan("hires-fix"), tmp_path) if "bytes," in line]
        assert len(said) == problems
    assert said[0].endswith(": expected at most 60000 bytes, got 60001.")


@pytest.mark.parametrize(("seeds", "steps", "cells"), [(1_501, 25, "1,501"), (750, 51, "1,530")])
def test_more_work_than_1500_cells_of_25_steps_is_refused(
    tmp_path: Path, seeds: int, steps: int, cells: str
) -> None:
    """Fewer cells of more steps are as much."""
    plan = load_plan(str(planned(tmp_path, seeds, steps)))
    assert list(together([plan], [])) == [
        f"render/plans: expected at most 1,500 cells of 25 steps together, got {cells}. "
        "Render fewer values."
    ]
    assert list(together([load_plan(str(planned(tmp_path, 1_500, 25)))], [])) == []


def test_more_than_20_mb_of_pictures_are_refused(tmp_path: Path) -> None:
    """Wherever they lie below the folders; what is no picture does not count."""
    for name, size in (("a/one.webp", 12_000_000), ("b/two.png", 8_000_000), ("c.json", 10**8)):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
        os.truncate(file, size)
    assert list(together([], [tmp_path])) == []
    os.truncate(tmp_path / "a" / "one.webp", 12_000_001)
    assert list(together([], [tmp_path / "a", tmp_path / "b"])) == [
        "2 pictures: expected at most 20,000,000 bytes together, got 20,000,001. "
        "Render fewer, or smaller ones."
    ]


def test_check_of_the_whole_guide_asks_for_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The gate stands in the command, not only beside it: with today's pictures, and one byte."""
    monkeypatch.setattr("render.budget.MAX_TOGETHER", 1)
    for slow in ("render.measured.check", "render.export.files.check"):  # others' tests, 8 s
        monkeypatch.setattr(slow, list)
    assert 0 < sum(steps_of(load_plan(name)) for name in plan_ids()) <= 1_500 * 25
    assert main(["check"]) == 1
    assert ": expected at most 1 bytes together, got " in capsys.readouterr().err
