"""One question with all that was decided but the number of steps to ask for."""

from __future__ import annotations

from typing import Any, NamedTuple

from .._catalog import Catalogue
from . import evidence
from .loras import with_loras
from .measured import measurement
from .options import Options
from .rule import NOTHING, Claim, Decision, decide, is_number
from .schedule import Sampler, sampler, unfit
from .why import sources, why_prior, why_scheduler, why_steps

# The last question as it was decided: goal and budget bear on the count of steps alone. And before
# that what is said of its model, on which the scheduler that is asked for does not bear either.
_last: list[tuple[Any, Case]] = []
_last_said: list[tuple[Any, Said]] = []


class Said(NamedTuple):
    """What is said of a model and its LoRAs for one task, whatever scheduler is asked for."""

    model: dict[str, Any]
    loras: tuple[str, ...]
    warnings: tuple[str, ...]
    task: str
    few_step: bool
    claims: dict[str, list[Claim]]
    borrowed: frozenset[str]
    scheduler: Decision
    others: dict[str, Decision]
    conventions: dict[str, str]


class Case(NamedTuple):
    """One question with all that was decided but the number of steps to ask for."""

    model: dict[str, Any]
    loras: tuple[str, ...]
    task: str
    strength: float | None
    chosen: Sampler
    decisions: dict[str, Decision]
    conventions: dict[str, str]
    settings: dict[str, Any]
    passes: int
    prior: int
    why: tuple[str, ...]
    warnings: tuple[str, ...]
    sources: tuple[dict[str, Any], ...]
    published_at: float | None
    measured: dict[str, Any] | None


def decided(known: Catalogue, id: str, given: Options, weights: str | None) -> Case:
    """Returns the case of a question; who asks for one goal after another has it weighed once."""
    asked = (given.scheduler, given.loras, given.task, given.strength)
    key = (known["digest"], id, asked, weights)
    for last, case in _last:
        if last == key:
            return case
    case = _weighed(known, id, given, weights)
    _last[:] = [(key, case)]
    return case


def _said(known: Catalogue, id: str, given: Options) -> Said:
    """Returns what is said of a model; who asks for every scheduler has it gathered once."""
    key = (known["digest"], id, given.loras, given.task, given.strength is None)
    for last, said in _last_said:
        if last == key:
            return said
    model, loras, warnings = with_loras(known, id, given.loras)
    few_step = model["distillation"] == "few-step"
    task = evidence.task_of(model, given.task, given.strength)
    claims, borrowed = evidence.of_task(model, task)
    scheduler = decide(claims.get("scheduler", []), few_step=few_step)
    others, conventions = evidence.others(model, claims, few_step)
    said = Said(
        *(model, loras, tuple(warnings), task, few_step, claims, borrowed),
        *(scheduler, others, conventions),
    )
    _last_said[:] = [(key, said)]
    return said


def _weighed(known: Catalogue, id: str, given: Options, weights: str | None) -> Case:
    """Weighs the claims; LoRAs make the weights those of nothing else."""
    said = _said(known, id, given)
    model = said.model
    chosen = sampler(
        known,
        given.scheduler or said.scheduler.value,
        asked=given.scheduler is not None,
        prediction=model.get("prediction"),
    )
    measured = None if said.loras else measurement(known, id, model, chosen, said.task, weights)
    steps, why = _steps(known, said, chosen, measured)
    why += why_prior(model, said.others.get("prior_num_inference_steps", NOTHING))
    why += why_scheduler(model, said.scheduler, chosen.name)
    decisions = {"num_inference_steps": steps, "scheduler": said.scheduler, **said.others}
    deciding = measured if steps.rule == "measured" else None
    settings = evidence.settings_of(model, decisions, chosen)
    strength, published_at = _strength(said, given.strength)
    return Case(
        model=model,
        loras=said.loras,
        task=said.task,
        strength=strength,
        chosen=chosen,
        decisions=decisions,
        conventions=said.conventions,
        settings=settings,
        passes=evidence.passes(settings, said.conventions),
        prior=evidence.prior_calls(settings),
        why=tuple(why),
        warnings=(*said.warnings, *_untold(said, steps), *unfit(known, model, chosen)),
        sources=sources(model, decisions, deciding),
        published_at=published_at,
        measured=deciding,
    )


def _steps(
    known: Catalogue, said: Said, chosen: Sampler, measured: dict[str, Any] | None
) -> tuple[Decision, list[str]]:
    """Decides the steps with this scheduler, and says why."""
    rivals = said.claims.get("num_inference_steps", [])
    weighed, left_out = evidence.comparable(known, rivals, chosen)
    if left_out and not any("source" in claim for claim in weighed):
        weighed, left_out = evidence.converted(known, left_out, chosen) + weighed, []
    steps = decide(weighed, few_step=said.few_step, measured=measured)
    return steps, why_steps(said.model, steps, rivals, measured, left_out)


def _untold(said: Said, steps: Decision) -> list[str]:
    """Returns a warning where the task that was asked for is none of the model's."""
    tasks = {claim["task"] for claim in said.model["claims"].get("num_inference_steps", [])}
    if steps is not NOTHING or said.task in tasks or not tasks:
        return []
    return [
        f"Nobody publishes steps of {said.model['name']} for {said.task}; "
        f"what is published is for {', '.join(sorted(tasks))}."
    ]


def _strength(said: Said, asked: float | None) -> tuple[float | None, float | None]:
    """Returns the strength of a start from a picture, and that at which steps are published."""
    if said.task not in ("image-to-image", "inpaint", "video-to-video"):
        return asked, None
    usual = said.others.get("strength", NOTHING).value
    if asked is None and is_number(usual) and 0 < usual <= 1:
        asked = float(usual)
    return asked, None if "num_inference_steps" in said.borrowed else usual
