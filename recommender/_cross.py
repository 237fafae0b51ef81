"""What no single file can show: names owned once, real bases, claims that fit their setting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ._errors import visible
from ._names import loose
from ._problems import Problem, describe, did_you_mean, dotted
from ._yaml import Location

if TYPE_CHECKING:
    from ._check import Entry

# Settings that claims may name although they have no page (and so no file) yet.
WITHOUT_A_PAGE = {
    "true_cfg_scale": "number",
    "image_guidance_scale": "number",
    "prior_num_inference_steps": "integer",
    "prior_guidance_scale": "number",
    "decoder_guidance_scale": "number",
    "shift": "number",
    "eta": "number",
    "clip_skip": "integer",
    "lora_scale": "number",
    "pag_scale": "number",
    "noise_level": "integer",
    "max_sequence_length": "integer",
    "controlnet_conditioning_scale": "number",
    "timesteps": "integer",
    "intermediate_timesteps": "number",
    "original_inference_steps": "integer",
    "pyramid_num_inference_steps_list": "integer",
    "denoising_start": "number",
    "ensemble_size": "integer",
    "adapter_conditioning_scale": "number",
    "control_guidance_end": "number",
    "guidance_rescale": "number",
    # Video and audio.
    "num_frames": "integer",
    "fps": "integer",
    "guidance_scale_2": "number",
    "min_guidance_scale": "number",
    "max_guidance_scale": "number",
    "audio_guidance_scale": "number",
    "stg_scale": "number",
    "boundary_ratio": "number",
    "motion_bucket_id": "integer",
    "noise_aug_strength": "number",
}
_WANTED = {"integer": "a whole number", "seed": "a whole number", "number": "a number"}
# Only these say which formula their number belongs to.
GUIDANCE = frozenset(["guidance_scale", "true_cfg_scale", "image_guidance_scale"])


def across(entries: Iterable[Entry], today: date | None) -> list[Problem]:
    """Returns the problems between files; `today` adds the calendar.

    Only files that are sound by themselves are compared, so one slip is told once.
    """
    sound = [entry for entry in entries if entry.sound]
    kinds = {
        kind: {entry.id: entry for entry in sound if entry.kind == kind}
        for kind in ("setting", "model", "scheduler", "plan")
    }
    all_ids = {(entry.kind, entry.id) for entry in entries}
    found = [*_owners(sound), *_bases(kinds["model"], all_ids)]
    for entry in sound:
        if entry.kind in ("setting", "model"):
            found += _sources(entry)
    for entry in kinds["setting"].values():
        found += _setting(entry, all_ids)
        found += _comparisons(entry, kinds["plan"], all_ids)
    for entry in kinds["model"].values():
        found += _claims(entry, kinds["setting"], all_ids)
    if today is not None:
        for entry in sound:
            found += _dates(entry, today)
    return found


def _problem(entry: Entry, location: Location, message: str) -> Problem:
    return Problem(entry.file, entry.document.line(location), dotted(location), message)


def _owners(entries: list[Entry]) -> Iterator[Problem]:
    """Every id, name, alias, hub id and slug belongs to one file of its kind, in any spelling."""
    owners: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        for scope, location, name in _names(entry):
            key = loose(name) if scope != "slug" else name
            if not key:
                message = f"expected a name with a letter or digit, got '{visible(name)}'."
                yield _problem(entry, location, message)
                continue
            owner = owners.setdefault((scope, key), entry)
            if owner is not entry:
                got = f"got '{visible(name)}', which belongs to {owner.file}"
                message = f"expected a name of its own, {got}."
                yield _problem(entry, location, message)


def _names(entry: Entry) -> Iterator[tuple[str, Location, str]]:
    data = entry.data
    if entry.kind in ("setting", "model", "scheduler"):
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
            yield _problem(entry, ("base",), message)
            continue
        chain = [entry.id]
        while base in models and base not in chain:
            chain.append(base)
            base = models[base].data.get("base")
        if base == entry.id:
            yield _problem(
                entry, ("base",), f"expected no circle, got {' → '.join([*chain, base])}."
            )


def _sources(entry: Entry) -> Iterator[Problem]:
    sources = entry.data.get("sources", {})
    cited = [(location, key) for location, key in _citations(entry.data)]
    for location, key in cited:
        if key not in sources:
            message = f"expected a key of sources, got '{key}'." + did_you_mean(key, list(sources))
            yield _problem(entry, location, message)
    used = {key for _, key in cited}
    for key in sources:
        if key not in used:
            message = (
                "expected a source that something cites, got one nobody cites. Cite or remove it."
            )
            yield _problem(entry, ("sources", key), message)


def _citations(data: dict[str, Any]) -> Iterator[tuple[Location, str]]:
    for setting, claims in data.get("claims", {}).items():
        for index, claim in enumerate(claims):
            if "source" in claim:
                yield ("claims", setting, index, "source"), claim["source"]
    for index, tool in enumerate(data.get("tools", [])):
        yield ("tools", index, "source"), tool["source"]


def _setting(entry: Entry, all_ids: set[tuple[str, str]]) -> Iterator[Problem]:
    data = entry.data
    limits = data.get("range", {})
    if limits and data["type"] in ("string", "choice"):
        yield _problem(
            entry, ("range",), f"expected no range for a {data['type']}, got one. Remove it."
        )
    if "max" in limits and limits["max"] < limits["min"]:
        yield _problem(entry, ("range", "max"), f"expected at least min, got {limits['max']}.")
    if "default" in data:
        yield from _fits(entry, ("default",), data["default"], data["type"], limits)
    before = None
    for band in ("low", "mid", "high"):
        if band in data.get("values", {}):
            here = data["values"][band]
            for end in ("from", "to"):
                yield from _fits(entry, ("values", band, end), here[end], "number", limits)
            if here["to"] < here["from"] or (before is not None and here["from"] < before):
                message = f"expected bands that rise, got {here['from']} to {here['to']}."
                yield _problem(entry, ("values", band), message)
            before = here["to"]
    for index, partner in enumerate(data.get("works_with", [])):
        location: Location = ("works_with", index, "setting")
        yield from _known_setting(entry, location, partner["setting"], all_ids)


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
            yield _problem(entry, (*here, "plan"), message)
        if plan not in plans:
            continue
        axes, show = plans[plan].data["axes"], comparison["show"]
        if show["axis"] not in (*axes, "model", "prompt"):
            message = f"expected an axis of {plan} ({', '.join(axes)}), got '{show['axis']}'."
            yield _problem(entry, (*here, "show", "axis"), message)
        for place, value in enumerate(show["values"]):
            rendered = axes.get(show["axis"])
            if rendered is not None and value not in rendered:
                listed = ", ".join(visible(one) for one in rendered)
                message = f"expected a value that {plan} renders ({listed}), got {describe(value)}."
                yield _problem(entry, (*here, "show", "values", place), message)


def _known_setting(
    entry: Entry, location: Location, name: str, all_ids: set[tuple[str, str]]
) -> Iterator[Problem]:
    if ("setting", name) not in all_ids and name not in WITHOUT_A_PAGE:
        known = [*(id for kind, id in sorted(all_ids) if kind == "setting"), *WITHOUT_A_PAGE]
        message = f"expected the id of a setting, got '{visible(name)}'." + did_you_mean(
            name, known
        )
        yield _problem(entry, location, message)


def _claims(
    entry: Entry, settings: dict[str, Entry], all_ids: set[tuple[str, str]]
) -> Iterator[Problem]:
    for name, claims in entry.data.get("claims", {}).items():
        yield from _known_setting(entry, ("claims", name), name, all_ids)
        known = settings[name].data if name in settings else {}
        kind = known.get("type") or WITHOUT_A_PAGE.get(name)
        limits = known.get("range", {})
        for index, claim in enumerate(claims):
            here: Location = ("claims", name, index)
            if "convention" in claim and name not in GUIDANCE:
                message = f"expected no convention outside guidance, got '{claim['convention']}'."
                yield _problem(entry, (*here, "convention"), message)
            if kind is not None:
                for key in ("value", "low", "high"):
                    if key in claim:
                        yield from _fits(entry, (*here, key), claim[key], kind, limits, name)
            yield from _ordered(entry, here, claim)


def _ordered(entry: Entry, here: Location, claim: dict[str, Any]) -> Iterator[Problem]:
    figures = [claim[key] for key in ("low", "value", "high") if key in claim]
    if all(_is_number(figure) for figure in figures) and figures != sorted(figures):
        shown = " ≤ ".join(str(figure) for figure in figures)
        yield _problem(entry, here, f"expected low ≤ value ≤ high, got {shown}.")


def _fits(
    entry: Entry, location: Location, value: Any, kind: str, limits: dict[str, Any], claim: str = ""
) -> Iterator[Problem]:
    """A figure has its setting's type and lies in its range; a list is judged item by item."""
    if isinstance(value, list):
        for item in value:
            yield from _fits(entry, location, item, kind, limits, claim)
        return
    wanted = _WANTED.get(kind, "text")
    # A claim about a prompt says whether the model takes one at all.
    about_support = bool(claim) and kind == "string" and isinstance(value, bool)
    if not about_support and not _is_a(wanted, value):
        yield _problem(entry, location, f"expected {wanted}, got {describe(value)}.")
    elif _is_number(value) and "min" in limits:
        high = limits.get("max")
        if value < limits["min"] or (high is not None and value > high):
            span = f"at least {limits['min']}" if high is None else f"{limits['min']} to {high}"
            yield _problem(entry, location, f"expected {span}, got {value}.")


def _is_a(wanted: str, value: Any) -> bool:
    if wanted == "text":
        return isinstance(value, str)
    return _is_number(value) and (wanted == "a number" or isinstance(value, int))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


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
            yield _problem(entry, location, f"expected a day of the calendar, got '{text}'.")
            continue
        if day > today + timedelta(days=1):
            yield _problem(entry, location, f"expected a day that has come, got '{text}'.")
