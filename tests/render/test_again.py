"""What was measured of other weights is measured again as it was, and put in place all at once."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from render import again, measure
from render.__main__ import main
from render.again_cost import GFLOP, lines
from render.errors import RenderError
from render.measured import write
from render.models import REFERENCE, folder_digest
from render.plan import ROOT
from render.reference import quality
from render.sweeps import specs
from render.sweeps.asking import wanted
from tests.prove import PROVE
from tests.render.pretend_cuda import pretend_cuda

NAME, OLD = "postcards-turbo", "0" * 32
JUDGE = folder_digest(REFERENCE / "judge")
NOW = folder_digest(REFERENCE / NAME)
PINNED = "name: postcards turbo\nweights: {}\nsources: {{}}\n"


def small(found: dict[str, Any]) -> dict[str, Any]:
    """A committed measurement as one of other weights, of two prompts and one seed."""
    short = {"prompts": found["prompts"][:2], "seeds": [0]} if "prompts" in found else {}
    return {**found, "weights": OLD, **short}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that holds a guidance sweep and a quality file of other weights."""
    monkeypatch.setattr(specs, "GUIDANCE", (2.0,))
    monkeypatch.setattr(quality, "ROWS", {NAME: (quality.Row("sweet-spot", 1, 1.0, 2, 1),)})
    monkeypatch.setattr(quality, "judge_itself", lambda *_: {"held_out": {"mean": 1.0}})
    monkeypatch.setattr("render.reference.autoencoder.psnr", lambda *_, **__: 30.0)
    monkeypatch.setattr(again, "WAITING", tmp_path / "waiting")
    monkeypatch.setattr(measure, "CACHE", tmp_path / "cache")
    monkeypatch.setattr("render.remeasure.CACHE", tmp_path / "cache")
    for name in ("guidance", "quality"):
        file = Path("settings/measured") / NAME / f"{name}.json"
        write(tmp_path / file, small(json.loads((ROOT / file).read_text("utf-8"))))
    model = tmp_path / "settings/models/postcards" / f"{NAME}.yaml"
    model.parent.mkdir(parents=True)
    model.write_text(PINNED.format(OLD), "utf-8")
    return tmp_path


def read(root: Path, name: str) -> dict[str, Any]:
    return json.loads((root / "settings/measured" / NAME / f"{name}.json").read_text("utf-8"))


def test_all_of_a_model_is_measured_again_as_it_was_and_pinned(root: Path) -> None:
    """The same prompts, seeds and fixed settings; new figures, strips and contact sheet."""
    before = read(root, "guidance")
    waiting = root / "waiting" / NAME
    assert list(again.again(NAME, device="cpu", root=root)) == [
        f"1 of 2: {waiting / 'quality.json'}",
        f"2 of 2: {waiting / 'guidance.json'}",
        f"wrote 2 files in settings/measured/{NAME}, and pinned the weights",
    ]
    after = read(root, "guidance")
    for key in ("prompts", "seeds", "fixed", "scheduler", "own", "setting"):
        assert after[key] == before[key]
    assert (after["weights"], after["judge"]) == (NOW, JUDGE)
    assert [row["value"] for row in after["rows"]] == [1.0, 2.0]
    for strip in after["strips"]:
        content = (root / "docs/content/strips" / strip["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == strip["sha256"]
    told = read(root, "quality")
    assert told["weights"] == NOW and told["cpu_seconds"] > 0
    sheet = root / "render/reference" / f"{NAME}.webp"
    assert told["sheet"] == hashlib.sha256(sheet.read_bytes()).hexdigest()
    pinned = root / "settings/models/postcards" / f"{NAME}.yaml"
    assert pinned.read_text("utf-8") == PINNED.format(NOW)
    assert not waiting.exists()
    assert list(again.again(NAME, device="cpu", root=root)) == [
        f"{NAME}: every measurement is of the weights that lie here."
    ]


def test_a_run_that_was_stopped_has_changed_nothing_and_goes_on(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old figures and the old pin stand together until every new figure is there."""
    run = again.again(NAME, device="cpu", root=root)
    assert next(run) == f"1 of 2: {root / 'waiting' / NAME / 'quality.json'}"
    run.close()
    assert (read(root, "quality")["weights"], read(root, "guidance")["weights"]) == (OLD, OLD)
    model = root / "settings/models/postcards" / f"{NAME}.yaml"
    assert model.read_text("utf-8") == PINNED.format(OLD)

    drawn = []
    monkeypatch.setattr(quality, "draw", lambda *_: drawn.append("again"))
    assert list(again.again(NAME, device="cpu", root=root))[-1].startswith("wrote 2 files")
    assert drawn == []


@pytest.mark.skipif(not PROVE, reason="the last test's other half, at length: make prove")
def test_what_a_gpu_has_drawn_gets_its_times_on_a_cpu(root: Path) -> None:
    """Seconds are those of a CPU: what comes without them is timed before it is put in place."""
    list(again.again(NAME, device="cpu", root=root, out=root / "gpu"))
    write(root / "gpu" / NAME / "quality.json", without(read(root, "quality"), "cpu_seconds"))
    drawn = {**read(root, "guidance"), "timing": []}
    write(root / "gpu" / NAME / "guidance.json", drawn)
    for strip in drawn["strips"]:
        there = root / "gpu" / "strips" / strip["file"]
        assert there.is_file()
    for name in ("guidance", "quality"):
        found = read(root, name)
        write(root / "settings/measured" / NAME / f"{name}.json", {**found, "weights": OLD})
    list(again.again(NAME, device="cpu", root=root, out=root / "gpu"))
    told = read(root, "guidance")
    assert told["timing"][0]["cpu_seconds"] > 0
    assert told["timed"]["device"].startswith("cpu")
    assert {**told, "timing": [], "timed": None} == {**drawn, "timed": None}
    assert read(root, "quality")["timed"]["device"].startswith("cpu")


def without(found: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != key}


def test_a_measurement_with_scores_of_other_weights_is_not_taken_for_ours(root: Path) -> None:
    write(root / "settings/measured" / NAME / "guidance.json",
          {**read(root, "guidance"), "clip": "0" * 64})  # fmt: skip
    with pytest.raises(RenderError) as refused:
        again.works(NAME, root=root)
    assert str(refused.value) == (
        "guidance.json: expected a measurement by the judge and ꟻLIP, got one with further scores, "
        "whose weights --again does not know. Measure it with --sweep."
    )


def test_times_of_random_weights_are_nobodys_to_measure_again(root: Path) -> None:
    write(root / "settings/measured" / NAME / "time-h200.json", {"sweep": "time"})
    assert [work.file.stem for work in again.works(NAME, root=root)] == ["quality", "guidance"]


def test_again_takes_nothing_that_would_change_what_is_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["measure", NAME, "--again", "--count", "3"]) == 2
    assert capsys.readouterr().err == (
        "--count: expected none with --again, which measures what there is as it was.\n"
    )


@pytest.mark.parametrize("name", ["postcards", NAME])
def test_every_committed_ladder_can_be_measured_again_as_it_was(name: str) -> None:
    """Its prompts are our own, from the first on, and its rungs and reference those of now."""
    for work in again.works(name):
        if work.found["sweep"] in ("quality", "pairs"):
            continue
        told = wanted(None, None, work.source, work.found)
        assert (list(told.prompts), list(told.seeds)) == (
            work.found["prompts"],
            work.found["seeds"],
        )
        known = specs.specs_of(work.found["sweep"], work.source, [work.found["scheduler"]])
        spec = again.as_it_was(known, work.found)
        assert (spec.id, spec.fixed) == (work.file.stem, work.found["fixed"])
        assert list(spec.values) == [row["value"] for row in work.found["rows"]]
        reference = work.found["reference"] or {"value": None}
        assert spec.reference == reference["value"] or spec.sweep == "strength"


def test_what_it_would_take_is_counted_from_the_files() -> None:
    """64 prompts × 2 seeds × 67 steps without guidance, and the judge's own rows."""
    told = list(lines(NAME))
    assert told[0].split()[:4] == ["quality", "4,352", "pictures", "16,384"]
    assert "steps-lcm                  1,280 pictures     8,576 calls, of these weights" in told
    assert told[3] == ("postcards-turbo: 6,080 pictures, 28,288 calls of 0.9 GFLOP: 25 TFLOP")


def test_the_work_of_a_call_is_that_of_the_network() -> None:
    """Multiplications and additions of one row at 128 px, counted by torch."""
    import torch
    from diffusers import UNet2DConditionModel
    from torch.utils.flop_counter import FlopCounterMode

    unet = UNet2DConditionModel.from_pretrained(REFERENCE / NAME, subfolder="unet")
    text = torch.zeros(1, 32, unet.config.cross_attention_dim)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        unet(torch.zeros(1, unet.config.in_channels, 16, 16), 1, text)
    assert counter.get_total_flops() / 1e9 == pytest.approx(GFLOP, rel=0.05)


def test_a_gpu_draws_and_judges_and_leaves_the_times_to_a_cpu(root: Path) -> None:
    """On a card that pretends: single precision, nothing in place before a CPU has timed it."""
    with pretend_cuda():
        told = list(again.again(NAME, device="cuda", root=root, out=root / "gpu"))
    assert told[-1] == (
        "2 of 2 still lack times, which a CPU gives. Run: python -m render measure "
        f"{NAME} --again --device cpu --out {root / 'gpu'}"
    )
    drawn = json.loads((root / "gpu" / NAME / "guidance.json").read_text("utf-8"))
    assert drawn["environment"]["dtype"] == "float32"
    assert drawn["environment"]["device"].startswith("cuda")
    assert drawn["timing"] == [] and read(root, "guidance")["weights"] == OLD
    list(again.again(NAME, device="cpu", root=root, out=root / "gpu"))
    placed = read(root, "guidance")
    assert placed["rows"] == drawn["rows"] and placed["timed"]["device"].startswith("cpu")
    assert "cpu_seconds" in read(root, "quality")
