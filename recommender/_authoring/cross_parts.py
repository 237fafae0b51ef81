"""What several cross-checks share: a problem at its place, and whether a figure fits a setting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .._errors import visible
from .entry import Entry
from .plain import did_you_mean
from .problems import Problem, describe, dotted
from .yaml_text import Location

# Settings that claims may name although they have no page (and so no file) yet.
WITHOUT_A_PAGE = {
    "prior_num_inference_steps": "integer",
    "prior_guidance_scale": "number",
    "decoder_guidance_scale": "number",
    "noise_level": "integer",
    "timesteps": "integer",
    "intermediate_timesteps": "number",
    "original_inference_steps": "integer",
    "pyramid_num_inference_steps_list": "integer",
    "ensemble_size": "integer",
    "prediction_type": "string",
    # Video and audio.
    "guidance_scale_2": "number",
    "max_guidance_scale": "number",
    "audio_guidance_scale": "number",
    "stg_scale": "number",
}
PRACTICE = "practice"  # evidence: a rule of thumb
PLAN = "plan:"  # evidence: a rendered comparison
WANTED = {"integer": "a whole number", "seed": "a whole number", "number": "a number"}


def problem(entry: Entry, location: Location, message: str) -> Problem:
    """Returns a problem at the line where this place of a file stands."""
    return Problem(entry.file, entry.document.line(location), dotted(location), message)


def evidence_of(data: dict[str, Any]) -> Iterator[tuple[Location, list[str]]]:
    """Yields where a setting says what a text rests on, and what it says."""
    for name, band in data.get("values", {}).items():
        yield ("values", name, "evidence"), band["evidence"]
    for key in ("choices", "works_with"):
        for index, item in enumerate(data.get(key, [])):
            yield (key, index, "evidence"), item["evidence"]


def known_setting(
    entry: Entry, location: Location, name: str, all_ids: set[tuple[str, str]]
) -> Iterator[Problem]:
    """Yields a problem where a name is no setting's id."""
    if ("setting", name) not in all_ids and name not in WITHOUT_A_PAGE:
        known = [*(id for kind, id in sorted(all_ids) if kind == "setting"), *WITHOUT_A_PAGE]
        hint = did_you_mean(name, known)
        message = f"expected the id of a setting, got '{visible(name)}'.{hint}"
        yield problem(entry, location, message)


def fits(
    entry: Entry, location: Location, value: Any, kind: str, limits: dict[str, Any], claim: str = ""
) -> Iterator[Problem]:
    """A figure has its setting's type and lies in its range; a list is judged item by item."""
    if isinstance(value, list):
        for item in value:
            yield from fits(entry, location, item, kind, limits, claim)
        return
    wanted = WANTED.get(kind, "true or false" if kind == "boolean" else "text")
    # A claim about a prompt says whether the model takes one at all.
    about_support = bool(claim) and kind == "string" and isinstance(value, bool)
    if not about_support and not _is_a(wanted, value):
        yield problem(entry, location, f"expected {wanted}, got {describe(value)}.")
    elif is_number(value) and "min" in limits:
        high = limits.get("max")
        if value < limits["min"] or (high is not None and value > high):
            span = f"at least {limits['min']}" if high is None else f"{limits['min']} to {high}"
            yield problem(entry, location, f"expected {span}, got {value}.")


def _is_a(wanted: str, value: Any) -> bool:
    if wanted == "text":
        return isinstance(value, str)
    if wanted == "true or false":
        return isinstance(value, bool)
    return is_number(value) and (wanted == "a number" or isinstance(value, int))


def is_number(value: Any) -> bool:
    """True for a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
