"""A width that failed on a GPU is not the one it renders with, and whoever asks for it is told."""

from __future__ import annotations

import json

import pytest

from render import manifest, widths
from render.__main__ import main
from tests.render.pretend_cuda import pretend_cuda

DEVICE = "cuda (NVIDIA Pretend)"


def row(**checks: bool) -> dict:
    return {"digest": "a", "slots": True, "mates": True, "process": True, **checks}


def found(**by_width: dict) -> dict:
    """What a suite of two networks has: the first holds everywhere."""
    bad = {width.removeprefix("w"): one for width, one in by_width.items()}
    good = {width: row() for width in bad}
    return {
        "machine": {"device": DEVICE, "torch": "2.11.0"},
        "models": {"sdxl": {"widths": good}, "flux": {"widths": bad}},
    }


@pytest.fixture
def record(tmp_path, monkeypatch):
    folder = tmp_path / "widths"
    monkeypatch.setattr(widths, "RECORDS", folder)
    return lambda **by_width: widths.write(found(**by_width), folder)


def test_a_gpu_of_which_nothing_is_known_renders_as_ever(record):
    assert widths.chosen(DEVICE, None, 8) == (8, [])
    assert widths.chosen(DEVICE, 16, 8) == (16, [])
    assert widths.doubts(DEVICE, 8) == []


def test_where_the_default_held_nothing_changes(record):
    record(w1=row(), w8=row(), w16=row(slots=False))
    assert widths.chosen(DEVICE, None, 8) == (8, [])
    assert widths.chosen(DEVICE, 4, 8) == (4, [])


def test_where_the_default_failed_the_widest_that_held_below_it_is_used_and_told(record):
    record(w1=row(), w4=row(), w8=row(slots=False, process=False), w16=row())
    told = (
        "rendering at width 4: width 8 did not keep a picture's bits on cuda (NVIDIA Pretend) "
        "(flux: slots, flux: process)."
    )
    assert widths.chosen(DEVICE, None, 8) == (4, [told])
    record(w1=row(), w4=row(mates=False), w8=row(slots=False))
    assert widths.chosen(DEVICE, None, 8)[0] == 1


def test_a_failed_width_that_is_asked_for_stays_and_is_told(record):
    record(w1=row(), w4=row(), w16=row(mates=False))
    assert widths.chosen(DEVICE, 16, 8) == (
        16,
        [
            "--width 16: expected one that does, such as 4: width 16 did not keep a picture's "
            "bits on cuda (NVIDIA Pretend) (flux: mates)."
        ],
    )


def test_a_graph_with_other_bits_leaves_exact_its_width(record):
    record(w8=row(graph=False))
    assert widths.chosen(DEVICE, None, 8) == (8, [])
    assert widths.doubts(DEVICE, 8) == [
        "--profile graphs: at width 8 other bits were seen on cuda (NVIDIA Pretend) (flux). "
        "Each graph is checked before it is used."
    ]


def test_what_is_half_measured_says_nothing_of_its_width(record, tmp_path):
    half = {"digest": "a", "slots": False}  # no second process yet
    record(w4=row(), w8=half)
    told = json.loads((tmp_path / "widths" / "pretend.json").read_text())
    assert told == {
        "device": DEVICE,
        "torch": "2.11.0",
        "models": ["flux", "sdxl"],
        "widths": {"4": []},
        "graphs": {"4": []},
    }


def test_a_run_uses_the_width_that_held_says_so_once_and_writes_it_into_its_pictures(
    record, studio, capsys
):
    record(w1=row(), w4=row(), w8=row(slots=False))
    options = [str(studio.plan), "--device", "cuda", "--out", str(studio.out)]
    with pretend_cuda():
        assert main(["run", *options]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert sum("rendering at width 4: width 8 did not" in line for line in lines) == 1
    cells = manifest.read_cells(studio.folder).values()
    assert {cell["environment"]["batch"] for cell in cells} == {4}
    assert len(cells) == 4


def test_a_width_can_be_asked_for(studio):
    assert main(["run", str(studio.plan), "--width", "2", "--out", str(studio.out)]) == 0
    cells = manifest.read_cells(studio.folder).values()
    assert {cell["environment"]["batch"] for cell in cells} == {2}
