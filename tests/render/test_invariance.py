"""The invariance suite finds what it is there to find."""

from __future__ import annotations

import json
import shutil
import sys

import diffusers
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from render.__main__ import main
from render.bench import fullsize, invariance, suite, verdicts
from render.bench.machine import machine
from render.errors import RenderError
from render.rows import describe
from tests.prove import PROVE
from tests.render.pretend_cuda import pretend_cuda


@pytest.mark.parametrize("name", ["sd-1.5", "flux.1-schnell"])
def test_real_networks_keep_a_calls_bits_at_every_slot(name):
    torch.set_num_threads(1)
    spec = fullsize.specs("cpu")[name]
    pipe = fullsize.build(spec, "cpu")
    call = invariance.first_call(pipe, spec["denoiser"], fullsize.jobs(spec, "cpu")[0])
    row = invariance.at_width(call, 4)
    assert {key: row[key] for key in ("slots", "mates", "padding", "repeated")} == {
        "slots": True,
        "mates": True,
        "padding": True,
        "repeated": True,
    }
    assert row["alone_max_abs"] < 1e-4
    assert "forward" not in vars(getattr(pipe, spec["denoiser"]))


def test_an_answer_that_would_have_the_same_bits_anyway_shows_nothing():
    for constant in (0.0, float("nan"), float("inf")):
        with pytest.raises(RenderError) as raised:
            verdict(lambda x, t, constant=constant: (x * 0 + constant,))
        assert str(raised.value) == (
            "the network's answer: expected finite numbers that vary, got others."
        )


def verdict(forward) -> list[str]:
    """What the suite says of a function of one row, at width 4."""
    call = describe(forward, (torch.tensor([[2.0, 1.0, 0.5]]), torch.tensor(3.0)), {})
    found = {"models": {"net": {"widths": {"4": invariance.at_width(call, 4)}}}}
    return verdicts.failed(found)


def test_rows_that_look_at_each_other_are_named():
    assert verdict(lambda x, t: (x + t.reshape(-1, 1),)) == []
    assert verdict(lambda x, t: (x - x.mean(0),)) == [
        "net: width 4: mates",
        "net: width 4: padding",
    ]


def test_a_slot_that_answers_otherwise_is_named():
    assert verdict(lambda x, t: (x + torch.arange(len(x)).reshape(-1, 1),)) == [
        "net: width 4: slots"
    ]


def test_an_answer_that_changes_from_call_to_call_is_named():
    calls = []

    def restless(x, t):
        calls.append(1)
        return (x + len(calls),)

    assert "net: width 4: repeated" in verdict(restless)


@pytest.fixture
def few(monkeypatch):
    """One network at two widths."""
    monkeypatch.setattr(suite, "MODELS", ("flux.1-schnell",))
    monkeypatch.setattr(suite, "WIDTHS", (1, 4))
    monkeypatch.setattr(suite, "COMPILED", (4, 1))


def test_a_second_process_with_other_bits_is_named_and_what_was_found_is_kept(
    few, tmp_path, capsys
):
    """Resumed where the second process had not been asked, and one of two digests is not its."""
    path, threads = tmp_path / "invariance.json", torch.get_num_threads()
    torch.set_num_threads(1)
    found = {"models": {}, "machine": machine("cpu")}
    for piece in suite.pieces(False)[:2]:
        suite.Suite("cpu", found, lambda found: None)._do(piece)
    rows = found["models"]["flux.1-schnell"]["widths"]
    rows["4"]["digest"] = "0" * 32
    path.write_text(json.dumps(found))
    assert main(["invariance", "--json", str(path), "--resume"]) == 1
    torch.set_num_threads(threads)
    rows = json.loads(path.read_text())["models"]["flux.1-schnell"]["widths"]
    assert {width: row["process"] for width, row in rows.items()} == {"1": True, "4": False}
    out = capsys.readouterr().out.splitlines()
    assert "NOT BITWISE: flux.1-schnell: width 4: process" in out
    assert "process flux.1-schnell width 1: True" in out


def test_what_is_not_resumable_is_refused(few, tmp_path, capsys):
    path = tmp_path / "invariance.json"
    assert main(["invariance", "--resume"]) == 2
    assert capsys.readouterr().err == "--resume: expected --json FILE beside it, got none.\n"
    path.write_text("{}")
    assert main(["invariance", "--resume", "--json", str(path)]) == 2
    assert capsys.readouterr().err == (
        f"{path}: expected what `render invariance --json` wrote, got something else.\n"
    )
    path.write_text(json.dumps({"models": {}, "machine": {**machine("cpu"), "device": "cuda (A)"}}))
    assert main(["invariance", "--resume", "--json", str(path)]) == 2
    here = machine("cpu")["device"]
    assert capsys.readouterr().err == (
        f"--resume: expected what device {here} found, got cuda (A)'s.\n"
    )


def shrunken(monkeypatch) -> None:
    """Networks of a dry run, though the device is a GPU."""
    real = fullsize.specs
    monkeypatch.setattr(fullsize, "specs", lambda device: real("cpu"))


def test_on_a_gpu_graphs_are_compared_and_compiled_networks_measured(few, monkeypatch):
    """On a device that pretends; its compiler leaves everything as it is."""
    shrunken(monkeypatch)
    found = {"models": {}}
    with pretend_cuda():
        checks = suite.Suite("cuda", found, lambda found: None)
        for piece in checks.todo(compile_too=True):
            if piece.kind != "process":
                checks._do(piece)
    rows = found["models"]["flux.1-schnell"]["widths"]
    assert [rows[width]["graph"] for width in ("1", "4")] == [True, True]
    assert [rows[width]["compiled_max_abs"] for width in ("1", "4")] == [0.0, 0.0]
    assert [key for row in rows.values() for key in row if key.endswith("_error")] == []


def test_a_graph_with_other_bits_is_named_and_one_that_cannot_be_had_is_told(monkeypatch):
    said = {"Net has no CUDA graph: its replay gave other bits": None}
    with pretend_cuda():
        monkeypatch.setattr(
            invariance.Replays, "_record", lambda self, *_: self.refused.update(said)
        )
        x, t = torch.tensor([[2.0, 1.0]], device="cuda"), torch.tensor(3.0, device="cuda")
        call = describe(lambda x, t: (x + t.reshape(-1, 1),), (x, t), {})
        row = invariance.at_width(call, 4)
        assert verdicts.failures(row) == ["graph"]
        said.clear()
        said["Net has no CUDA graph: an argument lies on the CPU"] = None
        row = invariance.at_width(call, 4)
    assert verdicts.failures(row) == []
    assert row["no_graph"] == "Net has no CUDA graph: an argument lies on the CPU"


def test_what_does_not_fit_into_the_minutes_is_left_out_and_named(few, monkeypatch):
    shrunken(monkeypatch)
    with pretend_cuda():
        found = suite.suite("cuda", True, 0.01)
    assert found["left_out"] == [
        "rows flux.1-schnell 1",
        "rows flux.1-schnell 4",
        "process",
        "compiled flux.1-schnell 4",
        "compiled flux.1-schnell 1",
    ]
    assert "left out: process" in verdicts.table(found).splitlines()


def test_the_plan_fits_every_bitwise_check_into_four_minutes(capsys):
    assert main(["invariance", "--plan", "--compile"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert not [line for line in lines if "left for" in line and not line.startswith("compiled")]
    assert sum(line.startswith("rows") for line in lines) == 3 * 4
    at_8 = [line for line in lines if line.startswith("compiled") and " width 8 " in line]
    assert len(at_8) == 3
    assert not any("left for" in line for line in at_8)


def test_a_second_process_that_fails_is_told_and_costs_no_row(few, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    path = tmp_path / "invariance.json"
    assert main(["invariance", "--json", str(path)]) == 1
    assert "second process: it ended with status 1" in capsys.readouterr().out.splitlines()
    rows = json.loads(path.read_text())["models"]["flux.1-schnell"]["widths"]
    assert all("digest" in row and "process" not in row for row in rows.values())


@pytest.mark.parametrize("name", suite.MODELS if PROVE else ["sd-1.5"])
def test_the_plan_counts_what_a_network_computes(name):
    """TFLOP of one row at full size, counted where tensors have shapes and no content."""
    spec = fullsize.specs("cuda")[name]
    model = spec["models"][spec["denoiser"]]
    with torch.device("meta"):
        network = getattr(diffusers, model["class"]).from_config(model["config"])
        inputs = {"sd-1.5": unet, "sdxl": unet_xl, "flux.1-schnell": flux}[name](spec)
        with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
            network(**inputs)
    assert counter.get_total_flops() / 1e12 == pytest.approx(spec["tflop"]["evaluation"], rel=0.01)


def unet(spec: dict) -> dict:
    side = spec["call"]["height"] // 8
    embeds = torch.zeros(1, *spec["embeds"]["prompt_embeds"])
    return {
        "sample": torch.zeros(1, 4, side, side),
        "timestep": torch.zeros(1),
        "encoder_hidden_states": embeds,
    }


def unet_xl(spec: dict) -> dict:
    pooled = torch.zeros(1, *spec["embeds"]["pooled_prompt_embeds"])
    added = {"text_embeds": pooled, "time_ids": torch.zeros(1, 6)}
    return {**unet(spec), "added_cond_kwargs": added}


def flux(spec: dict) -> dict:
    tokens = (spec["call"]["height"] // 16) ** 2
    embeds = torch.zeros(1, *spec["embeds"]["prompt_embeds"])
    return {
        "hidden_states": torch.zeros(1, tokens, 64),
        "encoder_hidden_states": embeds,
        "pooled_projections": torch.zeros(1, *spec["embeds"]["pooled_prompt_embeds"]),
        "timestep": torch.zeros(1),
        "img_ids": torch.zeros(tokens, 3),
        "txt_ids": torch.zeros(embeds.shape[1], 3),
    }
