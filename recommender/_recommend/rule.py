"""How rival claims become one answer. Pure functions of claims; no files, no model names.

1. A step-distilled model runs at its authors' figure, and no tool's default overrides it.
2. Otherwise a measurement of this very model with this scheduler decides, where there is one.
3. Otherwise the lower median of all claims for the same task and scheduler class decides, and their
   span is the range.

A claim without a source never decides. Claims with a range and no point count with its middle.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

Claim = dict[str, Any]

RULES = {
    "few-step-author": "A step-distilled model runs at its authors' figure; "
    "no tool's default overrides it.",
    "measured": "A measurement of this very model with this scheduler decides.",
    "few-step-others": "The authors of this step-distilled model publish no figure, so the lower "
    "median of all other claims decides.",
    "lower-median": "The lower median of all claims for the same task and scheduler class decides.",
    "no-claim": "Nobody published or measured a figure.",
}
KINDS = ("author", "tool-default", "community")


class Decision(NamedTuple):
    """One setting's answer: the value, its range where one is known, and the claims behind it."""

    value: Any
    low: float | None
    high: float | None
    rule: str
    basis: str | None
    claims: tuple[Claim, ...]


NOTHING = Decision(None, None, None, "no-claim", None, ())


def decide(
    claims: Iterable[Claim], *, few_step: bool, measured: dict[str, Any] | None = None
) -> Decision:
    """Returns what these claims for one setting, already of one task and class, come to."""
    counted = [claim for claim in claims if not claim.get("unsourced")]
    authors = [claim for claim in counted if claim["kind"] == "author"]
    if few_step and authors:
        return _weigh(authors, "few-step-author")
    if measured:
        return Decision(
            measured["steps"], measured.get("low"), measured.get("high"), "measured", "measured", ()
        )
    if not counted:
        return NOTHING
    return _weigh(counted, "few-step-others" if few_step else "lower-median")


def _weigh(claims: list[Claim], rule: str) -> Decision:
    if any(is_number(figure) for claim in claims for figure in ends(claim)):
        return _lower_median(claims, rule)
    # Words have no median: the authors' stand before the tools', the usual before the rare.
    best = min(KINDS.index(claim["kind"]) for claim in claims)
    rank = [claim for claim in claims if KINDS.index(claim["kind"]) == best]
    values = [claim.get("value") for claim in rank]
    value = max(values, key=values.count)
    deciding = [claim for claim in rank if claim.get("value") == value]
    return Decision(value, None, None, rule, _basis(deciding), tuple(claims))


def _lower_median(claims: list[Claim], rule: str) -> Decision:
    pointed = sorted(
        ((point(claim), claim) for claim in claims if is_number(point(claim))),
        key=lambda pair: pair[0],
    )
    if not pointed:
        return NOTHING
    value = pointed[(len(pointed) - 1) // 2][0]
    figures = [figure for claim in claims for figure in ends(claim) if is_number(figure)]
    low, high = min(figures), max(figures)
    deciding = [claim for figure, claim in pointed if figure == value]
    if low == high:  # one figure, however often it is repeated, is not a range
        return Decision(value, None, None, rule, _basis(deciding), tuple(claims))
    return Decision(value, low, high, rule, _basis(deciding), tuple(claims))


def _basis(deciding: list[Claim]) -> str:
    """Returns the best kind of claim that states the answer; a base model's claim is 'family'."""
    own = [claim for claim in deciding if "from" not in claim]
    return min((claim["kind"] for claim in own), key=KINDS.index) if own else "family"


def point(claim: Claim) -> Any:
    """Returns the figure a claim recommends: its value, or else the middle of its range."""
    if "value" in claim:
        return claim["value"]
    if "low" not in claim or "high" not in claim:
        return None
    low, high = claim["low"], claim["high"]
    whole = isinstance(low, int) and isinstance(high, int)
    return (low + high) // 2 if whole else (low + high) / 2


def ends(claim: Claim) -> list[Any]:
    """Returns every figure a claim states."""
    return [claim[key] for key in ("low", "value", "high") if key in claim]


def is_number(value: Any) -> bool:
    """True for whole and broken numbers, not for true and false."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def calls(formula: str) -> int:
    """Returns how many times a sampler calls the network for one more step: '2N-1' gives 2."""
    return int(formula.split("N")[0] or 1)


def is_off(value: Any, convention: str) -> bool:
    """True when a guidance figure means 'off': 0 to 1 in the usual formula, 0 counted from zero."""
    return is_number(value) and value <= {"cfg": 1, "from-zero": 0}.get(convention, -1)


def convention_of(claims: list[Claim], usual: str) -> str:
    """Returns the guidance formula the answer is given in: the authors', else the most common."""
    named = [claim.get("convention", usual) for claim in claims if not claim.get("unsourced")]
    authors = [
        claim.get("convention", usual)
        for claim in claims
        if claim["kind"] == "author" and not claim.get("unsourced")
    ]
    return authors[0] if authors else max(named, key=named.count) if named else usual
