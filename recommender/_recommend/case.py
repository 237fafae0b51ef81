"""One question with all that was decided but the number of steps to ask for."""

from __future__ import annotations

from typing import Any, NamedTuple

from .._catalog import Catalogue
from . import evidence
from .loras import with_loras
from .measured import measurement
from .options import Options
from .rule import NOTHING, Decision, decide, is_number
from .schedule import Sampler, sampler, unfit
from .why import sources, why_scheduler, why_steps

# The last question as it was decided: goal and budget bear on the count of steps alone.
_last: list[tuple[Any, Case]] = []


class Case(NamedTuple):
    """One question with all that was decided but the number of steps to ask for."""

    model: dict[str, Any]
    loras: tuple[str, ...]
    task: str
    given: Options
    chosen: Sampler
    decisions: dict[str, Decision]
    conventions: dict[str, str]
    why: tuple[str, ...]
    warnings: tuple[str, ...]
    sources: tuple[dict[str, Any], ...]
    published_at: float | None
    measured: dict[str, Any] | None


def decided(known: Catalogue, id: str, given: Options, weights: str | None) -> Case:
    """Returns the case of a question; who asks for one goal after another has it weighed once."""
    key = (known["digest"], id, given._replace(goal="", budget=None), weights)
    for asked, case in _last:
        if asked == key:
            return case._replace(given=case.given._replace(goal=given.goal, budget=given.budget))
    case = _weighed(known, id, given, weights)
    _last[:] = [(key, case)]
    return case


def _weighed(known: Catalogue, id: str, given: Options, weights: str | None) -> Case:
    """Weighs the claims; LoRAs make the weights those of nothing else."""
    model, loras, warnings = with_loras(known, id, given.loras)
    few_step = model["distillation"] == "few-step"
    task = evidence.task_of(model, given.task, given.strength)
    claims, borrowed = evidence.of_task(model, task)
    said = decide(claims.get("scheduler", []), few_step=few_step)
    chosen = sampler(
        known,
        given.scheduler or said.value,
        asked=given.scheduler is not None,
        prediction=model.get("prediction"),
    )
    rivals = claims.get("num_inference_steps", [])
    weighed, left_out = evidence.comparable(known, rivals, chosen)
    if left_out and not any("source" in claim for claim in weighed):
        weighed, left_out = evidence.converted(known, left_out, chosen) + weighed, []
    measured = None if loras else measurement(known, id, model, chosen, task, weights)
    steps = decide(weighed, few_step=few_step, measured=measured)
    others, conventions = evidence.others(model, claims, few_step)
    usual = others.get("strength", NOTHING).value
    pictured = task in ("image-to-image", "inpaint", "video-to-video")
    if pictured and given.strength is None and is_number(usual) and 0 < usual <= 1:
        given = given._replace(strength=float(usual))
    why = why_steps(model, steps, rivals, measured, left_out)
    why += why_scheduler(model, said, chosen.name)
    decisions = {"num_inference_steps": steps, "scheduler": said, **others}
    deciding = measured if steps.rule == "measured" else None
    return Case(
        model=model,
        loras=loras,
        task=task,
        given=given,
        chosen=chosen,
        decisions=decisions,
        conventions=conventions,
        why=tuple(why),
        warnings=(*warnings, *unfit(known, model, chosen)),
        sources=sources(model, decisions, deciding),
        published_at=usual if pictured and "num_inference_steps" not in borrowed else None,
        measured=deciding,
    )
