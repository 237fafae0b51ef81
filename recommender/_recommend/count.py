"""From the figure the evidence gives to the steps to ask for: goal, budget, strength, traps."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from .._samplers import overruns
from .options import Options
from .rule import Decision, is_number
from .schedule import Sampler


class Count(NamedTuple):
    """How many steps to ask for, within which range, how many run and what that costs."""

    steps: int | None
    low: int | None
    high: int | None
    effective: int | None
    calls: int | None
    strength: float | None
    why: list[str]
    warnings: list[str]


class Picture(NamedTuple):
    """The start from a picture: its strength, the most steps there are, how tools round."""

    strength: float
    most: int
    upward: bool

    def ran(self, asked: int) -> int:
        """Returns how many of the steps asked for diffusers runs."""
        if self.upward:  # the pipelines of flow models count the steps that they leave out
            return asked - int(max(asked - min(asked * self.strength, asked), 0))
        return min(int(asked * self.strength), asked)

    def ask(self, steps: int) -> int:
        """Returns the fewest steps to ask for of which this many run, or else the most."""
        asked = int(min(steps / self.strength, self.most)) or 1
        while asked > 1 and self.ran(asked - 1) >= steps:
            asked -= 1
        while asked < self.most and self.ran(asked) < steps:
            asked += 1
        return asked


class Cost(NamedTuple):
    """What steps cost: the sampler's calls of the network, in each pass, after those of a prior."""

    chosen: Sampler
    passes: int
    prior: int

    def of(self, steps: int) -> int:
        """Returns the network calls of this many steps."""
        return self.prior + self.chosen.calls(steps) * self.passes

    def paid(self, budget: int) -> int:
        """Returns the most steps that a budget of network calls pays for."""
        return self.chosen.steps(max(0, budget - self.prior) // self.passes)


def count(
    figure: Decision,
    given: Options,
    chosen: Sampler,
    passes: int,
    prior: int,
    *,
    flow: bool,
    published_at: float | None,
) -> Count:
    """Returns the steps to ask for, of which the figure is to run.

    With `published_at` the figure is itself what people ask for, at that strength.
    """
    picture = _picture(given, chosen, flow)
    strength = given.strength if picture is None else picture.strength
    if not is_number(figure.value):
        return Count(None, None, None, None, None, strength, [], [])
    why: list[str] = []
    warnings: list[str] = []
    cost = Cost(chosen, passes, prior)
    whole = None if published_at is None else Picture(published_at, chosen.most, flow)
    value = _within(int(figure.value), chosen, whole)
    low, high = (
        None if end is None else _within(int(end), chosen, whole)
        for end in (figure.low, figure.high)
    )
    steps = _aim(figure, value, low, high, given.goal)
    if given.goal != "balanced":
        why.append(_why_goal(given.goal, steps, value))
    steps = _at_least(chosen, steps, high, warnings)
    if given.budget is not None and not chosen.adaptive:
        steps = _afford(given.budget, cost, steps, low, why, warnings)
    asked = steps
    if picture is not None:
        asked = picture.ask(steps)
        low, high = (None if end is None else picture.ask(end) for end in (low, high))
    asked = _beside_trap(chosen, asked, low, high, warnings)
    runs = picture.ran(asked) if picture else asked
    warnings += [*_why_fewer(given, chosen, picture, steps, runs), *_from_zero(chosen, asked)]
    calls = None if chosen.adaptive else cost.of(runs)
    return Count(asked, low, high, runs, calls, strength, why, warnings)


def _why_fewer(
    given: Options, chosen: Sampler, picture: Picture | None, steps: int, runs: int
) -> list[str]:
    """Returns what a strength too low for the recommended steps does."""
    said = []
    if picture is not None and picture.strength != given.strength:
        said.append(
            f"strength {given.strength:.2g} runs no step at all, even of {chosen.most}; "
            f"{picture.strength:g} is the least that runs one, and stands in its place."
        )
    if picture is not None and runs < steps:
        whose = f"the most that {chosen.name} has" if chosen.name else "the most there are"
        said.append(
            f"At strength {picture.strength:g} even {chosen.most} steps, {whose}, run only {runs} "
            f"of the {steps} recommended. Raise the strength."
        )
    return said


def _from_zero(chosen: Sampler, asked: int) -> list[str]:
    if not chosen.asked or not chosen.starts_at_zero(asked):
        return []
    return [
        f"With leading or linspace spacing the 1 step of {chosen.name} starts at t = 0, from where "
        "there is no noise left to remove. Set timestep_spacing to trailing."
    ]


def _picture(given: Options, chosen: Sampler, flow: bool) -> Picture | None:
    if given.strength is None:
        return None
    found = Picture(given.strength, chosen.most, flow)
    return found if found.ran(chosen.most) else Picture(1 / chosen.most, chosen.most, flow)


def _within(steps: int, chosen: Sampler, whole: Picture | None) -> int:
    """Returns a figure as steps that run, and no more of them than the scheduler has."""
    run = steps if whole is None else max(1, whole.ran(steps))
    return max(1, min(run, chosen.most))


def _aim(figure: Decision, value: int, low: int | None, high: int | None, goal: str) -> int:
    if goal == "draft" and low is not None:
        return min(low, value)
    if goal == "final" and high is not None and _gains(figure):
        return max(high, value)
    return value


def _gains(figure: Decision) -> bool:
    """True where more steps than usual are known to help, up to the high end.

    Past its own steps a distilled model can get worse. So its high end counts only where its
    authors publish it as one range with the figure, not where two sources differ.
    """
    if figure.rule == "few-step-author":
        return any("high" in claim and claim["high"] == figure.high for claim in figure.claims)
    return figure.rule in ("measured", "lower-median")


def _why_goal(goal: str, steps: int, value: int) -> str:
    if steps == value:
        end = "fewer steps" if goal == "draft" else "a gain from more steps"
        return f"Goal {goal}: nobody publishes {end}, so it is {value} as for balanced."
    end = "low" if goal == "draft" else "high"
    return f"Goal {goal}: {steps}, the {end} end of the range, in place of {value}."


def _at_least(chosen: Sampler, steps: int, high: int | None, warnings: list[str]) -> int:
    if steps >= chosen.least:
        return steps
    name = chosen.entry.get("name", chosen.name)
    if high is not None and high < chosen.least:
        warnings.append(
            f"{name} runs from {chosen.least} steps on, and {high} are the most recommended. "
            "Use another scheduler."
        )
        return steps
    warnings.append(f"{name} runs from {chosen.least} steps on, so {chosen.least} and not {steps}.")
    return chosen.least


def _afford(
    budget: int,
    cost: Cost,
    steps: int,
    low: int | None,
    why: list[str],
    warnings: list[str],
) -> int:
    """Returns the most steps that the budget pays for, never fewer than the range allows."""
    least = min(steps, max(low or 1, cost.chosen.least if cost.chosen.least <= steps else 1))
    paid = min(steps, cost.paid(budget))
    if paid == steps:
        return steps
    if paid < least:
        warnings.append(
            f"The budget of {budget} {_calls(budget)} is too small: {least} steps, the fewest "
            f"recommended, make {cost.of(least)}. Raise it to {cost.of(least)}, or use a "
            "step-distilled model or an accelerator LoRA."
        )
        return least
    why.append(
        f"The budget of {budget} {_calls(budget)} pays for {paid} of {steps} steps"
        f"{f', each run {cost.passes} times for guidance' if cost.passes > 1 else ''}"
        f"{f', after {cost.prior} for the prior' if cost.prior else ''}."
    )
    if low is None:
        warnings.append(
            f"{steps} steps are the only figure published, and the budget pays for {paid}. "
            f"Raise it to {cost.of(steps)} calls."
        )
    return paid


def _calls(budget: int) -> str:
    return "call" if budget == 1 else "calls"


def _beside_trap(
    chosen: Sampler, asked: int, low: int | None, high: int | None, warnings: list[str]
) -> int:
    """Returns a count beside one at which `trailing` spacing runs a step too many."""
    if chosen.spacing != "trailing" or not overruns(asked):
        return asked
    fewer, more = asked, asked
    while overruns(fewer):
        fewer -= 1
    while overruns(more):
        more += 1
    near = fewer if low is None or fewer >= low else more
    said = f"With trailing spacing {asked} steps run {asked + 1}, the last before the first level."
    if near > (math.inf if high is None else high):
        warnings.append(f"{said} Ask for {near}.")
        return asked
    warnings.append(f"{said} So {near}.")
    return near


def count_in(settings: dict[str, Any], counted: Count, chosen: Sampler) -> None:
    """Puts the steps to ask for among the settings, and what lets a single one run."""
    if counted.steps is None:
        return
    settings["num_inference_steps"] = counted.steps
    if counted.strength is not None:
        settings["strength"] = counted.strength
    if chosen.asked and chosen.starts_at_zero(counted.steps):
        settings["timestep_spacing"] = "trailing"
