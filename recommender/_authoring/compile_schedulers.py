"""Samplers in the catalogue: what holds for a class, and whose name is whose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._names import loose
from .._recommend.rule import calls
from .._samplers import named

Schedulers = Mapping[str, dict[str, Any]]
_TOOLS = (
    "a1111",
    "forge",
    "comfyui",
    "swarmui",
    "invokeai",
    "sdnext",
    "stable_diffusion_cpp",
    "draw_things",
    "mflux",
)


def resolved(
    schedulers: Schedulers, schedules: Schedulers, models: Schedulers
) -> dict[str, dict[str, Any]]:
    """Returns the samplers with what stands in other files.

    What a class does with its spacings stands in every sampler of it, `tools` holds each tool's
    sampler and schedule, and `models` those whose sources name the sampler.
    """
    of_class = {one["class"]: one["spacings"] for one in schedulers.values() if "spacings" in one}
    known = {"schedulers": schedulers, "schedules": schedules}
    naming = _naming(schedulers, models)
    found = {}
    for id, one in schedulers.items():
        spacings = of_class.get(one.get("class", ""))
        found[id] = {
            **one,
            **({"spacings": spacings} if spacings else {}),
            "tools": {tool: list(pair) for tool in _TOOLS if (pair := named(known, tool, id))},
            "models": naming.get(id, []),
        }
    return found


def _naming(schedulers: Schedulers, models: Schedulers) -> dict[str, list[str]]:
    """Returns sampler → the models whose claims name it, by any name or by its class."""
    by_name, found = names(schedulers), dict[str, list[str]]()
    for id, model in models.items():
        claims = model["claims"]
        said = [str(claim.get("value", "")) for claim in claims.get("scheduler", [])]
        said += [
            claim["scheduler"] for of in claims.values() for claim in of if "scheduler" in claim
        ]
        prediction = model.get("prediction")
        # Of a model of which nobody says what its network gives back, either form may be meant.
        kinds = (False, True) if prediction is None else (prediction == "flow",)
        for name in said:
            for meant in _meant(schedulers, by_name.get(loose(name), []), kinds):
                if id not in found.setdefault(meant, []):
                    found[meant].append(id)
    return found


def _meant(schedulers: Schedulers, ids: list[str], kinds: tuple[bool, ...]) -> list[str]:
    """Returns the samplers a model means: with a class, those of the class for its kind."""
    if not ids:
        return []
    of_class = schedulers[ids[0]].get("class")
    alike = [id for id, one in schedulers.items() if of_class and one.get("class") == of_class]
    alike.sort(key=lambda id: _rank(id, schedulers[id]))
    ranked = [*ids, *alike]
    found = [
        next((id for id in ranked if (schedulers[id].get("valid_for") == ["flow"]) == flow), None)
        for flow in kinds
    ]
    return [id for id in dict.fromkeys(found) if id is not None] or ids[:1]


def names(schedulers: Schedulers) -> dict[str, list[str]]:
    """Returns loose name → the samplers it may mean, the plainest first.

    A class means its usual sampler. What tools write by one name may be two samplers: one of models
    that predict noise, and behind it the one of flow models.
    """
    order = sorted(schedulers, key=lambda id: _rank(id, schedulers[id]))
    found: dict[str, list[str]] = {}
    for id in order:
        one = schedulers[id]
        for name in (id, one["name"], *one.get("aliases", [])):
            found.setdefault(loose(name), [id])
    for id in order:
        if "class" in schedulers[id]:
            found.setdefault(loose(schedulers[id]["class"]), [id])
    for id in order:
        for name in schedulers[id].get("names", {}).values():
            ids = found.setdefault(loose(name), [])
            if id not in ids:
                ids.append(id)
    return dict(sorted(found.items()))


def _rank(id: str, one: dict[str, Any]) -> tuple[Any, ...]:
    """Orders samplers: the usual of their class first, variants and those of flow models last."""
    flow = one.get("valid_for") == ["flow"]
    return (not one.get("usual"), flow, "variant_of" in one, len(one.get("flags", {})), id)


def costs(schedulers: Schedulers) -> dict[str, int]:
    """Returns loose sampler name, of any tool → network calls that one more step costs.

    A sampler that chooses its own number of calls has no cost of a step, and is left out.
    """
    found = {}
    for name, ids in names(schedulers).items():
        formula = schedulers[ids[0]]["calls_per_step"]
        if formula != "adaptive":
            found[name] = calls(formula)
    return found
