"""What is of other weights than lie here is named, with the command that makes it anew."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from recommender._recommend.weights import _BEFORE
from render import card, card_live, weights
from render.again import WAITING, pin
from render.errors import RenderError
from render.models import find_model
from render.plan import ROOT, load_plan
from render.reference import record

MEASURED = Path("settings/measured")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of what is committed, as far as it is made of weights."""
    for place in (MEASURED / "postcards", MEASURED / "postcards-turbo"):
        shutil.copytree(ROOT / place, tmp_path / place)
    pages = Path("docs/content/renders/inference-steps")
    live = [card_live.ASSETS / name for name in ("manifest.json", "parity.json")]
    for file in (card.CARD, card.README, *weights.NAMED, *live, pages / "manifest.json"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    for name in ("postcards", "postcards-turbo"):
        file = Path("render/reference") / f"{name}.webp"
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def change(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")


def test_what_is_committed_is_of_the_weights_that_lie_here() -> None:
    """Else each line names what makes it anew. CONTRIBUTING tells in which order."""
    assert weights.check() + card.problems() == []


def test_a_copy_of_it_is_too(root: Path) -> None:
    assert weights.check(root) + card.problems(root) == []


def test_measurements_of_other_weights_are_counted(root: Path) -> None:
    folder = root / MEASURED / "postcards"
    change(folder / "steps-ddim.json", weights="0" * 32)
    change(folder / "steps-heun.json", judge="0" * 32)
    count = len(list(folder.glob("*.json")))
    assert weights.check(root) == [
        f"settings/measured/postcards: 2 of {count} files are of other weights, or by another "
        "judge, than render/reference/ holds: steps-ddim.json and others. "
        "Run: python -m render measure postcards --again"
    ]


def test_another_contact_sheet_is_named(root: Path) -> None:
    (root / "render/reference/postcards-turbo.webp").write_bytes(b"another")
    assert weights.check(root) == [
        "render/reference/postcards-turbo.webp: expected the contact sheet that "
        "settings/measured/postcards-turbo/quality.json names, got another. "
        "Run: python -m render measure postcards-turbo --sweep quality"
    ]


def test_the_pages_answers_and_precision_of_other_weights_are_named(root: Path) -> None:
    for path in weights.NAMED:
        change(root / path, models={})
    assert weights.check(root) == [
        "tests/docs/live.json: expected what these weights give, got that of others. "
        "Run: python -m render export --vectors tests/docs/live.json",
        "docs/content/assets/models/browser.json: expected what these weights give, got that of "
        "others. Run: PYTHONPATH=.:docs/builder python tests/docs/live_precision.py --record "
        "docs/content/assets/models/browser.json",
    ]


def test_figures_and_pictures_that_were_made_anew_are_written_into_the_readmes(root: Path) -> None:
    """A fidelity, a bar and the files of the six pictures; a second look finds nothing to write."""
    quality = root / MEASURED / "postcards/quality.json"
    change(quality, autoencoder_psnr_db=34.5)
    manifest = root / "docs/content/renders/inference-steps/manifest.json"
    told = json.loads(manifest.read_text("utf-8"))
    for cell in told["cells"]:
        cell["file"] = f"{cell['axes']['num_inference_steps']:016x}.webp"
    change(manifest, cells=told["cells"])
    assert card.problems(root) == [
        f"{path}: expected the figures and pictures that were last made, got others. "
        "Run: python -m render check --fix"
        for path in (card.CARD, card.README)
    ]
    assert card.fix(root) == [card.CARD, card.README]
    assert card.fix(root) == []
    written = (root / card.CARD).read_text("utf-8")
    assert "autoencoder: 34.5 dB" in written
    assert "| text encoder | 0.75 MB | 0.75 MB |" in written
    assert "| autoencoder on held-out scenes | ≥ 31 dB | ≥ 34 dB | 34.5 dB |" in written
    shown = (root / card.README).read_text("utf-8")
    assert 'inference-steps/0000000000000019.webp" width="128" height="128" alt="25 steps"' in shown


def test_a_picture_of_the_guide_that_a_gpu_drew_is_named(tmp_path: Path) -> None:
    """It would be another on most machines, and nobody could tell whether it is ours."""
    plan = load_plan("eta")
    source = ROOT / "docs/content/renders/eta/manifest.json"
    told = json.loads(source.read_text("utf-8"))
    told["cells"][0]["environment"]["device"] = "cuda (NVIDIA H200)"
    (tmp_path / "eta").mkdir()
    (tmp_path / "eta/manifest.json").write_text(json.dumps(told), "utf-8")
    assert weights.drawn_elsewhere(plan, tmp_path) == [
        "render/plans/eta.yaml: drawn on a GPU, which few can repeat: "
        f"{told['cells'][0]['file']}. "
        "Run: python -m render run eta --device cpu --strict-environment"
    ]


def test_only_the_weights_line_of_a_model_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "settings/models/postcards/postcards.yaml"
    path.parent.mkdir(parents=True)
    before = (ROOT / path.relative_to(tmp_path)).read_text("utf-8")
    path.write_text(before, "utf-8")
    pin("postcards", "1" * 32, tmp_path)
    now = find_model("postcards").identity["digest"]
    assert path.read_text("utf-8") == before.replace(now, "1" * 32)


def test_what_waits_lies_where_git_does_not_look() -> None:
    assert WAITING.relative_to(ROOT).parts[0] == ".cache"


def test_former_names_of_weights_go_with_the_weights() -> None:
    """Once weights are new, remove their lines from recommender/_recommend/weights.py."""
    now = {find_model(name).identity["digest"] for name in ("postcards", "postcards-turbo")}
    assert set(_BEFORE.values()) <= now


def test_the_card_prints_what_a_training_came_to(root: Path) -> None:
    """A line for each part, written by --fix where weights came with their file."""
    folder = root / "render/reference/postcards"
    told = {"steps": 12_000, "pictures": 9_216_000, "seconds": 360.0, "pictures_per_second": 25600,
            "tflops": 91.5, "share_of_matmul": 0.1188, "curve": [], "marks": []}  # fmt: skip
    where = {"device": "cuda (NVIDIA H200)", "torch": "2.11.0"}
    record.write(folder, "gpu", {"autoencoder": {}, "postcards": {**told, "machine": where}})
    assert card.problems(root) == [
        "render/reference/README.md: expected the figures and pictures that were last made, got "
        "others. Run: python -m render check --fix"
    ]
    assert card.fix(root) == [card.CARD]
    assert card.problems(root) == []
    text = (root / card.CARD).read_text("utf-8")
    assert "gpu preset, cuda (NVIDIA H200), torch 2.11.0\n" in text
    assert "postcards         12,000   9,216,000      6.0      25,600     91.5      11.9%\n" in text


def test_weights_that_are_too_large_are_refused_where_they_are_saved(tmp_path: Path) -> None:
    with (tmp_path / "much.safetensors").open("wb") as file:
        file.truncate(16 * 2**20 + 1)
    with pytest.raises(RenderError, match=r"expected at most 16,777,216 bytes, got 16,777,217\."):
        record.write(tmp_path, "gpu", {})
    assert not (tmp_path / record.FILE).exists()
