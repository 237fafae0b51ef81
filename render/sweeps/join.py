"""Runs add up: the same sweep of the same model, with other prompts or other seeds. Pure.

Each prompt with each seed counts once, and where two runs drew it the first one's figures stand.
The summary is worked out from all raw figures together. `parts` tells what each run was made with,
and `part` has a digit for every picture: which of the parts it is of.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import RenderError
from .summary import summarise

Pair = tuple[str, int]  # a prompt and a seed: one picture of every row
Taken = list[tuple[int, int]]  # of each picture: 0 for the first run, 1 for the second; its place

_ALIKE = ("sweep", "model", "weights", "setting", "scheduler", "scheduler_class",
          "scheduler_config", "own", "fixed", "judge", "clip")  # fmt: skip
_RAW = ("change", "ssim", "clip", "lpips")
_OF_REFERENCE = ("change", "between_schedulers", "lpips")
_OF_PICTURES = ("scale", "ranked")  # what a metric says of the pictures of a run
# As many as a machine has cores. Measured on postcards with 1 and 2: no channel of a picture lies
# more than 1 in 255 apart, and no picture more than 0.00002 of ꟻLIP.
_MAY_DIFFER = ("threads",)
_OF_RUN = ("environment", "metric", "timing")
_DIGITS = string.digits + string.ascii_lowercase
# As a cell calls itself; its prompts are numbered within the run that drew it.
_NAMED = re.compile(r"\bprompt = p(\d+), (?:.*?, )?seed = (\d+)\b")
_SHOWN = 3


def lacking(found: dict[str, Any], prompts: Sequence[str], seeds: Sequence[int]) -> list[Any]:
    """Returns what is still to be drawn of these prompts and seeds, as pairs (prompts, seeds).

    New seeds are drawn of the prompts that are there too: every prompt has every seed.
    """
    more_seeds = tuple(seed for seed in seeds if seed not in found["seeds"])
    more_prompts = tuple(one for one in prompts if one not in found["prompts"])
    parts = [
        (tuple(found["prompts"]), more_seeds),
        (more_prompts, (*found["seeds"], *more_seeds)),
    ]
    return [part for part in parts if all(part)]


def expect_alike(found: dict[str, Any], other: dict[str, Any], where: str) -> None:
    """Refuses a run that differs from another in more than prompts, seeds and their figures.

    `other` may be one that is still to be drawn: what it has no key for is not compared.
    """
    lines = list(_differences("", _recipe(found, other), _recipe(other, found)))
    if lines:
        more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
        raise RenderError(
            f"{where}: expected a run that differs in prompts and seeds alone, got "
            f"{'; '.join(lines[:_SHOWN])}{more}. Keep it in a file of its own."
        )


def joined(found: dict[str, Any], other: dict[str, Any], where: str) -> dict[str, Any]:
    """Returns both runs as one measurement: the first one's prompts, seeds and strips come first.

    `where` is what messages call the second. RenderError where they differ in more than prompts
    and seeds, or where a prompt would lack a seed that another has.
    """
    expect_alike(found, other, where)
    prompts = list(dict.fromkeys([*found["prompts"], *other["prompts"]]))
    seeds = list(dict.fromkeys([*found["seeds"], *other["seeds"]]))
    taken = _taken(found, other, [(prompt, seed) for prompt in prompts for seed in seeds], where)
    if not any(side for side, _ in taken):
        return found
    told = {
        **found,
        **_parted(found, other, taken, where),
        "prompts": prompts,
        "seeds": seeds,
        "reference": _reference(found, other, taken),
        "rows": [
            _row(one, two, taken, _excluded(found, other, (one, two), prompts))
            for one, two in zip(found["rows"], other["rows"], strict=True)
        ],
    }
    return {**told, "summary": json.loads(json.dumps(summarise(told)))}


def _recipe(found: dict[str, Any], beside: dict[str, Any]) -> dict[str, Any]:
    """What must be the same, of the keys that both tell.

    An older file does not tell all of its environment: what one is silent on is no difference.
    """
    told = {key: found.get(key) for key in _ALIKE} | {"own": bool(found.get("own"))}
    for key in ("environment", "metric", "reference"):
        if key in found and key in beside:
            told[key] = found[key]
    if "environment" in told:
        keys = told["environment"].keys() & beside["environment"].keys() - {*_MAY_DIFFER}
        told["environment"] = {key: told["environment"][key] for key in sorted(keys)}
    if "metric" in told:
        told["metric"] = _bare(told["metric"])
        told["metric"]["beside"] = {
            name: _bare(one) for name, one in told["metric"].get("beside", {}).items()
        }
    if told.get("reference"):
        raw = {key: True for key in _OF_REFERENCE if told["reference"].get(key) is not None}
        told["reference"] = {**told["reference"], **raw}
    if "rows" in found and "rows" in beside:
        told["rows"] = [row["value"] for row in found["rows"]]
        told["calls"] = [row["calls"] for row in found["rows"]]
    return told


def _bare(metric: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in metric.items() if key not in _OF_PICTURES}


def _shared(environments: Sequence[dict[str, Any]]) -> dict[str, Any]:
    first, *rest = environments
    return {k: v for k, v in first.items() if all(k in one and one[k] == v for one in rest)}


def _differences(where: str, one: Any, other: Any) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys([*one, *other]):
            inner = f"{where}.{key}" if where else key
            yield from _differences(inner, one.get(key), other.get(key))
    elif one != other:
        yield f"{where} {_said(other)} in place of {_said(one)}"


def _said(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "none" if value is None else text if len(text) <= 60 else text[:60] + "…"


def _pairs(found: dict[str, Any]) -> dict[Pair, int]:
    """The place of each picture in the lists of a run, by its prompt and seed."""
    every = ((prompt, seed) for prompt in found["prompts"] for seed in found["seeds"])
    return {pair: place for place, pair in enumerate(every)}


def _taken(
    found: dict[str, Any], other: dict[str, Any], pairs: Sequence[Pair], where: str
) -> Taken:
    """Of every picture, in order, which run it is taken from and its place there."""
    first, second = _pairs(found), _pairs(other)
    missing = [pair for pair in pairs if pair not in first and pair not in second]
    if missing:
        prompt, seed = missing[0]
        raise RenderError(
            f"{where}: expected every prompt with every seed in one run or the other, got "
            f"{len(missing)} that neither has; the first: '{prompt}' with seed {seed}. "
            "Measure the same prompts with further seeds, or further prompts with the same seeds."
        )
    return [(0, first[pair]) if pair in first else (1, second[pair]) for pair in pairs]


def _woven(one: Any, two: Any, taken: Taken) -> Any:
    """A raw list of both runs, or a text of one digit a picture; None where neither has it."""
    if one is None:
        return None
    every = [(one, two)[side][place] for side, place in taken]
    return "".join(every) if isinstance(one, str) else every


def _row(one: Any, two: Any, taken: Taken, excluded: list[str]) -> dict[str, Any]:
    raw = {key: _woven(one[key], two[key], taken) for key in (*_RAW, "hits") if key in one}
    rest = {key: value for key, value in one.items() if key != "excluded"}
    return {**rest, **raw, **({"excluded": excluded} if excluded else {})}


def _reference(found: dict[str, Any], other: dict[str, Any], taken: Taken) -> Any:
    one, two = found["reference"], other["reference"]
    if one is None:
        return None
    return one | {key: _woven(one[key], two[key], taken) for key in _OF_REFERENCE if key in one}


def _excluded(
    found: dict[str, Any], other: dict[str, Any], rows: tuple[Any, Any], prompts: list[str]
) -> list[str]:
    """Why pictures of a row failed: each once, by its number in the prompts of both."""
    there, names = _pairs(found), list(rows[0].get("excluded", []))
    for name in rows[1].get("excluded", []):
        place = _NAMED.search(name)
        if place is None or int(place[1]) >= len(other["prompts"]):
            names.append(name)
            continue
        prompt = other["prompts"][int(place[1])]
        if (prompt, int(place[2])) not in there:
            start, end = place.span(1)
            names.append(f"{name[:start]}{prompts.index(prompt)}{name[end:]}")
    return names


def _parted(
    found: dict[str, Any], other: dict[str, Any], taken: Taken, where: str
) -> dict[str, Any]:
    """What each part was made with, which part each picture is of, and what all agree on."""
    (parts, digits), (more, others) = _parts_of(found), _parts_of(other)
    shifted = [len(parts) + one for one in others]
    places = [(digits, shifted)[side][place] for side, place in taken]
    used = sorted(set(places))  # one whose pictures were all there already leaves nothing
    if len(used) > len(_DIGITS):
        raise RenderError(f"{where}: expected at most {len(_DIGITS)} parts, got {len(used)}.")
    told = {
        "parts": [[*parts, *more][one] for one in used],
        "part": "".join(_DIGITS[used.index(one)] for one in places),
    }
    return {**told, **agreed(told)}


def agreed(found: dict[str, Any]) -> dict[str, Any]:
    """What all parts say of their environment, and their metrics' means over pictures."""
    parts = found["parts"]
    counts = [found["part"].count(_DIGITS[place]) for place in range(len(parts))]
    return {
        "environment": _shared([one["environment"] for one in parts]),
        "metric": _metric([one["metric"] for one in parts], counts),
    }


def _parts_of(found: dict[str, Any]) -> tuple[list[dict[str, Any]], list[int]]:
    """The parts of a measurement and the part of each picture; one that was never joined is one."""
    if "parts" in found:
        return found["parts"], [_DIGITS.index(digit) for digit in found["part"]]
    pictures = len(found["prompts"]) * len(found["seeds"])
    return [{key: found[key] for key in _OF_RUN}], [0] * pictures


def _metric(metrics: Sequence[dict[str, Any]], counts: Sequence[int]) -> dict[str, Any]:
    told = _weighed(metrics, counts)
    beside = [metric.get("beside", {}) for metric in metrics]
    if all(beside):
        told["beside"] = {
            name: _weighed([one[name] for one in beside], counts) for name in beside[0]
        }
    return told


def _weighed(metrics: Sequence[dict[str, Any]], counts: Sequence[int]) -> dict[str, Any]:
    told = _bare(metrics[0])
    for key in _OF_PICTURES:  # what an older run does not tell, all together do not
        if all(key in metric for metric in metrics):
            told[key] = _mean([metric[key] for metric in metrics], counts)
    return told


def _mean(told: Sequence[Any], counts: Sequence[int]) -> Any:
    if isinstance(told[0], dict):
        return {
            key: _mean([one[key] for one in told], counts)
            for key in told[0]
            if all(key in one for one in told)
        }
    whole = sum(one * count for one, count in zip(told, counts, strict=True))
    return round(whole / sum(counts), 4)
