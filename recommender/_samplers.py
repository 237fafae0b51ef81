"""Which sampler and schedule of a tool a diffusers class with its flags is, and the way back.

Pure functions of the catalogue; standard library alone. A schedule is how the steps lie between
noise and picture: A1111's schedule type, ComfyUI's scheduler, flags of a class in diffusers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

TRAINED = 1000  # noise levels a network is trained on, and so the most steps there are
# Tools whose samplers are another tool's, under the same names.
SAME_NAMES = {"swarmui": "comfyui", "forge": "a1111"}
# Whose names else stand in what a tool writes. NovelAI puts k_ before them.
_READ_AS = {
    "a1111": ("forge",),
    "civitai": ("a1111", "forge", "comfyui"),
    "fooocus": ("comfyui", "a1111"),
    "forge": ("a1111",),
    "novelai": ("comfyui",),
    "swarmui": ("comfyui",),
}
_ENDINGS = ("_gpu",)
_BEGINNINGS = ("sample_", "k_")


class Named(NamedTuple):
    """A tool's words: its sampler, and its schedule where it has a second menu for that."""

    sampler: str
    schedule: str | None


class Sampler(NamedTuple):
    """A sampler of the catalogue with its schedule, and the diffusers class and flags for both.

    `exact` is false where the class cannot place its steps as that schedule does; the flags are
    then the sampler's own.
    """

    id: str
    schedule: str | None
    diffusers: str | None
    flags: dict[str, Any]
    exact: bool


def named(known: Mapping[str, Any], tool: str, id: str) -> Named | None:
    """Returns what a tool calls a sampler of the catalogue, or None where it has none."""
    one = known["schedulers"][id]
    base = known["schedulers"].get(one.get("variant_of"), one)
    schedule = _name_in(known["schedules"].get(one.get("schedule"), {}), tool)
    parted = _name_in(base, tool)
    if parted is not None and (base is one or schedule is not None):
        return Named(parted, schedule)
    whole = _name_in(one, tool)
    return None if whole is None else Named(whole, schedule)


def read(
    known: Mapping[str, Any],
    tool: str,
    sampler: str,
    schedule: str | None = None,
    *,
    flow: bool = False,
) -> Sampler | None:
    """Returns the sampler that a tool means by these words, or None; `flow` is the model's kind."""
    wanted = _plain(sampler)
    fits = [
        id
        for id, one in known["schedulers"].items()
        if any(name.casefold() == wanted for name in _names_in(one, tool))
    ]
    if not fits:
        return None
    fits.sort(key=lambda id: _misfit(known["schedulers"][id], flow))
    return _with(known, fits[0], _schedule(known, tool, schedule))


def of_class(known: Mapping[str, Any], diffusers: str, flags: Mapping[str, Any]) -> Sampler | None:
    """Returns the sampler that a diffusers class is with these flags, or with a whole config.

    A flag that is not given has the value it has in the class's usual sampler.
    """
    ours = {id: one for id, one in known["schedulers"].items() if one.get("class") == diffusers}
    if not ours:
        return None
    alone = next(iter(ours.values())) if len(ours) == 1 else {}
    usual = next((one for one in ours.values() if one.get("usual")), alone)
    given = {**usual.get("flags", {}), **_set(flags)}
    best = min(ours, key=lambda id: (*_distance(ours[id].get("flags", {}), given), id))
    off, _ = _distance(ours[best].get("flags", {}), given)
    schedule = _schedule_of(known, ours[best], given)
    return Sampler(best, schedule, diffusers, dict(flags), off == 0)


def spacings(known: Mapping[str, Any], diffusers: str) -> dict[str, Any]:
    """Returns what each timestep spacing of a diffusers class does; nothing where it has none."""
    ours = (one for one in known["schedulers"].values() if one.get("class") == diffusers)
    return next((one["spacings"] for one in ours if "spacings" in one), {})


def one_step_from_zero(found: Mapping[str, Any], spacing: str | None) -> bool:
    """True where the only step of a run is the last of the schedule, t = 0, by these spacings.

    Of a spacing that is not named only so much is assumed that it is not trailing.
    """
    named = spacing is not None and spacing in found
    meant = [one for one in found if (one == spacing if named else one != "trailing")]
    return bool(meant) and all(found[one]["one_step_starts_at"] == 0 for one in meant)


def overruns(steps: int, trained: int = TRAINED) -> bool:
    """True where `trailing` spacing gives one step too many, which lands before the first level.

    The steps are counted down from `trained` by trained / steps, and for some counts that
    quotient is rounded so that one more fits.
    """
    return math.ceil(trained / (trained / steps)) > steps


def _distance(wanted: Mapping[str, Any], given: Mapping[str, Any]) -> tuple[int, int]:
    """Ranks samplers: the fewest flags that are otherwise, then the most that are as wanted."""
    off = sum(name not in given or given[name] != value for name, value in wanted.items())
    return off, -(len(wanted) - off)


def _set(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the flags that a whole config sets; what is off or empty sets nothing."""
    return {name: value for name, value in flags.items() if value not in (None, False)}


def _schedule_of(
    known: Mapping[str, Any], sampler: Mapping[str, Any], given: Mapping[str, Any]
) -> str | None:
    """Returns the schedule that these flags make: the sampler's own, unless they say another."""
    own = sampler.get("schedule")
    made = [
        id
        for id, one in known["schedules"].items()
        if sampler["class"] in one.get("classes", ())
        and all(given.get(name) == value for name, value in one["flags"].items())
    ]
    # A curve that is switched on counts before the spacing it is laid over.
    made.sort(key=lambda id: (True not in known["schedules"][id]["flags"].values(), id != own))
    if made:
        return str(made[0])
    spacing = given.get("timestep_spacing", sampler.get("spacing"))
    return own if spacing == sampler.get("spacing") else None


def _with(known: Mapping[str, Any], id: str, schedule: str | None) -> Sampler:
    one = known["schedulers"][id]
    base = one.get("variant_of", id)
    if schedule is None or schedule == one.get("schedule"):
        return _as_it_is(one, id)
    for other, variant in known["schedulers"].items():
        if variant.get("variant_of") == base and variant.get("schedule") == schedule:
            return _as_it_is(variant, other)
    plain = known["schedulers"][base]
    if schedule == plain.get("schedule"):
        return _as_it_is(plain, base)
    flags, diffusers = dict(plain.get("flags", {})), plain.get("class")
    made = known["schedules"][schedule]
    exact = diffusers in made.get("classes", ())
    if exact:
        flags.update(made["flags"])
    return Sampler(base, schedule, diffusers, flags, exact)


def _as_it_is(one: Mapping[str, Any], id: str) -> Sampler:
    diffusers = one.get("class")
    flags = dict(one.get("flags", {}))
    return Sampler(id, one.get("schedule"), diffusers, flags, diffusers is not None)


def _schedule(known: Mapping[str, Any], tool: str, name: str | None) -> str | None:
    """Returns the id of a schedule that a tool writes like this; one nobody knows is None."""
    if name is None:
        return None
    wanted = " ".join(name.replace("_", " ").split()).casefold()
    for id, one in known["schedules"].items():
        spelt = (id, one["name"], *one.get("aliases", ()), *_names_in(one, tool))
        if any(" ".join(word.replace("_", " ").split()).casefold() == wanted for word in spelt):
            return str(id)
    return None


def _misfit(one: Mapping[str, Any], flow: bool) -> tuple[bool, bool]:
    return ("flow" in one.get("valid_for", ("flow",) if flow else ())) != flow, "variant_of" in one


def _plain(sampler: str) -> str:
    name = sampler.casefold()
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    for beginning in _BEGINNINGS:
        name = name.removeprefix(beginning)
    return name


def _names_in(one: Mapping[str, Any], tool: str) -> list[str]:
    names = one.get("names", {})
    return [names[key] for key in (tool, *_READ_AS.get(tool, ())) if key in names]


def _name_in(one: Mapping[str, Any], tool: str) -> str | None:
    names: dict[str, str] = one.get("names", {})
    return names.get(tool, names.get(SAME_NAMES.get(tool, "")))
