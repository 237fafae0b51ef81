"""What a rule finds, and how a rule says of itself what it is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, NamedTuple

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong in a set of settings.

    `severity` is "error" (refused, or a picture that cannot be right), "warning" (time or quality
    lost) or "note" (worth knowing). `where` names the setting. `cost` is how many times the needed
    work is done, where that can be told.
    """

    rule: str
    severity: str
    where: str
    message: str
    why: str
    fix: str
    cost: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Returns the finding as plain JSON data."""
        return asdict(self)


class Said(NamedTuple):
    """What one rule has to say of one set of settings; its name and its reason are added later."""

    severity: str
    where: str
    message: str
    fix: str
    cost: float | None = None


def error(where: str, message: str, fix: str) -> Said:
    """Returns an error: a tool refuses this, or no picture can come of it."""
    return Said("error", where, message, fix)


def warning(where: str, message: str, fix: str, cost: float | None = None) -> Said:
    """Returns a warning: time or quality is lost."""
    return Said("warning", where, message, fix, cost)


def note(where: str, message: str, fix: str, cost: float | None = None) -> Said:
    """Returns a note: worth knowing, nothing lost for certain."""
    return Said("note", where, message, fix, cost)


class About(NamedTuple):
    """A rule in words, as its docstring has them."""

    catches: str
    why: str
    fix: str
    sources: tuple[str, ...]


def rule_id(rule: Callable[..., Any]) -> str:
    """Returns the id of a rule: its function's name in kebab case."""
    return rule.__name__.replace("_", "-")


@lru_cache(maxsize=256)
def about(rule: Callable[..., Any]) -> About:
    """Returns what a rule's docstring says: a sentence, then `Why:`, `Fix:` and `Source:`."""
    # Interpreters that drop docstrings still lint; only the reasons are then missing.
    paragraphs = [" ".join(part.split()) for part in (rule.__doc__ or "").split("\n\n")]
    parts: dict[str, list[str]] = {}
    for paragraph in paragraphs[1:]:
        label, _, text = paragraph.partition(": ")
        parts.setdefault(label, []).append(text)
    first = {label: texts[0] for label, texts in parts.items()}
    sources = tuple(parts.get("Source", ()))
    return About(paragraphs[0], first.get("Why", ""), first.get("Fix", ""), sources)
