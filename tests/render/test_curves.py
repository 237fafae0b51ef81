"""Computed figures say what diffusers does: each published one is computed again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from render.__main__ import main
from render.curves import figures
from render.curves.curve import axis, line, strip
from render.curves.pipelines import img2img_steps

PUBLISHED = sorted(figures.FIGURES)


def published(name: str) -> dict[str, Any]:
    """Returns a figure as the repository holds it."""
    return json.loads((figures.CURVES / f"{name}.json").read_text("utf-8"))


def test_each_figure_is_published_and_nothing_else() -> None:
    assert sorted(path.stem for path in figures.CURVES.iterdir()) == PUBLISHED


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_figure_is_what_diffusers_computes_today(name: str) -> None:
    """Words and places to the letter, numbers to the last of their four digits."""
    if name == "schedule-levels":
        pytest.importorskip("scipy")  # diffusers asks for it for beta levels alone
    now, then = json.loads(figures.dumps(figures.compute(name))), published(name)
    for one, before in zip(now["series"], then["series"], strict=True):
        for key in ("xs", "ys"):
            assert one.pop(key, []) == pytest.approx(before.pop(key, []), rel=2e-3)
    assert now == then


def test_the_levels_are_those_of_the_papers_formulas() -> None:
    """Karras et al. 2022, equation 5 with rho 7, and equal ratios, worked out by hand."""
    lines = {one["name"]: one["ys"] for one in published("schedule-levels")["series"]}
    high, low = lines["normal"][0], lines["normal"][-1]
    for step in (5, 12):
        share = step / 19
        bent = (high ** (1 / 7) + share * (low ** (1 / 7) - high ** (1 / 7))) ** 7
        assert lines["karras"][step] == pytest.approx(bent, rel=2e-3)
        assert lines["exponential"][step] == pytest.approx(high * (low / high) ** share, rel=2e-3)


def test_leading_never_visits_full_noise() -> None:
    """The trap of one step: only trailing starts where the noise is."""
    rows = {one["name"]: one["xs"] for one in published("timestep-spacing")["series"]}
    assert {name: xs[0] for name, xs in rows.items() if name.startswith("1 ×")} == {
        "1 × linspace": 0,
        "1 × leading": 1,
        "1 × trailing": 999,
    }
    assert rows["4 × leading"] == [751, 501, 251, 1]


def test_the_pipelines_round_apart() -> None:
    """28 steps at 0.6: Stable Diffusion rounds 16.8 down, FLUX up."""
    assert (img2img_steps(28, 0.6, flow=False), img2img_steps(28, 0.6, flow=True)) == (16, 17)


def test_the_library_counts_the_steps_of_diffusers_as_diffusers_does() -> None:
    """recommender.steps_run is arithmetic; here it is held against the pipelines' own code."""
    from recommender import steps_run

    for steps in (4, 20, 28):
        for share in (0.1, 0.29, 0.5, 0.75, 0.99, 1.0):
            for tool, flow in (("diffusers", False), ("diffusers_flow", True)):
                told = steps_run(steps, share, tool)
                assert told == img2img_steps(steps, share, flow=flow), (steps, share, tool)


def test_numbers_are_short_and_whole_ones_have_no_point() -> None:
    """So that two machines write the same file."""
    assert line("a", [1.0, 2.0], [0.123456, 14.61464])["ys"] == [0.1235, 14.61]
    assert strip("b", [999.0])["xs"] == [999]
    assert axis("x", (0, 1e-9))["ticks"] == [0, 1e-9]


def test_a_list_of_numbers_stands_on_one_line() -> None:
    """A change of one number is then a change of one line."""
    assert '"xs": [1, 2.5, -3e-09]\n' in figures.dumps({"xs": [1, 2.5, -3e-09]})


def test_the_command_writes_what_changed_and_says_so(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second run finds nothing to do."""
    told = []
    for _ in range(2):
        assert main(["curves", "frame-counts", "--out", str(tmp_path)]) == 0
        told.append(capsys.readouterr().out)
    assert told[0] == f"1 figures changed in {tmp_path}\n  frame-counts\n"
    assert told[1] == f"0 figures changed in {tmp_path}\n"


def test_an_unknown_figure_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    assert main(["curves", "shift", "--out", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert told.startswith("shift: expected one of denoiser-calls, eta-noise, ")
    assert list(tmp_path.iterdir()) == []
