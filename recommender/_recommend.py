"""recommend(): from a model's name to the settings to run it with, and why."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from typing import Any

from ._catalog import Catalogue, catalogue
from ._names import loose
from ._rule import (
    NOTHING,
    RULES,
    Claim,
    Decision,
    convention_of,
    decide,
    is_off,
    point,
)

_KIND_WORDS = {
    "author": "authors",
    "tool-default": "a tool's default",
    "community": "the community",
}
_GUIDANCE = ("guidance_scale", "true_cfg_scale", "image_guidance_scale")


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The settings for one model, with the rule and the sources they rest on.

    `low` and `high` are None where nobody published or measured a range. `guidance` says how to
    read `guidance_scale`: off, cfg, distilled or from-zero. `settings` maps setting ids to values.
    """

    model: str
    name: str
    task: str
    steps: int | None
    low: int | None
    high: int | None
    guidance_scale: float | None
    guidance: str | None
    true_cfg_scale: float | None
    scheduler: str | None
    negative_prompt: bool | None
    settings: dict[str, Any]
    rule: str
    basis: str | None
    why: tuple[str, ...]
    sources: tuple[dict[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """Returns the answer as plain data that JSON can hold."""
        plain = asdict(self)
        return {**plain, "why": list(plain["why"]), "sources": list(plain["sources"])}


def recommend(
    model: str | os.PathLike[str],
    *,
    scheduler: str | None = None,
    task: str | None = None,
    known_as: str | None = None,
) -> Recommendation:
    """Returns the settings for a model, in any spelling: `recommend("flux-schnell").steps == 4`.

    A name that is an existing file or diffusers folder is identified by its header; `known_as` then
    says which of the models that look alike it is. `scheduler` and `task` narrow the claims to
    those that speak of them; without them the model's own hold. Raises UnknownModelError with the
    nearest names, AmbiguousModelError with the candidates, UnreadableError for a file without a
    model known here, and CatalogueError where the catalogue cannot be read.
    """
    if not isinstance(model, str | os.PathLike):
        raise TypeError(f"recommend: expected a model's name as text, got {type(model).__name__}.")
    known = catalogue()
    name = os.fsdecode(model)
    # The one system call tells a name from a file before anything else is imported.
    if isinstance(model, str) and known_as is None and not os.path.lexists(name):
        return answer(known, known.find(name), scheduler=scheduler, task=task)
    id, said = _of_file(known, name, known_as)
    found = answer(known, id, scheduler=scheduler, task=task)
    return replace(found, why=(found.why[0], *said, *found.why[1:]))


def _of_file(known: Catalogue, name: str, known_as: str | None) -> tuple[str, tuple[str, ...]]:
    from ._identify._choose import is_file, model_in

    if not is_file(name) and known_as is None:
        return known.find(name), ()
    id, sentence = model_in(known, name, known_as)
    return id, (sentence,)


def answer(
    known: Catalogue, id: str, *, scheduler: str | None = None, task: str | None = None
) -> Recommendation:
    """Returns the recommendation for a model id: a function of the catalogue and the options."""
    model = known.models[id]
    task = task or _usual_task(model)
    few_step = model["distillation"] == "few-step"
    claims = _of_task(model, task)
    sampler = decide(claims.get("scheduler", []), few_step=few_step)
    chosen = scheduler or sampler.value
    comparable, left_out = _comparable(known, claims.get("num_inference_steps", []), chosen)
    measured = _measured(known, id, chosen, task)
    steps = decide(comparable, few_step=few_step, measured=measured)
    others, conventions = _others(model, claims, few_step)
    decisions = {"num_inference_steps": steps, "scheduler": sampler, **others}
    settings = _settings(model, decisions, chosen)
    rivals = claims.get("num_inference_steps", [])
    why = [*_why(model, steps, rivals, measured, left_out), *_why_scheduler(model, sampler, chosen)]
    return Recommendation(
        model=id,
        name=model["name"],
        task=task,
        steps=steps.value,
        low=_whole(steps.low),
        high=_whole(steps.high),
        guidance_scale=settings.get("guidance_scale"),
        guidance=conventions.get("guidance_scale"),
        true_cfg_scale=settings.get("true_cfg_scale"),
        scheduler=chosen,
        negative_prompt=decisions.get("negative_prompt", NOTHING).value,
        settings=settings,
        rule=steps.rule,
        basis=steps.basis,
        why=tuple(why),
        sources=_sources(model, decisions),
    )


def _comparable(
    known: Catalogue, claims: list[Claim], chosen: str | None
) -> tuple[list[Claim], list[Claim]]:
    """Parts the step claims into those of the chosen scheduler's class and the rest.

    A class is what one more step costs: 20 steps of Heun are 39 calls of the network, so they are
    no rival figure to 20 steps of Euler.
    """
    cost = _calls(known, chosen)
    apart = [
        claim
        for claim in claims
        if cost is not None and (_calls(known, claim.get("scheduler")) or cost) != cost
    ]
    return [claim for claim in claims if claim not in apart], apart


def _calls(known: Catalogue, name: str | None) -> int | None:
    calls: dict[str, int] = known["calls"]
    return calls.get(loose(name)) if name else None


def _of_task(model: dict[str, Any], task: str) -> dict[str, list[Claim]]:
    return {
        name: [claim for claim in rivals if claim["task"] == task]
        for name, rivals in model["claims"].items()
    }


def _others(
    model: dict[str, Any], claims: dict[str, list[Claim]], few_step: bool
) -> tuple[dict[str, Decision], dict[str, str]]:
    """Decides the settings that no option bears on, and in which formula guidance is given."""
    decisions: dict[str, Decision] = {}
    conventions: dict[str, str] = {}
    for name, rivals in claims.items():
        if name in _GUIDANCE:
            decisions[name], conventions[name] = _guidance(model, name, rivals, few_step)
        elif name not in ("num_inference_steps", "scheduler"):
            decisions[name] = decide(rivals, few_step=few_step)
    return decisions, conventions


def _usual_task(model: dict[str, Any]) -> str:
    task: str = model["task"]
    return task


def _measured(known: Catalogue, id: str, chosen: str | None, task: str) -> dict[str, Any] | None:
    usual = _usual_task(known.models[id])
    for sweep in known["measured"].get(id, {}).values():
        fits = {"steps", "scheduler"} <= set(sweep) and sweep.get("task", usual) == task
        if fits and (chosen is None or loose(sweep["scheduler"]) == loose(chosen)):
            found: dict[str, Any] = sweep
            return found
    return None


def _guidance(
    model: dict[str, Any], name: str, claims: list[Claim], few_step: bool
) -> tuple[Decision, str]:
    """Decides within one guidance formula, and says which; 0 and 1 may both mean 'off'."""
    embedded = model["distillation"] == "guidance" and name == "guidance_scale"
    usual = "distilled" if embedded else "cfg"
    convention = convention_of(claims, usual)
    same = [claim for claim in claims if claim.get("convention", usual) == convention]
    decision = decide(same, few_step=few_step)
    if is_off(decision.value, convention):
        if is_off(decision.high, convention):
            decision = decision._replace(low=None, high=None)
        return decision, "off"
    return decision, convention


def _settings(
    model: dict[str, Any], decisions: dict[str, Decision], scheduler: str | None
) -> dict[str, Any]:
    settings = {
        name: decision.value
        for name, decision in decisions.items()
        if decision.value is not None and name not in ("negative_prompt", "scheduler")
    }
    if scheduler is not None:
        settings["scheduler"] = scheduler
    if "native_resolution" in model:
        settings.setdefault("width", model["native_resolution"][0])
        settings.setdefault("height", model["native_resolution"][1])
    return settings


def _whole(figure: float | None) -> int | None:
    return None if figure is None else int(figure)


def _why(
    model: dict[str, Any],
    steps: Decision,
    rivals: list[Claim],
    measured: dict[str, Any] | None,
    left_out: list[Claim],
) -> list[str]:
    """Returns the rule in a sentence, then every claim it weighed and every one it did not."""
    lines = [RULES[steps.rule]]
    if steps.rule == "measured" and measured:
        lines.append(f"{_figures(measured | {'value': measured['steps']})} steps, measured.")
    lines += [_said(model, claim) for claim in steps.claims]
    for claim in left_out:
        lines.append(f"Left out, as one step costs more or fewer calls: {_said(model, claim)}")
    for claim in rivals:
        if claim.get("unsourced"):
            lines.append(f"Left out, as no source states it: {_figures(claim)}.")
        elif steps.rule == "few-step-author" and claim["kind"] != "author":
            lines.append(f"Left out, as the authors' figure stands: {_said(model, claim)}")
    return lines


def _why_scheduler(model: dict[str, Any], sampler: Decision, chosen: str | None) -> list[str]:
    said = [claim for claim in sampler.claims if claim.get("value") == chosen]
    return [f"Scheduler: {_said(model, said[0])}"] if said else []


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


def _sources(model: dict[str, Any], decisions: dict[str, Decision]) -> tuple[dict[str, Any], ...]:
    """Returns each source the answer rests on once, with the settings it speaks of."""
    found: dict[str, dict[str, Any]] = {}
    for name, decision in decisions.items():
        for claim in decision.claims:
            key = claim["source"]
            source = model["sources"][key]
            entry = found.setdefault(key, {"key": key, **_cited(source), "settings": []})
            if name not in entry["settings"]:
                entry["settings"].append(name)
    return tuple(found.values())


def _cited(source: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": source["kind"],
        "where": where(source),
        "url": source["url"],
        "states": source["states"],
    }
