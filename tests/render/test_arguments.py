"""What a command is asked is refused before any work when it makes no sense."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from render.__main__ import main
from render.plan import ROOT

COMMANDS = (
    *("plan", "run", "check", "audit", "compare", "measure", "join", "curves", "pack", "bench"),
    *("invariance", "train", "export"),
)
WHOLE, ANY = "a whole number above 0", "a number above 0"


@pytest.mark.parametrize(
    ("arguments", "option", "expected"),
    [
        ("train postcards --minutes -1", "--minutes", ANY),
        ("train postcards --minutes nan", "--minutes", ANY),
        ("measure postcards --sweep steps --seeds -1", "--seeds", WHOLE),
        ("measure postcards --sweep steps --count 0", "--count", WHOLE),
        ("measure postcards --sweep steps --count 1.5", "--count", WHOLE),
        ("audit --n -3", "--n", WHOLE),
        ("bench --width 0", "--width", WHOLE),
        ("run --ray auto --time-limit -5", "--time-limit", ANY),
        ("run --ray auto --time-limit inf", "--time-limit", ANY),
    ],
)
def test_a_number_that_must_be_above_zero_is_refused_by_name(
    arguments: str, option: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments.split())
    got = arguments.split()[-1]
    assert left.value.code == 2
    assert capsys.readouterr().err.endswith(
        f" error: argument {option}: expected {expected}, got '{got}'.\n"
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_can_write_elsewhere_and_stay_offline(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    options = capsys.readouterr().out.partition("options:")[2].split()
    assert {"--out", "--offline"} <= {word.rstrip(",") for word in options}


def test_there_is_no_other_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert tuple(re.findall(r"^ {4}(\w+)", capsys.readouterr().out, re.MULTILINE)) == COMMANDS


def test_out_of_a_bench_is_a_folder_for_its_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    speed = ROOT / "render" / "bench" / "speed.json"
    shutil.copy(speed, tmp_path / "bench.json")
    assert main(["bench", "guidance-scale", "--out", str(tmp_path), "--resume"]) == 0
    again, recorded = (
        json.loads((tmp_path / "bench.json").read_text()),
        json.loads(speed.read_text()),
    )
    assert again["plans"] == recorded["plans"]
    assert "guidance-scale" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("option", "sweep", "use"),
    [
        ("--seeds 3", "quality", "steps, scheduler, guidance, strength or pairs"),
        ("--count 3", "quality", "steps, scheduler, guidance, strength or pairs"),
        ("--scheduler ddim", "quality", "steps, scheduler, guidance, strength or pairs"),
        ("--prompts here.txt", "quality", "steps, scheduler, guidance, strength or pairs"),
        ("--clip here", "pairs", "steps, scheduler, guidance or strength"),
        ("--sheet here.png", "steps", "quality"),
    ],
)
def test_an_option_that_a_sweep_would_leave_aside_is_refused(
    option: str, sweep: str, use: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["measure", "postcards", "--sweep", sweep, *option.split()]) == 2
    assert capsys.readouterr().err == (
        f"{option.split()[0]}: expected a sweep that it says something to, got '{sweep}'. "
        f"Use it with --sweep {use}.\n"
    )


def test_a_sweep_of_one_scheduler_takes_no_second(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["measure", "postcards", "--sweep", "guidance"]
    assert main([*command, "--scheduler", "ddim", "--scheduler", "euler"]) == 2
    assert capsys.readouterr().err == (
        "--scheduler: expected one for the sweep 'guidance', got 2. "
        "Measure each with an --out of its own.\n"
    )


def test_prompts_that_are_no_text_are_refused(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prompts = tmp_path / "prompts.txt"
    prompts.write_bytes(b"a castle\n\xff\xfe\n")
    assert main(["measure", str(model), "--prompts", str(prompts)]) == 2
    assert capsys.readouterr().err == f"{prompts}: expected text in UTF-8, got something else.\n"


def test_a_model_without_a_judge_is_measured_by_steps(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sweep `quality` is of the two models that our judge knows."""
    assert main(["measure", str(model)]) == 2
    assert capsys.readouterr().err == (
        f"{model.name}: expected --prompts FILE, got none. Our own prompts describe scenes that "
        "only the reference models were trained on.\n"
    )
    assert main(["measure", str(model), "--sweep", "quality"]) == 2
    assert capsys.readouterr().err == (
        f"{model.name}: expected one of postcards, postcards-turbo for the sweep 'quality', got a "
        "model that our judge knows nothing of. Use --sweep steps.\n"
    )


@pytest.mark.parametrize("content", ["title: a plan", "{}", "[1]", '{"width": 8, "sweep": 1}'])
@pytest.mark.parametrize("option", [("--show",), ("--resume", "--json")])
def test_what_no_bench_wrote_is_neither_shown_nor_gone_on_with(
    content: str, option: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bench.json"
    path.write_text(content)
    assert main(["bench", *option, str(path)]) == 2
    assert capsys.readouterr().err == (
        f"{path}: expected what `render bench --json` wrote, got something else.\n"
    )


def test_a_plan_to_time_is_looked_for_before_anything_is_timed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["bench", "guidance-scal"]) == 2
    assert capsys.readouterr().err == (
        "guidance-scal: expected a plan of render/plans/ or a file *.yaml, got none of that name. "
        "Did you mean 'guidance-scale'?\n"
    )


def test_a_file_that_is_not_there_is_told_as_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing was drawn, so nothing is said of finished pictures."""
    nowhere = tmp_path / "nowhere.json"
    assert main(["bench", "--show", str(nowhere)]) == 2
    assert capsys.readouterr().err == f"{nowhere}: expected a file, got none.\n"
    assert main(["bench", "--show", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"{tmp_path}: expected a file, got a folder.\n"
    (tmp_path / "file").write_text("")
    assert main(["curves", "number-steps", "--out", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err == f"{tmp_path / 'file'}: expected a folder, got a file.\n"
