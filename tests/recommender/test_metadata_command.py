"""`sweetspot read` prints what files say, ends with the right code, and touches nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from recommender import read_settings
from recommender.__main__ import main

PICTURES = Path(__file__).parent / "pictures"
EXPECTED = json.loads((PICTURES / "expected.json").read_text("utf-8"))
CHECKOUT = Path(__file__).parents[2]


def test_the_command_prints_a_file_s_settings_a_line_each(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["read", str(PICTURES / "comfy-flux.png")]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{PICTURES / 'comfy-flux.png'}: ComfyUI (PNG text 'prompt')\n")
    assert "  guidance_scale       3.5 (distilled)\n" in out
    assert "  lora                 ink.safetensors at 0.7\n" in out
    assert "  prompt               a lighthouse\n" in out


def test_the_command_reads_the_other_files_and_ends_with_2_where_one_is_unreadable(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    names = [str(PICTURES / "a1111.avif"), str(tmp_path / "none"), str(PICTURES / "a1111.webp")]
    assert main(["read", *names, "--json"]) == 2
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["settings"]["num_inference_steps"] for line in lines] == [30, 30]
    assert err == f"{tmp_path / 'none'}: No such file or directory.\n"


def test_the_command_without_a_file_says_what_it_expects(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["read"]) == 2
    assert capsys.readouterr().err == "read: expected a picture or a workflow, got nothing.\n"


def test_reading_loads_nothing_heavy_and_writes_and_starts_nothing() -> None:
    """Standard library alone: the same wheel runs in a web page."""
    read_settings(PICTURES / "a1111.png")  # the catalogue may be compiled here, and is then kept
    code = (
        "import sys\n"
        "from recommender import read_settings\n"
        "def forbid(event, arguments):\n"
        "    mode = arguments[1] if event == 'open' else 'r'\n"
        "    wrote = isinstance(mode, str) and 'r' not in mode\n"
        "    bad = ('subprocess.', 'os.system', 'os.exec', 'socket.', 'os.remove', 'os.rename',\n"
        "           'os.mkdir', 'pickle.', 'shutil.')\n"
        "    if wrote or event.startswith(bad): raise SystemExit(f'{event} {arguments}')\n"
        "sys.addaudithook(forbid)\n"
        "for path in sys.argv[1:]: read_settings(path)\n"
        "print(sorted({'yaml', 'pydantic', 'PIL', 'numpy', 'torch', 'ctypes'} & {*sys.modules}))\n"
    )
    paths = [str(PICTURES / name) for name in EXPECTED]
    done = subprocess.run(
        [sys.executable, "-c", code, *paths], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
