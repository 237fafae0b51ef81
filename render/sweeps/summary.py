"""From raw numbers to bands and a sweet spot, by one stated rule. A pure function of the file.

The rule (non-inferiority, as clinical trials use it, instead of a knee, which moves with the
length of the ladder):

* the *plateau* is the first three neighbouring rungs whose mean quality lies within ALIKE of the
  best three's;
* `steps` is the smallest rung where, at one-sided 95 % confidence, quality lies no more than MARGIN
  below the plateau, and from which on the change to the converged picture stays at or below
  NOTICEABLE;
* `low` is the same with LOOSE_MARGIN and LOOSE_CHANGE;
* `high` is where the picture settles: from this rung on the change stays at or below SETTLED; the
  plateau's first rung for samplers that never converge.

Whatever of the two is missing (quality without a judge, change for a sampler that never converges)
does not decide. Both count where both exist: our judge alone would be content with a picture that
visibly still changes. Prompts are drawn again in bootstraps, their seeds with them: two seeds of
one prompt are not two independent prompts.

How large the limits of change are, `metric.scale` in each file tells for its own pictures: saving
one as WebP at quality 90 is about SETTLED, making it 2 % brighter about NOTICEABLE.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import t as student

MARGIN, LOOSE_MARGIN = 0.05, 0.10  # of mean fidelity, which runs from 0 to 1
SETTLED, NOTICEABLE, LOOSE_CHANGE = 0.05, 0.10, 0.20  # mean ꟻLIP
CONFIDENCE = 0.95
BOOTSTRAPS = 1000
STABLE = 0.90  # of bootstraps within one rung, else the answer is a range
PLATEAU, ALIKE = 3, 0.01
BESIDE = ("clip", "lpips")  # are summed up and decide nothing
FACTOR_BITS = (1, 2, 4, 8)


def summarise(found: dict[str, Any]) -> dict[str, Any]:
    """Bands for every row, whether the reference stands still, and the sweet spot or why none."""
    values = [row["value"] for row in found["rows"]]
    shape = (len(found["prompts"]), len(found["seeds"]))
    change = _table(found, "change", shape)
    quality = quality_of(found, shape)
    tables = {"change": change, "quality": quality}
    tables |= {key: _table(found, key, shape) for key in BESIDE}
    known = {name: table for name, table in tables.items() if table is not None}
    rows = [
        {"value": value}
        | {key: x for name, table in known.items() for key, x in _banded(name, table[i]).items()}
        for i, value in enumerate(values)
    ]
    answer: dict[str, Any] = {"rows": rows, "rule": rule_of(found)}
    if found["sweep"] != "steps":
        return answer
    for row, slope in zip(rows[1:], _per_step(values, change), strict=False):
        row["change_per_step"] = slope
    answer["converged"] = _converged(found, shape)
    answer["sweet_spot"] = None
    if answer["converged"] is not False and (quality is not None or change is not None):
        answer["sweet_spot"] = sweet_spot(values, change, quality)
    return answer


def rule_of(found: dict[str, Any]) -> dict[str, float]:
    """The margins that the answer rests on; pages print these and no figure of their own."""
    rule = {"confidence": CONFIDENCE, "draws": BOOTSTRAPS, "stable": STABLE}
    if found["judge"]:
        rule |= {"margin": MARGIN, "loose_margin": LOOSE_MARGIN}
        rule |= {"plateau": PLATEAU, "alike": ALIKE}
    if found["reference"]:
        rule |= {"noticeable": NOTICEABLE, "loose_change": LOOSE_CHANGE, "settled": SETTLED}
    return rule


def quality_of(found: dict[str, Any], shape: tuple[int, int]) -> np.ndarray | None:
    """Share of factors that are right, per picture: [values, prompts, seeds]; NaN if excluded."""
    if any(row.get("hits") is None for row in found["rows"]):
        return None
    shares = [[_share(digit) for digit in row["hits"]] for row in found["rows"]]
    return np.array(shares).reshape(len(shares), *shape)


def _share(digit: str) -> float:
    return float("nan") if digit == "x" else int(digit, 16).bit_count() / len(FACTOR_BITS)


def _table(found: dict[str, Any], key: str, shape: tuple[int, int]) -> np.ndarray | None:
    """Raw numbers of all rows: [values, prompts, seeds]; None where a sweep has none."""
    if any(row.get(key) is None for row in found["rows"]):
        return None
    return np.array([row[key] for row in found["rows"]], dtype=float).reshape(-1, *shape)


def _converged(found: dict[str, Any], shape: tuple[int, int]) -> bool | None:
    """Whether the reference stands still; None for samplers that have none."""
    reference = found["reference"]
    if reference is None:
        return None
    moved = np.array(reference["change"], dtype=float).reshape(shape)
    return bool(np.nanmean(moved) <= SETTLED)


def _per_step(values: list[float], change: np.ndarray | None) -> list[float | None]:
    """How much the mean change rises for each step added since the rung before; below 0 it falls.

    Paired: a picture that failed at either rung counts at neither. None where no pair is left.
    """
    if change is None:
        return []
    slopes: list[float | None] = []
    for i, added in enumerate(np.diff(values)):
        rises = change[i + 1] - change[i]
        whole = rises[~np.isnan(rises)]
        slopes.append(round(float(whole.mean() / added), 5) if whole.size else None)
    return slopes


def _banded(name: str, raw: np.ndarray) -> dict[str, Any]:
    """Mean over pictures and the middle 95 % of bootstraps over prompts: [prompts, seeds] in."""
    means = np.nanmean(raw, 1)
    drawn = np.nanmean(means[_draws(len(means))], 1)
    band = [round(float(q), 4) for q in np.quantile(drawn, (0.025, 0.975))]
    return {name: round(float(np.nanmean(raw)), 4), f"{name}_95": band}


def _draws(count: int) -> np.ndarray:
    """Which prompts each bootstrap draws: [bootstraps, prompts]. The same for the same count."""
    return np.random.default_rng(0).integers(count, size=(BOOTSTRAPS, count))


def sweet_spot(
    values: list[float], change: np.ndarray | None, quality: np.ndarray | None
) -> dict[str, Any] | None:
    """low, steps, high, and how stable `steps` is when prompts are drawn again."""
    found = _decide(change, quality)
    if found["steps"] is None:
        return None
    prompts = (quality if quality is not None else change).shape[1]
    drawn = []
    for rows in _draws(prompts):
        again = _decide(*(None if x is None else x[:, rows] for x in (change, quality)))
        drawn.append(len(values) if again["steps"] is None else again["steps"])
    near = np.abs(np.array(drawn) - found["steps"]) <= 1
    answer: dict[str, Any] = {k: None if i is None else values[i] for k, i in found.items()}
    answer["stable"] = round(float(near.mean()), 3)
    if near.mean() < STABLE:
        ends = np.quantile(drawn, (0.05, 0.95), method="nearest").astype(int)
        answer["range"] = [values[min(i, len(values) - 1)] for i in ends]
    return answer


def _decide(change: np.ndarray | None, quality: np.ndarray | None) -> dict[str, int | None]:
    """The rungs' places that the rule names, None where no rung meets it."""
    everywhere = np.ones(len(change if change is not None else quality), bool)
    start = None if quality is None else plateau(quality)
    lost = everywhere * 0.0
    if quality is not None:
        lost = _highest(np.nanmean(quality[start : start + PLATEAU], 0) - quality)
    moved = everywhere * 0.0 if change is None else _highest(change)
    found = {
        key: _first((lost <= margin) & _from_here(moved <= limit))
        for key, margin, limit in (
            ("low", LOOSE_MARGIN, LOOSE_CHANGE),
            ("steps", MARGIN, NOTICEABLE),
        )
    }
    settles = start if change is None else _first(_from_here(moved <= SETTLED))
    if settles is not None and found["steps"] is not None:
        settles = max(settles, found["steps"])
    return {**found, "high": settles}


def plateau(quality: np.ndarray) -> int:
    """Place of the first rung of the plateau."""
    means = np.nanmean(quality, (1, 2))
    width = min(PLATEAU, len(means))
    windows = np.convolve(means, np.ones(width) / width, "valid")
    return int(np.argmax(windows >= windows.max() - ALIKE - 1e-9))


def _highest(raw: np.ndarray) -> np.ndarray:
    """Upper end of the one-sided confidence interval of each rung's mean: [values, …] in."""
    means = np.nanmean(raw, 2)
    count = means.shape[1]
    error = means.std(1, ddof=1) / np.sqrt(count) if count > 1 else np.zeros(len(means))
    return means.mean(1) + student.ppf(CONFIDENCE, max(count - 1, 1)) * error


def _first(met: np.ndarray) -> int | None:
    """The first place where a condition holds."""
    return int(np.argmax(met)) if met.any() else None


def _from_here(met: np.ndarray) -> np.ndarray:
    """Where a condition holds, and at every later place too."""
    return np.logical_and.accumulate(met[::-1])[::-1]
