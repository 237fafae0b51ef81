"""Where a scheduler of diffusers does another thing than one asks for: spacings and grids."""

from __future__ import annotations

import inspect
import math
from typing import Any

import pytest

from tests.recommender import stub_runs
from tests.recommender.stub_runs import (
    KNOWN,
    NEEDS,
    SCHEDULERS,
    WITH_CLASS,
    calls,
    diffusers,
    made,
    plain,
    run,
    set_steps,
    torch,
)

np = pytest.importorskip("numpy")

pytestmark = stub_runs.WARNINGS
quiet = stub_runs.quiet


def spaced() -> list[str]:
    return sorted({one["class"] for one in SCHEDULERS.values() if "spacings" in one})


@pytest.mark.parametrize("name", spaced())
def test_one_step_starts_where_the_catalogue_says(name: str) -> None:
    one = plain(name)
    for spacing, trap in one["spacings"].items():
        scheduler = made(one, timestep_spacing=spacing, **offset_of(one, 0))
        assert set_steps(scheduler, 1)[0] == trap["one_step_starts_at"], spacing


def offset_of(one: dict[str, Any], offset: int) -> dict[str, int]:
    taken = inspect.signature(getattr(diffusers, one["class"]).__init__).parameters
    return {"steps_offset": offset} if "steps_offset" in taken else {}


@pytest.mark.parametrize("name", spaced())
def test_trailing_spacing_makes_one_step_too_many_at_the_listed_counts(name: str) -> None:
    """The counts around the listed ones are run too, and those that are listed end at -1."""
    one = plain(name)
    listed = one["spacings"]["trailing"]["extra_step_at"]
    for n in sorted({2, 200, *(n + off for n in listed for off in (-1, 0, 1))}):
        timesteps = set_steps(made(one, timestep_spacing="trailing"), n)
        extra = type(made(one)).order if n in listed else 0
        assert len(timesteps) - calls(one["calls_per_step"], n) == extra, n
        assert (timesteps[-1] == -1) == (n in listed), n


def test_the_listed_counts_are_those_whose_quotient_is_rounded_the_wrong_way() -> None:
    """The grid is np.arange(1000, 0, -1000 / n), and 1000 / (1000 / 61) is 61.00000000000001."""
    wrong = [n for n in range(1, 201) if len(np.arange(1000, 0, -1000 / n)) != n]
    assert wrong == [n for n in range(1, 201) if math.ceil(1000 / (1000 / n)) != n]
    for one in SCHEDULERS.values():
        if "spacings" in one:
            assert one["spacings"]["trailing"]["extra_step_at"] == wrong
    assert 1000 / (1000 / 61) > 61


def test_every_class_with_a_spacing_says_what_its_spacings_do() -> None:
    """LCM and TCD take the setting and do not read it."""
    for id in WITH_CLASS:
        one = SCHEDULERS[id]
        taken = inspect.signature(getattr(diffusers, one["class"], None).__init__).parameters \
            if one["class"] not in NEEDS else {}  # fmt: skip
        unread = one["class"] in ("LCMScheduler", "TCDScheduler")
        if one["class"] not in NEEDS:
            assert ("spacings" in one) == ("timestep_spacing" in taken and not unread), id


@pytest.mark.parametrize("id", ["lcm", "tcd"])
def test_more_steps_than_it_was_distilled_on_are_refused(id: str) -> None:
    one = SCHEDULERS[id]
    assert len(set_steps(made(one), one["max_steps"])) == one["max_steps"]
    with pytest.raises(ValueError, match="original_steps"):
        set_steps(made(one), one["max_steps"] + 1)


def grid(schedule: str, sigmas: Any, n: int) -> Any:
    """Returns a schedule's noise levels as other tools lay them, the end at 0 left out."""
    last = len(sigmas) - 1
    at = {
        "uniform": np.linspace(last, 0, n),
        "sgm_uniform": np.linspace(last, 0, n + 1)[:-1],
        "simple": np.round((last + 1) * (1 - np.arange(n) / n)) - 1,
        "ddim_uniform": np.arange(n)[::-1] * (1000 // n) + 1,
    }
    if schedule in at:
        return np.exp(np.interp(at[schedule], np.arange(last + 1), np.log(sigmas)))
    ramp = np.linspace(0, 1, n)
    if schedule == "karras":
        high, low = sigmas[-1] ** (1 / 7), sigmas[0] ** (1 / 7)
        return (high + ramp * (low - high)) ** 7
    return np.exp(np.log(sigmas[-1]) + ramp * (np.log(sigmas[0]) - np.log(sigmas[-1])))


@pytest.mark.parametrize(
    "id",
    [
        id
        for id in WITH_CLASS
        if SCHEDULERS[id].get("schedule") not in (None, "align_your_steps")
        and SCHEDULERS[id].get("valid_for") != ["flow"]
    ],
)
def test_the_class_with_its_flags_makes_the_grid_of_its_schedule(id: str) -> None:
    """Within 1.2 %: diffusers rounds timesteps where other tools work between them."""
    one = SCHEDULERS[id]
    scheduler = made(one)
    betas = np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    kept = np.cumprod(1 - betas)
    sigmas = np.sqrt((1 - kept) / kept)
    timesteps = set_steps(scheduler, 20)
    if hasattr(scheduler, "sigmas"):
        ours = np.unique(scheduler.sigmas.numpy()[:-1])[::-1][:20]
        if type(scheduler).order == 2 and len(ours) != 20:  # DPM2 has a level within each step
            ours = scheduler.sigmas.numpy()[:-1][::2]
    else:
        ours = sigmas[timesteps.numpy()]
    wanted = grid(one["schedule"], sigmas, 20)
    assert ours == pytest.approx(wanted[: len(ours)], rel=0.012)


def test_a_schedule_s_flags_are_flags_of_the_classes_it_names() -> None:
    for one in KNOWN["schedules"].values():
        assert bool(one.get("flags")) == bool(one.get("classes"))
        for name in one.get("classes", []):
            if name not in NEEDS:
                taken = inspect.signature(getattr(diffusers, name).__init__).parameters
                assert set(one["flags"]) <= set(taken), name


def test_align_your_steps_has_the_timesteps_of_diffusers() -> None:
    from diffusers.schedulers import AysSchedules

    timesteps = KNOWN["schedules"]["align_your_steps"]["timesteps"]
    assert timesteps["sd15"] == AysSchedules["StableDiffusionTimesteps"]
    assert timesteps["sdxl"] == AysSchedules["StableDiffusionXLTimesteps"]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_karras_noise_levels_and_flow_sigmas_together_give_no_picture() -> None:
    one = SCHEDULERS["flow-dpmpp-2m"]
    assert torch.isfinite(run(made(one), 4)[1]).all()
    assert run(made(one, use_karras_sigmas=True), 4)[1].isnan().all()
