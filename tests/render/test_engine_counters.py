"""What a run does, counted: nothing twice, batches full, and only what is missing."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from render.counters import Counters
from render.manifest import read_cells
from render.plan import ROOT, load_plan
from render.run import run

PLAN = """\
title: A sweep
transfers: mechanism
models: [{model}]
settings: {{guidance_scale: 3.0, width: 64, height: 64}}
prompts:
  castle: {{prompt: "a castle"}}
  sea: {{prompt: "the sea"}}
  hill: {{prompt: "a hill"}}
  road: {{prompt: "a road"}}
axes:
  num_inference_steps: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  seed: [1, 2]
"""


@pytest.fixture
def sweep(studio, model):
    torch.set_num_threads(1)
    studio.plan.write_text(PLAN.format(model=model))
    return studio


def render(studio, width=8):
    return run([load_plan(str(studio.plan))], studio.out, device="cpu", width=width)


def test_a_sweep_encodes_each_text_once_fills_its_batches_and_is_not_made_twice(sweep):
    """Eighty cells with guidance: 880 rows, in at most 5 % more calls than rows need.

    This scheduler starts every step count at one noise level: a prompt and seed's first evaluation
    is computed for one of its ten cells and serves the other nine.
    """
    counters = render(sweep).counters
    assert counters.model_loads == 1
    assert counters.text_encodes == 5  # four prompts and the empty one
    assert counters.cache_hits == 2 * 80 - 5
    assert counters.denoiser_rows + counters.shared_rows == 2 * 8 * sum(range(1, 11))
    assert counters.shared_rows == 2 * 8 * 9
    ideal = math.ceil(counters.denoiser_rows / 8)
    assert counters.denoiser_calls + counters.checks <= 1.05 * ideal
    assert (counters.alone, counters.decodes) == (0, 80)
    assert counters.padding_rows == 0  # 736 rows fill 92 batches of eight

    again = render(sweep)
    assert again.counters == Counters()
    assert str(again) == "rendered 0, reused 80, failed 0"

    text = sweep.plan.read_text()
    sweep.plan.write_text(text.replace("9, 10]", "9, 10, 12]"))
    more = render(sweep)
    assert str(more) == "rendered 8, reused 80, failed 0"
    assert more.counters.denoiser_rows == 2 * 8 * 12
    assert more.counters.decodes == 8


def small(studio) -> None:
    text = studio.plan.read_text().replace("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", "[2, 3]")
    studio.plan.write_text(text)


def test_a_resumed_run_makes_the_same_files_as_an_unbroken_one(sweep):
    small(sweep)
    render(sweep)
    whole = {p.name: p.read_bytes() for p in sweep.folder.glob("*.webp")}
    for name in sorted(whole)[::3]:
        (sweep.folder / name).unlink()
    assert render(sweep).rendered == 6
    assert {p.name: p.read_bytes() for p in sweep.folder.glob("*.webp")} == whole


def test_the_width_is_recorded_and_another_width_is_stale_for_the_strict_alone(sweep):
    small(sweep)
    render(sweep, width=4)
    assert {c["environment"]["batch"] for c in read_cells(sweep.folder).values()} == {4}
    assert render(sweep, width=8).rendered == 0
    plan = load_plan(str(sweep.plan))
    strict = run([plan], sweep.out, device="cpu", width=8, strict_environment=True)
    assert strict.rendered == 16


def test_two_plans_of_one_model_share_its_batches_and_load_it_once(sweep, model):
    small(sweep)
    other = sweep.plan.with_name("other.yaml")
    other.write_text(sweep.plan.read_text().replace("seed: [1, 2]", "seed: [3]"))
    plans = [load_plan(str(path)) for path in (sweep.plan, other)]
    summary = run(plans, sweep.out, device="cpu", width=8)
    assert (summary.rendered, summary.counters.model_loads) == (24, 1)
    assert summary.counters.text_encodes == 5
    for plan in plans:
        assert len(json.loads((sweep.out / plan.id / "manifest.json").read_text())["cells"]) > 7


def test_an_interrupt_leaves_at_once_and_keeps_what_was_finished(sweep):
    """Exit 130, no traceback, no thread that keeps the process; a busy machine gets its time."""
    text = sweep.plan.read_text()
    sweep.plan.write_text(text.replace("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", "[60, 61, 62]"))
    command = ["run", str(sweep.plan), "--out", str(sweep.out), "--device", "cpu"]
    process = subprocess.Popen(
        [sys.executable, "-m", "render", *command],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        # A job in the background inherits an ignored SIGINT from its shell.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    until = time.monotonic() + 600
    while not (sweep.folder / "manifest.json").is_file() and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert errors.endswith("Finished pictures are kept; the same command continues.\n")
    kept = len(read_cells(sweep.folder))
    assert 1 <= kept < 24
    assert all(
        (sweep.folder / cell["file"]).is_file() for cell in read_cells(sweep.folder).values()
    )
