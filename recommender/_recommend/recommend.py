"""recommend(): from a model's name to the settings to run it with, and why."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from .._catalog import Catalogue, catalogue
from .._errors import visible
from . import evidence
from .case import Case, decided
from .count import Count, count, count_in
from .frozen import Frozen, plain
from .options import Options, checked
from .rule import NOTHING
from .schedule import out_of_range

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


def _answer(known: Catalogue, id: str, given: Options, weights: str | None) -> Recommendation:
    case = decided(known, id, given, weights)
    chosen = case.chosen
    settings = evidence.settings_of(case.model, case.decisions, chosen)
    counted = count(
        case.decisions["num_inference_steps"],
        case.given,
        chosen,
        evidence.passes(settings, case.conventions),
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
    return _recommendation(id, case, counted, settings, warnings)


def _recommendation(
    id: str,
    case: Case,
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
        loras=case.loras,
        settings=Frozen(settings),
        rule=steps.rule,
        basis=steps.basis,
        why=(*case.why, *counted.why),
        warnings=tuple(warnings),
        sources=case.sources,
    )
