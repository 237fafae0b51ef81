"""Anybody's measurement is worked out again from its raw figures, and packed only if right."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from render import measured
from render.__main__ import main
from render.errors import RenderError
from render.images import encode
from render.measured import check, summarise_again
from render.models import ModelSource
from render.pack import command, pack
from render.plan import ROOT
from render.reference import shares
from render.sweeps.specs import catalogue_id
from tests.recommender.conftest import FILES, Tree
from tests.recommender.sweeps import sweep

FILE = "settings/measured/plain-base/steps-euler.json"
STRIP = "docs/content/strips/plain-base/steps-euler-0.webp"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A small checkout with one measurement, summed up by the studio itself, and its strip."""
    tree = Tree(tmp_path)
    for file, text in FILES.items():
        tree.write(file, text)
    pixels = np.random.default_rng(0).integers(0, 256, (32, 192, 3), dtype=np.uint8)
    content = encode(pixels)
    (tmp_path / STRIP).parent.mkdir(parents=True)
    (tmp_path / STRIP).write_bytes(content)
    strip = {
        "file": "plain-base/steps-euler-0.webp",
        "sha256": hashlib.sha256(content).hexdigest(),
        "prompt": 0,
        "seed": 0,
        "values": [4, 8, 12, 18, 26, 50],
    }
    found = sweep(strips=[strip])
    tree.measure(strips=[strip], summary=measured.summarised(found))
    return tree


def change(tree: Tree, **changes: object) -> None:
    """Writes the measurement anew with other keys."""
    found = json.loads((tree.root / FILE).read_text("utf-8"))
    tree.write(FILE, json.dumps({**found, **changes}))


def test_a_measurement_that_follows_from_its_raw_figures_is_accepted(tree: Tree) -> None:
    assert check(tree.root) == []
    spot = json.loads((tree.root / FILE).read_text("utf-8"))["summary"]["sweet_spot"]
    assert (spot["low"], spot["steps"], spot["high"]) == (8, 12, 26)


def test_a_figure_that_does_not_follow_is_told_with_the_one_that_does(tree: Tree) -> None:
    found = json.loads((tree.root / FILE).read_text("utf-8"))
    found["summary"]["sweet_spot"]["steps"] = 18
    found["summary"]["rows"][2]["quality"] = 0.99
    change(tree, summary=found["summary"])
    assert check(tree.root) == [
        f"{FILE}: summary.rows[2].quality: expected 0.9375, as the raw figures give, got 0.99.",
        f"{FILE}: summary.sweet_spot.steps: expected 12, as the raw figures give, got 18.",
    ]


def test_raw_figures_that_were_changed_later_are_noticed(tree: Tree) -> None:
    """Many figures of the summary then differ; three are told, and how many more."""
    found = json.loads((tree.root / FILE).read_text("utf-8"))
    for row in found["rows"]:
        row["hits"] = "ffff"
    change(tree, rows=found["rows"])
    problems = check(tree.root)
    assert problems[0] == (
        f"{FILE}: summary.rows[0].quality: expected 1.0, as the raw figures give, got 0.9375."
    )
    assert len(problems) == 4 and problems[3].endswith(" more such figures.")


def test_a_summary_by_another_rule_is_written_anew_when_asked_for(tree: Tree) -> None:
    """Also one that lacks a limit of today's rule; nothing else of the file changes."""
    right = json.loads((tree.root / FILE).read_text("utf-8"))
    rule = {**right["summary"]["rule"], "margin": 0.5}
    del rule["noticeable"]
    change(tree, summary={**right["summary"], "rule": rule})
    assert summarise_again(tree.root) == [tree.root / FILE]
    assert json.loads((tree.root / FILE).read_text("utf-8")) == right
    assert summarise_again(tree.root) == check(tree.root) == []
    change(tree, seeds=[0])
    with pytest.raises(RenderError, match="expected 2 figures"):
        summarise_again(tree.root)


def test_an_unsound_file_is_told_by_its_form_and_never_worked_out(tree: Tree) -> None:
    found = json.loads((tree.root / FILE).read_text("utf-8"))
    found["rows"][0]["change"] = ["a"] * 4
    change(tree, rows=found["rows"])
    assert check(tree.root)[0] == (
        f"{FILE}:1: rows[0].change[0]: expected a number, got the text 'a'. Remove the quotes."
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "expected this strip in docs/content/strips, got none."),
        (b"<svg onload='alert(1)'/>", "expected a WebP picture, got something else."),
        (b"RIFF0000WEBP", "expected the bytes that were measured, got others."),
        (b"R" * (256 * 1024 + 1), "expected at most 262144 bytes, got 262145."),
    ],
)
def test_a_strip_is_the_very_picture_that_was_made(
    tree: Tree, content: bytes | None, said: str
) -> None:
    (tree.root / STRIP).unlink()
    if content is not None:
        (tree.root / STRIP).write_bytes(content)
    assert check(tree.root) == [f"{FILE}: plain-base/steps-euler-0.webp: {said}"]


def test_a_strip_that_leads_elsewhere_is_none(tree: Tree) -> None:
    elsewhere = tree.root / "picture.webp"
    (tree.root / STRIP).rename(elsewhere)
    (tree.root / STRIP).symlink_to(elsewhere)
    assert check(tree.root) == [
        f"{FILE}: plain-base/steps-euler-0.webp: expected this strip in docs/content/strips, "
        "got none."
    ]


def test_a_strip_that_no_measurement_names_is_a_stray(tree: Tree) -> None:
    (tree.root / STRIP).with_name("old.webp").write_bytes(b"")
    assert check(tree.root) == [
        "docs/content/strips/plain-base/old.webp: no measurement names this strip. Remove it."
    ]


@pytest.mark.parametrize("file", ["steps-euler-trailing", "quality", "pairs"])
def test_the_measurements_of_this_repository_follow_from_their_raw_figures(file: str) -> None:
    """One of each form; `render check` works all of them out."""
    path = ROOT / measured.MEASURED / "postcards" / f"{file}.json"
    assert measured.differences(json.loads(path.read_text("utf-8"))) == []


def test_what_a_judge_saw_is_summed_up_again_from_its_hits() -> None:
    """f: all four factors right; 7: the last one wrong. Two prompts with two seeds each."""
    assert shares.fidelity("ff7f") == {
        "time": 1.0,
        "terrain": 1.0,
        "subject": 1.0,
        "weather": 0.75,
        "mean": 0.9375,
        "all": 0.75,
    }
    assert shares.band("ff7f", seeds=2) == [0.5, 1.0]


def test_a_pack_holds_the_measurement_its_strips_the_model_and_where_they_come_from(
    tree: Tree, tmp_path: Path
) -> None:
    target, problems = pack("plain-base", tmp_path / "out.zip", tree.root)
    assert problems == []
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == [
            STRIP,
            "provenance.json",
            FILE,
            "settings/models/plain/plain-base.yaml",
        ]
        told = json.loads(archive.read("provenance.json"))
        for name, digest in told["files"].items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest
        assert archive.read(FILE) == (tree.root / FILE).read_bytes()
    assert told["model"] == "plain-base"
    assert told["measurements"][FILE]["environment"]["device"] == "cpu (x86_64)"


def test_the_same_files_make_the_same_bytes(tree: Tree, tmp_path: Path) -> None:
    first, _ = pack("plain-base", tmp_path / "a.zip", tree.root)
    (tree.root / FILE).touch()
    second, _ = pack("plain-base", tmp_path / "b.zip", tree.root)
    assert first.read_bytes() == second.read_bytes()


def test_what_check_refuses_is_not_packed(tree: Tree, tmp_path: Path) -> None:
    (tree.root / STRIP).unlink()
    target, problems = pack("plain-base", tmp_path / "out.zip", tree.root)
    assert not target.exists()
    assert len(problems) == 1


@pytest.mark.parametrize("name", ["nothing", "../plain-base", "*"])
def test_a_model_that_nobody_measured_cannot_be_packed(tree: Tree, name: str) -> None:
    with pytest.raises(RenderError, match=r"expected a model that was measured \(plain-base\)"):
        pack(name, None, tree.root)


def test_the_command_packs_or_prints_why_it_does_not(
    tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.zip"
    assert command("plain-base", target, tree.root) == 0
    assert capsys.readouterr().out == f"wrote {target}, {target.stat().st_size // 1024} KB\n"
    (tree.root / STRIP).unlink()
    assert command("plain-base", target, tree.root) == 1
    assert capsys.readouterr().err.startswith(f"{FILE}: plain-base/steps-euler-0.webp: expected ")
    assert main(["pack", "nothing"]) == 2
    assert "expected a model that was measured" in capsys.readouterr().err


def test_a_hub_model_is_measured_under_its_name_in_the_catalogue() -> None:
    known = ModelSource("stabilityai/sdxl-turbo", repo="stabilityai/sdxl-turbo", revision="0" * 40)
    assert catalogue_id(known) == "sdxl-turbo"
    other = ModelSource("maker/some-model", repo="maker/some-model", revision="0" * 40)
    assert catalogue_id(other) == "maker--some-model"
