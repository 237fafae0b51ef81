"""Estimates, measured differences and pictures by several models, on a folder of real pictures."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from render import estimate as estimates
from render.__main__ import main
from render.check import check
from render.images import as_file, decode
from render.models import find_model
from render.plan import load_plan
from render.run import run

DIFFERENCE = "difference: {to: {guidance_scale: 1.0}, times: 8}\n"


def written(studio, more: str = "", **changes: str):
    text = studio.plan.read_text()
    for old, new in changes.items():
        text = text.replace(old, new)
    studio.plan.write_text(text + more)
    return load_plan(str(studio.plan))


def manifest(studio) -> dict:
    return json.loads((studio.folder / "manifest.json").read_text())


@pytest.fixture
def speeds(tmp_path, monkeypatch):
    monkeypatch.setattr(estimates, "SPEEDS", tmp_path / "speeds.json")
    return tmp_path / "speeds.json"


def test_a_plan_says_what_it_costs_before_anything_starts(studio, model, speeds, capsys):
    """Two steps, without guidance and with it: six calls a prompt; three seconds to load."""
    key = f"tiny-sd {find_model(str(model)).identity['digest']}"
    speeds.write_text(json.dumps({key: 0.5, f"{key}, loading": 3.0}))
    assert main(["plan", str(studio.plan), "--out", str(studio.out)]) == 0
    assert capsys.readouterr().out == (
        "test: 4 cells, 4 to render: 12 denoiser calls, about 4 s, 3 kB\n"
    )


def test_a_model_never_run_here_has_no_estimate_of_time(studio, speeds, capsys):
    main(["plan", str(studio.plan), "--out", str(studio.out)])
    assert "12 denoiser calls, time unknown, 3 kB" in capsys.readouterr().out


def test_a_run_remembers_how_long_a_call_took(studio, speeds):
    plan = written(studio, **{"num_inference_steps: 2": "num_inference_steps: 20"})
    run([plan], studio.out, device="cpu")
    known = json.loads(speeds.read_text())
    key = f"tiny-sd {plan.models[0].identity['digest']}"
    assert 0 < known[key] < 60
    assert 0 < known[f"{key}, loading"] < 600
    assert str(estimates.estimate([plan], studio.out)) == "4 cells, 0 to render"


def test_an_estimate_counts_heuns_two_calls_a_step_and_a_shared_run_once(studio, speeds):
    axes = "scheduler: [heun, euler]\n  captured_step: [1, 2]"
    plan = written(studio, **{"guidance_scale: [1.0, 3.0]": axes})
    found = estimates.estimate([plan], studio.out)
    assert (found.cells, found.calls) == (8, 2 * (2 * 3 + 2 * 2))


def test_differences_are_measured_from_the_published_files(studio):
    plan = written(studio, DIFFERENCE)
    run([plan], studio.out, device="cpu")
    cells = manifest(studio)["cells"]
    first, second = (decode((studio.folder / c["file"]).read_bytes()) for c in cells[:2])
    far = np.abs(first.astype(int) - second)
    assert cells[0]["measured"] == {"mean": 0.0, "largest": 0}
    told = cells[1]["measured"]
    assert told["mean"] == round(float(far.mean()), 3)
    assert told["largest"] == far.max()
    map_ = np.asarray(Image.open(studio.folder / told["map"]).convert("L")).astype(int)
    assert abs(map_.mean() - (far.max(2) * 8).clip(0, 255).mean()) < 4
    assert check(plan, studio.out) == []


def test_a_second_run_leaves_figures_and_maps_as_they_are(studio):
    plan = written(studio, DIFFERENCE)
    run([plan], studio.out, device="cpu")
    before = {path.name: path.read_bytes() for path in studio.folder.glob("*")}
    assert run([plan], studio.out, device="cpu").rendered == 0
    assert {path.name: path.read_bytes() for path in studio.folder.glob("*")} == before


def test_a_missing_map_is_found(studio):
    plan = written(studio, DIFFERENCE)
    run([plan], studio.out, device="cpu")
    name = manifest(studio)["cells"][1]["measured"]["map"]
    (studio.folder / name).unlink()
    found = [line.split(": ", 1)[1] for line in check(plan, studio.out)]
    told = f"the map {name} is missing. Run: python -m render run {studio.plan}"
    assert found == [told]


def test_a_saved_picture_shows_its_format_and_its_size_is_the_files(studio):
    more = "difference: {to: {output_format: png}}\n"
    axes = "output_format: [png, jpeg, webp, avif]"
    settings = "num_inference_steps: 2, output_quality: 20"
    changes = {"guidance_scale: [1.0, 3.0]": axes, "num_inference_steps: 2": settings}
    plan = written(studio, more, **changes)
    summary = run([plan], studio.out, device="cpu")
    cells = manifest(studio)["cells"][:4]
    pixels = [decode((studio.folder / cell["file"]).read_bytes()) for cell in cells]
    for cell, kind in zip(cells, ("png", "jpeg", "webp", "avif"), strict=True):
        assert cell["measured"]["bytes"] == len(as_file(pixels[0], kind, 20))
    assert np.array_equal(pixels[1], decode(as_file(pixels[0], "jpeg", 20)))
    assert summary.counters.denoiser_rows == 2 * 2 * 2  # one run for each prompt


def test_another_models_pictures_stay_beside_the_plans_own(studio, model, tmp_path):
    """One command adds a model; the next run of the plan's own leaves its pictures alone."""
    run([load_plan(str(studio.plan))], studio.out, device="cpu")
    other = tmp_path / "other-sd"
    other.mkdir()
    for part in model.iterdir():
        (other / part.name).symlink_to(part)
    run([load_plan(str(studio.plan), [str(other)])], studio.out, device="cpu")
    assert [*manifest(studio)["models"]] == ["tiny-sd", "other-sd"]
    assert len(manifest(studio)["cells"]) == 8
    own = load_plan(str(studio.plan))
    assert run([own], studio.out, device="cpu").rendered == 0
    assert len(manifest(studio)["cells"]) == 8
    assert check(own, studio.out) == []


def test_a_guests_damaged_picture_is_named_with_the_command_that_makes_it(studio, model, tmp_path):
    other = tmp_path / "other-sd"
    other.mkdir()
    for part in model.iterdir():
        (other / part.name).symlink_to(part)
    run([load_plan(str(studio.plan), [str(other)])], studio.out, device="cpu")
    own = load_plan(str(studio.plan))
    run([own], studio.out, device="cpu")
    entry = next(c for c in manifest(studio)["cells"] if c["settings"]["model"] == "other-sd")
    (studio.folder / entry["file"]).write_bytes(b"x")
    assert check(own, studio.out) == [
        f"{studio.plan}: {entry['file']} (other-sd): damaged or missing. "
        f"Run: python -m render run {studio.plan} --model path/to/other-sd --out {studio.out}"
    ]
