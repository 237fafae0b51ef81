"""LPIPS where its weights lie on the disk, one line where they do not, and never a download."""

from __future__ import annotations

import json
import pickle
import re
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest
import torch

from render.__main__ import main
from render.errors import RenderError
from render.reference import dataset
from render.reference.scenes import HELD_OUT_FROM
from render.sweeps import lpips, metrics, specs
from render.sweeps.lpips import FETCH, LEARNED, PUBLISHED, Lpips
from tests.render import tiny


def ramp() -> np.ndarray:
    """Red grows to the right, green downwards; 64 px."""
    picture = np.full((64, 64, 3), 128, np.uint8)
    picture[..., 0], picture[..., 1] = np.arange(64) * 4, np.arange(64)[:, None] * 4
    return picture


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with AlexNet's file, as torch hub's cache has it; the weights are random."""
    folder = tmp_path_factory.mktemp("weights")
    tiny.alexnet(folder, **{"classifier.6.bias": torch.zeros(1000)})
    return folder


@pytest.fixture(scope="module")
def distance(weights: Path) -> Lpips:
    return Lpips(weights)


def test_it_gives_what_torchmetrics_and_its_authors_package_give(distance: Lpips) -> None:
    """On these weights torchmetrics 1.9.0 and lpips 0.1.4, with torchvision, gave these figures."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    others = (noise, np.roll(ramp(), 3, 1), np.minimum(ramp(), 250) + np.uint8(5))
    found = [distance(ramp(), other) for other in others]
    assert found == pytest.approx([0.19316930, 0.01321501, 0.00226508], rel=1e-5)


def test_it_is_nothing_for_the_same_picture_and_the_same_both_ways(distance: Lpips) -> None:
    """Never below nothing either: of the learned weights none is negative."""
    noise = np.random.default_rng(1).integers(0, 256, (48, 80, 3), dtype=np.uint8)
    other = noise[::-1].copy()
    assert distance(noise, noise) == 0
    assert distance(noise, other) == distance(other, noise) > 0
    assert all(float(one.min()) >= 0 for one in lpips._learned())


def test_it_ranks_spoiled_pictures_of_real_scenes_right(distance: Lpips) -> None:
    """Even with random layers; for trained ones each measurement says so for its own pictures."""
    scenes = dataset.pictures(dataset.training_seeds(4, first=HELD_OUT_FROM), 128, "test")
    assert metrics.ranked(list(scenes), distance) == {"blur": 1.0, "noise": 1.0}
    scale = metrics.scale(list(scenes), distance)
    assert 0 < scale["webp_90"] < scale["jpeg_75"]


def test_a_metric_that_ranks_them_wrong_is_told(distance: Lpips) -> None:
    """A distance that falls as pictures get worse is right about none."""
    assert metrics.ranked([ramp()], lambda a, b: -distance(a, b)) == {"blur": 0.0, "noise": 0.0}


def test_without_weights_one_line_says_how_to_fetch_them(tmp_path: Path) -> None:
    with pytest.raises(RenderError) as refused:
        Lpips(tmp_path)
    assert str(refused.value) == (
        f"--weights {tmp_path}: expected {PUBLISHED} in {tmp_path}, got none. Nothing is "
        f"downloaded here. Where torchvision is, this fetches its 233 MB: {FETCH}"
    )


def test_by_default_they_are_sought_where_torchvision_puts_them(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(RenderError, match=f"^--metric lpips: expected {re.escape(PUBLISHED)} in "):
        Lpips()
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "checkpoints").symlink_to(weights)
    assert Lpips().digest == Lpips(weights).digest


def test_a_file_that_is_not_what_its_name_says_is_refused(weights: Path, tmp_path: Path) -> None:
    """Cut off on its way, or other weights under the published name."""
    [file] = weights.glob("*.pth")
    (tmp_path / PUBLISHED).write_bytes(file.read_bytes())
    with pytest.raises(RenderError) as refused:
        Lpips(tmp_path)
    assert str(refused.value) == (
        f"{tmp_path / PUBLISHED}: expected a file whose SHA-256 begins with 7be5be79, as its name "
        f"says, got {file.stem[-8:]}. Remove it and run: {FETCH}"
    )


class Runs:
    """What a pickle may hold: a call."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return (Path.touch, (self.mark,))


NO_TENSORS = "a file of tensors and nothing else, got one that cannot be read as such (UnpicklingE"


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("torch", NO_TENSORS),
        ("pickle", NO_TENSORS),
        ("text", NO_TENSORS),
        ("tensor", "named tensors, got a Tensor."),
        ("another network", "the weights of AlexNet, got: Error(s) in loading state_dict"),
    ],
)
def test_what_is_no_alexnet_is_refused_and_never_run(how: str, told: str, tmp_path: Path) -> None:
    """A file from anywhere, with a name that fits its bytes."""
    mark, file = tmp_path / "ran", tmp_path / "new.pth"
    if how == "text":
        file.write_text("not a file of tensors")
    elif how == "pickle":
        file.write_bytes(pickle.dumps({"features.0.weight": Runs(mark)}, 2))
    else:
        kinds = {"torch": {"features.0.weight": Runs(mark)}, "tensor": torch.zeros(3)}
        torch.save(kinds.get(how, {"features.0.weight": torch.zeros(64, 3, 3, 3)}), file)
    named = tmp_path / f"alexnet-owt-{lpips._digest(file)[:8]}.pth"
    file.rename(named)
    with pytest.raises(RenderError) as refused:
        Lpips(tmp_path)
    assert str(refused.value).startswith(f"{named}: expected {told}")
    assert not mark.exists()


def test_without_torchmetrics_one_line_names_what_to_install(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.path", [])  # where Python looks for what is installed
    with pytest.raises(RenderError) as refused:
        Lpips(weights)
    assert str(refused.value) == (
        "--metric lpips: expected torchmetrics, which brings its learned weights, got none. "
        "Run: python -m pip install -e '.[perceptual]'"
    )


def test_the_learned_weights_are_those_that_were_published() -> None:
    """The same file in torchmetrics and in the authors' package."""
    path = Path(str(distribution("torchmetrics").locate_file(LEARNED)))
    assert lpips._digest(path) == lpips.LEARNED_SHA256


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A short ladder on two prompts."""
    monkeypatch.setattr(specs, "STEPS", (1, 2, 3))
    monkeypatch.setattr(specs, "REFERENCE_STEPS", 5)
    monkeypatch.setattr("render.measure.CACHE", tmp_path / "cache")
    (tmp_path / "prompts.txt").write_text("a castle\nthe sea\n")
    return ["--prompts", str(tmp_path / "prompts.txt"), "--seeds", "1", "--out", str(tmp_path)]


def test_a_measurement_says_beside_flip_what_lpips_says_and_with_which_weights(
    model: Path, weights: Path, asked: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It has its own key in every row, no limit, and no part in what is recommended."""
    command = ["measure", str(model), "--sweep", "steps", *asked]
    assert main(command) == 0
    file = tmp_path / model.name / "steps-euler-trailing.json"
    plain = json.loads(file.read_text())
    assert main([*command, "--metric", "lpips", "--weights", str(weights)]) == 0
    both = json.loads(file.read_text())
    assert "beside" not in plain["metric"] and "lpips" not in plain["rows"][0]
    told = both["metric"]["beside"]["lpips"]
    assert told["weights"] == lpips._digest(next(weights.glob("*.pth")))
    assert told["package"].startswith("torchmetrics ") and told["noticeable"] is None
    for raw in (*both["rows"], both["reference"]):
        assert len(raw["lpips"]) == 2 and min(raw.pop("lpips")) > 0
    for row in both["summary"]["rows"]:
        low, high = row.pop("lpips_95")
        assert low <= row.pop("lpips") <= high
    keys = ("rows", "reference", "summary")
    assert {key: both[key] for key in keys} == {key: plain[key] for key in keys}
    assert set(plain["metric"]["ranked"]) == {"flip", "ssim"}
    assert "  lpips          95 %" in capfd.readouterr().out


def test_a_sampler_without_a_converged_picture_has_nothing_to_compare(
    model: Path, weights: Path, asked: list[str], tmp_path: Path
) -> None:
    command = ["measure", str(model), "--sweep", "steps", "--scheduler", "euler-ancestral", *asked]
    assert main([*command, "--metric", "lpips", "--weights", str(weights)]) == 0
    found = json.loads((tmp_path / model.name / "steps-euler-ancestral.json").read_text())
    assert "beside" not in found["metric"]
    assert all("lpips" not in row for row in found["rows"])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            ["--metric", "lpips", "--sweep", "pairs"],
            "--metric lpips: expected a sweep that compares pictures along a ladder, got 'pairs'. "
            "Use it with --sweep steps, scheduler, guidance or strength.",
        ),
        (
            ["--weights", "here", "--sweep", "steps"],
            "--weights here: expected a metric that they are of, got none.",
        ),
    ],
)
def test_what_cannot_be_measured_so_is_refused_first(
    options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the model is looked for."""
    assert main(["measure", "no-such-model", *options]) == 2
    assert capsys.readouterr().err == told + "\n"
