"""From a recommendation's scheduler to a tool's name for it, by the catalogue; never a guess."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any, NamedTuple

from .._names import loose
from .._recommend.apply import FLAGS
from .plan import Plan

# Endings of A1111's names, as they were written before 1.9, and ComfyUI's words for them.
_ENDINGS = {
    "Karras": "karras",
    "Exponential": "exponential",
    "SGM Uniform": "sgm_uniform",
    "Align Your Steps": "align_your_steps",
}
_SCHEDULES = (
    *_ENDINGS.values(), "simple", "ddim_uniform", "beta", "normal", "linear_quadratic", "kl_optimal"
)  # fmt: skip
_SUFFIXES = ("-karras", "-exponential", "-trailing", "-beta", "-ays", "-lu")
# On these classes 'linspace' means what others call trailing (measured, schedulers.yaml).
_TRAILING_BY_NATURE = ("DPMSolverMultistep", "UniPC")


class Sampler(NamedTuple):
    """A sampler of the catalogue, and the noise schedule its flags make, in ComfyUI's words."""

    id: str
    entry: dict[str, Any]
    schedule: str | None


def resolve(plan: Plan) -> Sampler | None:
    """Returns the catalogue's sampler for the recommended scheduler, or None, and says so."""
    wanted = plan.found.scheduler
    if wanted is None:
        plan.note(f"sampler: no source names one; {plan.tool}'s own stays.")
        return None
    known = _known()
    fits = _ids().get(loose(wanted), ())
    if not fits:
        plan.note(f"sampler: {wanted} has no counterpart known here; {plan.tool}'s own stays.")
        return None
    by_class = all(
        loose(known[id]["class"]) == loose(wanted) for id in fits if "class" in known[id]
    )
    best = min(fits, key=lambda id: _distance(plan, known[id], id))
    entry = known[best]
    return Sampler(best, entry, _schedule(plan, entry, by_class))


def _known() -> dict[str, dict[str, Any]]:
    from .._catalog import catalogue

    return catalogue().schedulers


@lru_cache(maxsize=1)
def _index(digest: str) -> dict[str, tuple[str, ...]]:
    """Returns loose name → samplers of that name; `digest` is the catalogue's, as the key."""
    found: dict[str, tuple[str, ...]] = {}
    for id, entry in _known().items():
        for name in _spellings(id, entry):
            found[name] = (*found.get(name, ()), id)
    return found


def _ids() -> dict[str, tuple[str, ...]]:
    from .._catalog import catalogue

    return _index(catalogue()["digest"])


def _spellings(id: str, entry: dict[str, Any]) -> set[str]:
    names = [id, entry.get("name", ""), entry.get("class", ""), *entry.get("aliases", ())]
    return {loose(name) for name in [*names, *entry.get("names", {}).values()] if name}


def _flags(plan: Plan) -> dict[str, Any]:
    """Returns what the recommendation sets in the scheduler's config."""
    return {name: value for name, value in plan.found.settings.items() if name in FLAGS}


def _distance(plan: Plan, entry: dict[str, Any], id: str) -> tuple[bool, int, bool, int, int]:
    """Ranks samplers that share a class: of this kind of model, of these flags, the plainest."""
    other_kind = ("flow" in entry.get("valid_for", ())) != plan.flow
    special = any(id.endswith(suffix) for suffix in _SUFFIXES)
    wanted, own = _flags(plan), entry.get("flags", {})
    missed = sum(own.get(name) != value for name, value in wanted.items())
    missed += len(own.keys() - wanted.keys()) if wanted else 0
    return other_kind, missed, special, len(own), len(id)


def _schedule(plan: Plan, entry: dict[str, Any], by_class: bool) -> str | None:
    flags = {**entry.get("flags", {}), **_flags(plan)}
    for flag, name in (
        ("use_karras_sigmas", "karras"),
        ("use_exponential_sigmas", "exponential"),
        ("use_beta_sigmas", "beta"),
    ):
        if flags.get(flag) is True:
            return name
    if plan.flow or entry.get("valid_for") == ["flow"]:
        return "simple"
    if flags.get("timestep_spacing") == "trailing":
        return "sgm_uniform"
    if by_class and "timestep_spacing" not in _flags(plan):
        # A class alone does not say which flags: the model's own files do, in diffusers.
        return None
    if flags.get("timestep_spacing") == "leading":
        return "ddim_uniform"
    trailing = str(entry.get("class", "")).startswith(_TRAILING_BY_NATURE)
    return "sgm_uniform" if trailing else "normal"


class Named(NamedTuple):
    """A tool's own words for a sampler and its schedule."""

    sampler: str
    schedule: str | None


def named(plan: Plan, tools: tuple[str, ...], valid: Collection[str]) -> Named | None:
    """Returns the sampler as a tool calls it, or None, and says why the tool's own stays.

    `tools` are the catalogue's keys whose names the tool uses; `valid` is every name it has.
    """
    sampler = resolve(plan)
    if sampler is None:
        return None
    for name in _candidates(sampler, tools):
        short, schedule = (name, None) if name in valid else _parted(name)
        if short in valid:
            # The tool's name for the sampler says what these flags say.
            own = sampler.entry.get("flags", {})
            plan.taken |= {flag for flag, set_to in _flags(plan).items() if own.get(flag) == set_to}
            return Named(short, schedule or sampler.schedule)
    shown = sampler.entry.get("name", sampler.id)
    plan.note(f"sampler: {plan.tool} has no {shown} ({plan.found.scheduler}); its own stays.")
    return None


def _candidates(sampler: Sampler, tools: tuple[str, ...]) -> list[str]:
    known = _known()
    ids = [sampler.id, *(sampler.id.removesuffix(suffix) for suffix in _SUFFIXES)]
    entries = [known[id] for id in dict.fromkeys(ids) if id in known]
    return [
        entry["names"][tool]
        for entry in entries
        for tool in tools
        if tool in entry.get("names", {})
    ]


def _parted(name: str) -> tuple[str, str | None]:
    """Parts 'DPM++ 2M Karras' and 'dpmpp_2m karras' into sampler and schedule."""
    for ending, schedule in _ENDINGS.items():
        if name.endswith(" " + ending):
            return name.removesuffix(" " + ending), schedule
    short, _, schedule = name.partition(" ")
    return (short, schedule) if schedule in _SCHEDULES else (name, None)


def schedule_of(plan: Plan, found: Named, default: str) -> str:
    """Returns the noise schedule for a tool that wants one; says where none is stated."""
    if found.schedule is not None:
        return found.schedule
    if plan.few_step and not plan.flow:
        plan.note(
            "schedule: no source states one; sgm_uniform, as few-step models start from full noise."
        )
        return "sgm_uniform"
    plan.note(f"schedule: no source states one; {plan.tool}'s {default} stays.")
    return default


def in_menus(
    plan: Plan, samplers: Collection[str], schedules: Collection[str], default: str
) -> Named | None:
    """Returns sampler and schedule for a tool with two menus of ComfyUI's names; None as named().

    A schedule that is not in its menu is None, and a note says so.
    """
    found = named(plan, ("comfyui",), samplers)
    if found is None:
        return None
    schedule = schedule_of(plan, found, default)
    if schedule in schedules:
        return Named(found.sampler, schedule)
    plan.note(f"schedule: {plan.tool} has no {schedule}; its own stays.")
    return Named(found.sampler, None)
