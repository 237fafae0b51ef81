"""From a model's id and the options to its settings: a function of the catalogue alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from .._catalog import Catalogue
from . import evidence
from .case import Case, decided
from .count import Count, count, count_in
from .frozen import Frozen, plain
from .options import Budget, Options, checked
from .rule import NOTHING
from .schedule import out_of_range


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The settings for one model, with the rule and the sources they rest on.

    `steps`, `low` and `high` are what to ask diffusers for; `effective_steps` is how many of them
    run and `calls` how often that calls the network, with the steps of a prior, where there is one.
    `low` and `high` are None where nobody published or measured a range. `guidance` says how to
    read `guidance_scale`: off, cfg, distilled or from-zero. `width` and `height` are in pixels.
    `settings` maps setting ids to values and cannot be changed. `warnings` are sentences with the
    figure and the fix.
    """

    model: str
    name: str
    family: str
    task: str
    goal: str
    steps: int | None
    low: int | None
    high: int | None
    effective_steps: int | None
    calls: int | None
    guidance_scale: float | None
    guidance: str | None
    true_cfg_scale: float | None
    scheduler: str | None
    shift: float | None
    width: int | None
    height: int | None
    negative_prompt: bool | None
    strength: float | None
    loras: tuple[str, ...]
    settings: dict[str, Any]
    rule: str
    basis: str | None
    why: tuple[str, ...]
    warnings: tuple[str, ...]
    sources: tuple[dict[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """Returns the answer as plain data that JSON can hold."""
        return {field.name: plain(getattr(self, field.name)) for field in fields(self)}

    def apply(self, pipe: Any) -> dict[str, Any]:
        """Sets the scheduler of a diffusers pipeline and returns the keywords to call it with.

        `pipe(prompt, **recommend(pipe).apply(pipe))` runs. Only keywords that this pipeline takes
        are returned; a scheduler that its package lacks is left as it is, with a SettingsWarning.
        """
        from .apply import apply

        return apply(self, pipe)


def answer(
    known: Catalogue,
    id: str,
    *,
    scheduler: str | None = None,
    goal: str = "balanced",
    loras: str | Iterable[str] = (),
    task: str | None = None,
    strength: float | None = None,
    budget: Budget = None,
) -> Recommendation:
    """Returns the recommendation for a model id: a function of the catalogue and the options."""
    return answer_of(known, id, checked(scheduler, goal, loras, task, strength, budget), None)


def answer_of(known: Catalogue, id: str, given: Options, weights: str | None) -> Recommendation:
    """Returns the recommendation for a model id, and for weights where they are known by digest."""
    case = decided(known, id, given, weights)
    chosen = case.chosen
    settings = dict(case.settings)
    counted = count(
        case.decisions["num_inference_steps"],
        given if case.strength is given.strength else given._replace(strength=case.strength),
        chosen,
        case.passes,
        case.prior,
        flow=case.model.get("prediction") == "flow",
        published_at=case.published_at,
    )
    count_in(settings, counted, chosen)
    warnings = [*case.warnings, *counted.warnings]
    if evidence.true_cfg(settings):
        warnings.append(
            f"true_cfg_scale {settings['true_cfg_scale']:g} acts only beside a negative prompt. "
            "Pass one, if only a space."
        )
    if counted.effective is not None and case.measured is None:
        warnings += out_of_range(case.model, chosen, counted.effective)
    return _recommendation(id, case, given.goal, counted, settings, warnings)


def _recommendation(
    id: str,
    case: Case,
    goal: str,
    counted: Count,
    settings: dict[str, Any],
    warnings: list[str],
) -> Recommendation:
    steps = case.decisions["num_inference_steps"]
    negative = case.decisions.get("negative_prompt", NOTHING)
    return Recommendation(
        model=id,
        name=case.model["name"],
        family=case.model["family"],
        task=case.task,
        goal=goal,
        steps=counted.steps,
        low=counted.low,
        high=counted.high,
        effective_steps=counted.effective,
        calls=counted.calls,
        guidance_scale=settings.get("guidance_scale"),
        guidance=case.conventions.get("guidance_scale"),
        true_cfg_scale=settings.get("true_cfg_scale"),
        scheduler=case.chosen.diffusers or None,
        shift=settings.get("shift"),
        width=settings.get("width"),
        height=settings.get("height"),
        negative_prompt=evidence.negative(negative, settings, case.conventions),
        strength=counted.strength,
        loras=case.loras,
        settings=Frozen(settings),
        rule=steps.rule,
        basis=steps.basis,
        why=(*case.why, *counted.why),
        warnings=tuple(warnings),
        sources=case.sources,
    )
