"""What is refused before anything starts: what no cell can follow, and names that mean two.

Neither torch nor Pillow is imported here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recommender.authoring import axis_values, did_you_mean, visible

from .errors import RenderError
from .models import ModelSource, name_of
from .settings import problem_of

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


def plan_problems(data: dict[str, Any], models: Sequence[str]) -> list[str]:
    """Says what of a plan no cell can follow: settings, axes, and rules that hold nowhere.

    `models` are those that take the place of its own.
    """
    axes = {key: axis_values(axis) for key, axis in data["axes"].items()}
    overrides = data.get("overrides", {})
    used = [
        *data.get("settings", {}).items(),
        *((key, value) for key, values in axes.items() for value in values),
        *(pair for override in overrides.values() for pair in override.items()),
    ]
    found = [problem for key, value in used if (problem := problem_of(key, value))]
    if "prompt" in axes:
        found.append("axes: expected prompts under `prompts`, got an axis of that name.")
    for key, values in axes.items():
        again = [value for value, count in Counter(values).items() if count > 1]
        found += [f"axes.{key}: expected each value once, got {_said(v)} again." for v in again]
    names = list(dict.fromkeys(map(name_of, [*data["models"], *models])))
    found += [
        f"overrides: expected a model of the plan, got {_said(name)}.{did_you_mean(name, names)}"
        for name in overrides
        if name not in names
    ]
    places = {**axes, "prompt": [*data["prompts"]]}
    for rule in data.get("exclude", []):
        found += _place_problems("exclude", rule, {**places, "model": names})
    found += _place_problems("difference.to", data.get("difference", {}).get("to", {}), places)
    return list(dict.fromkeys(found))


def _place_problems(
    where: str, rule: dict[str, Any], places: dict[str, list[Any]]
) -> Iterator[str]:
    """Says which keys of a rule are no axis, and which of its values are on none."""
    for key, one in rule.items():
        if key not in places:
            hint = did_you_mean(key, [*places])
            yield f"{where}: expected {_or(places)}, got {_said(key)}.{hint}"
            continue
        for value in one if isinstance(one, list) else [one]:
            if value not in places[key]:
                hint = did_you_mean(str(value), [v for v in places[key] if isinstance(v, str)])
                yield f"{where}.{key}: expected a value of that axis, got {_said(value)}.{hint}"


def _or(names: Iterable[str]) -> str:
    return " or ".join(names)


def _said(value: Any) -> str:
    return f"'{visible(value)}'" if isinstance(value, str) else visible(value)


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
