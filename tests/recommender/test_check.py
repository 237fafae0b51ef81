"""`check` tells every problem of every file at once: where, what was expected, what is there."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recommender._authoring.check import check_paths, check_root

if TYPE_CHECKING:
    from conftest import Tree

TODAY = date(2025, 1, 1)
BASE = "settings/models/plain/plain-base.yaml"
STEPS = "settings/num_inference_steps.yaml"


def problems(tree: Tree) -> list[str]:
    """Returns what `check` says of a tree."""
    return [str(problem) for problem in check_root(tree.root, TODAY).problems]


def test_a_sound_tree_has_no_problems(tree: Tree) -> None:
    checked = check_root(tree.root, TODAY)
    assert (checked.files, checked.problems) == (9, ())


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (STEPS, "group: quality", "gruop: quality",
         [":1: group: expected this key, got nothing. Add it.",
          ":3: gruop: unknown key. Did you mean 'group'?"]),
        (STEPS, "group: quality", "group: qualty",
         [":3: group: expected 'quality', 'guidance', 'sampling', 'size', 'prompt', 'input', "
          "'adapters', 'refine', 'speed', 'video' or 'output', "
          "got the text 'qualty'. Did you mean 'quality'?"]),
        (STEPS, "aliases: [steps]", "aliases: [1.50]",
         [":5: aliases[0]: expected text, got the number 1.5. Put it in quotes: '1.50'."]),
        (STEPS, "min: 1,", "min: 0o17,",
         [":6: range.min: expected a number, got the text '0o17'."]),
        (STEPS, "max: 1000", "max: 1e3",
         [":6: range.max: expected a number, got the text '1e3'. Write 1000."]),
        (STEPS, "max: 1000", "max: 1_000",
         [":6: range.max: expected a number, got the text '1_000'. Write 1000."]),
        (STEPS, "max: 1000", "max: 0150",
         [":6: range.max: expected a number, got the text '0150'. Write 150."]),
        (STEPS, "max: 1000", "max: .inf",
         [":6: range.max: expected a number, got the text '.inf'."]),
        (STEPS, "max: 1000", "max: 16:9",
         [":6: range.max: expected a number, got the text '16:9'."]),
        (STEPS, "max: 1000", 'max: "1000"',
         [":6: range.max: expected a number, got the text '1000'. Remove the quotes."]),
        (STEPS, "max: 1000", "max: 0",
         [":6: range.max: expected at least min, got 0.",
          ":7: default: expected 1 to 0, got 50."]),
        (STEPS, "default: 50", "default: 2000",
         [":7: default: expected 1 to 1000, got 2000."]),
        (STEPS, "default: 50", "default: many",
         [":7: default: expected a whole number, got the text 'many'."]),
        (STEPS, "default: 50", "default:",
         [":7: default: expected a value, got nothing. Write one or remove the key."]),
        (STEPS, "tips: [Begin with 25.]", "tips: []",
         [":10: tips: expected at least 1 item, got 0."]),
        (STEPS, "slug: inference-steps", "slug: ../steps",
         [":2: slug: expected an id of a–z, 0–9, '-' and '_', at most 64 long, "
          "got the text '../steps'."]),
        (STEPS, "slug: inference-steps", "slug: guidance-scale",
         [":2: slug: expected a name of its own, got 'guidance-scale', "
          "which belongs to settings/guidance_scale.yaml."]),
        (STEPS, "title: Inference steps", "title: Inference steps\ntitle: Steps",
         [":2: title: expected the key once, got it again (first: line 1)."]),
        (BASE, "distillation: none", "distillation: NO",
         [":7: distillation: expected 'none', 'guidance' or 'few-step', got the text 'NO'. "
          "Did you mean 'none'?"]),
        (BASE, "{value: 50, source: paper}", "{valeu: 50, source: paper}",
         [":16: claims.num_inference_steps[0].valeu: unknown key. Did you mean 'value'?"]),
        (BASE, "{value: 50, source: paper}", "{value: 50, source: papers}",
         [":16: claims.num_inference_steps[0].source: expected a key of sources, got 'papers'. "
          "Did you mean 'paper'?"]),
        (BASE, "{value: 50, source: paper}", "{value: 50}",
         [":16: claims.num_inference_steps[0]: expected either source or unsourced: true, "
          "got the keys value."]),
        (BASE, "{value: 50, source: paper}", "{value: 50.5, source: paper}",
         [":16: claims.num_inference_steps[0].value: expected a whole number, "
          "got the number 50.5."]),
        (BASE, "{value: 50, source: paper}", "{value: 0, source: paper}",
         [":16: claims.num_inference_steps[0].value: expected 1 to 1000, got 0."]),
        (BASE, "{value: 50, source: paper}", "{value: 50, low: 60, high: 70, source: paper}",
         [":16: claims.num_inference_steps[0]: expected low ≤ value ≤ high, got 60 ≤ 50 ≤ 70."]),
        (BASE, "{value: 50, source: paper}", "{value: 50, source: paper, convention: cfg}",
         [":16: claims.num_inference_steps[0].convention: expected no convention outside "
          "guidance, got 'cfg'."]),
        (BASE, "guidance_scale:", "guidance_scal:",
         [":22: claims.guidance_scal: expected the id of a setting, got 'guidance_scal'. "
          "Did you mean 'guidance_scale'?"]),
        (BASE, "{value: 7, unsourced: true, kind: community}", "{value: 7, unsourced: true}",
         [":19: claims.num_inference_steps[3]: expected kind beside unsourced: true, "
          "got the keys value, unsourced."]),
        (BASE, "commit: 0123456789abcdef0123456789abcdef01234567", "commit: 012345",
         [":10: sources.paper.commit: expected a commit of 40 hexadecimal digits, "
          "got the text '012345'."]),
        (BASE, "2024-05-01", "2025-01-05",
         [":12: sources.tool.date: expected a day that has come, got '2025-01-05'."]),
        (BASE, "2024-05-01", "2023-02-29",
         [":12: sources.tool.date: expected a day of the calendar, got '2023-02-29'."]),
        (BASE, "aliases: [plain]", "aliases: [Other (ONE)]",
         [":3: aliases[0]: expected a name of its own, got 'Other (ONE)', "
          "which belongs to settings/models/other/other-one.yaml."]),
        (BASE, "aliases: [plain]", "aliases: ['…']",
         [":3: aliases[0]: expected a name with a letter or digit, got '…'."]),
        (BASE, "native_resolution: [512, 512]", "base: plain-tune",
         [":8: base: expected no circle, got plain-base → plain-tune → plain-base."]),
        ("settings/models/plain/plain-tune.yaml", "base: plain-base", "base: plain-bose",
         [":2: base: expected the id of a model, got 'plain-bose'. Did you mean 'plain-base'?"]),
        (BASE, "- {value: 7.5, source: paper}", "- {value: 7.5, source: paper}\nfoo: [1",
         [":25: not YAML: while parsing a flow sequence, expected ',' or ']', but got ':'."]),
    ],
)  # fmt: skip
def test_a_slip_is_told_with_file_line_key_and_hint(
    tree: Tree, file: str, old: str, new: str, expected: list[str]
) -> None:
    tree.change(file, old, new)
    found = [line for line in problems(tree) if line.startswith(file)]
    assert found == [file + line for line in expected]


def test_a_source_nobody_cites_is_told(tree: Tree) -> None:
    tree.change(BASE, "{value: 7.5, source: paper}", "{value: 7.5, source: tool}")
    tree.change(BASE, "{value: 50, source: paper}", "{value: 50, source: tool}")
    tree.change(BASE, "EulerDiscreteScheduler, source: paper", "Euler, source: tool")
    assert problems(tree) == [
        f"{BASE}:10: sources.paper: expected a source that something cites, "
        "got one nobody cites. Cite or remove it."
    ]


def test_all_problems_of_all_files_come_in_one_run(tree: Tree) -> None:
    tree.change(STEPS, "group: quality", "group: 3")
    tree.change(BASE, "distillation: none", "distillation: some")
    tree.write("settings/broken.yaml", "a: [")
    assert [line.split(":")[0] for line in problems(tree)] == ["settings/broken.yaml", BASE, STEPS]


def test_a_file_the_catalogue_would_never_read_is_told(tree: Tree) -> None:
    tree.write("settings/models/stray.yaml", "a: 1")
    tree.write("settings/steps.yml", "a: 1")
    told = problems(tree)
    assert [line.split(": ")[0] for line in told] == [
        "settings/models/stray.yaml:1",
        "settings/steps.yml:1",
    ]
    assert "expected a file the catalogue reads (settings/<id>.yaml, " in told[0]


@pytest.mark.parametrize("stem", ["Upper", "a b", "ümlaut", "-x", "x" * 65, "con."])
def test_a_file_name_that_is_no_id_is_told(tree: Tree, stem: str) -> None:
    path = tree.root / f"settings/{stem}.yaml"
    path.write_text((tree.root / STEPS).read_text("utf-8"), "utf-8")
    told = [line for line in problems(tree) if "file name" in line]
    assert told == [
        f"settings/{stem}.yaml:1: file name: expected an id of a–z, 0–9, '-' and '_', "
        "at most 64 long."
    ]


def test_an_id_that_looks_like_another_is_told(tree: Tree) -> None:
    """One loose spelling has one owner, ids included."""
    tree.write(
        "settings/models/other/plain-1_0.yaml",
        """
        name: Something
        aliases: []
        modality: text-to-image
        distillation: none
        """,
    )
    assert problems(tree) == [
        f"{BASE}:1: name: expected a name of its own, got 'Plain 1.0', "
        "which belongs to settings/models/other/plain-1_0.yaml."
    ]


def test_named_files_are_judged_within_their_own_checkout(tree: Tree) -> None:
    tree.change(BASE, "aliases: [plain]", "aliases: [Other (ONE)]")
    tree.change(STEPS, "group: quality", "group: 3")
    count, found = check_paths([tree.root / BASE], TODAY)
    assert count == 1
    assert [problem.key for problem in found] == ["aliases[0]"]


def test_a_named_folder_stands_for_the_files_in_it(tree: Tree) -> None:
    count, found = check_paths([tree.root / "settings/models"], TODAY)
    assert (count, found) == (4, [])


def test_named_files_that_cannot_be_read_are_told_and_nothing_waits(
    tree: Tree, tmp_path: Path
) -> None:
    os.mkfifo(tree.root / "settings/pipe.yaml")
    (tree.root / "settings/link.yaml").symlink_to(tree.root / STEPS)
    (tree.root / "settings/deep.yaml").write_text("[" * 50_000)
    empty = tree.root / "empty"
    empty.mkdir()
    named = [tree.root / f"settings/{name}.yaml" for name in ("pipe", "link", "deep", "absent")]
    _, found = check_paths([*named, empty, Path("/dev/null")], TODAY)
    assert {(Path(one.file).name, one.message) for one in found} == {
        ("pipe.yaml", "expected a regular file, got a pipe."),
        ("link.yaml", "expected a regular file, got a symbolic link."),
        ("deep.yaml", "expected at most 32 levels of nesting, got more."),
        ("absent.yaml", "cannot be opened: No such file or directory."),
        ("empty", "no YAML file in this folder."),
        ("null", "expected a regular file, got a device."),
    }
    assert all(one.unreadable for one in found)


def test_a_whole_tree_with_a_pipe_in_it_is_checked_without_waiting(tree: Tree) -> None:
    os.mkfifo(tree.root / "settings/pipe.yaml")
    assert problems(tree) == ["settings/pipe.yaml:1: expected a regular file, got a pipe."]


def test_today_counts_as_a_day_that_has_come(tree: Tree) -> None:
    tree.change(BASE, "2024-05-01", TODAY.isoformat())
    assert problems(tree) == []


def test_a_figure_shows_only_what_its_plan_renders(tree: Tree) -> None:
    tree.write(
        "render/plans/ladder.yaml",
        """
        title: Steps
        transfers: mechanism
        models: [postcards]
        prompts:
          sea: {prompt: the sea}
        axes:
          num_inference_steps: [4, 25]
        """,
    )
    with (tree.root / STEPS).open("a", encoding="utf-8") as stream:
        stream.write(
            "comparisons:\n"
            "- plan: ladder\n"
            "  look_for: Detail.\n"
            "  show: {axis: num_inference_steps, values: [4, 50]}\n"
            "- plan: lader\n"
            "  look_for: Detail.\n"
            "  show: {axis: num_inference_steps, values: [4]}\n"
            "- plan: ladder\n"
            "  look_for: Detail.\n"
            "  show: {axis: guidance_scale, values: [4]}\n"
        )
    assert problems(tree) == [
        f"{STEPS}:14: comparisons[0].show.values[1]: expected a value that ladder renders (4, 25), "
        "got the number 50.",
        f"{STEPS}:15: comparisons[1].plan: expected a plan of render/plans, got 'lader'. "
        "Did you mean 'ladder'?",
        f"{STEPS}:20: comparisons[2].show.axis: expected an axis of ladder (num_inference_steps), "
        "got 'guidance_scale'.",
    ]
