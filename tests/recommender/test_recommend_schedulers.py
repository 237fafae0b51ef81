"""What is said of schedulers is what the scheduler classes of diffusers do when they are run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from recommender import catalogue, recommend
from recommender._recommend.answer import answer
from recommender._recommend.schedule import sampler
from recommender._samplers import one_step_from_zero, overruns, spacings

if TYPE_CHECKING:
    from conftest import Tree

# KDPM2 of diffusers uses NumPy as NumPy 1 was used.
pytestmark = pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning")
CHECKOUT = Path(__file__).parents[2]
SPACED = [
    "DDIMScheduler", "DDPMScheduler", "PNDMScheduler", "EulerDiscreteScheduler",
    "EulerAncestralDiscreteScheduler", "HeunDiscreteScheduler", "KDPM2DiscreteScheduler",
    "KDPM2AncestralDiscreteScheduler", "DPMSolverMultistepScheduler", "UniPCMultistepScheduler",
    "TCDScheduler", "LCMScheduler",
]  # fmt: skip


def made(name: str, spacing: str) -> Any:
    """Returns a scheduler of diffusers with a spacing."""
    diffusers = pytest.importorskip("diffusers")
    flags = {"skip_prk_steps": True} if name == "PNDMScheduler" else {}
    return getattr(diffusers, name)(timestep_spacing=spacing, **flags)


@pytest.mark.parametrize("name", [one for one in SPACED if one[:3] not in ("TCD", "LCM")])
def test_trailing_spacing_overruns_at_exactly_these_counts(name: str) -> None:
    """The counts next to each trap, and the traps, of the first 250; all begin 61, 103, 121, 122.

    A step past the end is one before the first noise level, t = -1.
    """
    scheduler = made(name, "trailing")
    traps = [steps for steps in range(1, 250) if overruns(steps)]
    assert traps[:4] == [61, 103, 121, 122]
    tried = {near for trap in traps for near in (trap - 1, trap, trap + 1)} | {1, 2, 30, 50}
    for steps in tried:
        scheduler.set_timesteps(steps)
        assert (min(scheduler.timesteps.tolist()) < 0) == overruns(steps), steps


@pytest.mark.parametrize("spacing", ["leading", "linspace", "trailing"])
@pytest.mark.parametrize("name", SPACED)
def test_one_step_starts_at_zero_for_exactly_these(name: str, spacing: str) -> None:
    scheduler = made(name, spacing)
    scheduler.set_timesteps(1)
    assert (scheduler.timesteps.tolist() == [0]) == one_step_from_zero(
        spacings(catalogue(CHECKOUT), name), spacing
    )


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 20])
@pytest.mark.parametrize("name", [*SPACED, "FlowMatchEuler", "FlowMatchHeun"])
def test_a_run_calls_the_network_as_often_as_said(name: str, steps: int) -> None:
    """Every entry of timesteps is one call."""
    diffusers = pytest.importorskip("diffusers")
    if name.startswith("Flow"):
        name += "DiscreteScheduler"
        scheduler = getattr(diffusers, name)()
    else:
        scheduler = made(name, "linspace")
    known = sampler(catalogue(CHECKOUT), name, asked=False)
    scheduler.set_timesteps(steps)
    assert len(scheduler.timesteps) == known.calls(steps)
    assert known.steps(known.calls(steps)) == steps


@pytest.mark.parametrize("name", ["LCMScheduler", "TCDScheduler"])
def test_schedulers_that_choose_out_of_fifty_have_no_more(name: str) -> None:
    scheduler = made(name, "leading")
    most = sampler(catalogue(CHECKOUT), name, asked=False).most
    scheduler.set_timesteps(most)
    with pytest.raises(ValueError, match="original_steps"):
        scheduler.set_timesteps(most + 1)


def test_a_count_that_overruns_is_left_for_its_neighbour() -> None:
    """62 steps at strength 0.5 would ask for 122, and 60 for 121."""
    known = catalogue(CHECKOUT)
    found = answer(known, "sdxl-base-1-0", scheduler="euler-trailing", strength=0.25)
    asked = answer(known, "sdxl-base-1-0", scheduler="Euler", strength=0.25)
    assert found.steps is not None and not overruns(found.steps)
    assert asked.settings["timestep_spacing"] == "linspace"
    trapped = [
        one
        for strength in (n / 200 for n in range(20, 200))
        for one in [answer(known, "sdxl-base-1-0", scheduler="euler-trailing", strength=strength)]
        if any("With trailing spacing" in line for line in one.warnings)
    ]
    assert trapped and all(one.steps and not overruns(one.steps) for one in trapped)


def test_a_scheduler_for_noise_on_a_flow_model_is_warned_of(tree: Tree) -> None:
    tree.change(
        "settings/models/other/other-one.yaml", "distillation", "prediction: flow\ndistillation"
    )
    known = tree.catalogue()
    assert answer(known, "other-one", scheduler="Heun").warnings == (
        "Heun is made for epsilon, and Other [one] predicts flow. "
        "Use FlowMatchEulerDiscreteScheduler.",
    )
    assert answer(known, "plain-base", scheduler="Heun").warnings == ()


def test_karras_levels_on_a_flow_model_are_warned_of() -> None:
    found = answer(catalogue(CHECKOUT), "z-image", scheduler="DPM++ 2M Karras")
    assert found.warnings[0] == (
        "DPM++ 2M Karras sets Karras noise levels, and Z-Image is a flow model, whose levels run "
        "from 1 to 0. Use FlowMatchEulerDiscreteScheduler."
    )
    assert found.settings["use_karras_sigmas"] is True


def test_a_name_that_two_tools_share_means_the_one_the_model_can_use() -> None:
    known = catalogue(CHECKOUT)
    assert answer(known, "sdxl-base-1-0", scheduler="heun").scheduler == "HeunDiscreteScheduler"
    assert answer(known, "flux-1-dev", scheduler="heun").scheduler == (
        "FlowMatchHeunDiscreteScheduler"
    )


def test_below_its_working_range_a_scheduler_that_was_asked_for_says_so() -> None:
    known = catalogue(CHECKOUT)
    model = {"distillation": "none"}
    from recommender._recommend.schedule import out_of_range

    heun = sampler(known, "Heun", asked=True)
    assert out_of_range(model, heun, 8) == [
        "Heun is made for 9 steps or more, and 8 run. Ask for 9."
    ]
    assert out_of_range(model, heun, 9) == []
    assert out_of_range(model, heun._replace(asked=False), 8) == []


def test_an_unknown_scheduler_and_an_adaptive_one_are_said_to_be_so() -> None:
    known = catalogue(CHECKOUT)
    assert answer(known, "sdxl-base-1-0", scheduler="made\x1bup").warnings == (
        "No scheduler called 'made\\x1bup' is known here, so one call a step is assumed and "
        "nothing is known of its range. Use its name in diffusers or in your tool.",
    )
    found = answer(known, "sdxl-base-1-0", scheduler="DPM adaptive", budget=10)
    assert found.calls is None
    assert found.warnings == (
        "diffusers has no class for DPM adaptive. There, use DPMSolverMultistepScheduler.",
        "DPM adaptive chooses its own steps, so their number changes nothing.",
    )


def test_where_all_figures_are_for_another_class_they_are_compared_at_equal_calls(
    tree: Tree,
) -> None:
    tree.change(
        "settings/models/plain/plain-base.yaml",
        "- {value: 10, source: tool, scheduler: Heun}",
        "- {value: 10, source: tool, scheduler: Heun, task: upscale}",
    )
    found = answer(tree.catalogue(), "plain-base", task="upscale", scheduler="Euler")
    assert (found.steps, found.calls) == (19, 19)
    assert "10 steps of Heun, at equal calls" in found.why[1]


def test_a_consistency_sampler_on_a_model_that_was_not_distilled_is_warned_of() -> None:
    """Eight steps, which is what such samplers are made for, would give a smear here."""
    (warning,) = recommend("sdxl", scheduler="LCM").warnings
    assert warning == (
        "LCM is for weights or LoRAs distilled for it, and Stable Diffusion XL base 1.0 is not. "
        "Load such a LoRA, or use DPMSolverMultistepScheduler."
    )
    assert recommend("sdxl", scheduler="LCM", loras="LCM").warnings == ()
