"""The bench's pieces with `--device cuda`, shrunken, on a card that pretends."""

from __future__ import annotations

import pytest

from render.bench import fullsize
from render.bench.full import pieces, session, summary, switches
from render.bench.full.runs import RUNS
from render.bench.machine import machine
from tests.render.pretend_cuda import NAME, pretend_cuda


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, as its compiler is loaded
def test_every_piece_of_a_run_goes_through_on_a_card(monkeypatch):
    """Nothing is compiled there, nor profiled by a PyTorch that was built without CUDA."""
    small = {name: fullsize.shrunken(spec) for name, spec in pieces.architectures().items()}
    runs = {name: run.shrunken() for name, run in RUNS.items()}
    monkeypatch.setattr(fullsize, "specs", lambda device: small)
    monkeypatch.setattr(session, "RUNS", runs)
    monkeypatch.setattr(session, "matmul_ceiling", lambda device: 1.0)
    monkeypatch.setattr(switches, "prepare", lambda pipe, profile, **how: None)
    counted, work = [], fullsize.work
    monkeypatch.setattr(fullsize, "work", lambda *given: counted.append(given[2]) or work(*given))
    with pretend_cuda():
        found = {"machine": machine("cuda")}
        bench = session.Session("cuda", 99.0, found, lambda found: None, ["schnell"])
        bench.go()
    assert counted == [1, 2]  # operations of an architecture, once for all of its pieces
    planned = pieces.chosen(pieces.pieces(small, bench.runs), small, 6000.0)[1]
    assert bench._expected == pytest.approx(planned - pieces.START)  # what pace is compared with
    failed = {id for id, said in found["done"].items() if isinstance(said, str)}
    assert failed <= {"schnell: kernels"}, found["done"]
    assert found["machine"]["device"] == f"cuda ({NAME})"
    assert found["networks"]["flux.1-schnell"]["dtype"] == "bfloat16"
    row = found["runs"]["schnell"]
    assert set(row["peak_memory_gib"]) >= {"naive", "batched", "exact", "fast"}
    assert row["counters"]["exact"]["alone"] == 0
    assert found["looks"]["flux.1-schnell"]["techniques"]["refused"] == []
    assert "schnell: FLUX.1 schnell" in summary.table(found)
