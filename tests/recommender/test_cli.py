"""The command line prints an answer and why, and ends with the right code, never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml

from recommender._authoring.registry import KINDS

if TYPE_CHECKING:
    from conftest import Tree

CHECKOUT = Path(__file__).parents[2]


def run(
    tree: Tree | None, *arguments: str, shell: str = "", **environment: str
) -> tuple[int, str, str]:
    """Runs the command line in a process of its own; returns exit code, output, errors."""
    command = [sys.executable, "-m", "recommender", *arguments]
    if shell:
        command = ["bash", "-c", f'"{sys.executable}" -m recommender {shell}']
    done = subprocess.run(
        command,
        cwd=tree.root if tree else CHECKOUT,
        env={
            **os.environ,
            "PYTHONPATH": str(CHECKOUT),
            "PYTHONUTF8": "1",
            **({"SWEETSPOT_ROOT": str(tree.root)} if tree else {}),
            **environment,
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("words", [["plain-turbo"], ["recommend", "Plain Turbo"]])
def test_an_answer_is_a_headline_then_rule_why_and_sources(tree: Tree, words: list[str]) -> None:
    code, out, _ = run(tree, *words)
    assert code == 0
    assert out.splitlines() == [
        "4 steps (1–4) · guidance off",
        "Plain Turbo (plain-turbo)",
        "4 network calls",
        "",
        "Rule: A step-distilled model runs at its authors' figure; no tool's default overrides it.",
        "  4 (1–4) – authors: maker/plain turbo.md.",
        "  Left out, as the authors' figure stands: "
        "50 – a tool's default: https://example.org/tool.",
        "Sources:",
        "  maker/plain turbo.md: 1 to 4 steps",
        "    https://github.com/maker/plain/blob/0123456789abcdef0123456789abcdef01234567/turbo.md",
    ]


def test_json_has_the_documented_keys(tree: Tree) -> None:
    code, out, _ = run(tree, "recommend", "plain", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["model"], found["steps"], found["low"], found["high"]) == (
        "plain-base", 30, 20, 50,
    )  # fmt: skip
    assert found["settings"]["scheduler"] == "EulerDiscreteScheduler"
    assert {"rule", "basis", "why", "sources"} <= set(found)


def test_scheduler_and_task_narrow_the_claims(tree: Tree) -> None:
    assert run(tree, "plain", "--scheduler", "Heun")[1].startswith("20 steps (10–50) · ")
    assert run(tree, "plain", "--task=inpaint")[1].startswith("90 steps · guidance 7.5 · ")


def test_every_option_is_heard(tree: Tree) -> None:
    assert run(tree, "plain", "--goal=draft")[1].startswith("20 steps (20–50) · ")
    assert run(tree, "plain", "--strength", "0.5", "--budget", "50")[1].splitlines()[:3] == [
        "50 steps (40–100) · guidance 7.5 · EulerDiscreteScheduler",
        "Plain 1.0 (plain-base) at strength 0.5",
        "25 of 50 steps run · 50 network calls",
    ]
    by_time = run(tree, "plain", "--budget=25s@0.5")
    assert by_time == run(tree, "plain", "--budget=50")
    assert (
        run(tree, "plain", "--budget", "8")[1]
        .splitlines()[3]
        .startswith("Warning: The budget of 8 calls is too small: 20 steps")
    )
    assert run(tree, "plain", "--lora", "plain-tune", "--lora", "plain-base")[2] == (
        "loras: expected an accelerator LoRA, got 'plain-tune', which is the model Plain Tune. "
        "Other LoRAs change no settings: leave them out.\n"
    )


def test_the_studio_runs_in_a_checkout_and_hands_its_exit_code_on() -> None:
    code, out, _ = run(None, "render", "--help")
    assert code == 0 and out.startswith("usage: python -m render")
    assert run(None, "render", "no-such-command")[0] == 2


def test_without_a_checkout_the_studio_says_how_to_get_one(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed/recommender").symlink_to(CHECKOUT / "recommender")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import recommender, recommender._catalog as c; c._PACKAGE = sys.argv[1] + '/recommender'\n"
        "from recommender.__main__ import main; sys.exit(main(['measure', 'x']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "installed")],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "The studio runs from a checkout. Run: git clone "
        "https://github.com/sweetspot-guide/sweetspot && cd sweetspot && make guide\n",
    )


def test_the_table_shows_every_answer_beside_all_its_claims(tree: Tree) -> None:
    code, out, _ = run(tree, "models", "--claims")
    lines = out.splitlines()
    assert code == 0
    assert "plain-turbo  4 steps (1–4) · guidance off  [few-step-author]" in lines
    assert "other-one    steps unknown  [no-claim]" in lines
    claims = [line.strip() for line in lines if line.startswith(" ")]
    assert "value 7 · community, text-to-image · unsourced" in claims
    assert "value 10 · tool-default, text-to-image, Heun · https://example.org/tool" in claims
    assert (
        "value 50 · author, text-to-image, from plain-base · maker/plain README.md" in claims
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["plain-tubro"], "No model called 'plain-tubro'. "
         "Did you mean 'plain-turbo' or 'plain-tune'?\n"),
        (["recommend", "x\x1b[2J\u202e"], "No model called 'x\\x1b[2J\\u202e'.\n"),
        (["plain", "turbo"], "recommend: expected one model, got 2. Quote a name with spaces.\n"),
        (["recommend"], "recommend: expected one model, got 0. Quote a name with spaces.\n"),
        (["plain", "--jsn"],
         "'--jsn': unknown option. Known here: --json, --scheduler, --goal, --task, --strength, "
         "--lora, --budget, --as.\n"),
        (["plain", "--goal", "best"], "goal: expected draft, balanced or final, got 'best'.\n"),
        (["plain", "--strength", "half"], "--strength: expected a number, got 'half'.\n"),
        (["plain", "--budget", "9s"], "--budget: expected calls such as 40, or seconds at seconds "
         "a call such as 12s@0.5, got '9s'.\n"),
        (["plain", "--task"], "--task: expected a value after it, got nothing.\n"),
        (["models", "x"], "models: expected no names, got 'x'.\n"),
        (["check", "--all"], "'--all': unknown option. Known here: --fix.\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_gets_one_line_and_code_2(
    tree: Tree, words: list[str], message: str
) -> None:
    assert run(tree, *words) == (2, "", message)


def test_check_says_how_many_files_it_read(tree: Tree) -> None:
    assert run(tree, "check", "settings") == (0, "9 files, no problems.\n", "")
    assert run(tree, "check", "settings/scheduler.yaml") == (0, "1 file, no problems.\n", "")


def test_findings_end_with_1_and_unreadable_input_with_2(tree: Tree) -> None:
    tree.change("settings/scheduler.yaml", "group: sampling", "group: samplin")
    code, out, err = run(tree, "check", "settings")
    assert (code, err) == (1, "9 files, 1 problem.\n")
    assert out == (
        "settings/scheduler.yaml:3: group: expected 'quality', 'guidance', 'sampling', 'size', "
        "'prompt', 'input', 'adapters', 'refine', 'speed', 'video' or 'output', got the text "
        "'samplin'. Did you mean 'sampling'?\n"
    )
    assert run(tree, "check", "settings", "nowhere.yaml")[0] == 2
    tree.write("settings/deep.yaml", "[" * 50_000)
    assert run(tree, "check", "settings")[0] == 2


def test_a_reader_that_leaves_early_gets_no_traceback(tree: Tree) -> None:
    code, _, err = run(tree, shell="models --claims | head -1; exit ${PIPESTATUS[0]}")
    assert (code, err) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_one_line(tree: Tree) -> None:
    assert run(tree, shell="models > /dev/full") == (
        2, "", "The output cannot be written: No space left on device.\n",
    )  # fmt: skip


def test_a_terminal_without_these_signs_still_gets_an_answer(tree: Tree) -> None:
    code, out, _ = run(tree, "plain-turbo", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert (code, out.splitlines()[0]) == (0, "4 steps (1?4) ? guidance off")


def test_help_is_shown_when_asked_for_and_when_nothing_is(tree: Tree) -> None:
    code, out, _ = run(tree, "--help")
    assert code == 0 and out.startswith("usage: sweetspot MODEL")
    assert run(tree)[0] == 2


def test_a_command_says_how_it_is_used(tree: Tree) -> None:
    assert run(tree, "explain", "--help") == (
        0,
        "sweetspot explain SETTING           a setting under any tool's name for it\n"
        "options: --json\n",
        "",
    )
    code, out, _ = run(tree, "export", "-h")
    assert code == 0 and out.endswith("--strength, --lora, --budget, --as\n")
    assert "sweetspot export MODEL --to TOOL" in out and "sweetspot explain" not in out
    code, out, _ = run(tree, "plain-turbo", "--help")
    assert code == 0 and "--goal draft|balanced|final" in out and "sweetspot lint" not in out


def test_the_version_is_the_installed_package_s(tree: Tree) -> None:
    assert run(tree, "--version") == (0, f"sweetspot {version('sweetspot')}\n", "")


def test_the_editors_schemas_hold_for_every_file(tree: Tree, tmp_path: Path) -> None:
    code, out, _ = run(tree, "schema", "--out", str(tmp_path / "schemas"))
    assert code == 0 and len(out.splitlines()) == len({kind.name for kind in KINDS})
    for name, pattern in (("setting", "*"), ("model", "models/*/*"), ("scheduler", "schedulers/*")):
        schema = json.loads((tmp_path / f"schemas/{name}.schema.json").read_text("utf-8"))
        validator = jsonschema.Draft202012Validator(schema)
        for path in sorted((tree.root / "settings").glob(f"{pattern}.yaml")):
            validator.validate(yaml.safe_load(path.read_text("utf-8")))
    wrong = {"name": "x", "modality": "text-to-image", "distillation": "none", "bese": "y"}
    schema = json.loads((tmp_path / "schemas/model.schema.json").read_text("utf-8"))
    assert not jsonschema.Draft202012Validator(schema).is_valid(wrong)
