"""The benchmark compares equals, and its full-size models are the published ones."""

from __future__ import annotations

import ast
import json

import diffusers
import pytest
import torch

from recommender import catalogue
from recommender._authoring.schema_time import Time
from render.__main__ import main
from render.bench import beyond, fullsize, small, table, ways
from render.bench.paces import gpu_id
from render.errors import RenderError
from render.models import find_model
from render.pipelines import load
from render.plan import ROOT, plan_ids
from render.schedulers import scheduler_of
from tests.render import tiny


def jobs(pipe, steps=(1, 2, 3)) -> list:
    scheduler = (type(pipe.scheduler).__name__, dict(pipe.scheduler.config))
    call = {"negative_prompt": "", "guidance_scale": 3.0, "height": 64, "width": 64}
    return [
        {
            "call": {"prompt": prompt, "num_inference_steps": n, **call},
            "seed": seed,
            "scheduler": scheduler,
        }
        for prompt in ("a castle", "the sea")
        for n in steps
        for seed in range(2)
    ]


@pytest.mark.parametrize("build", [tiny.stable_diffusion, tiny.stable_diffusion_xl])
def test_three_ways_make_the_same_pictures(build, tmp_path):
    pipe = load(find_model(str(build(tmp_path / "model"))), torch.float32)
    found = ways.compare(pipe, jobs(pipe), 8, 1)
    assert found["cells"] == 12
    assert found["max_pixel_difference"] <= 1
    assert found["max_pixel_difference_of_batched"] <= 1
    counted = found["counters"]
    assert counted["denoiser_rows"] + counted["shared_rows"] == 2 * 4 * (1 + 2 + 3)
    assert set(found["seconds"]) == {"naive", "batched", "engine"}
    seconds = found["seconds"]
    assert found["ratio"] == pytest.approx(seconds["naive"] / seconds["engine"], rel=0.01)
    batched = seconds["batched"] / seconds["engine"]
    assert found["ratio_to_batched"] == pytest.approx(batched, rel=0.01)
    assert (found["moved_by_mates"]["pictures"], found["moved_by_mates"]["engine"]) == (4, 0)


def test_the_worst_cell_of_which_nothing_is_promised_is_told(tmp_path, capsys):
    """Up to guidance 8 and 30 steps, without noise at every step, 1/255 is the promise."""
    model = find_model("postcards")
    near = {"num_inference_steps": 30, "guidance_scale": 8.0}
    asked = [
        ("euler", near),
        ("dpmpp-2m", near),
        ("euler", {**near, "num_inference_steps": 31}),
        ("ddim", {**near, "guidance_scale": 8.5}),
        ("ddim", {**near, "eta": 0.5}),
        ("euler-ancestral", near),
        ("dpmpp-2m-sde", near),
        ("lcm", near),
    ]
    specs = [scheduler_of(model, id) for id, _ in asked]
    made = [
        {"call": call, "seed": seed, "scheduler": (spec["class"], spec["config"])}
        for seed, ((_, call), spec) in enumerate(zip(asked, specs, strict=True))
    ]
    assert [beyond.is_beyond(job) for job in made] == [False] * 2 + [True] * 6
    assert beyond.worst(made[:2], [9, 9]) is None
    worst = beyond.worst(made, [9, 9, 0, 3, 1, 2, 0, 0])
    recorded = json.loads((ROOT / "render" / "bench" / "speed.json").read_text())
    for row in recorded["plans"].values():
        if isinstance(row, dict):
            row.pop("beyond", None)
    recorded["plans"]["guidance-scale"]["beyond"] = worst
    path = tmp_path / "bench.json"
    path.write_text(json.dumps(recorded))
    assert main(["bench", "--show", str(path)]) == 0
    assert (
        "\nguidance above 8, more than 30 steps or noise at every step, 6 cells: at most 3/255 off "
        "naive: guidance-scale: DDIMScheduler, 30 steps, guidance 8.5, seed 3\n"
    ) in capsys.readouterr().out


def test_an_interrupted_bench_goes_on_where_it_was(tmp_path, capsys):
    """Rows that the file has are not measured again; what is said of them is the same."""
    path = tmp_path / "bench.json"
    recorded = json.loads((ROOT / "render" / "bench" / "speed.json").read_text())
    path.write_text(json.dumps(recorded))
    assert main(["bench", "guidance-scale", "--json", str(path), "--resume"]) == 0
    again = json.loads(path.read_text())
    del again["machine"], recorded["machine"]
    assert again == recorded
    assert capsys.readouterr().out.startswith(table.table({**recorded, "machine": {}})[:500])
    assert main(["bench", "--resume"]) == 2
    assert capsys.readouterr().err == "--resume: expected --json FILE beside it, got none.\n"


def test_the_recorded_bench_has_a_row_for_every_plan(capsys):
    """A new one: python -m render bench NAME --json render/bench/speed.json --resume"""
    assert main(["bench", "--show", str(ROOT / "render" / "bench" / "speed.json")]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert sorted(set(plan_ids()) - {*names}) == []


def test_the_naive_loop_is_short_and_knows_diffusers_alone():
    text = (ROOT / "render" / "bench" / "naive.py").read_text()
    assert len(text.splitlines()) <= 40
    tree = ast.parse(text)
    names = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    names |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert names == {"__future__", "pathlib", "typing", "diffusers", "numpy", "torch"}


def test_the_engine_is_at_most_250_lines():
    assert len((ROOT / "render" / "engine.py").read_text().splitlines()) <= 250


MEASURED_AS = {
    *("flux-1-dev", "flux-1-schnell", "sdxl-base-1-0", "sdxl-turbo", "stable-diffusion-v1-5"),
}
PUBLISHED = {
    "sd-1.5": 859.5e6,
    "sdxl": 2567.5e6,
    "sdxl-turbo": 2567.5e6,
    "flux.1-schnell": 11891.2e6,
    "flux.1-dev": 11901.4e6,
}


@pytest.mark.parametrize(
    "path", sorted(fullsize.ARCHITECTURES.glob("*.json")), ids=lambda p: p.stem
)
def test_an_architecture_has_the_published_number_of_parameters_and_a_source(path):
    spec = json.loads(path.read_text())
    assert len(spec["source"]["commit"]) == 40
    model = spec["models"][spec["denoiser"]]
    with torch.device("meta"):
        network = getattr(diffusers, model["class"]).from_config(model["config"])
    count = sum(p.numel() for p in network.parameters())
    assert count == pytest.approx(PUBLISHED[path.stem], rel=1e-4)


def test_a_dry_run_goes_through_every_architecture(tmp_path, capsys):
    """The code of the GPU's measurement, shrunken; figures of a CPU, and none is a promise."""
    target, measured = tmp_path / "bench.json", tmp_path / "settings" / "measured"
    options = ["--json", str(target), "--record", str(measured)]
    assert main(["bench", "--dry-run", "--width", "4", *options]) == 0
    found = json.loads(target.read_text())
    assert set(found["models"]) == set(PUBLISHED)
    for row in found["models"].values():
        assert row["max_pixel_difference"] <= 1
        assert row["tflop_per_step"] > 0
        assert fullsize.VARIED[0] < row["latents_std"] < fullsize.VARIED[1]
    assert "sdxl-turbo" in capsys.readouterr().out
    files = sorted(measured.glob("*/*.json"))
    assert {path.parent.name for path in files} == MEASURED_AS
    for path in files:
        assert path.name.startswith("time-cpu-")
        Time.model_validate_json(path.read_text())
    assert sorted(MEASURED_AS - set(catalogue().models)) == []


def test_a_network_that_answers_nan_is_not_timed():
    spec = json.loads((fullsize.ARCHITECTURES / "sd-1.5.json").read_text())
    spec = fullsize.shrunken(spec)
    pipe = fullsize.build(spec, "cpu")
    with torch.no_grad():
        pipe.unet.conv_out.bias[0] = float("nan")
    with pytest.raises(RenderError) as raised:
        fullsize.assert_alive(pipe, fullsize.jobs(spec, "cpu")[0])
    assert str(raised.value) == (
        "StableDiffusionPipeline: expected finite latents with a standard deviation between 0.05 "
        "and 20.0, got nan. Its timings would mean nothing."
    )


@pytest.mark.parametrize(
    ("device", "id"),
    [("cuda (NVIDIA H200)", "h200"), ("cuda (NVIDIA GeForce RTX 4090)", "geforce-rtx-4090")],
)
def test_a_gpu_has_an_id_for_a_files_name(device, id):
    assert gpu_id(device) == id


@pytest.mark.parametrize(("shape", "millions"), [("1.5 M", 1.48), ("9 M", 8.9), ("56 M", 56.1)])
def test_the_small_pipelines_have_the_size_they_are_named_after(shape, millions):
    with torch.device("meta"):
        unet = small.unet(shape)
    assert sum(p.numel() for p in unet.parameters()) / 1e6 == pytest.approx(millions, abs=0.05)


def test_a_sweep_takes_much_less_work_than_the_naive_loop():
    """The one gate on time, of the process's own clock, far below the ratio of some two."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        pipe = small.build()
        for _ in range(3):  # a neighbour on the same core may slow one of both: then once more
            found = ways.compare(pipe, small.jobs(pipe, steps=(1, 2, 4), seeds=2), 8, 1)
            if found["ratio"] > 1.3:
                break
    finally:
        torch.set_num_threads(before)
    assert found["ratio"] > 1.3
    assert found["max_pixel_difference"] <= 1
    assert found["counters"]["shared_rows"] == 2 * 2 * 2 * 2
    assert found["counters"]["padding_rows"] == 0
