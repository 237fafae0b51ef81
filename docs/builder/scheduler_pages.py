"""Adds to a sampler what its page prints: a sentence, a line of Python, its names, its traps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Item = Mapping[str, Any]
STEPS = 20
ONE_CALL = 1  # one step is one call, whatever the formula: there is nothing to look ahead to
FAMILIES = {
    "deterministic": "Deterministic: one seed, one picture",
    "ancestral": "Ancestral: fresh noise at every step",
    "sde": "SDE: noise as part of the equation",
    "stochastic": "Noise again after a step: consistency models, LCM, TCD",
    "flow": "For flow models alone",
}
_ADDS = {
    "deterministic": "It adds no noise of its own, so more steps come closer to one picture.",
    "ancestral": "It adds fresh noise at every step, so more steps keep changing the picture.",
    "sde": "It adds noise at every step, so more steps keep changing the picture.",
    "stochastic": "It adds noise again after a step, so more steps keep changing the picture.",
}
_OUTPUTS = {
    "epsilon": "noise (epsilon)",
    "v_prediction": "v",
    "sample": "the picture (sample)",
    "flow": "flow",
    "edm": "EDM",
    "trigflow": "TrigFlow",
    "consistency": "consistency",
    "flow-map": "flow map",
    "masked-token": "masked tokens",
}


def scheduler_views(catalogue: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns every sampler of the catalogue with what its page prints."""
    return [_view(id, catalogue) for id in sorted(catalogue["schedulers"])]


def families(views: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Sorts samplers into the groups of the table, by what they do with noise."""
    groups = [(title, [one for one in views if one["family"] == key])
              for key, title in FAMILIES.items()]  # fmt: skip
    return [(title, members) for title, members in groups if members]


def _view(id: str, catalogue: Mapping[str, Any]) -> dict[str, Any]:
    one = catalogue["schedulers"][id]
    models = catalogue["models"]
    schedule = catalogue.get("schedules", {}).get(one.get("schedule"))
    return {
        **dict.fromkeys(("class", "note", "variant_of", "steps")),
        "aliases": [],
        "flags": {},
        **one,
        "id": id,
        "family": "flow" if one.get("valid_for") == ["flow"] else one["kind"],
        "calls": calls(one["calls_per_step"], STEPS),
        "sentence": sentence(one),
        "outputs": ", ".join(_OUTPUTS[kind] for kind in one.get("valid_for", [])),
        "schedule_name": schedule["name"] if schedule else None,
        "python": python(one),
        "tools": one.get("tools", {}),
        "words": words(id, one),
        "traps": traps(one),
        "range": _range(one),
        "base": catalogue["schedulers"].get(one.get("variant_of")),
        "variants": [
            {"id": other, "name": variant["name"]}
            for other, variant in sorted(catalogue["schedulers"].items())
            if variant.get("variant_of") == id
        ],
        "named_by": [{"id": name, "name": models[name]["name"]} for name in one.get("models", [])],
        "sources": list(one.get("sources", {}).values()),
    }


def calls(formula: str, steps: int) -> int | None:
    """Returns the network's calls in so many steps, None where the sampler chooses its own."""
    if formula == "adaptive":
        return None
    times, _, plus = formula.partition("N")
    return ONE_CALL if steps == 1 else int(times or 1) * steps + int(plus or 0)


def sentence(one: Item) -> str:
    """Says in a sentence or two what a sampler is, from its figures alone."""
    count = calls(one["calls_per_step"], STEPS)
    kind = "an SDE sampler" if one["kind"] == "sde" else f"{_article(one['kind'])} sampler"
    cost = (
        "it chooses its own number of network calls"
        if count is None
        else f"{STEPS} steps call the network {count} times"
    )
    adds = _ADDS[one["kind"]] if count is not None else _ADDS[one["kind"]].split(",")[0] + "."
    known = "" if one.get("class") else " diffusers has no class for it."
    return f"{one['name']} is {kind} of order {one['order']}: {cost}. {adds}{known}"


def _article(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _range(one: Item) -> dict[str, Any] | None:
    """Says which numbers of steps a source names, with that source."""
    steps = one.get("steps")
    if not steps:
        return None
    phrases = {"min": "from {} on", "sweet": "{} suit it", "enough": "{} are enough",
               "max": "up to {}"}  # fmt: skip
    told = [phrase.format(steps[key]) for key, phrase in phrases.items() if key in steps]
    return {"text": ", ".join(told), "source": one["sources"][steps["source"]]}


def python(one: Item) -> str | None:
    """Returns the line that gives a pipeline this sampler, or None without a class for it."""
    if not one.get("class"):
        return None
    flags = "".join(f", {name}={value!r}" for name, value in one.get("flags", {}).items())
    return f"pipe.scheduler = {one['class']}.from_config(pipe.scheduler.config{flags})"


def words(id: str, one: Item) -> str:
    """Returns every name a reader may look for, for the table's filter."""
    told = [id, *one.get("aliases", []), one.get("class", ""), *one.get("names", {}).values()]
    return " ".join(told)


def traps(one: Item) -> list[str]:
    """Lists what goes wrong without a warning, from the figures that tests measure."""
    found = []
    least, most = one.get("min_steps", 1), one.get("max_steps")
    if least > 1:
        found.append(f"Fewer than {least} steps are refused.")
    if most:
        found.append(f"More than {most} steps are refused.")
    spacings = one.get("spacings")
    if spacings:
        found += _one_step(one["spacing"], spacings)
        found += _extra(one["spacing"], spacings["trailing"]["extra_step_at"])
    return found


def _one_step(own: str, spacings: Item) -> list[str]:
    starts: dict[int, list[str]] = {}
    for name, spacing in sorted(spacings.items()):
        starts.setdefault(spacing["one_step_starts_at"], []).append(f"`{name}`")
    most = max(starts)
    told = [
        f"at timestep {at} with {' or '.join(names)}" for at, names in starts.items() if at < most
    ]
    if not told:
        return []
    now = f" That is how it comes: `{own}`." if spacings[own]["one_step_starts_at"] < most else ""
    return [
        f"One step alone starts {' and '.join(told)} spacing, where the network expects less noise "
        f"than it is given.{now} With `trailing` it starts at {most}."
    ]


def _extra(own: str, counts: list[int]) -> list[str]:
    if not counts:
        return []
    listed = ", ".join(map(str, counts[:-1])) + f" and {counts[-1]}"
    when = "With its `trailing` spacing" if own == "trailing" else "With `trailing` spacing"
    return [
        f"{when}, {listed} steps (of those up to 200) make one step too many, at timestep -1: "
        "1000 ÷ (1000 ÷ steps) is rounded up past the number of steps."
    ]
