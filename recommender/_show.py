"""How an answer and the table of all answers look on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._recommend.answer import Recommendation, answer
from ._recommend.why import where

if TYPE_CHECKING:
    from ._catalog import Catalogue

_READ_AS = {"cfg": "", "distilled": " (distilled)", "from-zero": " (counted from zero)"}


def headline(found: Recommendation) -> str:
    """Returns the answer in one line: '4 steps (1–4) · guidance off · …'."""
    parts = [_steps(found), *_guidance(found)]
    if found.scheduler:
        parts.append(found.scheduler)
    return " · ".join(parts)


def _guidance(found: Recommendation) -> list[str]:
    true_cfg = found.true_cfg_scale
    off = found.guidance == "off" or (found.guidance is None and true_cfg is not None)
    shown = []
    if found.guidance_scale is not None and found.guidance != "off":
        shown.append(f"guidance {found.guidance_scale:g}{_READ_AS[found.guidance or 'cfg']}")
    if true_cfg is not None and true_cfg > 1:
        return [*shown, f"true CFG {true_cfg:g}"]
    return shown or (["guidance off"] if off else [])


def _steps(found: Recommendation) -> str:
    prior = found.settings.get("prior_num_inference_steps")
    after = "" if prior is None else f" after {prior} of the prior"
    stages = found.settings.get("pyramid_num_inference_steps_list")
    if found.steps is None and stages:
        return f"{' + '.join(map(str, stages))} steps"
    if found.steps is None:
        return f"steps unknown{after}"
    return f"{found.steps} step{'s' if found.steps != 1 else ''}{_span(found)}{after}"


def _span(found: Recommendation) -> str:
    if found.low is None and found.high is None:
        return ""
    low = "?" if found.low is None else found.low
    return f" ({low}–{'?' if found.high is None else found.high})"


def _cost(found: Recommendation) -> list[str]:
    """Returns how many steps run and what that costs: '30 of 100 steps run · 60 network calls'."""
    shown = []
    if found.effective_steps != found.steps:
        shown.append(f"{found.effective_steps} of {found.steps} steps run")
    if found.calls is not None:
        shown.append(f"{found.calls} network call{'' if found.calls == 1 else 's'}")
    return [" · ".join(shown)] if shown else []


def _name(found: Recommendation) -> str:
    loras = f" with {', '.join(found.loras)}" if found.loras else ""
    strength = "" if found.strength is None else f" at strength {found.strength:g}"
    return f"{found.name} ({found.model}){loras}{strength}"


def lines(found: Recommendation) -> list[str]:
    """Returns the whole answer: headline, model, cost, warnings, rule, why and sources."""
    shown = [headline(found), _name(found), *_cost(found)]
    shown += [f"Warning: {warning}" for warning in found.warnings]
    shown.append("")
    rule, *why = found.why
    shown.append(f"Rule: {rule}")
    shown += [f"  {line}" for line in why]
    if found.sources:
        shown.append("Sources:")
        for source in found.sources:
            shown.append(f"  {source['where']}: {source['states']}")
            shown.append(f"    {source['url']}")
    return shown


def table(known: Catalogue, *, claims: bool) -> list[str]:
    """Returns one line per model, and with `claims` every step claim beneath it."""
    width = max((len(id) for id in known.models), default=0)
    shown = []
    for id, model in known.models.items():
        found = answer(known, id)
        shown.append(f"{id:<{width}}  {headline(found)}  [{found.rule}]")
        if claims:
            shown += [f"{'':<{width}}    {_claim(model, one)}" for one in _step_claims(model)]
    return shown


def _step_claims(model: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = model["claims"].get("num_inference_steps", [])
    return found


def _claim(model: dict[str, Any], claim: dict[str, Any]) -> str:
    figures = [f"{key} {claim[key]}" for key in ("value", "low", "high") if key in claim]
    marks = [claim["kind"], claim["task"]]
    if "scheduler" in claim:
        marks.append(claim["scheduler"])
    if "from" in claim:
        marks.append(f"from {claim['from']}")
    source = "unsourced" if claim.get("unsourced") else where(model["sources"][claim["source"]])
    return f"{', '.join(figures)} · {', '.join(marks)} · {source}"
