"""What the guide's page runs for a file is what the command line prints, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from recommender._page import check
from tests.recommender.headers import files

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]


def checked(name: Path | str, model: str = "") -> dict[str, Any]:
    """Returns what the page is told."""
    found: dict[str, Any] = json.loads(check(str(name), model))
    return found


def printed(words: list[str], folder: Path) -> tuple[int, str]:
    """Returns what a shell shows."""
    done = subprocess.run(
        [sys.executable, "-m", "recommender", *words],
        cwd=folder,
        env={"PYTHONPATH": str(CHECKOUT), "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_picture_is_linted_and_read_as_in_a_shell() -> None:
    path = HERE / "pictures/comfy-flux.png"
    found = checked(path, "flux-1-schnell")
    assert found["headline"].startswith("FLUX.1 [schnell] at 20 steps: ")
    assert [run["command"] for run in found["runs"]] == [
        f"sweetspot lint --model flux-1-schnell {path}",
        f"sweetspot read {path}",
    ]
    for run in found["runs"]:
        words = run["command"].split()[1:]
        assert (run["code"], run["text"]) == printed(words, HERE)


def test_weights_are_identified_and_their_settings_recommended(tmp_path: Path) -> None:
    """By their first bytes, whatever they are called; a name may say which of the look-alikes."""
    path = files.written(tmp_path / "sdxl_lightning_4step", files.network("sdxl"))
    found = checked(path)
    assert found["headline"] == (
        "SDXL family; the name says Lightning 4-step: "
        "4 steps · guidance off · EulerDiscreteScheduler"
    )
    told = checked(path, "sdxl-turbo")["runs"]
    assert told[1]["command"] == f"sweetspot recommend --as sdxl-turbo {path}"
    for run in [*found["runs"], *told]:
        assert (run["code"], run["text"]) == printed(run["command"].split()[1:], HERE)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.safetensors", b"PNG", "expected a model, got a file of 3 bytes."),
        ("a.ckpt", b"PK\3\4" + bytes(60), "expected safetensors, GGUF or a diffusers folder, got "
         "a pickle. It can run code when it is read, so it was not opened. "
         "Convert it to safetensors."),
        ("a.png", b"\x89PNG\r\n\x1a\n", "no settings: PNG: cut short, the IEND chunk is missing."),
        ("a.json", b"", "the file is empty."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_once(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    found = checked(tmp_path / name)
    assert found["headline"] == said
    assert [run["code"] for run in found["runs"]] == [2]
    assert found["runs"][0]["text"] == f"{tmp_path / name}: {said}\n"


def test_keyword_arguments_are_linted_alone_and_a_hyphen_is_no_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No tool wrote them down, so there is nothing for `read`."""
    monkeypatch.chdir(tmp_path)
    Path("-4 steps.json").write_text('{"model": "sdxl-turbo", "prompt": "a", "steps": 4}')
    found = checked("-4 steps.json")
    assert [run["command"] for run in found["runs"]] == ["sweetspot lint -- '-4 steps.json'"]
    assert found["headline"] == "no findings."


def test_a_model_nobody_knows_is_named() -> None:
    found = checked(HERE / "pictures/comfy-flux.png", "flux-schnel")
    assert found["headline"].startswith("No model called 'flux-schnel'. Did you mean ")
