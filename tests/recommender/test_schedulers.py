"""Every sampler of the catalogue against the class of diffusers that it names."""

from __future__ import annotations

import inspect

import pytest

from tests.recommender import stub_runs
from tests.recommender.stub_runs import (
    COUNTS,
    KNOWN,
    NEEDS,
    SCHEDULERS,
    WITH_CLASS,
    calls,
    diffusers,
    made,
    predictions,
    run,
    set_steps,
    torch,
)

pytestmark = stub_runs.WARNINGS
quiet = stub_runs.quiet


@pytest.mark.parametrize("id", WITH_CLASS)
def test_the_class_takes_the_flags(id: str) -> None:
    one = SCHEDULERS[id]
    config = made(one).config
    assert {flag: config[flag] for flag in one.get("flags", {})} == one.get("flags", {})
    if one.get("spacing"):
        assert config["timestep_spacing"] == one["spacing"]


@pytest.mark.parametrize("id", [id for id in WITH_CLASS if id != "helios-dmd"])
def test_the_network_is_called_as_often_as_the_formula_says(id: str) -> None:
    one = SCHEDULERS[id]
    least = one.get("min_steps", 1)
    counted = {n: run(made(one), n)[0] for n in COUNTS if n >= least}
    assert counted == {n: calls(one["calls_per_step"], n) for n in COUNTS if n >= least}
    for few in range(1, least):
        with pytest.raises(ValueError, match="num_inference_steps"):
            run(made(one), few)


def test_helios_makes_as_many_steps_on_a_level_as_it_is_asked_for() -> None:
    """Its step wants the whole pyramid, so only the grid is counted."""
    for n in COUNTS:
        assert len(set_steps(made(SCHEDULERS["helios-dmd"]), n)) == n


@pytest.mark.parametrize("id", [id for id in WITH_CLASS if id != "helios-dmd"])
def test_two_seeds_give_one_picture_only_where_the_sampler_adds_no_noise(id: str) -> None:
    one = SCHEDULERS[id]
    first, second = (run(made(one), 4, seed)[1] for seed in (1, 2))
    assert torch.equal(first, second) == (one["kind"] == "deterministic")


@pytest.mark.parametrize("id", [id for id in WITH_CLASS if id != "helios-dmd"])
def test_it_runs_what_it_is_said_to_be_valid_for_and_nothing_else(id: str) -> None:
    one = SCHEDULERS[id]
    if "prediction_type" in one.get("flags", {}):
        assert predictions(one) == [one["flags"]["prediction_type"]]
        return
    wanted = predictions(one)
    for prediction in wanted:
        assert torch.isfinite(run(made(one, prediction_type=prediction), 3)[1]).all()
    narrower = {"v_prediction"}, {"epsilon"}  # made for one family, or for timesteps of one
    if wanted and set(wanted) not in narrower:
        for prediction in {"epsilon", "v_prediction", "sample"} - set(wanted):
            with pytest.raises((ValueError, NotImplementedError)):
                run(made(one, prediction_type=prediction), 3)


@pytest.mark.parametrize("id", WITH_CLASS)
def test_the_order_is_the_one_the_class_runs(id: str) -> None:
    one = SCHEDULERS[id]
    scheduler = made(one)
    config = scheduler.config
    said = config.get("solver_order") or config.get("predictor_order")
    if said:
        assert one["order"] == said
    elif type(scheduler).order == 2:
        assert one["order"] == 2
    else:
        assert one["order"] == {"LMSDiscrete": 4, "PNDM": 4, "IPNDM": 4, "CogVideoXDPM": 2}.get(
            one["class"].removesuffix("Scheduler"), 1
        )


def test_the_usual_sampler_of_a_class_is_the_class_as_it_comes() -> None:
    """Save that Stable Diffusion's DDIM begins at timestep 1, as its checkpoints say."""
    for one in SCHEDULERS.values():
        # What a class does of itself is in its signature: making it is slow for some.
        if one.get("usual") and one["class"] not in NEEDS:
            taken = inspect.signature(getattr(diffusers, one["class"]).__init__).parameters
            default = {name: one.default for name, one in taken.items()}
            flags = {
                name: on for name, on in one.get("flags", {}).items() if name != "steps_offset"
            }
            assert {name: default[name] for name in flags} == flags


def test_every_class_that_the_catalogue_s_models_name_is_known_or_foreign() -> None:
    """A class of diffusers that a model's authors name has a sampler here."""
    named = {
        str(claim["value"])
        for model in KNOWN.models.values()
        for claim in model["claims"].get("scheduler", [])
    }
    ours = {one["class"] for one in SCHEDULERS.values() if "class" in one}
    missing = {name for name in named if name.isidentifier() and hasattr(diffusers, name)} - ours
    assert missing == {"AmusedScheduler", "DDPMWuerstchenScheduler", "HeliosScheduler"}
