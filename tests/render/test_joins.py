"""Runs add up: what a second one draws is counted with the first, once, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from render.__main__ import main
from render.errors import RenderError
from render.measured import read
from render.models import find_model
from render.reference import dataset
from render.reference.scenes import HELD_OUT_FROM
from render.sweeps import specs
from render.sweeps.asking import wanted
from render.sweeps.pictures import Asked
from render.sweeps.sources import with_sources

SWEEP = "steps-euler-trailing.json"


@pytest.fixture
def bench(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Measures a tiny model on a short ladder: `bench(folder, "castle,sea", …)` → the file."""
    monkeypatch.setattr(specs, "STEPS", (1, 2, 3))
    monkeypatch.setattr(specs, "REFERENCE_STEPS", 5)
    monkeypatch.setattr("render.measure.CACHE", tmp_path / "cache")

    def run(folder: str, said: str | None, *options: str, status: int = 0) -> Path:
        prompts: list[str] = []
        if said:
            (tmp_path / "prompts.txt").write_text(said.replace(",", "\n"))
            prompts = ["--prompts", str(tmp_path / "prompts.txt")]
        command = ["measure", str(model), "--sweep", "steps", *prompts, *options]
        assert main([*command, "--out", str(tmp_path / folder)]) == status
        return tmp_path / folder / model.name / SWEEP

    return run


def figures(file: Path) -> dict[str, Any]:
    """All that a measurement says of its pictures: raw and summed up."""
    found = json.loads(file.read_text("utf-8"))
    return {key: found[key] for key in ("prompts", "seeds", "reference", "rows", "summary")}


def test_a_run_that_adds_says_what_one_run_of_everything_says(bench: Any, tmp_path: Path) -> None:
    """Only the prompt that the file lacks is drawn: 3 rungs, the reference, a second opinion."""
    strips = read(bench("some", "castle,sea", "--seeds", "2"))["strips"]
    drawn = len(list((tmp_path / "cache").rglob("*.png")))
    added = bench("some", "sea,tent", "--seeds", "2", "--add")
    assert len(list((tmp_path / "cache").rglob("*.png"))) - drawn == 2 * 5
    whole = bench("whole", "castle,sea,tent", "--seeds", "2")
    assert figures(added) == figures(whole)
    found = read(added)
    assert found["part"] == "000011"
    assert [len(part["timing"]) for part in found["parts"]] == [3, 3]
    assert found["strips"] == strips


def test_prompts_and_seeds_may_both_grow_and_every_prompt_has_every_seed(bench: Any) -> None:
    """New seeds are drawn of the old prompts too, and lie inside prompts: between old figures."""
    bench("some", "castle,sea", "--seeds", "1")
    added = bench("some", "tent", "--seeds", "2", "--add")
    assert figures(added) == figures(bench("whole", "castle,sea,tent", "--seeds", "2"))
    assert read(added)["part"] == "010122"


def test_what_is_there_already_adds_nothing(bench: Any) -> None:
    """Not even where nothing was there to be added to: the first run is one like any other."""
    file = bench("some", "castle,sea", "--seeds", "2", "--add")
    before = file.read_bytes()
    assert "parts" not in read(file)
    bench("some", "sea", "--add")
    bench("some", None, "--add")
    assert file.read_bytes() == before


def test_a_run_of_another_recipe_is_refused_before_anything_is_drawn(
    bench: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = bench("some", "castle", "--seeds", "1")
    found = read(file)
    found["environment"]["torch"], found["fixed"]["guidance_scale"] = "1.0", 9.5
    file.write_text(json.dumps(found))
    drawn = len(list((tmp_path / "cache").rglob("*.png")))
    capsys.readouterr()
    bench("some", "sea", "--add", status=2)
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(
        f"--add {file}: expected a run that differs in prompts and seeds alone, got "
        "fixed.guidance_scale none in place of 9.5; environment.torch "
    )
    assert said.endswith(" in place of 1.0. Keep it in a file of its own.")
    assert len(list((tmp_path / "cache").rglob("*.png"))) == drawn


def test_two_files_are_joined_and_a_picture_of_both_counts_once(bench: Any, tmp_path: Path) -> None:
    """Yours and a colleague's, who drew one of your prompts as well."""
    yours = bench("yours", "castle,sea", "--seeds", "2")
    theirs = bench("theirs", "sea,tent", "--seeds", "2")
    assert main(["join", str(yours), str(theirs)]) == 0
    assert figures(yours) == figures(bench("whole", "castle,sea,tent", "--seeds", "2"))
    once = yours.read_bytes()
    assert main(["join", str(yours), str(theirs)]) == 0
    assert yours.read_bytes() == once


@pytest.mark.parametrize("sweep", ["quality", "pairs"])
def test_a_sweep_that_is_no_ladder_has_nothing_to_add_to(
    sweep: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["measure", "postcards", "--sweep", sweep, "--add"]) == 2
    assert capsys.readouterr().err == (
        f"--add: expected a sweep that it says something to, got '{sweep}'. "
        "Use it with --sweep steps, scheduler, guidance or strength.\n"
    )


def test_our_judge_looks_at_the_prompts_that_are_added_as_if_all_were_asked_at_once() -> None:
    """Real scenes, two of them shown under another's prompt."""
    source = find_model("postcards")
    every = wanted(6, 1, source)
    seeds = dataset.training_seeds(6, first=HELD_OUT_FROM)
    shown = list(dataset.pictures(seeds, 128, "test")[[0, 1, 3, 2, 4, 5]])
    whole = every.jury(every.prompts, 1).hits(shown)
    assert whole[:2] == whole[4:] == "ff" and "f" not in whole[2:4]
    there = {"prompts": list(every.prompts[:2]), "seeds": [0], "judge": "0" * 32}
    added = wanted(6, None, source, there)
    assert added.prompts == every.prompts
    assert added.jury(added.prompts[2:], 1).hits(shown[2:]) == whole[2:]


def test_a_file_of_our_own_prompts_takes_no_others_of_a_judge() -> None:
    source = find_model("postcards")
    with pytest.raises(RenderError) as refused:
        wanted(2, 1, source).jury(["a hamster"], 1)
    assert str(refused.value).startswith("'a hamster': expected one of our own prompts, as ")


def test_prompts_that_are_added_start_from_source_pictures_of_their_own(tmp_path: Path) -> None:
    """The ones that a run of all prompts would have given them."""
    whole = with_sources(Asked(("a", "b", "c"), (0,)), tmp_path / "whole", [0, 1, 2])
    added = with_sources(Asked(("c",), (0,)), tmp_path / "added", [2])
    assert added.sources == whole.sources[2:]
    assert np.array_equal(
        *(np.fromfile(one.folder / added.sources[0], np.uint8) for one in (whole, added))
    )
