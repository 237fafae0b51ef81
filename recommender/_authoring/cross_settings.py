"""What one setting's file must agree on with itself: numbers, bands, words, tools, examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import _convert
from .._errors import visible
from .._names import loose
from .cross_parts import PLAN, PRACTICE, evidence_of, fits, is_number, known_setting, problem
from .entry import Entry
from .plain import did_you_mean
from .problems import Problem, describe
from .yaml_text import Location

_NUMBERS = frozenset(["integer", "number", "seed"])
# A page of this name would replace the list of all settings.
_TAKEN = frozenset(["index"])


def setting_problems(entry: Entry, all_ids: set[tuple[str, str]]) -> Iterator[Problem]:
    """Yields what a setting's own figures, words and references get wrong."""
    yield from _numbers(entry)
    yield from _bands(entry)
    yield from _choices(entry)
    yield from _evidence(entry, all_ids)
    yield from _partners(entry, all_ids)
    yield from _tools(entry, all_ids)
    yield from _conversions(entry)
    yield from _page(entry)


def _numbers(entry: Entry) -> Iterator[Problem]:
    data = entry.data
    limits = data.get("range", {})
    for key in ("range", "step", "values"):
        if key in data and data["type"] not in _NUMBERS:
            message = f"expected no {key} for a {data['type']}, got one. Remove it."
            yield problem(entry, (key,), message)
    if "max" in limits and limits["max"] < limits["min"]:
        yield problem(entry, ("range", "max"), f"expected at least min, got {limits['max']}.")
    if "default" in data:
        kind = "string" if data["type"] == "choice" else data["type"]
        yield from fits(entry, ("default",), data["default"], kind, limits)
    step = data.get("step")
    if step is not None and data["type"] == "integer" and step != int(step):
        yield problem(entry, ("step",), f"expected a whole number, got {step}.")
    if step is not None and "max" in limits and step > limits["max"] - limits["min"] >= 0:
        span = limits["max"] - limits["min"]
        yield problem(entry, ("step",), f"expected at most the whole range, {span}, got {step}.")


def _bands(entry: Entry) -> Iterator[Problem]:
    """Bands rise, lie in the range and share no value; what lies between two is nobody's."""
    data = entry.data
    before = None
    for band in ("low", "mid", "high"):
        if band not in data.get("values", {}):
            continue
        here, place = data["values"][band], ("values", band)
        for end in ("from", "to"):
            yield from fits(entry, (*place, end), here[end], "number", data.get("range", {}))
        if here["to"] < here["from"] or (before is not None and here["from"] < before):
            message = f"expected bands that rise, got {here['from']} to {here['to']}."
            yield problem(entry, place, message)
        elif before is not None and here["from"] == before:
            message = f"expected more than {before}, where the band before ends, got the same."
            yield problem(entry, (*place, "from"), message)
        before = here["to"]


def _choices(entry: Entry) -> Iterator[Problem]:
    data = entry.data
    choices = [choice["value"] for choice in data.get("choices", [])]
    if choices and data["type"] in _NUMBERS:
        message = f"expected no choices for a {data['type']}, got some. Use values."
        yield problem(entry, ("choices",), message)
    for index, value in enumerate(choices):
        if value in choices[:index]:
            message = f"expected each value once, got '{visible(value)}' again."
            yield problem(entry, ("choices", index, "value"), message)
    default = data.get("default")
    if choices and data["type"] == "choice" and isinstance(default, str) and default not in choices:
        listed = ", ".join(visible(choice) for choice in choices)
        message = f"expected one of the choices ({listed}), got {describe(default)}."
        yield problem(entry, ("default",), message)


def _evidence(entry: Entry, all_ids: set[tuple[str, str]]) -> Iterator[Problem]:
    """A plan that is named exists; a rule of thumb calls itself one, and nothing else does."""
    plans = [id for kind, id in sorted(all_ids) if kind == "plan"]
    for place, keys in evidence_of(entry.data):
        for index, key in enumerate(keys):
            plan = key.removeprefix(PLAN)
            if key.startswith(PLAN) and plans and plan not in plans:
                hint = did_you_mean(plan, plans)
                message = f"expected a plan of render/plans, got '{visible(plan)}'.{hint}"
                yield problem(entry, (*place, index), message)
        item: Any = entry.data
        for part in place[:-1]:
            item = item[part]
        key = "effect" if "effect" in item else "text"
        labelled = "rule of thumb" in item[key].lower()
        if PRACTICE in keys and not labelled:
            message = "expected the words 'Rule of thumb' in what rests on practice, got none."
            yield problem(entry, (*place[:-1], key), message)
        if labelled and PRACTICE not in keys:
            message = "expected practice as the evidence of a rule of thumb, got none."
            yield problem(entry, place, message)


def _partners(entry: Entry, all_ids: set[tuple[str, str]]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, partner in enumerate(entry.data.get("works_with", [])):
        location: Location = ("works_with", index, "setting")
        name = partner["setting"]
        if ("setting", name) not in all_ids:
            yield from known_setting(entry, location, name, all_ids) or ()
        if name == entry.id:
            yield problem(entry, location, "expected another setting, got this one.")
        if name in seen:
            yield problem(entry, location, f"expected each setting once, got '{name}' again.")
        seen.add(name)


def _tools(entry: Entry, all_ids: set[tuple[str, str]]) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for index, tool in enumerate(entry.data.get("tools", [])):
        place: Location = ("tools", index)
        low, high = tool.get("min"), tool.get("max")
        if low is not None and high is not None and high < low:
            yield problem(entry, (*place, "max"), f"expected at least min, got {high}.")
        default = tool.get("default")
        outside = is_number(default) and (
            (low is not None and default < low) or (high is not None and default > high)
        )
        if outside:
            message = f"expected a default within the tool's own range, got {default}."
            yield problem(entry, (*place, "default"), message)
        key = (tool["tool"], loose(tool["name"]))
        if key in seen:
            message = f"expected each name of a tool once, got '{visible(tool['name'])}' again."
            yield problem(entry, (*place, "name"), message)
        seen.add(key)
        if "same_as" in tool:
            yield from known_setting(entry, (*place, "same_as"), tool["same_as"], all_ids)


def _conversions(entry: Entry) -> Iterator[Problem]:
    """Every printed example is worked out by the function that programs call."""
    for number, conversion in enumerate(entry.data.get("conversions", [])):
        for index, example in enumerate(conversion["examples"]):
            place: Location = ("conversions", number, "examples", index)
            function = getattr(_convert, example["call"], None)
            if not callable(function) or example["call"].startswith("_"):
                known = [name for name in vars(_convert) if name[0].islower()]
                message = f"expected a function of _convert, got '{example['call']}'."
                hint = did_you_mean(example["call"], known)
                yield problem(entry, (*place, "call"), message + hint)
                continue
            try:
                found = function(*example["with"])
            except (TypeError, ValueError, LookupError, ArithmeticError) as error:
                message = f"expected an example that can be worked out, got {error!r}."
                yield problem(entry, (*place, "with"), message)
                continue
            if not is_number(found) or round(found, 4) != round(example["gives"], 4):
                message = f"expected what it works out to, {found}, got {example['gives']}."
                yield problem(entry, (*place, "gives"), message)


def _page(entry: Entry) -> Iterator[Problem]:
    data = entry.data
    if data["slug"] in _TAKEN:
        yield problem(entry, ("slug",), f"expected a slug that is free, got '{data['slug']}'.")
    if "what_it_does" not in data and not data.get("tools"):
        message = "expected what_it_does or tools, got neither: the page would be empty."
        yield problem(entry, (), message)
    if "\n\n" in data["summary"].strip():
        yield problem(entry, ("summary",), "expected one paragraph, got several.")


def tool_owners(settings: dict[str, Entry]) -> Iterator[Problem]:
    """In one tool a name means one setting; `same_as` tells a control that two settings share.

    Where a looked-up name means two all the same, `when` tells them apart.
    """
    yield from _told_apart(settings)
    owners: dict[tuple[str, str], str] = {}
    shared: list[tuple[Entry, Location, dict[str, Any]]] = []
    for entry in settings.values():
        for index, tool in enumerate(entry.data.get("tools", [])):
            if "same_as" in tool:
                shared.append((entry, ("tools", index, "same_as"), tool))
                continue
            for key, name in (("name", tool["name"]), *(("also", n) for n in tool.get("also", []))):
                if not loose(name):
                    continue
                owner = owners.setdefault((tool["tool"], loose(name)), entry.id)
                if owner != entry.id:
                    got = f"'{visible(name)}', which is {owner}'s"
                    message = f"expected a name that {visible(tool['tool'])} uses once, got {got}."
                    hint = f" Write same_as: {owner} if it is the same control."
                    yield problem(entry, ("tools", index, key), message + hint)
    for entry, location, tool in shared:
        owner = owners.get((tool["tool"], loose(tool["name"])), "")
        if owner != tool["same_as"]:
            message = f"expected the setting that owns '{visible(tool['name'])}' in this tool, "
            message += f"got {tool['same_as']}." + (f" It is {owner}." if owner else "")
            yield problem(entry, location, message)


def _told_apart(settings: dict[str, Entry]) -> Iterator[Problem]:
    """A tool's name that means several settings says when it means each; so does what its nodes
    have in common, the `scale` of two guiders.
    """
    rows: dict[tuple[str, str], dict[tuple[str, int], str]] = {}
    for entry in settings.values():
        for index, tool in enumerate(entry.data.get("tools", [])):
            for name in (tool["name"], *tool.get("also", [])):
                for key in {loose(name), loose(name.rpartition(".")[2])} - {""}:
                    rows.setdefault((tool["tool"], key), {})[entry.id, index] = name
    told: set[tuple[str, int]] = set()
    for (_, _), found in rows.items():
        ids = {id for id, _ in found}
        for (id, index), name in found.items() if len(ids) > 1 else ():
            entry = settings[id]
            if "when" not in entry.data["tools"][index] and (id, index) not in told:
                told.add((id, index))
                others = ", ".join(sorted(ids - {id}))
                message = f"expected when '{visible(name)}' means {id}, as it means {others} too, "
                yield problem(entry, ("tools", index), message + "got none. Add when.")
