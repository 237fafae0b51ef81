"""`check` refuses a measurement that is not whole, not sound or of other weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from recommender import CatalogueError
from recommender._authoring.check import check_root
from tests.recommender.sweeps import RULE, WEIGHTS, sweep

if TYPE_CHECKING:
    from conftest import Tree

FILE = "settings/measured/plain-base/steps-euler.json"
Change = Callable[[dict[str, Any]], Any]


def problems(tree: Tree) -> list[str]:
    """Returns what `check` says of a tree."""
    return [str(problem) for problem in check_root(tree.root, date(2025, 1, 1)).problems]


def put(*path: Any) -> Change:
    """Returns a change that puts the last item at the place the others lead to."""
    *way, key, value = path

    def change(found: dict[str, Any]) -> None:
        for step in way:
            found = found[step]
        found[key] = value

    return change


def test_a_sound_measurement_has_no_problems(tree: Tree) -> None:
    tree.measure()
    assert problems(tree) == []


def test_a_learned_distance_stands_beside_the_others_with_its_weights(tree: Tree) -> None:
    rows = [{**row, "lpips": [0.1, 0.2, 0.3, 1.2]} for row in sweep()["rows"]]
    tree.measure(rows=rows, metric={**sweep()["metric"], "beside": {"lpips": LPIPS}})
    assert problems(tree) == []
    told = tree.catalogue()["measured"]["plain-base"]["steps-euler"]
    assert all("lpips" not in row for row in told["rows"])  # raw figures stay in the file


LPIPS = {
    "package": "torchmetrics 1.9.0",
    "weights": "0" * 64,
    "noticeable": None,
    "scale": {"webp_90": 0.01},
    "ranked": {"blur": 1.0, "noise": 1.0},
}
SPOT = ("summary", "sweet_spot")
CASES: list[tuple[Change, list[str]]] = [
    (put("prompts", 1, "a hill"), ["prompts[1]: expected each once, got 'a hill' again."]),
    (put("seeds", [0, 0]), ["seeds[1]: expected each once, got '0' again."]),
    (put("rows", 2, "change", [0.1] * 3),
     ["rows[2].change: expected 4 figures (2 prompts × 2 seeds), got 3."]),
    (put("rows", 2, "hits", "fffff"),
     ["rows[2].hits: expected 4 figures (2 prompts × 2 seeds), got 5."]),
    (put("reference", "change", [0.1] * 5),
     ["reference.change: expected 4 figures (2 prompts × 2 seeds), got 5."]),
    (put("rows", 1, "ssim", None),
     ["rows[1].ssim: expected ssim in every row or in none, row 0 says which."]),
    (put("rows", 1, "change", [0.1, 0.1, 1.5, 0.1]),
     ["rows[1].change[2]: expected at most 1, got the number 1.5."]),
    (put("rows", 1, "hits", "ffg7"),
     ["rows[1].hits: expected one hexadecimal digit a picture, x for one that failed, "
      "got the text 'ffg7'."]),
    (put("rows", 1, "hits", "ffx7"),
     ["rows[1].excluded: expected a name for each of 1 figures that hits lacks, got 0."]),
    (put("rows", 1, "change", [0.1, None, 0.1, 0.1]),
     ["rows[1].excluded: expected a name for each of 1 figures that change lacks, got 0."]),
    (put("rows", 1, "excluded", ["plain-base at seed = 0: NaN"]),
     ["rows[1].excluded: expected a name for each of 0 figures that change lacks, got 1.",
      "rows[1].excluded: expected a name for each of 0 figures that hits lacks, got 1.",
      "rows[1].excluded: expected a name for each of 0 figures that ssim lacks, got 1."]),
    (put("rows", 1, "value", 4), ["rows[1].value: expected more than 4, got 4.",
                                  "summary.rows: expected the values of rows, in their order."]),
    (put("rows", 0, "value", 4.5),
     ["rows[0].value: expected a whole number, got the number 4.5.",
      "summary.rows: expected the values of rows, in their order."]),
    (put("rows", 1, "calls", 7), ["rows[1].calls: expected at least 8 calls, got 7."]),
    (put("judge", None), ["judge: expected a judge with hits, and none without.",
                          "summary.rule.alike: expected no limit without a judge.",
                          "summary.rule.loose_margin: expected no limit without a judge.",
                          "summary.rule.margin: expected no limit without a judge.",
                          "summary.rule.plateau: expected no limit without a judge."]),
    (put("reference", None),
     ["reference: expected a reference with changes, none without.",
      "summary.rule.loose_change: expected no limit without a reference.",
      "summary.rule.noticeable: expected no limit without a reference.",
      "summary.rule.settled: expected no limit without a reference."]),
    (put("summary", "rule", {key: one for key, one in RULE.items() if key != "margin"}),
     ["summary.rule.margin: expected this limit beside a judge."]),
    (put("summary", "rule", {key: one for key, one in RULE.items() if key != "draws"}),
     ["summary.rule.draws: expected this key, got nothing. Add it."]),
    (put("clip", "0" * 32),
     ["rows[0].clip: expected clip in rows with the weights it comes from, none without."]),
    (put("metric", "beside", {"lpips": LPIPS}),
     ["rows[0].lpips: expected lpips in rows with the weights it comes from, none without."]),
    (put("metric", "beside", {"lpips": {**LPIPS, "weights": "0" * 32}}),
     ["metric.beside.lpips.weights: expected a SHA-256 of 64 hexadecimal digits, "
      f"got the text '{'0' * 32}'."]),
    (put("metric", "beside", {"mine": LPIPS}),
     ["metric.beside.mine: expected 'lpips', got the text 'mine'."]),
    (put("rows", 2, "lpips", [0.1] * 4),
     ["rows[2].lpips: expected lpips in every row or in none, row 0 says which."]),
    (put("reference", "value", 100), ["reference.value: expected at least 200 steps, got 100."]),
    (put("reference", {"value": 200}),
     ["reference.change: expected how far the reference itself still moves, got nothing."]),
    (put("model", "plain-tune"),
     ["model: expected 'plain-base', its folder, got 'plain-tune'."]),
    (put("weights", "0" * 32),
     [f"weights: expected {WEIGHTS}, as settings/models/plain/plain-base.yaml says, "
      f"got {'0' * 32}. Measure those weights."]),
    (put("weights", "main"),
     ["weights: expected a digest of 32 hexadecimal digits, or a commit of 40, "
      "got the text 'main'."]),
    (put("scheduler_class", "HeunDiscreteScheduler"),
     ["scheduler_class: expected EulerDiscreteScheduler, got HeunDiscreteScheduler."]),
    (put("setting", "inference_steps"),
     ["setting: expected the id of a setting, got 'inference_steps'. "
      "Did you mean 'num_inference_steps'?"]),
    (put(*SPOT, "steps", 19), ["summary.sweet_spot.steps: expected a value of rows, got 19."]),
    (put(*SPOT, "low", 26),
     ["summary.sweet_spot: expected low ≤ steps ≤ high, got 26 ≤ 18 ≤ 26."]),
    (put(*SPOT, "range", [8, 13]), ["summary.sweet_spot.range: expected a value of rows, got 13."]),
    (put("summary", "converged", False),
     ["summary.sweet_spot: expected none, as the reference still moves."]),
    (put("note", "mine"), ["note: unknown key."]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), CASES)
def test_each_slip_is_told_where_it_stands(tree: Tree, change: Change, expected: list[str]) -> None:
    found = sweep()
    change(found)
    tree.measure()
    tree.write(FILE, json.dumps(found))
    assert problems(tree) == [f"{FILE}:1: {one}" for one in expected]


def test_a_picture_that_failed_is_named_once_and_a_failed_reference_in_no_row(tree: Tree) -> None:
    rows = [{**row, "change": [None, 0.1, 0.1, 0.1], "ssim": [None, 0.9, 0.9, 0.9]}
            for row in sweep()["rows"]]  # fmt: skip
    rows[2] |= {"change": [None, 0.1, None, 0.1], "ssim": [None, 0.9, None, 0.9], "hits": "ffx7"}
    rows[2]["excluded"] = ["plain-base at num_inference_steps = 12: NaN"]
    tree.measure(rows=rows)
    assert problems(tree) == []


def test_a_sampler_that_never_converges_has_no_converged_picture(tree: Tree) -> None:
    tree.change("settings/schedulers/euler.yaml", "kind: deterministic", "kind: ancestral")
    tree.measure()
    assert problems(tree) == [
        f"{FILE}:1: reference: expected none: euler never converges to one picture."
    ]


def test_a_sampler_ran_as_what_it_is_called(tree: Tree) -> None:
    flag = "flags: {timestep_spacing: linspace}\nspacing: linspace\n"
    tree.change("settings/schedulers/euler.yaml", "order: 1\n", f"{flag}order: 1\n")
    tree.measure(scheduler_config={"timestep_spacing": "trailing"})
    assert problems(tree) == [
        f"{FILE}:1: scheduler_config.timestep_spacing: expected linspace, which makes it euler, "
        "got trailing."
    ]
    tree.measure(scheduler_config={"timestep_spacing": "trailing"}, own=True)
    assert problems(tree) == []


def test_a_measurement_is_named_after_its_sweep_and_lies_with_its_model(tree: Tree) -> None:
    tree.measure()
    text = (tree.root / FILE).read_text("utf-8")
    (tree.root / FILE).unlink()
    tree.write("settings/measured/plain-base/steps-heun.json", text)
    tree.write("settings/measured/plain-bose/steps-euler.json", text)
    assert problems(tree) == [
        "settings/measured/plain-base/steps-heun.json:1: expected the file name steps-euler.json, "
        "got steps-heun.json.",
        "settings/measured/plain-bose/steps-euler.json:1: expected a folder named after a model, "
        "got 'plain-bose'. Did you mean 'plain-base'?",
        "settings/measured/plain-bose/steps-euler.json:1: model: expected 'plain-bose', its "
        "folder, got 'plain-base'.",
    ]


def test_a_model_that_pins_no_weights_cannot_be_measured(tree: Tree) -> None:
    tree.write(FILE, json.dumps(sweep()))
    assert problems(tree) == [
        f"{FILE}:1: weights: expected a model whose file pins its weights. "
        f"Add to settings/models/plain/plain-base.yaml: weights: {WEIGHTS}"
    ]


BIG = 1024 * 1024
HOSTILE = {
    "NaN": ('{"seeds": [NaN]}', "not JSON: NaN is not a number."),
    "infinity": ('{"seeds": [-Infinity]}', "not JSON: -Infinity is not a number."),
    "a key twice": ('{"seeds": [0], "seeds": [1]}', "not JSON: a key stands twice in one object."),
    "depth": ("[" * 100_000, "not JSON: nested too deeply."),
    "size": ('"' + "a" * BIG + '"', "expected at most 1024 KB, got a larger file."),
    "a hidden sign": ('{"model": "plain\u202e"}',
                      "expected plain text, got the hidden character U+202E. Remove it."),
    "no JSON": ("{", "not JSON: Expecting property name enclosed in double quotes."),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_one_sentence(tree: Tree, what: str) -> None:
    text, expected = HOSTILE[what]
    tree.write(FILE, text)
    assert problems(tree) == [f"{FILE}:1: {expected}"]
    with pytest.raises(CatalogueError, match="The catalogue cannot be compiled"):
        tree.catalogue()


def test_a_number_beyond_any_float_is_no_share(tree: Tree) -> None:
    tree.measure()
    tree.change(FILE, '"stable": 0.97', '"stable": 1e999')
    [said] = problems(tree)
    assert said.startswith(f"{FILE}:1: summary.sweet_spot.stable: expected ")


def test_names_that_lead_elsewhere_are_refused(tree: Tree) -> None:
    strip = {"file": "../../x.webp", "sha256": "0" * 64, "prompt": 0, "seed": 0, "values": [4]}
    tree.measure(strips=[strip])
    assert problems(tree) == [
        f"{FILE}:1: strips[0].file: expected a picture as <model>/<sweep>-<prompt>.webp, "
        "got the text '../../x.webp'."
    ]
    for name in ("a b.json", "Ä.json"):
        tree.write(f"settings/measured/plain-base/{name}", "{}")
        expected = "file name: expected an id of a–z, 0–9, '-' and '_', at most 64 long."
        assert f"settings/measured/plain-base/{name}:1: {expected}" in problems(tree)


def test_what_no_measurement_is_does_not_lie_among_them(tree: Tree) -> None:
    tree.write("settings/measured/notes.json", "{}")
    tree.write("settings/measured/plain-base/steps-euler.yaml", "a: 1")
    assert [one.partition(":")[0] for one in problems(tree)] == [
        "settings/measured/notes.json",
        "settings/measured/plain-base/steps-euler.yaml",
    ]


def test_a_link_among_the_measurements_is_not_followed(tree: Tree, tmp_path: Path) -> None:
    tree.measure()
    (tree.root / FILE).rename(tmp_path / "elsewhere.json")
    (tree.root / FILE).symlink_to(tmp_path / "elsewhere.json")
    assert problems(tree) == [f"{FILE}:1: expected a regular file, got a symbolic link."]
