"""Runs a scheduler class of diffusers as a pipeline does, on four numbers and a stub network."""

from __future__ import annotations

import copy
import inspect
import math
from typing import Any

import pytest

from recommender import catalogue

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")

KNOWN = catalogue()
SCHEDULERS = KNOWN.schedulers
WITH_CLASS = sorted(id for id, one in SCHEDULERS.items() if "class" in one)
BETAS = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
# The libraries announce their own deprecations; they are not ours to mend.
WARNINGS = [
    pytest.mark.filterwarnings("ignore:__array:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Should have t:UserWarning"),  # torchsde, of rounding
]
MADE: dict[tuple[str, str, str], Any] = {}
COUNTS = (1, 2, 3, 5, 10, 20)
# What a class calls what the catalogue calls by these words.
OUTPUTS = {"flow": ["flow_prediction"], "edm": ["epsilon", "v_prediction"]}
# What some classes import when they are made.
NEEDS = {
    "LMSDiscreteScheduler": "scipy",
    "DPMSolverSDEScheduler": "torchsde",
    "CosineDPMSolverMultistepScheduler": "torchsde",
}


@pytest.fixture(autouse=True)
def quiet() -> Any:
    """The classes log what they change of their own settings; that is not what is tested."""
    before = diffusers.utils.logging.get_verbosity()
    diffusers.utils.logging.set_verbosity_error()
    yield
    diffusers.utils.logging.set_verbosity(before)


def class_of(one: dict[str, Any]) -> Any:
    if one["class"] in NEEDS:
        pytest.importorskip(NEEDS[one["class"]])
    return getattr(diffusers, one["class"])


def made(one: dict[str, Any], **more: Any) -> Any:
    """Returns the sampler's class with its flags; one object serves again, as a pipeline's does."""
    key = (one["class"], str(one.get("flags")), str(more))
    if key not in MADE and more and one["class"].startswith("KDPM2"):
        # Each new object of this class runs through all 1,000 steps once, for seconds.
        MADE[key] = copy.deepcopy(made(one))
        MADE[key].register_to_config(**more)
    elif key not in MADE:
        MADE[key] = _made(one, more)
    return MADE[key]


def plain(name: str) -> dict[str, Any]:
    """Returns the usual sampler of a class, or its one sampler."""
    ours = [one for one in SCHEDULERS.values() if one.get("class") == name]
    return next((one for one in ours if one.get("usual")), ours[0])


def _made(one: dict[str, Any], more: dict[str, Any]) -> Any:
    cls = class_of(one)
    taken = inspect.signature(cls.__init__).parameters
    usual = {"clip_sample": False, **BETAS}
    config = {name: value for name, value in usual.items() if name in taken}
    return cls(**{**config, **one.get("flags", {}), **more})


def set_steps(scheduler: Any, steps: int) -> Any:
    """Sets the number of steps as the pipeline of this class does."""
    name = type(scheduler).__name__
    if name == "SCMScheduler":
        more = {} if steps == 2 else {"intermediate_timesteps": None}
        scheduler.set_timesteps(steps, max_timesteps=math.pi / 2, **more)
        return scheduler.timesteps[:-1]  # as SanaSprintPipeline: the last is where it ends
    if name == "HeliosDMDScheduler":
        scheduler.set_timesteps(steps, stage_index=0)
    else:
        scheduler.set_timesteps(steps)
    return scheduler.timesteps


def run(scheduler: Any, steps: int, seed: int = 0) -> tuple[int, Any]:
    """Runs a pipeline's loop on four numbers; returns the network's calls and the result."""
    taken = inspect.signature(scheduler.step).parameters
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)  # some classes take no generator
    x = torch.linspace(-1.0, 1.0, 4).reshape(1, 1, 2, 2) * getattr(scheduler, "init_noise_sigma", 1)
    timesteps, calls, before = set_steps(scheduler, steps), 0, None
    for place, t in enumerate(timesteps):
        scaled = scheduler.scale_model_input(x, t) if hasattr(scheduler, "scale_model_input") else x
        calls += 1
        given: dict[str, Any] = {"generator": generator} if "generator" in taken else {}
        if "old_pred_original_sample" in taken:
            back = timesteps[place - 1] if place else None
            x, before = scheduler.step(
                network(scaled), before, t, back, x, return_dict=False, **given
            )
        else:
            x = scheduler.step(network(scaled), t, x, return_dict=False, **given)[0]
    return calls, x


def network(x: Any) -> Any:
    return torch.sin(x * 0.3)


def calls(formula: str, steps: int) -> int:
    """One step is one call whatever the formula: there is nothing yet to look back or ahead to."""
    times, _, plus = formula.partition("N")
    return 1 if steps == 1 else int(times or 1) * steps + int(plus or 0)


def predictions(one: dict[str, Any]) -> list[str]:
    """Returns what to set prediction_type to for everything the sampler is said to take."""
    if "prediction_type" not in inspect.signature(class_of(one).__init__).parameters:
        return []
    return [word for kind in one.get("valid_for", []) for word in OUTPUTS.get(kind, [kind])]
