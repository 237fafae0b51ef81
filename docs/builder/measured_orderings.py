"""Puts what papers publish on the order of solvers beside what our measurements say of it.

A verdict is computed: "agrees" when the whole 95 % band of a difference lies where the published
ordering puts it, "disagrees" when all of it lies on the other side, else "undecided".
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import published
from measured import Sweep, at_calls, shares, steps_sweeps
from measured_known import Known
from measured_stats import (
    AGREES,
    DISAGREES,
    UNDECIDED,
    Band,
    above,
    band,
    difference,
    paired,
    together,
    turned,
    within,
)
from published import Published

NOT_MEASURED = "not measured"
FEW, MANY = (10, 20), 100  # network calls, without the second one that guidance makes
HEUN_LOSES, HEUN_WINS = 5, 20
DDIM = "ddim"
# As the published tables name them. Heun has a row of its own: there, too, it loses at 10 calls.
MULTISTEP = ("dpmpp-2m", "dpmpp-2m-karras", "unipc", "deis", "pndm")
EULERS = ("euler-trailing", "euler")
SETTLED = 0.05  # where a measurement does not state its own

Ladder = Mapping[str, Sweep]  # a model's steps sweeps by scheduler


@dataclass(frozen=True)
class Check:
    """One comparison: its numbers in words, and what they say of the published ordering."""

    text: str
    verdict: str


@dataclass(frozen=True)
class Ordering:
    """One published ordering, ours, and whether they agree."""

    id: str
    title: str
    published: Sequence[Published]
    rule: str
    checks: Sequence[Check]
    one_is_enough: bool = False  # for "not always": a single case shows it

    @property
    def verdict(self) -> str:
        """One word for all checks; none measured is none given."""
        if not self.checks:
            return NOT_MEASURED
        said = [check.verdict for check in self.checks]
        if self.one_is_enough:
            return AGREES if AGREES in said else UNDECIDED
        return together(said)


def converging(ladder: Ladder) -> dict[str, Sweep]:
    """Returns the sweeps whose every row has a change to a picture that stands still."""
    return {
        id: one
        for id, one in ladder.items()
        if all(row.change is not None and row.calls for row in one.rows)
        and one.data["summary"].get("converged") is not False
    }


def _solvers(known: Known, ladder: Ladder) -> list[Check]:
    checks = []
    for budget in FEW:
        for id in MULTISTEP:
            found = _gap(ladder, DDIM, id, budget)
            if found:
                text, gap = _told(known, ladder, DDIM, id, budget), found
                checks.append(Check(f"{text}; DDIM less {known.scheduler(id)}: {gap}", above(gap)))
    return checks


def _tie(known: Known, ladder: Ladder) -> list[Check]:
    checks = []
    for id in (*MULTISTEP, "heun"):
        if found := _gap(ladder, DDIM, id, MANY):
            margin = ladder[DDIM].rule.get("settled", SETTLED)
            text = f"{_told(known, ladder, DDIM, id, MANY)}; difference {found}, margin {margin}"
            checks.append(Check(text, within(found, margin)))
    return checks


def _heun(known: Known, ladder: Ladder) -> list[Check]:
    euler = _beside(ladder, "heun")
    checks = []
    for budget, loses in ((HEUN_LOSES, True), (HEUN_WINS, False)):
        if euler and (found := _gap(ladder, "heun", euler, budget)):
            text = f"{_told(known, ladder, 'heun', euler, budget)}; Heun less Euler: {found}"
            checks.append(Check(text, above(found if loses else turned(found))))
    return checks


def _beside(ladder: Ladder, id: str) -> str | None:
    """Returns the Euler sweep to compare with: one that places its steps alike, if there is one."""
    there = [one for one in EULERS if one in converging(ladder)]
    configs = {
        one: ladder[one].data.get("scheduler_config", {}) for one in (*there, id) if one in ladder
    }
    spacing = {one: config.get("timestep_spacing") for one, config in configs.items()}
    alike = [one for one in there if spacing[one] == spacing.get(id)]
    return next(iter([*alike, *there]), None)


def _gap(ladder: Ladder, one: str, other: str, budget: int) -> Band | None:
    """Returns the change of one less that of the other, each with what the budget buys."""
    sweeps = converging(ladder)
    if one not in sweeps or other not in sweeps:
        return None
    first, second = at_calls(sweeps[one], budget), at_calls(sweeps[other], budget)
    if first is None or second is None:
        return None
    return difference("change", (sweeps[one], first), (sweeps[other], second))


def _told(known: Known, ladder: Ladder, one: str, other: str, budget: int) -> str:
    """Names both with what they come to on the prompts of both, and how many where one has more."""
    steps = [at_calls(ladder[id], budget) or 0 for id in (one, other)]
    pairs = paired("change", (ladder[one], steps[0]), (ladder[other], steps[1]))
    parts = [
        f"{known.scheduler(id)} {statistics.fmean(side):.3f} in {count:g} steps"
        for id, side, count in zip((one, other), zip(*pairs, strict=True), steps, strict=True)
    ]
    same = ladder[one].data["prompts"] == ladder[other].data["prompts"]
    shared = "" if same else f", on {len(pairs)} prompts of both"
    return f"{known.name(ladder[one].model)}, {budget} calls{shared}: {', '.join(parts)}"


def _settling(known: Known) -> list[Check]:
    """Compares the same picture at two large step counts, as `--sweep pairs` measured it."""
    checks = []
    for model, found in known.pairs.items():
        seeds = len(found["seeds"])
        for row in found["settling"]:
            moved = band(per_prompt(row["change"], seeds))
            kind = known.catalogue["schedulers"].get(row["scheduler"], {}).get("kind")
            verdict = above(moved, margin := found["settled"])
            if kind == "deterministic":
                verdict = {AGREES: DISAGREES, DISAGREES: AGREES}.get(verdict, UNDECIDED)
            checks.append(
                Check(
                    f"{known.name(model)}, {known.scheduler(row['scheduler'])} ({kind}), from "
                    f"{row['from']} to {row['to']} steps: {moved.mean:.3f} ({moved.low:.3f} to "
                    f"{moved.high:.3f}), settled is {margin}",
                    verdict,
                )
            )
    return checks


def per_prompt(numbers: Sequence[float | None], seeds: int) -> list[float]:
    """Returns one mean a prompt of numbers that come prompt by prompt; None stands for none."""
    parts = [numbers[i : i + seeds] for i in range(0, len(numbers), seeds)]
    whole = [[number for number in part if number is not None] for part in parts]
    return [sum(part) / len(part) for part in whole if part]


def _distilled(known: Known) -> list[Check]:
    """Compares the quality rows at the end of a distilled model's range and past it."""
    checks = []
    for model, quality in known.quality.items():
        rows = quality.get("rows", {})
        if not known.distilled(model) or not {"sweet-spot", "eight-steps"} <= set(rows):
            continue
        inside, past = rows["sweet-spot"], rows["eight-steps"]
        gap = band(_by_prompt(past, inside))
        checks.append(
            Check(
                f"{known.name(model)}, {inside['prompts']} prompts × {inside['seeds']} seeds: "
                f"fidelity {inside['fidelity']['mean']:.3f} at {inside['steps']} steps, "
                f"{past['fidelity']['mean']:.3f} at {past['steps']}; difference {gap}. Fréchet, "
                f"without a band: {inside['frechet_ratio']} and {past['frechet_ratio']}",
                above(turned(gap)),
            )
        )
    return checks


def _by_prompt(one: Mapping[str, object], other: Mapping[str, object]) -> list[float]:
    """Returns one difference a prompt of two quality rows, whose pictures come seed by seed."""
    prompts = int(str(one["prompts"]))
    pairs = zip(shares(str(one["hits"])), shares(str(other["hits"])), strict=True)
    gaps = [(a or 0) - (b or 0) for a, b in pairs]
    seeds = len(gaps) // prompts
    return [sum(gaps[i::prompts]) / seeds for i in range(prompts)]


def _falls(known: Known, ladder: Ladder) -> list[Check]:
    """Compares the last rung of each ladder with the best one before it."""
    checks = []
    for sweep in ladder.values():
        rows = [row for row in sweep.rows if row.quality is not None]
        best = max(rows, key=lambda row: row.quality or 0, default=None)
        if best is None or best.quality == rows[-1].quality:
            continue
        last = rows[-1]
        found = difference("quality", (sweep, last.value), (sweep, best.value))
        if found:
            text = (
                f"{known.name(sweep.model)}, {known.scheduler(sweep.scheduler)}: best "
                f"{best.quality:.3f} at {best.value:g}, {last.quality:.3f} at {last.value:g}; "
                f"difference {found}"
            )
            checks.append(Check(text, above(turned(found))))
    return checks


def _each(test: Callable[[Known, Ladder], list[Check]]) -> Callable[[Known], list[Check]]:
    """Returns a test of every model's ladder from a test of one."""
    return lambda known: [
        check for sweeps in known.sweeps.values() for check in test(known, steps_sweeps(sweeps))
    ]


# What is tested: id, title, what was published, the rule in words, the test.
_TESTED = (
    (
        "solvers",
        "Multistep solvers of higher order come closer than DDIM in 10 to 20 calls",
        published.SOLVERS,
        "Change of DDIM less change of the solver, at no more calls than DDIM, is above 0.",
        _each(_solvers),
    ),
    (
        "tie",
        "By 100 calls the solvers tie",
        published.SOLVERS,
        "The same difference lies within the change at which a picture counts as settled.",
        _each(_tie),
    ),
    (
        "heun",
        "At equal calls Heun loses to Euler when there are few, and wins when there are more",
        published.HEUN,
        f"Change of Heun less change of Euler, Heun at no more calls than Euler, is above 0 at "
        f"{HEUN_LOSES} calls and below 0 at {HEUN_WINS}.",
        _each(_heun),
    ),
    (
        "ancestral",
        "Ancestral and SDE samplers do not settle; ODE samplers do",
        published.ANCESTRAL,
        "Between two large numbers of steps the picture changes by more than the settled change "
        "with an ancestral or SDE sampler, and by less with an ODE sampler.",
        _settling,
    ),
    (
        "distilled",
        "A distilled model gets worse past its range",
        published.DISTILLED,
        "Fidelity past the range less fidelity at its end, with the same prompts and seeds, is "
        "below 0.",
        _distilled,
    ),
    (
        "monotone",
        "More steps are not always better",
        published.MONOTONE,
        "Fidelity at the last rung less fidelity at the best one is below 0, with at least one "
        "sampler.",
        _each(_falls),
    ),
)


def orderings(known: Known) -> list[Ordering]:
    """Returns every published ordering with what was measured of it."""
    return [
        Ordering(id, title, said, rule, test(known), one_is_enough=id == "monotone")
        for id, title, said, rule, test in _TESTED
    ]
