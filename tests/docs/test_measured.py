"""What pages compute from raw measurements: differences and verdicts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import measured_folklore
import measured_stats
import pytest
import sweeps
from measured import MeasurementError, Sweep, at_calls, load_measured, shares, steps_sweeps
from measured_known import Known
from measured_orderings import orderings
from measured_stats import Band
from sweeps import CATALOGUE


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two samplers of first order, two of second, an ancestral one; guidance when distilled."""
    folder = tmp_path_factory.mktemp("measured")
    sweeps.write(folder, sweeps.sweep("ddim"))
    sweeps.write(folder, sweeps.sweep("euler"))
    sweeps.write(folder, sweeps.sweep("dpmpp-2m", order=2))
    sweeps.write(folder, sweeps.sweep("heun", order=2, extra=2))
    sweeps.write(folder, sweeps.sweep("euler-ancestral", stochastic=True))
    sweeps.write(folder, guided(order=0.2))
    return folder


def guided(order: float) -> dict[str, Any]:
    """Guidance of a distilled model; the order says how far pictures move."""
    where = {"model": "postcards-turbo", "kind": "guidance", "values": (1.0, 2.0, 5.0)}
    return sweeps.sweep("lcm", order=order, reference={"value": 1.0}, **where)


@pytest.fixture(scope="module")
def known(folder: Path) -> Known:
    return Known(sweeps=load_measured(folder), catalogue=CATALOGUE)


def ladder(known: Known) -> dict[str, Sweep]:
    return steps_sweeps(known.sweeps["postcards"])


def verdicts(known: Known) -> dict[str, str]:
    return {one.id: one.verdict for one in orderings(known)}


def test_a_hit_is_a_share_of_four_factors_and_a_failed_picture_none() -> None:
    assert shares("0137fx8") == [0, 0.25, 0.5, 0.75, 1, None, 0.25]


def test_seeds_of_a_prompt_are_one_number(known: Known) -> None:
    """Two seeds of one prompt are not two independent prompts."""
    change = ladder(known)["ddim"].per_prompt("change", 1)
    assert change[:2] == pytest.approx([0.8, 0.81])
    assert len(change) == sweeps.PROMPTS


def test_a_failed_picture_is_left_out_of_its_prompt(tmp_path: Path) -> None:
    found = sweeps.sweep("ddim")
    found["rows"][0]["change"][:3] = [None, 0.5, None]
    found["rows"][0]["change"][3] = None
    sweeps.write(tmp_path, found)
    sweep = load_measured(tmp_path)["postcards"]["steps-ddim"]
    assert sweep.per_prompt("change", 1)[:3] == [0.5, None, pytest.approx(0.82)]


def test_a_damaged_measurement_is_named(tmp_path: Path) -> None:
    target = tmp_path / "postcards" / "steps-ddim.json"
    target.parent.mkdir()
    target.write_text(json.dumps({**sweeps.sweep("ddim"), "summary": {}}), encoding="utf-8")
    with pytest.raises(MeasurementError) as caught:
        load_measured(tmp_path)
    assert str(caught.value) == (
        f"{target}: expected a sweep written by `python -m render measure`, got one that cannot be "
        "read (KeyError('rows')). Measure it again."
    )


def test_a_band_holds_its_mean_and_is_the_same_each_time() -> None:
    found = measured_stats.band([0.1, 0.2, 0.4, 0.5])
    assert found == measured_stats.band([0.1, 0.2, 0.4, 0.5])
    assert found.low < found.mean < found.high
    assert measured_stats.band([0.3, 0.3]) == Band(0.3, 0.3, 0.3)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Band(0.2, 0.1, 0.3), "agrees"),
        (Band(0.1, -0.1, 0.3), "undecided"),
        (Band(-0.2, -0.3, -0.1), "disagrees"),
        (None, "undecided"),
    ],
)
def test_a_difference_is_above_a_bound_with_its_whole_band(found: Band | None, said: str) -> None:
    assert measured_stats.above(found) == said


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Band(0.0, -0.04, 0.04), "agrees"),
        (Band(0.0, -0.06, 0.04), "undecided"),
        (Band(0.1, 0.06, 0.2), "disagrees"),
        (Band(-0.1, -0.2, -0.06), "disagrees"),
    ],
)
def test_a_tie_lies_within_the_margin_on_both_sides(found: Band, said: str) -> None:
    assert measured_stats.within(found, 0.05) == said


def test_other_prompts_cannot_be_compared(known: Known) -> None:
    one = ladder(known)["ddim"]
    other = Sweep(one.model, one.id, {**one.data, "seeds": [7, 8]}, one.rows)
    assert measured_stats.difference("change", (one, 10), (one, 20)) is not None
    assert measured_stats.difference("change", (one, 10), (other, 20)) is None


def test_a_sweep_with_more_prompts_is_compared_on_those_that_both_drew(known: Known) -> None:
    """Runs add up: the difference is the one of the prompts and seeds before anything was added."""
    one, other = ladder(known)["ddim"], ladder(known)["dpmpp-2m"]
    before = measured_stats.difference("change", (one, 10), (other, 10))
    data, rows = dict(other.data), []
    for row in data["rows"]:
        raw = row["change"]
        pairs = [raw[i : i + 2] for i in range(0, len(raw), 2)]
        wider = [number for pair in [*pairs, [0.9, 0.9]] for number in (*pair, 0.8)]
        rows.append({**row, "change": wider})
    data |= {"prompts": [*data["prompts"], "one more"], "seeds": [0, 1, 9], "rows": rows}
    wide = Sweep(other.model, other.id, data, other.rows)
    assert measured_stats.difference("change", (one, 10), (wide, 10)) == before
    found = Known(
        sweeps={"postcards": {**known.sweeps["postcards"], other.id: wide}}, catalogue=CATALOGUE
    )
    [solvers] = [each for each in orderings(found) if each.id == "solvers"]
    assert solvers.checks[0].text == (
        f"postcards, 10 calls, on {sweeps.PROMPTS} prompts of both: DDIM 0.087 in 10 steps, "
        "DPM++ 2M 0.009 in 10 steps; DDIM less DPM++ 2M: +0.079 (+0.077 to +0.081)"
    )


def test_a_budget_buys_no_more_calls_than_it_has(known: Known) -> None:
    """Heun's 5 steps cost 9 calls, 6 would cost 11; no rung of Heun comes near 2 calls."""
    sweeps_of = ladder(known)
    assert [at_calls(sweeps_of[id], 10) for id in ("ddim", "heun")] == [10, 5]
    assert at_calls(sweeps_of["heun"], 2) is None


def test_orderings_follow_from_the_numbers(known: Known) -> None:
    """Second order beats first; all have settled by 100; Heun, wrongly, never loses here."""
    found = {one.id: one for one in orderings(known)}
    assert verdicts(known) == {
        "solvers": "agrees",
        "tie": "agrees",
        "heun": "disagrees",
        "ancestral": "not measured",
        "distilled": "not measured",
        "monotone": "not measured",
    }
    assert found["solvers"].checks[0].text == (
        "postcards, 10 calls: DDIM 0.087 in 10 steps, DPM++ 2M 0.009 in 10 steps; "
        "DDIM less DPM++ 2M: +0.079 (+0.077 to +0.081)"
    )
    assert [check.verdict for check in found["heun"].checks] == ["disagrees", "agrees"]


def test_a_reversed_ordering_disagrees(folder: Path) -> None:
    """The verdict follows the numbers, not the names."""
    found = load_measured(folder)
    slow, fast = found["postcards"]["steps-ddim"], found["postcards"]["steps-dpmpp-2m"]
    swapped = {
        id: Sweep("postcards", id, {**one.data, "scheduler": id}, one.rows)
        for id, one in (("ddim", fast), ("dpmpp-2m", slow))
    }
    said = verdicts(Known(sweeps={"postcards": swapped}, catalogue=CATALOGUE))
    assert said["solvers"] == "disagrees"


def test_a_moving_reference_takes_no_part(tmp_path: Path) -> None:
    """Distance to a picture that still moves means nothing."""
    moving = {**sweeps.REFERENCE, "change": [0.2] * sweeps.COUNT}
    sweeps.write(tmp_path, sweeps.sweep("ddim", reference=moving))
    sweeps.write(tmp_path, sweeps.sweep("dpmpp-2m", order=2))
    found = Known(sweeps=load_measured(tmp_path), catalogue=CATALOGUE)
    assert verdicts(found)["solvers"] == "not measured"


def test_fidelity_that_falls_shows_that_more_is_not_always_better(tmp_path: Path) -> None:
    found = sweeps.sweep("euler")
    found["rows"][-1]["hits"] = "7" * sweeps.COUNT
    sweeps.write(tmp_path, {**found, "summary": sweeps.summarise(found)})
    known = Known(sweeps=load_measured(tmp_path), catalogue=CATALOGUE)
    assert verdicts(known)["monotone"] == "agrees"


def test_settling_is_judged_by_the_kind_of_sampler() -> None:
    """An ancestral sampler that keeps moving agrees; an ODE sampler that does disagrees."""
    rows = [
        {"scheduler": name, "from": 50, "to": 100, "change": [size] * 4}
        for name, size in (("euler-ancestral", 0.2), ("euler", 0.01))
    ]
    pairs = {"seeds": [0, 1], "settled": 0.05, "settling": rows, "drafts": []}
    known = Known(pairs={"postcards": pairs}, catalogue=CATALOGUE)
    assert verdicts(known)["ancestral"] == "agrees"
    rows[1]["change"] = [0.3] * 4
    assert verdicts(known)["ancestral"] == "disagrees"


def row_of(known: Known, id: str) -> measured_folklore.Folklore:
    return next(one for one in measured_folklore.folklore(known) if one.id == id)


def test_a_default_is_safe_from_the_sweet_spot_on(known: Known) -> None:
    found = row_of(known, "safe-default")
    assert found.told == "Held on postcards. Not tested on SDXL, FLUX or Qwen-Image."
    assert found.findings[0].text == "postcards, DDIM: sweet spot 10"


def test_little_is_gained_where_the_whole_band_is_below_the_margin(known: Known) -> None:
    found = row_of(known, "little-after")
    assert found.verdict == "held"
    assert found.findings[0].text == (
        "postcards, DDIM: 0.000 (0.000 to 0.000) from 30 to 100 steps, margin 0.05"
    )


def test_guidance_that_moves_a_distilled_model_s_picture_does_something(known: Known) -> None:
    found = row_of(known, "distilled-guidance")
    assert found.told == "Did not hold on postcards turbo. Not tested on SDXL, FLUX or Qwen-Image."
    assert found.findings[0].text.startswith(
        "postcards turbo: change (FLIP) from guidance 1: 0.460 at 2, 0.460 at 5"
    )


def test_guidance_that_leaves_a_distilled_model_s_picture_alone_does_nothing(
    tmp_path: Path,
) -> None:
    sweeps.write(tmp_path, guided(order=1))
    found = Known(sweeps=load_measured(tmp_path), catalogue=CATALOGUE)
    assert row_of(found, "distilled-guidance").verdict == "held"


def test_what_nobody_measured_is_said_to_be_unmeasured() -> None:
    for one in measured_folklore.folklore(Known()):
        assert one.told == "Not measured. Not tested on SDXL, FLUX or Qwen-Image."


def test_more_steps_and_another_seed_are_counted_on_the_same_prompts() -> None:
    """Two of four pictures miss something; later steps mend none, another seed mends both."""
    rows = {
        "sweet-spot": {"steps": 25, "prompts": 4, "seeds": 3, "hits": "ff77" + "ffff" * 2},
        "converged": {"steps": 100, "prompts": 4, "seeds": 1, "hits": "ff77"},
    }
    known = Known(quality={"postcards": {"rows": rows}}, catalogue=CATALOGUE)
    assert row_of(known, "bad-seed").findings[0].text == (
        "postcards: 2 of 4 pictures miss something at 25 steps. 100 steps put 0 of 2 right "
        "(95 %: 0–66 %); another seed at 25 steps puts 4 of 4 right (95 %: 51–100 %)"
    )
    assert row_of(known, "bad-seed").verdict == "undecided"


def test_a_wilson_band_is_the_published_one() -> None:
    """Newcombe 1998, table I: 81 of 263 and 15 of 148."""
    assert measured_folklore.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert measured_folklore.wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=1e-4)


@pytest.mark.parametrize(
    ("nearer", "verdict"), [(32, "held"), (28, "undecided"), (16, "did not hold")]
)
def test_a_draft_is_compared_with_another_seed(nearer: int, verdict: str) -> None:
    """A failed picture takes no part, and half of them nearer is what chance would give."""
    own = [*[0.1] * nearer, *[0.5] * (32 - nearer), None]
    row = {"scheduler": "euler", "draft": 8, "final": 25, "own": own, "other_seed": [0.3] * 33}
    pairs = {"seeds": [0], "settled": 0.05, "settling": [], "drafts": [row]}
    found = row_of(Known(pairs={"postcards": pairs}, catalogue=CATALOGUE), "drafts")
    assert found.verdict == verdict
    start = f"postcards, Euler, 8 steps for 25: nearer to its own in {nearer} of 32 (95 %: "
    assert found.findings[0].text.startswith(start)


def test_heun_is_set_beside_the_euler_that_spaces_its_steps_alike(tmp_path: Path) -> None:
    def spaced(id: str, spacing: str, **more: Any) -> None:
        config = {"timestep_spacing": spacing}
        sweeps.write(tmp_path, sweeps.sweep(id, scheduler_config=config, **more))

    spaced("euler-trailing", "trailing")
    spaced("euler", "linspace")
    spaced("heun", "linspace", order=2, extra=2)
    known = Known(sweeps=load_measured(tmp_path), catalogue=CATALOGUE)
    heun = next(one for one in orderings(known) if one.id == "heun")
    assert "in 3 steps, Euler 0.175 in 5 steps" in heun.checks[0].text
