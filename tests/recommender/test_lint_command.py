"""`sweetspot lint`: what it prints in its three forms, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from recommender._lint.command import run
from recommender._lint.engine import rules, rules_table

HERE = Path(__file__).parent / "lint"
CHECKOUT = Path(__file__).parents[2]
BAD, CLEAN, NOTES = (
    HERE / "steps-above-range.fails.json",
    HERE / "steps-above-range.passes.json",
    HERE / "seed-random.fails.json",
)


def test_text_names_file_severity_setting_rule_reason_and_fix(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run([str(BAD)]) == 1
    assert capsys.readouterr().out == (
        f"{BAD}: warning: num_inference_steps: 50 steps where 8 to 9 are published for "
        "Z-Image-Turbo: 5.6 times the work. [steps-above-range]\n"
        "  Time grows with every step, and beyond the published range nobody reports a gain; a "
        "model distilled to few steps even loses contrast and detail.\n"
        "  Use 8.\n"
        f"{BAD}: 1 finding. Z-Image-Turbo at 50 steps: 5.6× too slow.\n"
    )


def test_a_clean_file_is_said_to_be_clean_and_exits_zero(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run([str(CLEAN)]) == 0
    assert capsys.readouterr().out == f"{CLEAN}: no findings.\n"


def test_notes_alone_exit_zero() -> None:
    assert run([str(NOTES)]) == 0


def test_json_is_one_document_with_every_file(capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(HERE / "none.json")
    assert run([str(BAD), missing, str(CLEAN)], form="json") == 2
    found = json.loads(capsys.readouterr().out)["files"]
    assert [one["file"] for one in found] == [str(BAD), missing, str(CLEAN)]
    assert [len(one["findings"]) for one in found] == [1, 0, 0]
    assert [one["error"] for one in found] == [
        None, f"{missing}: No such file or directory.", None,
    ]  # fmt: skip
    assert found[0]["findings"][0]["cost"] == 5.56
    assert sorted(found[0]["findings"][0]) == [
        "cost", "fix", "message", "rule", "severity", "where", "why",
    ]  # fmt: skip


def test_github_form_escapes_what_could_end_a_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a,b:c%d.json"
    path.write_text('{"steps": "100%\\n::error::x"}')
    assert run([str(path)], form="github") == 1
    folder = str(tmp_path).replace(":", "%3A")
    assert capsys.readouterr().out == (
        f"::error file={folder}/a%2Cb%3Ac%25d.json,title=wrong-type::num_inference_steps: "
        "expected a whole number, got '100%25\\n::error::x'. "
        "Write a whole number for num_inference_steps.\n"
    )


@pytest.mark.parametrize(("file", "word"), [(NOTES, "notice"), (BAD, "warning")])
def test_github_has_a_word_of_its_own_for_a_note(
    file: Path, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run([str(file)], form="github")
    assert capsys.readouterr().out.startswith(f"::{word} file=")


def test_an_unreadable_file_exits_two_and_is_named_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "weights.json"
    path.write_bytes(b"GGUF\3\0\0\0")
    assert run([str(path)]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == (
        "", f"{path}: expected a picture or a workflow, got a file of weights. "
        "What it is: sweetspot identify.\n",
    )  # fmt: skip


def test_a_model_nobody_knows_is_said_once_and_exits_two(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run([str(BAD), str(CLEAN)], model="flux-schnel") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("No model called 'flux-schnel'. Did you mean ")
    assert err.count("\n") == 1


def test_an_unknown_form_exits_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([str(BAD)], form="xml\x1b[2J") == 2
    assert capsys.readouterr().err == (
        "lint: --format: expected one of text, json, github, got 'xml\\x1b[2J'.\n"
    )


def test_the_command_line_reaches_it() -> None:
    words = [sys.executable, "-m", "recommender", "lint", str(BAD), "--format", "github"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=CHECKOUT, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("::warning file=")
    assert done.stderr == ""


def test_the_page_holds_every_rule_as_its_docstring_says_it() -> None:
    page = (CHECKOUT / "docs/content/lint.md").read_text("utf-8")
    assert rules_table() in page
    assert all(f"| `{id}` |" in page for id, _ in rules())
