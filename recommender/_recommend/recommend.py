"""recommend(): from a model's name to the settings to run it with, and why."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

from .._catalog import Catalogue, catalogue
from .._errors import visible
from . import evidence
from .count import Count, count, count_in
from .frozen import Frozen, plain
from .loras import with_loras
from .measured import measurement
from .options import Options, checked
from .rule import NOTHING, Decision, decide, is_number
from .schedule import Sampler, out_of_range, sampler, unfit
from .why import sources, why_scheduler, why_steps

Budget = int | Mapping[str, float] | None
_MOST_KEPT = 4096
_kept: dict[tuple[Any, ...], Recommendation] = {}


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The settings for one model, with the rule and the sources they rest on.

    `steps`, `low` and `high` are what to ask diffusers for; `effective_steps` is how many of them
    run and `calls` how often that calls the network. `low` and `high` are None where nobody
    published or measured a range. `guidance` says how to read `guidance_scale`: off, cfg, distilled
    or from-zero. `width` and `height` are in pixels. `settings` maps setting ids to values and
    cannot be changed. `warnings` are sentences with the figure and the fix.
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
        from .pipeline import apply

        return apply(self, pipe)


def recommend(
    model: Any,
    *,
    scheduler: str | None = None,
    goal: str = "balanced",
    loras: str | Iterable[str] = (),
    task: str | None = None,
    strength: float | None = None,
    budget: Budget = None,
    known_as: str | None = None,
) -> Recommendation:
    """Returns the settings for a model, in any spelling: `recommend("flux-schnell").steps == 4`.

    `model` is a name, a hub id, a hosted API's model id, a model file, a diffusers folder or a live
    diffusers pipeline. Files, folders and pipelines are identified; `known_as` says which of the
    models that look alike it is.
    `scheduler` is a scheduler by its name in any tool. `goal` is draft, balanced or final. `loras`
    are accelerator LoRAs, whose settings replace the model's. `task` is what it is used for, by
    default what it is made for. `strength`, above 0 and at most 1, is that of a start from a
    picture. `budget` is a number of network calls, or {"seconds": …, "seconds_per_call": …}.

    Raises UnknownModelError with the nearest names, AmbiguousModelError with the candidates,
    OptionError for an option that cannot be, UnreadableError for a file without a model known
    here, and CatalogueError where the catalogue cannot be read.
    """
    given = checked(scheduler, goal, loras, task, strength, budget)
    if isinstance(model, str | os.PathLike):
        known = catalogue()
        # The one system call tells a name from a file before anything else is imported.
        if isinstance(model, str) and known_as is None and not os.path.lexists(model):
            return _of_name(known, model, given)
        id, said, weights = _of_file(known, os.fsdecode(model), known_as)
    else:
        from .pipeline import model_of, refuse

        refuse(model)
        known = catalogue()
        id, said, weights = model_of(known, model, known_as)
    found = _answer(known, id, _with_ids(known, given), weights)
    return replace(found, why=(*found.why[:1], *said, *found.why[1:]))


def _of_name(known: Catalogue, name: str, given: Options) -> Recommendation:
    """Answers from memory where the same was asked before: an answer cannot be changed."""
    key = (known["digest"], name, given)
    found = _kept.get(key)
    if found is None:
        found = _answer(known, known.find(name), _with_ids(known, given), None)
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        _kept[key] = found
    return found


def _with_ids(known: Catalogue, given: Options) -> Options:
    """Returns the options with the LoRAs that are files named as the catalogue names them."""
    if not any(os.path.lexists(name) for name in given.loras):
        return given
    return given._replace(loras=tuple(_of_file(known, name, None)[0] for name in given.loras))


def _of_file(
    known: Catalogue, name: str, known_as: str | None
) -> tuple[str, tuple[str, ...], str | None]:
    from .._identify._choose import is_file, model_in
    from .weights import told_by_weights, weights_of

    if not is_file(name) and known_as is None:
        return known.find(name), (), None
    if (id := told_by_weights(known, name, known_as)) is not None:
        said = (
            f"{visible(name, 300)} is {known.models[id]['name']}: its weights are the pinned ones."
        )
        return id, (said,), known.models[id]["weights"]
    id, sentence = model_in(known, name, known_as)
    return id, (sentence,), weights_of(known, id, name)


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
    return _answer(known, id, checked(scheduler, goal, loras, task, strength, budget), None)


class _Case(NamedTuple):
    """One question with all that was decided but the number of steps to ask for."""

    model: dict[str, Any]
    task: str
    given: Options
    chosen: Sampler
    decisions: dict[str, Decision]
    conventions: dict[str, str]
    why: list[str]
    published_at: float | None
    measured: dict[str, Any] | None


def _answer(known: Catalogue, id: str, given: Options, weights: str | None) -> Recommendation:
    model, loras, warnings = with_loras(known, id, given.loras)
    case = _decided(known, id, model, given, None if loras else (weights or "", weights is None))
    chosen = case.chosen
    settings = evidence.settings_of(model, case.decisions, chosen)
    counted = count(
        case.decisions["num_inference_steps"],
        case.given,
        chosen,
        evidence.passes(settings, case.conventions),
        flow=model.get("prediction") == "flow",
        published_at=case.published_at,
    )
    count_in(settings, counted, chosen)
    warnings += [*unfit(known, model, chosen), *counted.warnings]
    if evidence.true_cfg(settings):
        warnings.append(
            f"true_cfg_scale {settings['true_cfg_scale']:g} acts only beside a negative prompt. "
            "Pass one, if only a space."
        )
    if counted.effective is not None and case.measured is None:
        warnings += out_of_range(model, chosen, counted.effective)
    return _recommendation(id, case, counted, settings, loras, warnings)


def _decided(
    known: Catalogue,
    id: str,
    model: dict[str, Any],
    given: Options,
    weights: tuple[str, bool] | None,
) -> _Case:
    """Weighs the claims; `weights` is None where LoRAs make the weights those of nothing else."""
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
    measured = None
    if weights is not None:
        digest = None if weights[1] else weights[0]
        measured = measurement(known, id, model, chosen, task, digest)
    steps = decide(weighed, few_step=few_step, measured=measured)
    others, conventions = evidence.others(model, claims, few_step)
    usual = others.get("strength", NOTHING).value
    pictured = task in ("image-to-image", "inpaint", "video-to-video")
    if pictured and given.strength is None and is_number(usual) and 0 < usual <= 1:
        given = given._replace(strength=float(usual))
    why = why_steps(model, steps, rivals, measured, left_out)
    decisions = {"num_inference_steps": steps, "scheduler": said, **others}
    published_at = usual if pictured and "num_inference_steps" not in borrowed else None
    why += why_scheduler(model, said, chosen.name)
    decided_by = measured if steps.rule == "measured" else None
    return _Case(model, task, given, chosen, decisions, conventions, why, published_at, decided_by)


def _recommendation(
    id: str,
    case: _Case,
    counted: Count,
    settings: dict[str, Any],
    loras: tuple[str, ...],
    warnings: list[str],
) -> Recommendation:
    steps = case.decisions["num_inference_steps"]
    negative = case.decisions.get("negative_prompt", NOTHING)
    return Recommendation(
        model=id,
        name=case.model["name"],
        family=case.model["family"],
        task=case.task,
        goal=case.given.goal,
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
        loras=loras,
        settings=Frozen(settings),
        rule=steps.rule,
        basis=steps.basis,
        why=(*case.why, *counted.why),
        warnings=tuple(warnings),
        sources=sources(case.model, case.decisions, case.measured),
    )
