"""The pages' live models: whole, small, of the weights that lie here, and the same twice."""

from __future__ import annotations

import json
import shutil

import numpy as np
import onnx
import pytest

from render.__main__ import main
from render.export import files, precision, write
from render.export.reference import Pipeline
from tests.prove import PROVE

MB = 1_000_000


@pytest.fixture(scope="module")
def manifest() -> dict:
    return files.read_manifest(files.ASSETS)


def test_the_committed_files_are_of_the_committed_weights(capsys):
    assert main(["export", "--check"]) == 0
    assert capsys.readouterr().out == "the live models: no problems.\n"


@pytest.fixture
def copy(tmp_path):
    """A copy of the manifest and the small files; graphs are left out, as a test says."""
    for entry in files.entries(files.read_manifest(files.ASSETS)):
        target = tmp_path / entry["file"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(files.ASSETS / entry["file"])
    for name in (files.MANIFEST, files.PARITY):
        shutil.copy(files.ASSETS / name, tmp_path)
    return tmp_path


def changed(copy, change) -> list[str]:
    told = files.read_manifest(copy)
    change(told)
    (copy / files.MANIFEST).write_text(json.dumps(told))
    return files.check(copy)


def test_new_weights_make_an_export_stale(copy, manifest, capsys):
    weights = "render/reference/postcards/unet/diffusion_pytorch_model.safetensors"
    now = manifest["models"]["postcards"]["unet"]["weights"][weights]

    def older(told):
        told["models"]["postcards"]["unet"]["weights"][weights] = "0" * 64

    assert changed(copy, older) == [
        f"{copy / files.MANIFEST}: unet of postcards, weights: expected {now}, got {'0' * 64}. "
        "Run: python -m render export"
    ]
    assert main(["export", "--check", "--out", str(copy)]) == 1
    assert "unet of postcards, weights" in capsys.readouterr().err


def test_a_new_default_or_another_configuration_of_a_scheduler_makes_it_stale(copy, manifest):
    own = manifest["models"]["postcards"]["defaults"]
    digest = manifest["schedulers"]["heun"]["digest"]

    def older(told):
        told["models"]["postcards"]["defaults"] = {**own, "num_inference_steps": 99}
        told["schedulers"]["heun"]["digest"] = "another"

    where = copy / files.MANIFEST
    assert changed(copy, older) == [
        f"{where}: defaults of postcards: expected {own}, got "
        f"{ {**own, 'num_inference_steps': 99} }. Run: python -m render export",
        f"{where}: scheduler heun: expected {digest}, got another. Run: python -m render export",
    ]


def test_another_source_picture_or_encoder_makes_it_stale(copy, manifest):
    entry = manifest["sources"]["cabin-by-day.png"]

    def older(told):
        told["sources"]["cabin-by-day.png"] = {**entry, "picture": {}, "weights": {}}

    where = f"{copy / files.MANIFEST}:"
    assert changed(copy, older) == [
        f"{where} {what} of cabin-by-day.png: expected {entry[what]}, got {{}}. {files.AGAIN}"
        for what in ("picture", "weights")
    ]


def test_a_damaged_a_missing_and_a_stray_file_are_named(copy, manifest):
    for name, content in (("vocabulary.json", "{}"), ("stray.onnx", "x")):
        (copy / name).unlink(missing_ok=True)
        (copy / name).write_text(content)
    (copy / "decoder.onnx").unlink()
    vocabulary, decoder = manifest["vocabulary"]["sha256"], manifest["decoder"]["sha256"]
    got = files.sha256(b"{}")
    assert files.check(copy) == [
        f"{copy / 'vocabulary.json'}: expected {vocabulary}, got {got}. "
        "Run: python -m render export",
        f"{copy / 'decoder.onnx'}: expected {decoder}, got no file. Run: python -m render export",
        f"{copy / 'stray.onnx'}: nothing names this file. Remove it.",
    ]


def test_without_an_export_there_is_one_line(tmp_path):
    assert files.check(tmp_path) == [
        f"{tmp_path / 'manifest.json'}: expected what the pages' live models are made of, got no "
        "file. Run: python -m render export"
    ]


def test_an_error_that_was_measured_of_other_graphs_is_named(copy):
    (copy / files.PARITY).write_text('{"graphs": {"decoder.onnx": "another"}}')
    assert files.check(copy) == [
        f"{copy / 'parity.json'}: expected the measured error of these graphs, got that of others. "
        "Run: python -m render export --parity"
    ]


def test_a_manifest_that_is_none_is_one_line_and_exit_2(tmp_path, capsys):
    (tmp_path / "manifest.json").write_text('{"models": {"postcards": []}}')
    assert main(["export", "--check", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"{tmp_path / 'manifest.json'}: expected what an export writes, got something else "
        "(TypeError('list indices must be integers or slices, not str')). "
        "Run: python -m render export\n"
    )


def test_a_page_fetches_little(manifest):
    """With the runtime's 3.7 MB at most 14 MB to the first picture; 9 MB for the other model."""
    size = {
        name: sum(model[part]["bytes"] for part in ("unet", "text_encoder"))
        for name, model in manifest["models"].items()
    }
    first = 3_659_955 + size["postcards-turbo"] + manifest["decoder"]["bytes"]
    first += manifest["vocabulary"]["bytes"] + manifest["schedulers"]["lcm"]["bytes"]
    assert first <= 14 * MB
    assert size["postcards"] <= 9 * MB
    assert sum(entry["bytes"] for entry in files.entries(manifest)) <= 23 * MB


@pytest.mark.parametrize("part", ["unet", "decoder"] if PROVE else [])
@pytest.mark.parametrize("name", ["postcards", "postcards-turbo"])
def test_traced_again_a_graph_has_the_same_bytes(name, part, manifest, tmp_path, monkeypatch):
    _again(name, part, manifest, tmp_path, monkeypatch)


def test_traced_again_the_text_encoder_has_the_same_bytes(manifest, tmp_path, monkeypatch):
    """It was written by another process, on another day."""
    _again("postcards", "text_encoder", manifest, tmp_path, monkeypatch)


def _again(name, part, manifest, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(write, "CACHE", tmp_path)
    model = write.single(name, part, Pipeline(name).pipe)
    kind = files.PARTS[part][1]
    content = write.REDUCE[kind](model).SerializeToString(deterministic=True)
    told = manifest["decoder"] if part == "decoder" else manifest["models"][name][part]
    assert files.sha256(content) == told["sha256"]


def test_eight_bits_keep_every_weight_within_half_a_level():
    rng = np.random.default_rng(0)
    weight = rng.standard_normal((64, 48)).astype(np.float32)
    stored, _ = precision._whole("w", weight, 1)
    whole, scale = map(onnx.numpy_helper.to_array, stored)
    assert np.abs(whole * scale - weight).max() <= np.abs(weight).max(0).max() / 254 * 1.001
    assert whole.dtype == np.int8
    assert scale.shape == (1, 48)
