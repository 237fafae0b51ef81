"""Measurements in the catalogue: their curves without the raw figures, and what they recommend."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .entry import Entry

KINDS = ("measurement", "quality")
# One figure for every picture: the files keep them, and nothing that answers reads them.
_RAW = ("change", "ssim", "hits", "clip", "lpips", "excluded")
_OF_REFERENCE = ("change", "between_schedulers", "lpips")
_OF_SPOT = ("low", "steps", "high", "stable", "range")


def curves(entries: Iterable[Entry]) -> dict[str, dict[str, Any]]:
    """Returns model → sweep → the measurement without its raw figures, of which it names the file.

    How good a reference model is, `quality`, is kept whole.
    """
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if entry.kind in KINDS:
            kept = entry.data if entry.kind == "quality" else _curve(entry)
            found.setdefault(entry.family, {})[entry.id] = kept
    return found


def _curve(entry: Entry) -> dict[str, Any]:
    data = entry.data
    reference = data["reference"]
    return {
        **_without(data, ("parts", "part")),
        "file": entry.file,
        "rows": [_without(row, _RAW) for row in data["rows"]],
        "reference": reference and _without(reference, _OF_REFERENCE),
    }


def _without(data: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in keys}


def sweet_spots(entries: Iterable[Entry]) -> dict[str, dict[str, Any]]:
    """Returns model → sampler → what a sweep over its steps recommends, and for which weights."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if entry.kind == "measurement" and entry.data["sweep"] == "steps":
            spot = entry.data["summary"].get("sweet_spot")
            if spot is not None:
                found.setdefault(entry.family, {})[entry.data["scheduler"]] = _spot(entry, spot)
    return found


def _spot(entry: Entry, spot: dict[str, Any]) -> dict[str, Any]:
    data = entry.data
    return {
        **{key: spot[key] for key in _OF_SPOT if spot.get(key) is not None},
        "rule": data["summary"]["rule"],
        "weights": data["weights"],
        "scheduler_class": data["scheduler_class"],
        "scheduler_config": data["scheduler_config"],
        "own": data.get("own", False),
        "fixed": data["fixed"],
        "prompts": len(data["prompts"]),
        "seeds": len(data["seeds"]),
        "file": entry.file,
    }
