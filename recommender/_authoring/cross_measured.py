"""What a measurement must agree on: with the model and sampler it names, and within itself.

Whether its summary follows from its raw figures takes numpy, and is worked out by
`python -m render check`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .cross_parts import fits, known_setting, problem
from .entry import Entry
from .plain import did_you_mean
from .problems import Problem
from .yaml_text import Location

Entries = Mapping[str, "Entry"]
Ids = set[tuple[str, str]]
_OF_JUDGE = tuple((key, "judge") for key in ("margin", "loose_margin", "plateau", "alike"))
_OF_REFERENCE = tuple((key, "reference") for key in ("noticeable", "loose_change", "settled"))
LEAST_CONVERGED = 200  # steps of a picture that counts as converged
_RAW = ("change", "ssim", "hits", "clip", "lpips")


def measured_problems(
    entry: Entry, models: Entries, schedulers: Entries, settings: Entries, all_ids: Ids
) -> Iterator[Problem]:
    """Yields what is wrong in one measurement beyond the form of its keys."""
    yield from _model(entry, models, all_ids)
    if entry.kind == "quality":
        yield from _judged(entry)
        return
    if entry.kind == "pairs":
        yield from _pairs(entry, all_ids)
        return
    yield from _place(entry)
    yield from _scheduler(entry, schedulers, all_ids)
    yield from known_setting(entry, ("setting",), entry.data["setting"], all_ids)
    yield from within(entry)
    yield from _values(entry, schedulers, settings)
    yield from _summary(entry)


def within(entry: Entry) -> Iterator[Problem]:
    """Yields where the lists of a sweep do not fit each other, whatever it was measured on."""
    yield from _lists(entry)
    yield from _parts(entry)


def _model(entry: Entry, models: Entries, all_ids: Ids) -> Iterator[Problem]:
    """The folder is a model's, and the weights are those that the model's file pins."""
    folder = entry.family
    if ("model", folder) not in all_ids:
        known = [id for kind, id in sorted(all_ids) if kind == "model"]
        message = f"expected a folder named after a model, got '{folder}'."
        yield problem(entry, (), message + did_you_mean(folder, known))
        return
    if folder not in models:
        return
    file, weights = models[folder].file, entry.data["weights"]
    pinned = models[folder].data.get("weights")
    if pinned is None:
        message = f"expected a model whose file pins its weights. Add to {file}: weights: {weights}"
        yield problem(entry, ("weights",), message)
    elif pinned != weights:
        message = f"expected {pinned}, as {file} says, got {weights}. Measure those weights."
        yield problem(entry, ("weights",), message)


def _place(entry: Entry) -> Iterator[Problem]:
    data, folder = entry.data, entry.family
    if data["model"] != folder:
        yield problem(entry, ("model",), f"expected '{folder}', its folder, got '{data['model']}'.")
    stem = f"steps-{data['scheduler']}" if data["sweep"] == "steps" else data["sweep"]
    if entry.id != stem:
        yield problem(entry, (), f"expected the file name {stem}.json, got {entry.id}.json.")


def _scheduler(entry: Entry, schedulers: Entries, all_ids: Ids) -> Iterator[Problem]:
    """The sampler is a known one, and ran as that one: its class, and its flags unless `own`."""
    name = entry.data["scheduler"]
    if ("scheduler", name) not in all_ids:
        known = [id for kind, id in sorted(all_ids) if kind == "scheduler"]
        message = f"expected the id of a sampler, got '{name}'.{did_you_mean(name, known)}"
        yield problem(entry, ("scheduler",), message)
        return
    if name not in schedulers:
        return
    known_as, config = schedulers[name].data, entry.data["scheduler_config"]
    written, right = entry.data["scheduler_class"], known_as.get("class")
    if written != right:
        message = f"expected {right or 'a sampler that diffusers has'}, got {written}."
        yield problem(entry, ("scheduler_class",), message)
    if entry.data.get("own"):
        return
    for flag, value in known_as.get("flags", {}).items():
        if config.get(flag) != value:
            message = f"expected {value}, which makes it {name}, got {config.get(flag)}."
            yield problem(entry, ("scheduler_config", flag), message)


def _lists(entry: Entry) -> Iterator[Problem]:
    """Prompts and seeds stand once, and every raw list has a figure for each pair of them."""
    data = entry.data
    for key in ("prompts", "seeds"):
        yield from _once(entry, (key,), data[key])
    pictures = len(data["prompts"]) * len(data["seeds"])
    counted = f"{len(data['prompts'])} prompts × {len(data['seeds'])} seeds"
    lists: list[tuple[Location, Any]] = [
        (("rows", i, key), row.get(key)) for i, row in enumerate(data["rows"]) for key in _RAW
    ]
    for key in ("change", "between_schedulers", "lpips"):
        lists.append((("reference", key), (data["reference"] or {}).get(key)))
    for location, raw in lists:
        if raw is not None and len(raw) != pictures:
            message = f"expected {pictures} figures ({counted}), got {len(raw)}."
            yield problem(entry, location, message)
    uneven = [
        (row, key)
        for key in _RAW
        for row, one in enumerate(data["rows"])
        if (one.get(key) is None) != (data["rows"][0].get(key) is None)
    ]
    for row, key in uneven:
        message = f"expected {key} in every row or in none, row 0 says which."
        yield problem(entry, ("rows", row, key), message)
    if not uneven:
        yield from _presence(entry)
        yield from _excluded(entry)


def _parts(entry: Entry) -> Iterator[Problem]:
    """Where runs were joined, each picture is of one of them, and each has a picture."""
    parts, digits = entry.data.get("parts"), entry.data.get("part")
    if (parts is None) != (digits is None):
        yield problem(entry, ("parts",), "expected parts with a digit a picture, or neither.")
    if parts is None or digits is None:
        return
    pictures = len(entry.data["prompts"]) * len(entry.data["seeds"])
    if len(digits) != pictures:
        message = f"expected {pictures} digits, one a picture, got {len(digits)}."
        yield problem(entry, ("part",), message)
    named = sorted({int(digit, 36) for digit in digits})
    if named != list(range(len(parts))):
        message = f"expected pictures of each of the {len(parts)} parts and of no other."
        yield problem(entry, ("part",), message)
    for i, part in enumerate(parts):
        for key, value in entry.data["environment"].items():
            if (got := part["environment"].get(key)) != value:
                where = ("parts", i, "environment", key)
                yield problem(entry, where, f"expected {value}, as of all parts, got {got}.")


def _pairs(entry: Entry, all_ids: Ids) -> Iterator[Problem]:
    """Every sampler is known, and every list has a figure for each prompt and seed."""
    data = entry.data
    pictures = len(data["prompts"]) * len(data["seeds"])
    for part, keys in (("settling", ("change",)), ("drafts", ("own", "other_seed"))):
        for i, row in enumerate(data[part]):
            if ("scheduler", row["scheduler"]) not in all_ids:
                message = f"expected the id of a sampler, got '{row['scheduler']}'."
                yield problem(entry, (part, i, "scheduler"), message)
            for key in keys:
                if len(row[key]) != pictures:
                    message = f"expected {pictures} figures, got {len(row[key])}."
                    yield problem(entry, (part, i, key), message)


def _once(entry: Entry, location: Location, items: list[Any]) -> Iterator[Problem]:
    for i, item in enumerate(items):
        if item in items[:i]:
            message = f"expected each once, got '{item}' again."
            yield problem(entry, (*location, i), message)


def _presence(entry: Entry) -> Iterator[Problem]:
    """Changes need something they are changes from, and hits a judge."""
    data = entry.data
    first = data["rows"][0]
    if (first["hits"] is None) != (data["judge"] is None):
        yield problem(entry, ("judge",), "expected a judge with hits, and none without.")
    if (first["change"] is None) != (data["reference"] is None):
        yield problem(entry, ("reference",), "expected a reference with changes, none without.")
    for key, source in (("clip", data), ("lpips", data["metric"].get("beside", {}))):
        if (first.get(key) is None) != (source.get(key) is None):
            message = f"expected {key} in rows with the weights it comes from, none without."
            yield problem(entry, ("rows", 0, key), message)
    if first["hits"] is None and first["change"] is None:
        yield problem(entry, ("rows", 0), "expected change or hits, got neither.")
    rule = data["summary"]["rule"]
    for key, source in (*_OF_JUDGE, *_OF_REFERENCE):
        if (key in rule) != (data[source] is not None):
            wanted = "this limit beside" if key not in rule else "no limit without"
            yield problem(entry, ("summary", "rule", key), f"expected {wanted} a {source}.")


def _excluded(entry: Entry) -> Iterator[Problem]:
    """Every picture that failed is named, and has no figure.

    A change is missing in every row where it is the reference picture that failed.
    """
    rows = entry.data["rows"]
    lacking = {
        key: [_places(row.get(key)) for row in rows] for key in _RAW if rows[0].get(key) is not None
    }
    for key, lacks in lacking.items():
        common = set.intersection(*lacks) if key != "hits" else set()
        for i, (row, places) in enumerate(zip(rows, lacks, strict=True)):
            named = len(row.get("excluded", []))
            if not len(places - common) <= named <= len(places):
                missing = len(places)
                message = f"expected a name for each of {missing} figures that {key} lacks, got "
                yield problem(entry, ("rows", i, "excluded"), f"{message}{named}.")


def _places(raw: Any) -> set[int]:
    return {i for i, one in enumerate(raw) if one in (None, "x")}


def _values(entry: Entry, schedulers: Entries, settings: Entries) -> Iterator[Problem]:
    """Values rise, fit the setting, and cost no fewer calls as steps rise."""
    data, setting = entry.data, entry.data["setting"]
    rows = data["rows"]
    for i, row in enumerate(rows):
        if i and row["value"] <= rows[i - 1]["value"]:
            message = f"expected more than {rows[i - 1]['value']:g}, got {row['value']:g}."
            yield problem(entry, ("rows", i, "value"), message)
        if setting in settings:
            known = settings[setting].data
            limits = known.get("range", {})
            yield from fits(entry, ("rows", i, "value"), row["value"], known["type"], limits)
    if data["sweep"] != "steps":
        return
    for i, row in enumerate(rows):
        if i and row["calls"] < rows[i - 1]["calls"]:
            message = f"expected at least {rows[i - 1]['calls']} calls, got {row['calls']}."
            yield problem(entry, ("rows", i, "calls"), message)
    yield from _converged(entry, schedulers)


def _converged(entry: Entry, schedulers: Entries) -> Iterator[Problem]:
    """A converged picture takes many steps, is no rung, and no stochastic sampler has one."""
    data, reference = entry.data, entry.data["reference"]
    if reference is None:
        return
    where, value = ("reference", "value"), reference["value"]
    if not isinstance(value, int) or value < LEAST_CONVERGED:
        yield problem(entry, where, f"expected at least {LEAST_CONVERGED} steps, got {value}.")
    if value in [row["value"] for row in data["rows"]]:
        yield problem(entry, where, f"expected steps that are no row, got {value}.")
    if reference.get("change") is None:
        message = "expected how far the reference itself still moves, got nothing."
        yield problem(entry, ("reference", "change"), message)
    sampler = schedulers.get(data["scheduler"])
    if sampler is not None and sampler.data["kind"] != "deterministic":
        message = f"expected none: {data['scheduler']} never converges to one picture."
        yield problem(entry, ("reference",), message)


def _summary(entry: Entry) -> Iterator[Problem]:
    """The summary speaks of these rows, and a sweet spot lies on them."""
    data, summary = entry.data, entry.data["summary"]
    values = [row["value"] for row in data["rows"]]
    said = [row["value"] for row in summary["rows"]]
    if said != values:
        yield problem(entry, ("summary", "rows"), "expected the values of rows, in their order.")
    spot = summary.get("sweet_spot")
    here: Location = ("summary", "sweet_spot")
    if spot is None:
        return
    if data["sweep"] != "steps":
        yield problem(entry, here, f"expected none for the sweep {data['sweep']}.")
    if summary.get("converged") is False:
        yield problem(entry, here, "expected none, as the reference still moves.")
    ends = [spot[key] for key in ("low", "steps", "high") if spot[key] is not None]
    if ends != sorted(ends):
        shown = " ≤ ".join(map(str, ends))
        yield problem(entry, here, f"expected low ≤ steps ≤ high, got {shown}.")
    for key, value in [*((key, spot[key]) for key in ("low", "steps", "high")), *_span(spot)]:
        if value is not None and value not in values:
            yield problem(entry, (*here, key), f"expected a value of rows, got {value}.")


def _span(spot: dict[str, Any]) -> list[tuple[str, int]]:
    return [("range", value) for value in spot.get("range") or ()]


def _judged(entry: Entry) -> Iterator[Problem]:
    for name, row in entry.data["rows"].items():
        pictures = row["prompts"] * row["seeds"]
        if len(row["hits"]) != pictures:
            counted = f"{row['prompts']} prompts × {row['seeds']} seeds"
            message = f"expected {pictures} digits ({counted}), got {len(row['hits'])}."
            yield problem(entry, ("rows", name, "hits"), message)
