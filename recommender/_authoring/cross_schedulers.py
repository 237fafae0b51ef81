"""What no sampler's file shows alone: real variants and schedules, one meaning for each name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from .._errors import visible
from .._names import loose
from .cross_parts import problem
from .entry import Entry
from .plain import did_you_mean
from .problems import Problem
from .yaml_text import Location

# FlashFlowMatchEulerDiscreteScheduler is a class of its own, at 0.93 of the one without Flash.
_ONE_LETTER_OFF = 0.95


def scheduler_problems(
    schedulers: Mapping[str, Entry], all_ids: set[tuple[str, str]]
) -> Iterator[Problem]:
    """Returns the problems between samplers, and between samplers and schedules."""
    for entry in schedulers.values():
        yield from _refers(entry, "variant_of", "scheduler", all_ids)
        yield from _refers(entry, "schedule", "schedule", all_ids)
        base = schedulers.get(entry.data.get("variant_of", ""))
        if base is not None:
            yield from _variant(entry, base)
    yield from _owners(schedulers)
    yield from _spaced(schedulers)


def _refers(entry: Entry, key: str, kind: str, all_ids: set[tuple[str, str]]) -> Iterator[Problem]:
    id = entry.data.get(key)
    if id is not None and (kind, id) not in all_ids:
        known = [one for of_kind, one in sorted(all_ids) if of_kind == kind]
        message = f"expected an id of settings/{kind}s/, got '{visible(id)}'."
        yield problem(entry, (key,), message + did_you_mean(id, known))


def _variant(entry: Entry, base: Entry) -> Iterator[Problem]:
    """A variant is its base with another schedule: the same class, and one level deep."""
    if "variant_of" in base.data:
        message = f"expected a sampler that is no variant, got '{base.id}'."
        yield problem(entry, ("variant_of",), message)
    if entry.data.get("class") != base.data.get("class"):
        message = f"expected {base.data.get('class')}, as its base has, got another class."
        yield problem(entry, ("class",), message)


def _spaced(schedulers: Mapping[str, Entry]) -> Iterator[Problem]:
    """Where one sampler tells what a class's spacings do, each sampler of it names its own."""
    told = {one.data["class"]: one for one in schedulers.values() if "spacings" in one.data}
    for entry in schedulers.values():
        owner = told.get(entry.data.get("class"))
        if owner is not None and "spacing" not in entry.data:
            message = f"expected spacing, as {owner.file} tells what the class's do, got none."
            yield problem(entry, (), message)


def _owners(schedulers: Mapping[str, Entry]) -> Iterator[Problem]:
    """A class has one usual sampler; a tool's name means one sampler, and one of flow models."""
    usual: dict[str, Entry] = {}
    named: dict[tuple[str, str, bool], Entry] = {}
    for entry in schedulers.values():
        if entry.data.get("usual"):
            owner = usual.setdefault(entry.data["class"], entry)
            if owner is not entry:
                message = f"expected one usual sampler of a class, got {owner.file} as well."
                yield problem(entry, ("usual",), message)
        flow = entry.data.get("valid_for") == ["flow"]
        for tool, name in entry.data.get("names", {}).items():
            owner = named.setdefault((tool, name.casefold(), flow), entry)
            if owner is not entry:
                where: Location = ("names", tool)
                got = f"got '{visible(name)}', which belongs to {owner.file}"
                yield problem(entry, where, f"expected a name of its own, {got}.")


def claimed_schedulers(
    models: Iterable[Entry], schedulers: Mapping[str, Entry]
) -> Iterator[Problem]:
    """A claim may name a scheduler that has no file here, but none that is one letter off."""
    written = [name for entry in schedulers.values() for name in _written(entry)]
    known = {loose(name): name for name in written}
    for entry in models:
        for index, claim in enumerate(entry.data.get("claims", {}).get("scheduler", [])):
            name = str(claim.get("value", ""))
            near = get_close_matches(loose(name), known, n=1, cutoff=_ONE_LETTER_OFF)
            if loose(name) in known or not near:
                continue
            yield problem(
                entry,
                ("claims", "scheduler", index, "value"),
                f"expected a scheduler's name, got '{visible(name)}'. "
                f"Did you mean '{known[near[0]]}'?",
            )


def _written(entry: Entry) -> list[str]:
    data = entry.data
    names = [entry.id, data["name"], *data.get("aliases", []), *data.get("names", {}).values()]
    return [*names, data["class"]] if "class" in data else names
