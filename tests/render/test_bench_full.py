"""The bench of full-size models: as published, planned and resumed, each figure in its place."""

from __future__ import annotations

import json

import diffusers
import pytest
import torch

from recommender import catalogue
from recommender._authoring.schema_time import Time
from render.__main__ import main
from render.bench import fullsize
from render.bench.full import pieces, summary
from render.bench.full.runs import RUNS, Part, Target
from render.bench.paces import gpu_id
from render.errors import RenderError
from tests.prove import PROVE

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


@pytest.mark.parametrize("path", sorted(pieces.ARCHITECTURES.glob("*.json")), ids=lambda p: p.stem)
def test_an_architecture_has_the_published_number_of_parameters_and_a_source(path):
    spec = json.loads(path.read_text())
    assert len(spec["source"]["commit"]) == 40
    model = spec["models"][spec["denoiser"]]
    with torch.device("meta"):
        network = getattr(diffusers, model["class"]).from_config(model["config"])
    count = sum(p.numel() for p in network.parameters())
    assert count == pytest.approx(PUBLISHED[path.stem], rel=1e-4)


def test_specs_that_share_a_network_have_the_same_one():
    specs = pieces.architectures()
    for spec in specs.values():
        if "network" in spec:
            other = specs[spec["network"]]
            assert spec["models"] == other["models"]
            assert spec["dry_run"]["models"] == other["dry_run"]["models"]
            assert (spec["pipeline"], spec["denoiser"]) == (other["pipeline"], other["denoiser"])


def test_a_target_names_the_highest_level_that_is_met():
    ratio = Target("fast", "ratio", (1.5, 1.9, 2.3))
    assert [ratio.reached(x) for x in (1.4, 1.5, 2.0, 9.0)] == [
        *("missed", "pass", "good", "stretch"),
    ]
    seconds = Target("fast", "s/image", (0.70, 0.58, None), at=4)
    assert [seconds.reached(x) for x in (0.71, 0.70, 0.5)] == ["missed", "pass", "good"]


def test_the_plan_fits_its_minutes_and_has_every_headline(capsys):
    """Every run's naive loop beside the way that its targets speak of, in one call."""
    assert main(["bench", "--plan"]) == 0
    lines = capsys.readouterr().out.splitlines()
    timed = [line.split(" s  ")[1] for line in lines if " s  " in line]
    total = next(line for line in lines if line.endswith("in all, of 480"))
    assert 300 < float(total.split()[0]) <= 480
    seconds = [float(line.split()[0]) for line in lines if " s  " in line and line != total]
    assert sum(seconds) == pytest.approx(float(total.split()[0]), abs=0.1 * len(seconds))
    headlines = {
        *("sdxl: naive fast #1", "sdxl-sweep: naive fast #1", "turbo: naive fast #1"),
        *("turbo: naive fast at 1 #1", "flux-dev: naive fast #1", "schnell: naive fast #1"),
        *("schnell: naive fast at 4 #1", "sd-1.5: naive graphs #1"),
    }
    assert headlines <= set(timed)
    left = [line for line in lines if line.startswith("left out")]
    assert "left out  flux-dev: batched #1 (25.0 s)" in left
    everything = pieces.pieces(pieces.architectures(), RUNS)
    networks = {piece.network for piece in everything}
    assert len(timed) + len(left) == len(everything) + len(networks) + 2  # start, sum


def test_what_is_worth_most_is_planned_first_whatever_the_minutes(capsys):
    assert main(["bench", "--plan", "--minutes", "1.5", "--run", "sdxl"]) == 0
    out = capsys.readouterr().out
    assert "sdxl: naive fast #1\n" in out.split("left out")[0]
    assert "left out  sdxl: naive fast #2 (17.9 s)" in out


def test_seconds_of_a_part_are_its_operations_at_the_assumed_shares():
    spec, run = pieces.architectures()["sdxl"], RUNS["sdxl"]
    naive = 8 * (20 * 2 * 6.761 + 10.47) / (0.26 * pieces.RATE)
    fast = 8 * (20 * 2 * 6.761 + 10.47) / (0.42 * pieces.RATE)
    assert pieces.seconds(spec, run, Part(1, ("naive", "fast"))) == pytest.approx(naive + fast)
    few = pieces.seconds(spec, run, Part(1, ("fast",), at=2))
    assert few == pytest.approx(8 * (4 * 6.761 + 10.47) / (0.42 * pieces.RATE))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, as its compiler is loaded
def test_a_dry_run_goes_through_a_run_and_goes_on_where_it_was(tmp_path, capsys):
    """The code of the GPU's measurement, shrunken; a second call does what the first left out."""
    target, measured = tmp_path / "bench.json", tmp_path / "settings" / "measured"
    asked = ["bench", "--dry-run", "--run", "schnell", "--json", str(target)]
    assert main([*asked, "--minutes", "1.16"]) == 0  # the two ranks worth most
    first = json.loads(target.read_text())
    left = [
        "schnell: naive fast #2",
        *("schnell: batched exact #1", "schnell: techniques", "schnell: kernels"),
        *("schnell: tuned #1", "schnell: tuned at 3 #1"),
    ]
    assert first["left_out"] == left
    row = first["runs"]["schnell"]
    assert {at: sorted(row["timings"][at]) for at in row["timings"]} == {
        "all": ["fast", "naive"],
        "3": ["exact", "fast", "naive"],
        "1": ["exact", "fast"],
    }
    assert row["counters"]["fast"]["alone"] == row["counters"]["exact"]["alone"] == 0
    assert row["counters"]["fast"]["checks"] == 0  # all of them while it was warmed up
    known = first["networks"]["flux.1-schnell"]
    assert fullsize.VARIED[0] < known["latents_std"] < fullsize.VARIED[1]
    assert known["tflop"]["step"] > 0

    done = {**first["done"], left[0]: 1.0, left[4]: 1.0, left[5]: 1.0}
    target.write_text(json.dumps({**first, "done": done}))
    assert main([*asked, "--record", str(measured), "--resume"]) == 0
    out = capsys.readouterr().out
    found = json.loads(target.read_text())
    assert found["left_out"] == []
    assert set(found["done"]) - set(done) == set(left[1:4])
    again = found["runs"]["schnell"]
    assert again["timings"]["all"].items() > row["timings"]["all"].items()
    assert sorted(again["timings"]["all"]) == ["batched", "exact", "fast", "naive"]
    assert max(again["max_pixel_difference"].values()) <= 1
    look = found["looks"]["flux.1-schnell"]
    assert all(isinstance(took, float) for took in look["techniques"]["denoiser"].values())
    assert look["techniques"]["refused"] == [
        "FluxTransformer2DModel has no CUDA graph: an argument lies on the CPU",
    ]
    assert len(look["kernels"]["fast"]["dearest"]) == 10
    assert "a dry run: shrunken networks, whose figures mean nothing" in out
    assert "(pass / good / stretch 1.5 / 1.9 / 2.2): a dry run" in out
    [path] = measured.glob("*/*.json")
    assert path.parent.name == "flux-1-schnell"
    assert set(Time.model_validate_json(path.read_text()).paces) == {"exact", "fast"}


@pytest.mark.skipif(not PROVE, reason="every architecture, compiled: some minutes")
def test_a_dry_run_goes_through_every_architecture(tmp_path):
    target, measured = tmp_path / "bench.json", tmp_path / "settings" / "measured"
    options = ["--json", str(target), "--record", str(measured), "--minutes", "99"]
    assert main(["bench", "--dry-run", *options]) == 0
    found = json.loads(target.read_text())
    assert set(found["runs"]) == set(RUNS)
    assert set(found["networks"]) == set(PUBLISHED)
    assert not [said for said in found["done"].values() if isinstance(said, str)]
    for row in found["runs"].values():
        assert max(row["max_pixel_difference"].values()) <= 1
    files = sorted(measured.glob("*/*.json"))
    assert {path.parent.name for path in files} == MEASURED_AS
    for path in files:
        assert path.name.startswith("time-cpu-")
        Time.model_validate_json(path.read_text())


def test_every_measured_architecture_is_a_model_of_the_guide():
    assert {spec["model"] for spec in pieces.architectures().values()} == MEASURED_AS
    assert sorted(MEASURED_AS - set(catalogue().models)) == []


def made(**timings) -> dict:
    """What a card's bench of SDXL may have written."""
    row = {
        "architecture": "sdxl",
        "steps": [20],
        "pictures_per_step_count": 8,
        "width": 8,
        "timings": timings,
        "set_up_seconds": {"fast": 12.0},
        "peak_memory_gib": {"fast": 20.5},
    }
    row |= {"counters": {}, "max_pixel_difference": {}, "width_at_the_end": {}}
    return {
        "machine": {"device": "cuda (NVIDIA H200)"},
        "matmul_tflops": 800.0,
        "networks": {"sdxl": {"tflop": {"step": 13.5, "decode": 10.0}, "dtype": "bfloat16"}},
        "runs": {"sdxl": row},
        "looks": {},
        "done": {},
        "left_out": ["sdxl: tuned #1"],
    }


def test_ratios_are_of_rounds_that_took_turns_and_say_which_level_they_meet():
    found = made(all={"naive": [10.0, 20.0], "fast": [5.0, 10.0], "exact": [8.0], "graphs": [8.0]})
    row = found["runs"]["sdxl"]
    told = summary.figures(found, row)
    assert told["fast"]["ratio"] == 2.0
    assert told["exact"]["ratio"] == 1.25
    assert told["fast"]["images/s"] == pytest.approx(8 / 7.5)
    assert told["fast"]["share_of_ceiling"] == pytest.approx(8 * 280 / 7.5 / 800)
    assert [one["level"] for one in summary.reached(found, row, RUNS["sdxl"])] == [
        *("good", "missed", "pass"),
    ]
    assert summary.break_even(found, row) == pytest.approx(12 / (1.0 - 7.5 / 8))
    out = summary.table(found)
    assert "fast: 2 naive ÷ (pass / good / stretch 1.5 / 1.9 / 2.3): good" in out
    assert "left out, go on with --resume: sdxl: tuned #1" in out
    assert "turbo: not measured" in out


def test_a_network_that_answers_nan_is_not_timed():
    spec = fullsize.shrunken(pieces.architectures()["sd-1.5"])
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
