"""What `render measure` makes of a ladder of pictures, and when it refuses to name a sweet spot."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from render.__main__ import main
from render.errors import RenderError
from render.models import find_model
from render.reference import dataset
from render.reference.scenes import HELD_OUT_FROM
from render.sweeps import metrics, specs
from render.sweeps.summary import LOOSE_MARGIN, MARGIN, SETTLED, summarise
from tests.render import tiny

VALUES = [1, 2, 4, 8, 16, 32, 64]
PROMPTS, SEEDS = 16, 2


def found(change=None, hits=None, *, moved: float | None = 0.0, values=VALUES) -> dict:
    """A measurement whose raw numbers are the same for every picture of a row."""
    pictures = PROMPTS * SEEDS
    reference = None if moved is None else {"value": 200, "change": [moved] * pictures}
    return {
        "sweep": "steps",
        "judge": "0" * 32 if hits else None,
        "prompts": [f"prompt {i}" for i in range(PROMPTS)],
        "seeds": list(range(SEEDS)),
        "reference": reference,
        "rows": [
            {
                "value": value,
                "change": None if change is None else [change[i]] * pictures,
                "hits": None if hits is None else hits[i] * (pictures // len(hits[i])),
            }
            for i, value in enumerate(values)
        ],
    }


CHANGE = [0.5, 0.3, 0.2, 0.09, 0.04, 0.02, 0.01]


def test_without_a_judge_change_alone_names_low_steps_and_high():
    """Each is the first rung from which the change stays at or below its stated limit."""
    answer = summarise(found(CHANGE))["sweet_spot"]
    assert answer == {"low": 4, "steps": 8, "high": 16, "stable": 1.0}


def test_the_change_per_added_step_is_told_of_every_rung_but_the_first():
    """Divided by the steps between two rungs, which are not one apart."""
    rows = summarise(found(CHANGE))["rows"]
    assert "change_per_step" not in rows[0]
    told = [row["change_per_step"] for row in rows[1:]]
    assert told == [-0.2, -0.05, -0.0275, -0.00625, -0.00125, -0.00031]


def test_a_picture_that_failed_at_one_rung_counts_for_neither_side_of_a_step():
    """Its neighbour's figure would stand in for it; without any pair there is no figure."""
    raw = found([0.5, 0.3], values=[1, 2])
    raw["rows"][0]["change"] = [None] + [0.9] + [0.5] * 30
    raw["rows"][1]["change"] = [0.1] + [None] + [0.3] * 30
    assert summarise(raw)["rows"][1]["change_per_step"] == -0.2
    raw["rows"][0]["change"] = [0.5, None] * 16
    raw["rows"][1]["change"] = [None, 0.3] * 16
    assert summarise(raw)["rows"][1]["change_per_step"] is None


def test_a_sweep_of_other_values_or_without_a_reference_has_no_change_per_step():
    """Guidance adds no step, and a sampler that settles on nothing has no change."""
    guidance = {**found(CHANGE), "sweep": "guidance"}
    for raw in (guidance, found(None, ["f"] * 7, moved=None)):
        assert not any("change_per_step" in row for row in summarise(raw)["rows"])


def test_a_rung_that_dips_below_the_limit_once_is_not_the_answer():
    """The picture at 4 steps happens to lie close; from 16 steps on it stays close."""
    answer = summarise(found([0.5, 0.3, 0.05, 0.3, 0.04, 0.02, 0.01]))["sweet_spot"]
    assert answer["steps"] == 16


def test_with_a_judge_steps_needs_both_quality_and_a_picture_that_hardly_changes():
    """7 = three factors of four. Everything is right from 4 steps on; from 8 it hardly changes."""
    answer = summarise(found(CHANGE, ["1", "3", "f", "f", "f", "f", "f"]))["sweet_spot"]
    assert answer == {"low": 4, "steps": 8, "high": 16, "stable": 1.0}
    answer = summarise(found(CHANGE, ["1", "3", "7", "7", "f", "f", "f"]))["sweet_spot"]
    assert (answer["steps"], answer["high"]) == (16, 16)


def test_a_loss_within_the_loose_margin_alone_makes_the_low_end():
    """One factor wrong in four pictures of 32 costs 1/32, but it could be 0.056 at 95 %."""
    hits = ["1", "3", "7fffffff", "f", "f", "f", "f"]
    raw = found([0.1] * 7, hits)
    for row in raw["rows"]:
        row["hits"] = row["hits"].replace("7fffffff7fffffff", "7f7fffffffffffff")
    answer = summarise(raw)["sweet_spot"]
    assert 1 / 32 < MARGIN < 0.056 < LOOSE_MARGIN
    assert (answer["low"], answer["steps"]) == (4, 8)


def test_a_model_that_gets_worse_past_its_range_is_judged_by_its_best_rungs():
    """A distilled model: best at 2 to 8 steps, worse after. More steps are no plateau."""
    answer = summarise(found(None, ["1", "f", "f", "f", "7", "3", "3"], moved=None))["sweet_spot"]
    assert (answer["steps"], answer["high"]) == (2, 2)


def test_a_reference_that_still_moves_gives_no_sweet_spot():
    """Its distance to the last rung is above what counts as settled."""
    answer = summarise(found(CHANGE, moved=SETTLED * 1.01))
    assert answer["converged"] is False
    assert answer["sweet_spot"] is None


def test_a_sweet_spot_that_depends_on_the_prompts_is_given_as_a_range():
    """Half of the prompts need 2 steps and half need 32: no rung is right within one."""
    raw = found(CHANGE)
    for i, row in enumerate(raw["rows"]):
        row["change"] = [0.0 if i >= 1 else 0.5] * 31 + [3.0 if i < 5 else 0.0]
    answer = summarise(raw)["sweet_spot"]
    assert answer["stable"] < 0.9
    assert answer["range"] == [2, 32]


def test_a_picture_that_could_not_be_made_is_left_out_of_the_means():
    """`x` in the hits and null in the distances."""
    raw = found(CHANGE, ["f"] * 7)
    raw["rows"][3]["change"][5], raw["rows"][3]["hits"] = None, "fffffx" + "f" * 26
    row = summarise(raw)["rows"][3]
    assert (row["change"], row["quality"]) == (0.09, 1.0)


def test_a_summary_is_the_same_every_time():
    """Its bootstraps draw from a fixed seed: the file can be computed again by anyone."""
    rng = np.random.default_rng(3)
    raw = found(CHANGE)
    for row in raw["rows"]:
        row["change"] = list(rng.uniform(0, 0.3, PROMPTS * SEEDS))
    assert summarise(raw) == summarise(json.loads(json.dumps(raw)))


@pytest.mark.parametrize("spoil", ["blur", "noise"])
def test_the_metrics_rank_every_ladder_of_spoiled_pictures_right(spoil):
    """Six real scenes, each spoiled more and more: distances must only grow."""
    pictures = dataset.pictures(dataset.training_seeds(6, first=HELD_OUT_FROM), 128, "test")
    for picture in pictures:
        ladder = [metrics.spoiled(picture, spoil, amount) for amount in metrics.LADDER]
        flips = [metrics.flip(picture, worse) for worse in ladder]
        assert flips[0] == 0
        assert flips == sorted(flips)
        similar = [metrics.ssim(picture, worse) for worse in ladder]
        assert similar == sorted(similar, reverse=True)


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """Two prompts and a short ladder, so that a whole measurement takes a second."""
    monkeypatch.setattr(specs, "STEPS", (1, 2, 3))
    monkeypatch.setattr(specs, "REFERENCE_STEPS", 5)
    monkeypatch.setattr("render.measure.CACHE", tmp_path / "cache")
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("a castle\n\nthe sea\n")
    return prompts


def test_any_diffusers_folder_can_be_measured_with_prompts_of_ones_own(model, asked, tmp_path):
    """No judge knows the prompts: change to the converged picture, no quality.

    Given a folder for it, nothing is written beside: strips go there too.
    """
    options = ("--sweep", "steps", "--prompts", str(asked), "--seeds", "2")
    assert main(["measure", str(model), *options, "--out", str(tmp_path / "out")]) == 0
    raw = json.loads((tmp_path / "out" / model.name / "steps-euler-trailing.json").read_text())
    assert [row["value"] for row in raw["rows"]] == [1, 2, 3]
    assert [row["calls"] for row in raw["rows"]] == [2, 4, 6]
    assert all(len(row["change"]) == 4 and row["hits"] is None for row in raw["rows"])
    assert raw["reference"]["second_opinion"] == "dpmpp-2m"
    assert raw["summary"] == summarise(raw)
    assert [timed["value"] for timed in raw["timing"]] == [1, 2, 3]
    strips = sorted(path.name for path in (tmp_path / "out" / "strips" / model.name).glob("*"))
    assert strips == ["steps-euler-trailing-0.webp", "steps-euler-trailing-1.webp"]


def test_a_second_measurement_renders_nothing_and_says_the_same(model, asked, tmp_path, capfd):
    """What was rendered is kept without loss until the weights or the environment change."""
    command = ["measure", str(model), "--sweep", "steps", "--prompts", str(asked)]
    told = []
    for _ in range(2):
        assert main([*command, "--out", str(tmp_path / "out")]) == 0
        told.append(capfd.readouterr())
    cached = sorted((tmp_path / "cache").rglob("*.png"))
    assert len(cached) == 2 * 2 * 5  # 1, 2, 3 and 5 steps, and the second opinion's 5
    assert "picture" not in told[1].err
    assert told[0].out == told[1].out


def test_a_stochastic_sampler_has_no_converged_picture(model):
    """Euler a adds noise at every step: only quality could judge it."""
    [spec] = specs.specs_of("steps", find_model(str(model)), ["euler-ancestral"])
    assert spec.reference is None


def test_a_few_step_sampler_is_measured_no_further_than_it_goes(model):
    """diffusers' LCM refuses more steps than it was distilled with."""
    [spec] = specs.specs_of("steps", find_model(str(model)), ["lcm"])
    assert spec.values[-1] == 50


def test_a_sampler_that_diffusers_lacks_is_refused_by_name(model):
    """Before anything is loaded."""
    with pytest.raises(RenderError) as refused:
        specs.specs_of("steps", find_model(str(model)), ["restart"])
    assert str(refused.value) == (
        "--scheduler: expected a sampler of settings/schedulers/ that diffusers has, got 'restart'."
    )


def test_a_model_our_judge_does_not_know_needs_prompts(model, capsys):
    """Our own prompts describe scenes that only the reference models were trained on."""
    assert main(["measure", str(model), "--sweep", "steps"]) == 2
    assert "expected --prompts FILE, got none" in capsys.readouterr().err


def test_a_clip_model_scores_every_picture_beside_the_other_numbers(model, asked, tmp_path):
    """The user's own weights, from a folder; a score decides nothing."""
    clip = tiny.clip_model(tmp_path / "clip")
    options = ("--sweep", "steps", "--prompts", str(asked), "--clip", str(clip), "--seeds", "1")
    assert main(["measure", str(model), *options, "--out", str(tmp_path / "out")]) == 0
    raw = json.loads((tmp_path / "out" / model.name / "steps-euler-trailing.json").read_text())
    assert all(len(row["clip"]) == 2 for row in raw["rows"])
    assert all(-100 <= score <= 100 for row in raw["rows"] for score in row["clip"])
    assert {"clip", "clip_95"} <= raw["summary"]["rows"][0].keys()


def test_a_folder_without_a_clip_model_is_refused(model, asked, tmp_path, capsys):
    """Before the model to measure is loaded."""
    options = ("--sweep", "steps", "--prompts", str(asked), "--clip", str(tmp_path))
    assert main(["measure", str(model), *options]) == 2
    assert "expected a folder with a CLIP model and its processor" in capsys.readouterr().err


def test_a_clip_model_that_is_stored_as_a_pickle_is_refused(model, asked, tmp_path, capsys):
    """Only safetensors are read: a pickle may hold any code."""
    clip = tiny.clip_model(tmp_path / "clip")
    tensors = load_file(clip / "model.safetensors")
    torch.save(tensors, clip / "pytorch_model.bin")
    (clip / "model.safetensors").unlink()
    options = ("--sweep", "steps", "--prompts", str(asked), "--clip", str(clip))
    assert main(["measure", str(model), *options]) == 2
    assert f"--clip {clip}: expected a folder with a CLIP model" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore:The `local_dir_use_symlinks`:UserWarning")  # diffusers says it
def test_a_hub_model_is_measured_from_where_its_commit_was_downloaded(
    model, asked, tmp_path, monkeypatch
):
    """A hub cache as the hub's own library lays it out; nothing is fetched."""
    commit, cache = "0f" * 20, tmp_path / "hub"
    shutil.copytree(model, cache / "models--nobody--tiny" / "snapshots" / commit)
    refs = cache / "models--nobody--tiny" / "refs"
    refs.mkdir()
    (refs / "main").write_text(commit)
    for module in ("huggingface_hub.constants", "diffusers.pipelines.pipeline_utils"):
        for name in ("HF_HUB_CACHE", "HF_HUB_OFFLINE"):
            value = {"HF_HUB_CACHE": str(cache), "HF_HUB_OFFLINE": True}[name]
            monkeypatch.setattr(f"{module}.{name}", value, raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    options = ("--sweep", "steps", "--prompts", str(asked), "--seeds", "1")
    name = f"nobody/tiny@{commit}"
    assert main(["measure", name, *options, "--out", str(tmp_path / "out")]) == 0
    found = tmp_path / "out" / "nobody--tiny" / "steps-euler-trailing.json"
    assert json.loads(found.read_text())["weights"] == commit


def test_a_value_of_which_no_picture_could_be_made_has_no_row(model, asked, tmp_path, monkeypatch):
    """diffusers' LCM refuses more steps than it was distilled with: named, and the rest stands."""
    monkeypatch.setattr(specs, "STEPS", (1, 2, 60))
    monkeypatch.setattr(specs, "MOST_STEPS", {})
    options = ("--sweep", "steps", "--scheduler", "lcm", "--prompts", str(asked), "--seeds", "1")
    assert main(["measure", str(model), *options, "--out", str(tmp_path / "out")]) == 0
    raw = json.loads((tmp_path / "out" / model.name / "steps-lcm.json").read_text())
    assert [row["value"] for row in raw["rows"]] == [1, 2]
    [why] = raw["failed"]
    assert "num_inference_steps = 60" in why
