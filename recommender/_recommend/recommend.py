"""recommend(): from a model's name to the settings to run it with, and why."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from .._catalog import Catalogue, catalogue
from .._errors import visible
from .answer import Recommendation, answer_of
from .options import Budget, Options, checked

_MOST_KEPT = 4096
_kept: dict[tuple[Any, ...], Recommendation] = {}


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
    found = answer_of(known, id, _with_ids(known, given), weights)
    return replace(found, why=(*found.why[:1], *said, *found.why[1:]))


def _of_name(known: Catalogue, name: str, given: Options) -> Recommendation:
    """Answers from memory where the same was asked before: an answer cannot be changed."""
    key = (known["digest"], name, given)
    found = _kept.get(key)
    if found is None:
        found = answer_of(known, known.find(name), _with_ids(known, given), None)
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
