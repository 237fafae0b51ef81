"""What is refused before anything starts: names by which pictures would be taken for others.

Neither torch nor Pillow is imported here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from recommender.authoring import visible

from .errors import RenderError
from .models import ModelSource

if TYPE_CHECKING:
    from .plan import Plan

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def id_problem(path: Path) -> str | None:
    """Says why a plan's file cannot name a folder of pictures; None when it can."""
    if _ID.fullmatch(path.stem):
        return None
    return (
        f"{visible(path, 300)}: the file's name: expected a-z, 0-9, - and _, at most 64 and first "
        f"a letter or digit, got '{visible(path.stem)}'. It names the folder of pictures."
    )


def expect_apart(plans: Sequence[Plan]) -> None:
    """Refuses a run in which two plans would share a folder, or two models a name."""
    problems = [
        *_plan_problems(plans),
        *(one for plan in plans for one in _model_problems(plan.id, plan.models)),
    ]
    if not problems:
        everyone = list(dict.fromkeys(model for plan in plans for model in plan.models))
        problems = [*_model_problems("the plans of this run", everyone)]
    if problems:
        raise RenderError("\n".join(dict.fromkeys(problems)))


def _plan_problems(plans: Sequence[Plan]) -> Iterator[str]:
    for id in dict.fromkeys(plan.id for plan in plans):
        files = [plan.folder / f"{id}.yaml" for plan in plans if plan.id == id]
        if len({file.resolve() for file in files}) < len(files):
            yield f"{id}: expected each plan once, got it {len(files)} times."
        elif len(files) > 1:
            yield (
                f"{id}: expected plans of different names, whose pictures lie apart, got "
                f"{_listed(files)}. Rename one, or render them into two folders with --out."
            )


def _model_problems(where: str, models: Sequence[ModelSource]) -> Iterator[str]:
    for name in dict.fromkeys(model.name for model in models):
        alike = [model for model in models if model.name == name]
        if len(alike) > len(set(alike)):
            yield f"{where}: models: expected each model once, got {visible(name)} again."
        elif len(alike) > 1:
            places = [model.folder or f"{model.repo}@{model.revision}" for model in alike]
            yield (
                f"{where}: models: expected models of different names, got two called "
                f"'{visible(name)}': {_listed(places)}. Render them in two runs with another --out "
                "each, or rename one."
            )


def _listed(places: Sequence[object]) -> str:
    return " and ".join(visible(place, 200) for place in places)
