"""What a budget of network calls changes in an answer: recommend() asked down its whole ladder.

A ladder is a list of flights, from the dearest down. A flight has its words, in which {budget},
{paid}, {scheduler} and {id} stand for what a page puts there, and its stairs: the fewest calls from
which on it stands, then steps, effective steps (what is paid for) and calls.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recommender import Recommendation

Ladder = list[dict[str, Any]]
# What a scheduler's cost and limits follow from; two that share them climb the same ladder.
_COSTS = ("calls_per_step", "min_steps", "max_steps", "spacings")
SPACING = "timestep_spacing"


class Ladders:
    """Asks for each ladder once: it follows from an answer's figures and its scheduler's costs.

    That it does is proved by the tests, which compare with recommend() itself.
    """

    def __init__(
        self, catalogue: Mapping[str, Any], question: Callable[..., Recommendation]
    ) -> None:
        self._schedulers, self._models = catalogue["schedulers"], catalogue["models"]
        self._ask = question
        self._known: dict[tuple[Any, ...], Ladder] = {}
        self._costs = {id: self._cost(entry) for id, entry in self._schedulers.items()}

    def __len__(self) -> int:
        return len(self._known)

    def of(self, answer: Recommendation, options: Mapping[str, Any]) -> Ladder:
        """Returns the ladder below an answer that was asked with these options."""
        if answer.calls is None:
            return []
        scheduler = options.get("scheduler")
        own = (answer.scheduler, answer.settings.get(SPACING)) if scheduler is None else None
        key = (
            own or self._costs[scheduler],
            *(answer.steps, answer.low, answer.high, answer.effective_steps, answer.calls),
            self._models[answer.model]["distillation"] == "few-step" or bool(answer.loras),
            answer.rule == "measured",
        )
        if key not in self._known:
            self._known[key] = self._climb(answer, options)
        return self._known[key]

    def _cost(self, entry: Mapping[str, Any]) -> str:
        """Returns what of a scheduler that is asked for bears on a budget."""
        spacing = entry.get("flags", {}).get(SPACING, entry.get("spacing"))
        made_for = [entry.get("steps", {}).get(key) for key in ("min", "max")]
        return json.dumps([spacing, *made_for, *(entry.get(key) for key in _COSTS)])

    def _climb(self, answer: Recommendation, options: Mapping[str, Any]) -> Ladder:
        """Walks down from the answer's own cost, one distinct answer after the other."""
        found: Ladder = []
        budget = (answer.calls or 0) - 1
        while budget >= 0:
            # Seconds may pay for no call at all; a number of calls begins at one.
            asked = budget or {"seconds": 1, "seconds_per_call": 2}
            got = self._ask(answer.model, **options, budget=asked)
            words = self._words(answer, got, options, budget)
            least = self._least(answer, options, budget, got, words)
            if not found or found[-1]["words"] != words:
                found.append({"words": words, "stairs": []})
            found[-1]["stairs"].append([least, got.steps, got.effective_steps, got.calls])
            budget = least - 1
        return found

    def _least(
        self,
        answer: Recommendation,
        options: Mapping[str, Any],
        budget: int,
        got: Recommendation,
        words: Mapping[str, Any],
    ) -> int:
        """Returns the fewest calls at which the same holds; where it might not be, it is tried."""
        if any("is too small" in line for line in words.get("warnings", ())):
            return 0
        guess = min(budget, got.calls or budget)
        # Beside a count that trailing spacing overruns, the cost does not tell what was paid for.
        while guess < budget and self._trailing(answer, options):
            other = self._ask(answer.model, **options, budget=guess)
            if other.steps == got.steps and self._words(answer, other, options, guess) == words:
                break
            guess += 1
        return guess

    def _trailing(self, answer: Recommendation, options: Mapping[str, Any]) -> bool:
        entry = self._schedulers.get(options.get("scheduler"), {"spacing": "trailing"})
        own = entry.get("flags", {}).get(SPACING, entry.get("spacing"))
        return "trailing" in (own, answer.settings.get(SPACING))

    def _words(
        self,
        answer: Recommendation,
        got: Recommendation,
        options: Mapping[str, Any],
        budget: int,
    ) -> dict[str, Any]:
        """Returns what a budget says, and what it no longer says, beside the answer without one."""
        id = options.get("scheduler")
        named = (
            ()
            if id is None
            else (
                (f"that {id} has", "that {id} has"),
                (f" step of {id} starts", " step of {id} starts"),
                (f"{self._schedulers[id]['name']} ", "{scheduler} "),
            )
        )
        come = [line for line in got.warnings if line not in answer.warnings]
        gone = [line for line in answer.warnings if line not in got.warnings]
        words: dict[str, Any] = {
            "why": [_figured(line, got, budget) for line in got.why[len(answer.why) :]],
            "warnings": [_named(_figured(line, got, budget), named) for line in come],
            "gone": [_named(line, named) for line in gone],
        }
        if got.settings.get(SPACING) != answer.settings.get(SPACING):
            words[SPACING] = got.settings.get(SPACING)
        return {key: value for key, value in words.items() if value}


def _named(line: str, named: Iterable[tuple[str, str]]) -> str:
    """Returns a line with marks where it names the scheduler that was asked for."""
    for said, mark in named:
        line = line.replace(said, mark, 1)
    return line


def _figured(line: str, got: Recommendation, budget: int) -> str:
    """Returns a line with marks where it names the budget and what it pays for."""
    calls = "1 call" if budget == 1 else f"{budget} calls"
    line = line.replace(f"The budget of {calls} ", "The budget of {budget} ")
    # From a picture only a share of the steps asked for runs; the budget pays for those.
    paid = got.effective_steps
    line = line.replace(f" pays for {paid} of", " pays for {paid} of")
    line = line.replace(f" budget pays for {paid}.", " budget pays for {paid}.")
    return line.replace(f", and {paid} run.", ", and {paid} run.")
