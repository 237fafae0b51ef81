"""Why an answer is what it is, in sentences, and the sources it rests on."""

from __future__ import annotations

from typing import Any

from .frozen import Frozen
from .measured import as_source, figures, why_measured
from .rule import RULES, Claim, Decision, point

_KIND_WORDS = {
    "author": "authors",
    "tool-default": "a tool's default",
    "community": "the community",
}


def why_steps(
    model: dict[str, Any],
    steps: Decision,
    rivals: list[Claim],
    measured: dict[str, Any] | None,
    left_out: list[Claim],
) -> list[str]:
    """Returns the rule in a sentence, then every claim it weighed and every one it did not."""
    lines = [RULES[steps.rule]]
    decides = steps.rule == "measured"
    if decides and measured:
        lines += why_measured(measured)
    lines += [_said(model, claim) for claim in steps.claims]
    if measured and not decides:
        said = f"{figures(measured)} – measured: {measured['file']}"
        lines.append(f"Left out, as the authors' figure stands: {said}.")
    for claim in left_out:
        lines.append(f"Left out, as one step costs more or fewer calls: {_said(model, claim)}")
    for claim in rivals:
        if claim.get("unsourced"):
            lines.append(f"Left out, as no source states it: {_figures(claim)}.")
        elif decides and claim not in left_out:
            lines.append(f"Left out, as a measurement decides: {_said(model, claim)}")
        elif steps.rule == "few-step-author" and claim["kind"] != "author":
            lines.append(f"Left out, as the authors' figure stands: {_said(model, claim)}")
    return lines


def why_scheduler(model: dict[str, Any], sampler: Decision, chosen: str) -> list[str]:
    """Returns who says that this scheduler is the model's, where somebody does."""
    said = [claim for claim in sampler.claims if claim.get("value") == chosen]
    return [f"Scheduler: {_said(model, said[0])}"] if said else []


def why_prior(model: dict[str, Any], steps: Decision) -> list[str]:
    """Returns who says how many steps a prior runs first, where the model has one."""
    said = [claim for claim in steps.claims if point(claim) == steps.value]
    return [f"The prior runs first: {_said(model, said[0])}"] if said else []


def _said(model: dict[str, Any], claim: Claim) -> str:
    source = model["sources"].get(claim.get("source"), {})
    with_scheduler = f" with {claim['scheduler']}" if "scheduler" in claim else ""
    of_base = f", said of {claim['from']}" if "from" in claim else ""
    who = _KIND_WORDS[claim["kind"]]
    note = f" ({claim['note']})" if "note" in claim else ""
    return f"{_figures(claim)} – {who}{with_scheduler}{of_base}: {where(source)}{note}."


def _figures(claim: Claim) -> str:
    span = f"{claim['low']}–{claim['high']}" if "low" in claim and "high" in claim else ""
    if "value" not in claim:
        return span or (f"from {claim['low']}" if "low" in claim else f"up to {claim['high']}")
    return f"{point(claim)} ({span})" if span else str(point(claim))


def where(source: dict[str, Any]) -> str:
    """Returns in words where a source stands."""
    if "repo" not in source:
        return str(source.get("url", ""))
    path = f" {source['path']}" if "path" in source else ""
    return f"{source['repo']}{path}"


def sources(
    model: dict[str, Any], decisions: dict[str, Decision], measured: dict[str, Any] | None
) -> tuple[dict[str, Any], ...]:
    """Returns each source the answer rests on once, with the settings it speaks of."""
    found: dict[str, dict[str, Any]] = {"": as_source(measured)} if measured else {}
    for name, decision in decisions.items():
        for claim in decision.claims:
            key = claim["source"]
            source = model["sources"][key]
            entry = found.setdefault(key, {"key": key, **_cited(source), "settings": ()})
            if name not in entry["settings"]:
                entry["settings"] += (name,)
    return tuple(Frozen(entry) for entry in found.values())


def _cited(source: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": source["kind"],
        "where": where(source),
        "url": source["url"],
        "states": source["states"],
    }
