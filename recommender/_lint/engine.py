"""lint(): every rule asked about one set of settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from .._catalog import catalogue
from . import (
    guidance,
    hosted,
    lora,
    picture,
    precision,
    prompt,
    scheduler,
    size,
    steps,
    values,
    video,
)
from .case import Case, Model
from .finding import SEVERITIES, About, Finding, Said, about, rule_id
from .read import model_of, of_mapping, of_path
from .verdict import verdict

Rule = Callable[[Case], Iterator[Said]]
ModelRule = Callable[[Case, Model], Iterator[Said]]

RULES: tuple[Rule, ...] = (
    *values.RULES,
    *steps.RULES,
    *scheduler.RULES,
    *guidance.RULES,
    *size.RULES,
    *prompt.RULES,
    *picture.RULES,
    *video.RULES,
    *lora.RULES,
    *hosted.RULES,
)
OF_MODEL: tuple[ModelRule, ...] = (
    *steps.OF_MODEL,
    *guidance.OF_MODEL,
    *scheduler.OF_MODEL,
    *size.OF_MODEL,
    *prompt.OF_MODEL,
    *picture.OF_MODEL,
    *precision.OF_MODEL,
    *video.OF_MODEL,
    *lora.OF_MODEL,
)
_MOST_OF_A_RULE = 20


class Judged(NamedTuple):
    """What lint() finds, and what it all costs in one sentence, or nothing."""

    findings: tuple[Finding, ...]
    verdict: str


def lint(
    settings: Mapping[str, Any] | str | os.PathLike[str], model: str | None = None
) -> tuple[Finding, ...]:
    """Returns what is wrong in settings, the worst first; nothing where nothing is.

    `settings` is a mapping under canonical ids or any tool's names (steps, cfg_scale, …; sizes in
    pixels), or the path of a picture, a workflow, or a JSON file of diffusers' keyword arguments.
    `model` is a model's name, hub id or hosted endpoint; without it the recorded one counts, and
    where that is unknown or fits several, only the rules that need no model are run. Raises
    UnreadableError for a file without settings, and UnknownModelError or AmbiguousModelError for a
    `model` that names none or several. The figures are the catalogue's; each rule names its source.
    """
    return judged(settings, model).findings


def judged(settings: Mapping[str, Any] | str | os.PathLike[str], model: str | None) -> Judged:
    """Returns what lint() does, with the sentence that sums up its cost."""
    known = catalogue()
    if isinstance(settings, Mapping):
        case = of_mapping(known, settings)
    elif isinstance(settings, str | os.PathLike):
        case = of_path(known, settings)
    else:
        kind = type(settings).__name__
        raise TypeError(f"lint: expected a mapping of settings or a path, got {kind}.")
    found, case = model_of(known, case, model)
    every = sorted(_findings(case, found), key=lambda one: SEVERITIES.index(one.severity))
    return Judged(tuple(every), verdict(case, found, every))


def _findings(case: Case, model: Model | None) -> Iterator[Finding]:
    for rule in RULES:
        yield from _told(rule, rule(case))
    if model is not None:
        for of_model in OF_MODEL:
            yield from _told(of_model, of_model(case, model))


def _told(rule: Callable[..., Any], said: Iterator[Said]) -> Iterator[Finding]:
    for one in islice(said, _MOST_OF_A_RULE):
        cost = None if one.cost is None else round(one.cost, 2)
        yield Finding(
            rule_id(rule), one.severity, one.where, one.message, about(rule).why, one.fix, cost
        )


def rules() -> tuple[tuple[str, About], ...]:
    """Returns every rule's id with what it catches, why, how to mend it and its sources."""
    every: tuple[Callable[..., Any], ...] = (*RULES, *OF_MODEL)
    return tuple((rule_id(rule), about(rule)) for rule in every)


def rules_table() -> str:
    """Returns the rules as a Markdown table, as the guide's page on lint shows it."""
    rows = ["| Rule | What it catches | Why | What to do |", "| --- | --- | --- | --- |"]
    for id, text in sorted(rules()):
        cells = (_cell(part) for part in (text.catches, text.why, text.fix))
        rows.append(f"| `{id}` | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    for mark, safe in (("\\", "\\\\"), ("|", "\\|"), ("<", "&lt;"), ("*", "\\*"), ("_", "\\_")):
        text = text.replace(mark, safe)
    return text
