"""What no single file can show: names owned once, real bases, claims that fit their setting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from .._errors import visible
from .._names import loose
from .cross_curves import curve_problems
from .cross_measured import measured_problems
from .cross_parts import (
    PLAN,
    PRACTICE,
    WITHOUT_A_PAGE,
    evidence_of,
    fits,
    is_number,
    known_setting,
    problem,
)
from .cross_schedulers import claimed_schedulers, scheduler_problems
from .cross_settings import setting_problems, tool_owners
from .cross_text import sentences_once, text_problems
from .entry import Entry
from .plain import axis_values, did_you_mean
from .problems import Problem, describe
from .yaml_text import Location

__all__ = ["WITHOUT_A_PAGE", "across"]
# Only these say which formula their number belongs to.
GUIDANCE = frozenset(["guidance_scale", "true_cfg_scale", "image_guidance_scale"])


def across(entries: Iterable[Entry], today: date | None) -> list[Problem]:
    """Returns the problems between files; `today` adds the calendar.

    Only files that are sound by themselves are compared, so one slip is told once.
    """
    sound = [entry for entry in entries if entry.sound]
    kinds = {
        kind: {entry.id: entry for entry in sound if entry.kind == kind}
        for kind in ("setting", "model", "scheduler", "plan", "curve")
    }
    all_ids = {(entry.kind, entry.id) for entry in entries}
    found = [*_owners(sound), *_bases(kinds["model"], all_ids)]
    for entry in sound:
        if entry.kind in ("setting", "model"):
            found += _sources(entry)
        if entry.kind != "manifest":  # the studio wrote it, from a plan that was read here
            found += text_problems(entry)
    found += scheduler_problems(kinds["scheduler"], all_ids)
    found += claimed_schedulers(kinds["model"].values(), kinds["scheduler"])
    found += tool_owners(kinds["setting"])
    found += sentences_once(kinds["setting"].values())
    for entry in kinds["setting"].values():
        found += setting_problems(entry, all_ids)
        found += _comparisons(entry, kinds["plan"], all_ids)
    found += curve_problems(kinds["setting"].values(), kinds["curve"], all_ids)
    for entry in kinds["model"].values():
        found += _claims(entry, kinds["setting"], all_ids)
    for entry in sound:
        if entry.kind in ("measurement", "quality", "pairs"):
            found += measured_problems(
                entry, kinds["model"], kinds["scheduler"], kinds["setting"], all_ids
            )
    if today is not None:
        for entry in sound:
            found += _dates(entry, today)
    return found


def _owners(entries: list[Entry]) -> Iterator[Problem]:
    """Every id, name, alias, hub id and slug belongs to one file of its kind, in any spelling."""
    owners: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        for scope, location, name in _names(entry):
            key = loose(name) if scope != "slug" else name
            if not key:
                message = f"expected a name with a letter or digit, got '{visible(name)}'."
                yield problem(entry, location, message)
                continue
            owner = owners.setdefault((scope, key), entry)
            if owner is not entry:
                got = f"got '{visible(name)}', which belongs to {owner.file}"
                message = f"expected a name of its own, {got}."
                yield problem(entry, location, message)


def _names(entry: Entry) -> Iterator[tuple[str, Location, str]]:
    data = entry.data
    if entry.kind in ("setting", "model", "scheduler", "schedule"):
        yield entry.kind, (), entry.id
        for key in ("name", "title", "hub_id"):
            if key in data:
                yield entry.kind, (key,), data[key]
        for index, alias in enumerate(data.get("aliases", [])):
            yield entry.kind, ("aliases", index), alias
    if "slug" in data:
        yield "slug", ("slug",), data["slug"]


def _bases(models: dict[str, Entry], all_ids: set[tuple[str, str]]) -> Iterator[Problem]:
    for entry in models.values():
        base = entry.data.get("base")
        if base is None:
            continue
        if ("model", base) not in all_ids:
            message = f"expected the id of a model, got '{base}'." + did_you_mean(
                base, list(models)
            )
            yield problem(entry, ("base",), message)
            continue
        chain = [entry.id]
        while base in models and base not in chain:
            chain.append(base)
            base = models[base].data.get("base")
        if base == entry.id:
            yield problem(
                entry, ("base",), f"expected no circle, got {' → '.join([*chain, base])}."
            )


def _sources(entry: Entry) -> Iterator[Problem]:
    sources = entry.data.get("sources", {})
    cited = [(location, key) for location, key in _citations(entry.data)]
    for location, key in cited:
        if key not in sources:
            message = f"expected a key of sources, got '{key}'." + did_you_mean(key, list(sources))
            yield problem(entry, location, message)
    used = {key for _, key in cited}
    for key in sources:
        if key not in used:
            message = (
                "expected a source that something cites, got one nobody cites. Cite or remove it."
            )
            yield problem(entry, ("sources", key), message)


def _citations(data: dict[str, Any]) -> Iterator[tuple[Location, str]]:
    for setting, claims in data.get("claims", {}).items():
        for index, claim in enumerate(claims):
            if "source" in claim:
                yield ("claims", setting, index, "source"), claim["source"]
    for index, tool in enumerate(data.get("tools", [])):
        if "source" in tool:
            yield ("tools", index, "source"), tool["source"]
    for location, keys in evidence_of(data):
        for index, key in enumerate(keys):
            if key != PRACTICE and not key.startswith(PLAN):
                yield (*location, index), key


def _comparisons(
    entry: Entry, plans: dict[str, Entry], all_ids: set[tuple[str, str]]
) -> Iterator[Problem]:
    """A figure shows values its plan renders; a tree without plans (an sdist) has none to ask."""
    known = [id for kind, id in sorted(all_ids) if kind == "plan"]
    for index, comparison in enumerate(entry.data.get("comparisons", [])):
        here: Location = ("comparisons", index)
        plan = comparison["plan"]
        if known and plan not in known:
            message = f"expected a plan of render/plans, got '{plan}'." + did_you_mean(plan, known)
            yield problem(entry, (*here, "plan"), message)
        if plan not in plans:
            continue
        yield from _shown(entry, (*here, "show"), plans[plan].data["axes"], comparison)


def _shown(
    entry: Entry, here: Location, axes: dict[str, Any], comparison: dict[str, Any]
) -> Iterator[Problem]:
    """Both sides of a figure are axes of its plan, and their values are among those rendered."""
    plan, show = comparison["plan"], comparison["show"]
    for side, values in (("axis", "values"), ("by", "by_values")):
        axis = show.get(side)
        if axis is None:
            continue
        if axis not in (*axes, "model", "prompt"):
            message = f"expected an axis of {plan} ({', '.join(axes)}), got '{axis}'."
            yield problem(entry, (*here, side), message)
        rendered = axis_values(axes[axis]) if axis in axes else None
        for place, value in enumerate(show.get(values, [])):
            if rendered is not None and value not in rendered:
                listed = ", ".join(visible(one) for one in rendered)
                message = f"expected a value that {plan} renders ({listed}), got {describe(value)}."
                yield problem(entry, (*here, values, place), message)


def _claims(
    entry: Entry, settings: dict[str, Entry], all_ids: set[tuple[str, str]]
) -> Iterator[Problem]:
    for name, claims in entry.data.get("claims", {}).items():
        yield from known_setting(entry, ("claims", name), name, all_ids)
        known = settings[name].data if name in settings else {}
        kind = known.get("type") or WITHOUT_A_PAGE.get(name)
        limits = known.get("range", {})
        for index, claim in enumerate(claims):
            here: Location = ("claims", name, index)
            if "convention" in claim and name not in GUIDANCE:
                message = f"expected no convention outside guidance, got '{claim['convention']}'."
                yield problem(entry, (*here, "convention"), message)
            if kind is not None:
                for key in ("value", "low", "high"):
                    if key in claim:
                        yield from fits(entry, (*here, key), claim[key], kind, limits, name)
            yield from _ordered(entry, here, claim)


def _ordered(entry: Entry, here: Location, claim: dict[str, Any]) -> Iterator[Problem]:
    figures = [claim[key] for key in ("low", "value", "high") if key in claim]
    if all(is_number(figure) for figure in figures) and figures != sorted(figures):
        shown = " ≤ ".join(str(figure) for figure in figures)
        yield problem(entry, here, f"expected low ≤ value ≤ high, got {shown}.")


def _dates(entry: Entry, today: date) -> Iterator[Problem]:
    """No date lies ahead, save for the one day that the time zones of this world differ by."""
    written: list[tuple[Location, str]] = [
        (("sources", key, "date"), source["date"])
        for key, source in entry.data.get("sources", {}).items()
        if "date" in source
    ]
    if "released" in entry.data:
        written.append((("released",), entry.data["released"]))
    for location, text in written:
        try:
            day = date.fromisoformat((text + "-01-01")[:10])
        except ValueError:
            yield problem(entry, location, f"expected a day of the calendar, got '{text}'.")
            continue
        if day > today + timedelta(days=1):
            yield problem(entry, location, f"expected a day that has come, got '{text}'.")
