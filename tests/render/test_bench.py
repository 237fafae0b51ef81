"""The benchmark compares equals."""

from __future__ import annotations

import ast
import json

import pytest
import torch

from render.__main__ import main
from render.bench import beyond, small, table, ways
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
