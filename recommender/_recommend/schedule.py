"""What a scheduler costs, which step counts it can run, and what it cannot be used for.

Every figure here was taken from the scheduler classes of diffusers themselves, by
tests/recommender/test_recommend_schedulers.py, which runs them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .._catalog import Catalogue
from .._errors import visible
from .._names import loose
from .._samplers import TRAINED, one_step_from_zero

# The noise levels of these follow a flow only with use_flow_sigmas.
FLOW_BY_FLAG = frozenset((
    "DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler", "UniPCMultistepScheduler",
    "DEISMultistepScheduler", "SASolverScheduler",
))  # fmt: skip
# Consistency samplers jump to the picture and noise it again: only networks distilled for that can.
_FOR_DISTILLED = frozenset(("LCMScheduler", "TCDScheduler", "FlowMatchLCMScheduler"))


class Sampler(NamedTuple):
    """A scheduler as a question or a claim names it: its class, flags and entry where known."""

    name: str
    diffusers: str
    flags: dict[str, Any]
    spacing: str | None
    entry: dict[str, Any]
    asked: bool

    @property
    def most(self) -> int:
        """The most steps it can run."""
        most: int = self.entry.get("max_steps", TRAINED)
        return most

    @property
    def least(self) -> int:
        """The fewest steps it can run."""
        least: int = self.entry.get("min_steps", 1)
        return least

    @property
    def adaptive(self) -> bool:
        """True where it chooses its own steps, whatever is asked for."""
        return self._formula == "adaptive"

    @property
    def _formula(self) -> str:
        return str(self.entry.get("calls_per_step", "1N"))

    @property
    def _line(self) -> tuple[int, int]:
        times, _, plus = self._formula.partition("N")
        return int(times or 1), int(plus or 0)

    def calls(self, steps: int) -> int:
        """Returns how often the network is called in so many steps, without guidance."""
        times, plus = self._line
        # PNDM runs its second step twice, and one step has no second.
        return 1 if steps == 1 and plus > 0 else max(1, times * steps + plus)

    def starts_at_zero(self, steps: int) -> bool:
        """True where the only step of a run would start from a picture without noise."""
        return steps == 1 and one_step_from_zero(self.entry.get("spacings", {}), self.spacing)

    def steps(self, calls: int) -> int:
        """Returns the most steps that so many calls pay for; 0 where there is none."""
        times, plus = self._line
        return max((calls - plus) // times, int(calls >= self.calls(1)))


NO_SAMPLER = Sampler("", "", {}, None, {}, False)


def sampler(
    known: Catalogue, name: str | None, *, asked: bool, prediction: str | None = None
) -> Sampler:
    """Returns the scheduler of this name in any tool; a class's name alone brings no flags.

    One name may mean a scheduler for flows and one for noise: what the network predicts decides.
    """
    if not name:
        return NO_SAMPLER
    meant = known["scheduler_names"].get(loose(name), [])
    if not meant:
        return Sampler(name, name, {}, None, {}, asked)
    id, entry = meant[0], known.schedulers[meant[0]]
    if prediction is not None and not _follows(entry, prediction):
        by_class = loose(name) == loose(entry.get("class", ""))
        others = _of_class(known, entry, prediction) if by_class else meant[1:]
        id = next((one for one in others if _follows(known.schedulers[one], prediction)), id)
        entry = known.schedulers[id]
    diffusers = entry.get("class", name)
    if loose(name) == loose(diffusers):
        return Sampler(name, diffusers, {}, None, entry, asked)
    flags = dict(entry.get("flags", {}))
    spacing = flags.get("timestep_spacing", entry.get("spacing"))
    return Sampler(name, diffusers, flags, spacing, entry, asked)


def _follows(entry: dict[str, Any], prediction: str) -> bool:
    return prediction in entry.get("valid_for", [prediction])


def _of_class(known: Catalogue, entry: dict[str, Any], prediction: str) -> list[str]:
    """Returns the samplers of the same class that are made for another kind of network."""
    if "class" not in entry:
        return []
    return [
        id
        for id, one in known.schedulers.items()
        if one.get("class") == entry["class"] and prediction in one.get("valid_for", [])
    ]


def unfit(known: Catalogue, model: dict[str, Any], chosen: Sampler) -> list[str]:
    """Returns what speaks against a scheduler that was asked for: a sentence with the fix each."""
    if not chosen.asked:
        return []
    if not chosen.entry:
        return [
            f"No scheduler called '{visible(chosen.name)}' is known here, so one call a step is "
            "assumed and nothing is known of its range. Use its name in diffusers or in your tool."
        ]
    name, said = chosen.entry["name"], []
    prediction = model.get("prediction")
    better = _better(known, model)
    if prediction == "flow" and chosen.flags.get("use_karras_sigmas"):
        said.append(
            f"{name} sets Karras noise levels, and {model['name']} is a flow model, whose levels "
            f"run from 1 to 0. Use {better}."
        )
    elif prediction and not _follows(chosen.entry, prediction):
        said.append(
            f"{name} is made for {_listed(chosen.entry['valid_for'])}, and {model['name']} "
            f"predicts {prediction}. Use {better}."
        )
    elif needs_distilled(model, chosen):
        said.append(
            f"{name} is for weights or LoRAs distilled for it, and {model['name']} is not. "
            f"Load such a LoRA, or use {better}."
        )
    if "class" not in chosen.entry:
        said.append(f"diffusers has no class for {name}. There, use {better}.")
    if chosen.adaptive:
        said.append(f"{name} chooses its own steps, so their number changes nothing.")
    return said


def needs_distilled(model: dict[str, Any], chosen: Sampler) -> bool:
    """True for a consistency sampler on a model that was not distilled to few steps."""
    return chosen.diffusers in _FOR_DISTILLED and model["distillation"] != "few-step"


def out_of_range(model: dict[str, Any], chosen: Sampler, steps: int) -> list[str]:
    """Returns a warning where a scheduler that was asked for is not made for so few or many."""
    few = model["distillation"] == "few-step"
    if not chosen.asked or chosen.adaptive or few or needs_distilled(model, chosen):
        return []
    span = chosen.entry.get("steps", {})
    low, high = span.get("min"), span.get("max")
    name = chosen.entry.get("name", chosen.name)
    if low is not None and steps < low:
        return [f"{name} is made for {low} steps or more, and {steps} run. Ask for {low}."]
    if high is not None and steps > high:
        return [f"{name} is made for up to {high} steps, and {steps} run. Ask for {high}."]
    return []


def _better(known: Catalogue, model: dict[str, Any]) -> str:
    prediction = model.get("prediction")
    for claim in model["claims"].get("scheduler", []):
        own = sampler(known, str(claim.get("value", "")), asked=False, prediction=prediction)
        if prediction is None or _follows(own.entry, prediction):
            return own.diffusers
    return "FlowMatchEulerDiscreteScheduler" if prediction == "flow" else "EulerDiscreteScheduler"


def _listed(kinds: list[str]) -> str:
    return kinds[0] if len(kinds) == 1 else ", ".join(kinds[:-1]) + " or " + kinds[-1]
