"""Files of two runs are joined: what both drew counts once, and what differs is told."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from render.__main__ import main
from render.errors import RenderError
from render.measured import check, read, summarised
from render.sweeps.join import joined
from tests.recommender.conftest import FILES, Tree
from tests.recommender.sweeps import sweep

FILE = "settings/measured/plain-base/steps-euler.json"


def other(**changes: Any) -> dict[str, Any]:
    """A second run of the same recipe: another prompt, and one that the first has."""
    raw = {"change": [0.5, 0.4, 0.3, 0.2], "ssim": [0.5, 0.6, 0.7, 0.8], "hits": "0137"}
    rows = [{**row, **raw} for row in sweep()["rows"]]
    return sweep(prompts=["a tent", "a hill"], rows=rows, **changes)


def test_files_of_an_older_run_are_joined_and_shown_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which does not say how its metric ranks pictures that were spoiled."""
    yours, theirs = tmp_path / "yours.json", tmp_path / "theirs.json"
    yours.write_text(json.dumps(sweep()))
    ranked = {**sweep()["metric"], "ranked": {"flip": {"blur": 0.5}}}
    theirs.write_text(json.dumps(other(metric=ranked)))
    assert main(["join", str(yours), str(theirs)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "plain-base, num_inference_steps, euler: 3 prompts × 2 seeds"
    assert shown[-1] == f"wrote {yours}"
    assert "ranked" not in read(yours)["metric"]
    assert read(yours)["parts"][1]["metric"]["ranked"] == {"flip": {"blur": 0.5}}
    before, elsewhere = theirs.read_bytes(), tmp_path / "both.json"
    assert main(["join", str(theirs), str(yours), "--out", str(elsewhere)]) == 0
    assert "ranked" not in read(elsewhere)["metric"]
    assert theirs.read_bytes() == before


def test_where_two_runs_drew_a_picture_the_first_ones_figure_stands() -> None:
    found = joined(sweep(), other(), "theirs.json")
    assert found["prompts"] == ["a hill", "the sea", "a tent"]
    assert found["part"] == "000011"
    assert found["rows"][0]["change"] == [0.25, 0.25, 0.25, 0.25, 0.5, 0.4]
    assert found["rows"][0]["hits"] == "fff701"
    assert found["reference"]["change"] == [0.01, 0.02, 0.01, 0.02, 0.01, 0.02]
    assert found["summary"] == summarised(found)
    assert found["timing"] == sweep()["timing"]


def test_means_and_bands_do_not_depend_on_which_run_comes_first() -> None:
    """Bands are of bootstraps, which draw other prompts when these stand in another order."""
    apart = sweep(prompts=["a tent", "a moor"], rows=other()["rows"])
    one, two = joined(sweep(), apart, "b")["summary"], joined(apart, sweep(), "a")["summary"]
    for first, second in zip(one["rows"], two["rows"], strict=True):
        assert (first["change"], first["quality"]) == (second["change"], second["quality"])
        assert first["change_95"] == pytest.approx(second["change_95"], abs=0.02)


def test_three_runs_are_three_parts_whichever_two_were_joined_first() -> None:
    third = sweep(prompts=["a moor"], seeds=[0, 1], rows=[
        {**row, "change": [0.1, 0.1], "ssim": [0.9, 0.9], "hits": "ff"} for row in sweep()["rows"]
    ], reference={"value": 200, "against": 50, "change": [0.0, 0.0]})  # fmt: skip
    left = joined(joined(sweep(), other(), "b"), third, "c")
    right = joined(sweep(), joined(other(), third, "c"), "b")
    assert left == right
    assert left["part"] == "00001122"


def test_what_a_metric_says_of_its_pictures_is_the_mean_over_the_pictures_of_all_parts() -> None:
    def scaled(share: float) -> dict[str, Any]:
        return {**sweep()["metric"], "scale": {"webp_90": share}, "ranked": {"flip": {"blur": 1.0}}}

    found = joined(sweep(metric=scaled(0.1)), other(metric=scaled(0.4)), "theirs.json")
    assert found["metric"]["scale"] == {"webp_90": 0.2}  # four pictures and two
    assert [part["metric"]["scale"]["webp_90"] for part in found["parts"]] == [0.1, 0.4]


def test_another_number_of_threads_is_no_other_recipe_and_stands_with_each_part() -> None:
    """A colleague's machine has more cores; a picture's last bits are all that differs."""
    told = {**sweep()["environment"], "threads": 16}
    found = joined(sweep(), other(environment=told), "theirs.json")
    assert found["environment"] == {"device": "cpu (x86_64)", "dtype": "float32"}
    assert [part["environment"]["threads"] for part in found["parts"]] == [2, 16]


def test_an_environment_that_says_more_than_an_older_one_is_no_other() -> None:
    """`pillow` was not always written down; what all parts tell stands above them."""
    told = {**sweep()["environment"], "pillow": "13.0.0"}
    found = joined(sweep(), other(environment=told), "theirs.json")
    assert found["environment"] == sweep()["environment"]
    assert found["parts"][1]["environment"] == told


def test_a_failed_picture_is_named_once_with_its_number_among_all_prompts() -> None:
    one, two = sweep(), other()
    name = "plain-base at prompt = p{}, num_inference_steps = 8, seed = 1: NaN"
    one["rows"][1] |= {"change": [0.1, None, 0.1, 0.1], "ssim": [0.9, None, 0.9, 0.9],
                       "hits": "fxff", "excluded": [name.format(0)]}  # fmt: skip
    two["rows"][1] |= {"change": [0.1, None, 0.1, None], "ssim": [0.9, None, 0.9, None],
                       "hits": "fxfx", "excluded": [name.format(0), name.format(1)]}  # fmt: skip
    row = joined(one, two, "theirs.json")["rows"][1]
    assert row["hits"] == "fxfffx"
    assert row["excluded"] == [name.format(0), name.format(2)]


DIFFERENT: list[tuple[dict[str, Any], str]] = [
    ({"weights": "0" * 32}, f"weights {'0' * 32} in place of 0123456789abcdef0123456789abcdef"),
    ({"judge": "e" * 32}, f"judge {'e' * 32} in place of {'f' * 32}"),
    ({"scheduler": "heun"}, "scheduler heun in place of euler"),
    ({"fixed": {"guidance_scale": 3, "width": 512, "height": 512}},
     "fixed.guidance_scale 3 in place of 7.5"),
    ({"environment": {"device": "cuda (H200)", "dtype": "float32", "threads": 2}},
     "environment.device cuda (H200) in place of cpu (x86_64)"),
    ({"metric": {"change": "flip", "package": "flip-evaluator 1.8", "pixels_per_degree": 67.0}},
     "metric.package flip-evaluator 1.8 in place of flip-evaluator 1.7"),
    ({"reference": {"value": 300, "against": 50, "change": [0.0] * 4}},
     "reference.value 300 in place of 200"),
    ({"rows": sweep()["rows"][:-1]},
     "rows [4, 8, 12, 18, 26] in place of [4, 8, 12, 18, 26, 50]; "
     "calls [8, 16, 24, 36, 52] in place of [8, 16, 24, 36, 52, 100]"),
    ({"own": True}, "own true in place of false"),
    ({"scheduler_config": {"num_train_timesteps": 500, "trained_betas": [1, 2]}, "clip": "0" * 32,
      "judge": "e" * 32, "own": True},
     "scheduler_config.num_train_timesteps 500 in place of 1000; "
     "scheduler_config.trained_betas [1, 2] in place of none; own true in place of false and 2 more"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), DIFFERENT)
def test_runs_that_differ_in_more_than_prompts_and_seeds_are_not_joined(
    changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(RenderError) as refused:
        joined(sweep(), sweep(**{"prompts": ["a tent", "a moor"], **changes}), "theirs.json")
    assert str(refused.value) == (
        "theirs.json: expected a run that differs in prompts and seeds alone, got "
        f"{said}. Keep it in a file of its own."
    )


def test_a_prompt_that_lacks_a_seed_of_another_is_not_joined() -> None:
    """Means over seeds of unlike prompts would be of unlike worth."""
    with pytest.raises(RenderError) as refused:
        joined(sweep(), sweep(prompts=["a tent", "a moor"], seeds=[1, 2]), "theirs.json")
    assert str(refused.value) == (
        "theirs.json: expected every prompt with every seed in one run or the other, got 4 that "
        "neither has; the first: 'a hill' with seed 2. Measure the same prompts with further "
        "seeds, or further prompts with the same seeds."
    )


def test_a_file_that_is_no_sound_sweep_is_told_and_the_other_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    yours, theirs = tmp_path / "yours.json", tmp_path / "theirs.json"
    yours.write_text(json.dumps(sweep()))
    for text, said in (
        ("{", ":1: not JSON: Expecting property name enclosed in double quotes."),
        (json.dumps(other(seeds=[0])), ":1: rows[0].change: expected 2 figures (2 prompts × 1 s"),
        (json.dumps(other(part="0000")), ":1: parts: expected parts with a digit a picture, or "),
        ('{"sweep": NaN}', ":1: not JSON: NaN is not a number."),
    ):
        theirs.write_text(text)
        assert main(["join", str(yours), str(theirs)]) == 2
        assert capsys.readouterr().err.splitlines()[0].startswith(f"{theirs}{said}")
    assert main(["join", str(yours), str(tmp_path / "none.json")]) == 2
    assert json.loads(yours.read_text()) == sweep()


# What a pull request's check makes of it --------------------------------------------------------


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A small checkout whose one measurement was joined of two."""
    tree = Tree(tmp_path)
    for file, text in FILES.items():
        tree.write(file, text)
    tree.measure(**joined(sweep(), sweep(prompts=["a tent", "a hill"]), "theirs.json"))
    return tree


def test_a_joined_measurement_is_accepted_as_any_other_and_decides(tree: Tree) -> None:
    assert check(tree.root) == []
    spot = tree.catalogue()["sweet_spots"]["plain-base"]["euler"]
    assert (spot["prompts"], spot["seeds"]) == (3, 2)
    curve = tree.catalogue()["measured"]["plain-base"]["steps-euler"]
    assert not {"parts", "part"} & curve.keys()


def test_parts_that_were_written_by_hand_are_told(tree: Tree) -> None:
    right = json.loads((tree.root / FILE).read_text("utf-8"))
    rounded = copy.deepcopy(right["parts"])
    rounded[1]["environment"]["dtype"] = "float16"
    for changes, said in (
        ({"part": "00001"}, "part: expected 6 digits, one a picture, got 5."),
        ({"part": "000000"}, "part: expected pictures of each of the 2 parts and of no other."),
        ({"part": "000012"}, "part: expected pictures of each of the 2 parts and of no other."),
        ({"part": "00001!"}, "part: expected one digit a picture, 0 to 9 and then a to z, got the "
                             "text '00001!'."),
        ({"parts": rounded},
         "parts[1].environment.dtype: expected float32, as of all parts, got float16."),
    ):  # fmt: skip
        tree.write(FILE, json.dumps({**right, **changes}))
        assert check(tree.root) == [f"{FILE}:1: {said}"]
    metric = {**right["metric"], "package": "flip-evaluator 9"}
    tree.write(FILE, json.dumps({**right, "metric": metric}))
    assert check(tree.root) == [
        f'{FILE}: metric.package: expected "flip-evaluator 1.7", as the raw figures give, got '
        '"flip-evaluator 9".'
    ]
