"""Which models a tool runs, where its own source or the facts of its service say so."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from .._errors import visible
from .plan import Plan
from .result import ExportError

_LINK = re.compile(r'\[\n +("[0-9]+"),\n +([0-9])\n +\]')

# What the interfaces for pictures do; the rest needs extensions or other programs.
PICTURES = frozenset(
    ("text-to-image", "image-to-image", "inpaint", "image-edit", "controlled-generation",
     "image-variation", "class-conditional", "subject-driven", "layer-decomposition")
)  # fmt: skip
VIDEOS = frozenset(
    ("text-to-video", "image-to-video", "text-to-audio-video", "video-edit", "video-to-video",
     "speech-to-video", "character-animation", "identity-to-video")
)  # fmt: skip


def families(
    plan: Plan, known: Collection[str], tasks: Collection[str], models: Collection[str] = ()
) -> None:
    """Raises ExportError unless the tool loads this family and does this task."""
    found = plan.found
    if found.model in models:
        return
    if found.family not in known:
        also = [*sorted(known), *sorted(models)]
        raise ExportError(
            f"{plan.tool}: {visible(found.name)} ({found.family}) is not among what it runs: "
            f"{_listed(also)}."
        )
    if found.task not in tasks:
        raise ExportError(
            f"{plan.tool}: {visible(found.name)} is made for {found.task}, which it does not do "
            "without extensions."
        )


def listed_model(plan: Plan, known: Mapping[str, Any]) -> Any:
    """Returns what is known of a hosted model, or raises ExportError with those that are."""
    if plan.found.model not in known:
        raise ExportError(
            f"{plan.tool}: no figures are known for {visible(plan.found.name)} "
            f"({plan.found.model}) there. Models with figures: {_listed(sorted(known))}."
        )
    return known[plan.found.model]


def something(plan: Plan) -> None:
    """Raises ExportError where neither steps, guidance nor scheduler is known."""
    found = plan.found
    if found.steps is None and plan.cfg is None and found.scheduler is None:
        raise ExportError(
            f"{plan.tool}: neither steps, guidance nor scheduler is known for "
            f"{visible(found.name)} ({found.model})."
        )


def dump(data: Any) -> str:
    """Returns data as JSON a person can read; the same text for the same data."""
    # A line end cannot stand in a JSON string, so this finds links between nodes alone.
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    return _LINK.sub(r"[\1, \2]", text)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
