"""Answers of the model finder: what recommend() says to every question, as small JSON files.

One sheet holds a model's answers, or those of a model with an accelerator LoRA: every goal with
every scheduler, each under any budget of network calls. A page looks them up, works nothing out.

A sheet's answer is a row of indices, one for each column, into the values that this column takes;
what no row changes stands once, under `same`. Lines of text and sources are numbered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from finder_budget import Ladder, Ladders
from markup import figure
from model_pages import BASES, facts, spread
from templating import agreement, guidance, span

import recommender

Ask = Callable[..., recommender.Recommendation]
T = TypeVar("T")
GOALS = ("balanced", "draft", "final")
# Numbered in the sheet: many answers share a line, many lines share a source.
TEXTS = ("why", "warnings")
BUDGETS = "budgets"
# Settings stand beside the other fields of an answer; for which goal it is, the sheet says.
FIELDS = tuple(
    one.name for one in fields(recommender.Recommendation) if one.name not in ("settings", "goal")
)
FOLDER = "finder/answers/"


def pairs(catalogue: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Yields every model alone, then every undistilled one with each accelerator made for it.

    A LoRA is made for its base model and what was made from that. To a model that is step-distilled
    already recommend() advises against another accelerator, so the page offers none.
    """
    models = catalogue["models"]
    loras = [id for id, one in models.items() if one["modality"] == "lora-acceleration"]
    for id, model in models.items():
        yield id, None
        if id in loras or model["distillation"] == "few-step":
            continue
        line = {id, *_ancestors(models, id)}
        yield from ((id, lora) for lora in loras if models[lora].get("base") in line)


def _ancestors(models: Mapping[str, Any], id: str) -> list[str]:
    found: list[str] = []
    base = models[id].get("base")
    while base in models and base not in found:
        found.append(base)
        base = models[base].get("base")
    return found


def offered(catalogue: Mapping[str, Any], model: str) -> list[str]:
    """Returns the schedulers to ask about: diffusers has them, and the model can use them.

    Where nobody says what it predicts, its own scheduler's class does.
    """
    known = catalogue["schedulers"]
    predicts = catalogue["models"][model].get("prediction")
    own = recommender.recommend(model).scheduler
    follows = {predicts} if predicts else set()
    if not predicts:
        classes = [one for one in known.values() if one.get("class", "") == own]
        follows = {kind for one in classes for kind in one.get("valid_for", ())}
    return [
        id
        for id, one in known.items()
        if "class" in one and follows and follows & set(one.get("valid_for", follows))
    ]


def sheets(
    catalogue: Mapping[str, Any], question: Ask = recommender.recommend
) -> dict[str, dict[str, Any]]:
    """Returns every sheet by its name: the model's id, or both ids as MODEL+LORA."""
    ladders = Ladders(catalogue, question)
    return {
        name(model, lora): sheet(catalogue, model, lora, question, ladders)
        for model, lora in pairs(catalogue)
    }


def name(model: str, lora: str | None) -> str:
    """Returns a sheet's name, which is its file's."""
    return f"{model}+{lora}" if lora else model


def sheet(
    catalogue: Mapping[str, Any],
    model: str,
    lora: str | None,
    question: Ask = recommender.recommend,
    ladders: Ladders | None = None,
) -> dict[str, Any]:
    """Returns a model's answers: `answers` holds for each scheduler a row's number for each goal.

    The first is for the model's own scheduler, the others for `schedulers`.
    """
    climb = Ladders(catalogue, question) if ladders is None else ladders
    loras = {"loras": (lora,)} if lora else {}
    numbered = _Numbered()
    schedulers = offered(catalogue, model)
    asked = [
        _of_goals(numbered, model, climb, loras | ({"scheduler": one} if one else {}), question)
        for one in (None, *schedulers)
    ]
    told = [answer for of_goals in asked for answer in of_goals]
    columns = [key for key in told[0] if any(one.get(key) != told[0][key] for one in told)]
    columns += sorted({key for one in told for key in one} - set(told[0]))
    same = {key: value for key, value in told[0].items() if key not in columns}
    values, rows = [Table() for _ in columns], Table()
    answers = [[rows.number(_row(values, columns, one)) for one in of] for of in asked]
    return {
        "schedulers": schedulers,
        "agreement": _agreement(catalogue, lora or model),
        "facts": [[label, figure(text)] for label, text in facts(catalogue["models"][model])],
        "measured": sorted(catalogue.get("sweet_spots", {}).get(model, ())),
        "same": {key: numbered.whole(key, value) for key, value in same.items()},
        "columns": columns,
        "values": [
            [numbered.whole(key, value) for value in table.items]
            for key, table in zip(columns, values, strict=True)
        ],
        "rows": rows.items,
        "answers": answers,
        "texts": numbered.texts.items,
        "sources": numbered.sources.items,
    }


def _of_goals(
    numbered: _Numbered, model: str, climb: Ladders, options: Mapping[str, Any], question: Ask
) -> list[dict[str, Any]]:
    """Returns the answers for every goal."""
    found = []
    for goal in GOALS:
        asked = {"goal": goal, **options}
        answer = question(model, **asked)
        found.append(_flat(numbered, answer, climb.of(answer, asked)))
    return found


def _agreement(catalogue: Mapping[str, Any], model: str) -> str:
    """Says how far apart the figures for a model's steps lie, where there are several."""
    claims = catalogue["models"][model].get("claims", {}).get("num_inference_steps", [])
    found = spread(claims)
    return agreement(found) if found else ""


def said(answer: Mapping[str, Any]) -> dict[str, str]:
    """Returns what a page prints of an answer that is no plain figure."""
    return {
        "basis": BASES.get(answer["basis"], answer["basis"] or ""),
        "guidance": guidance(answer),
        "range": span(answer["low"], answer["high"]),
    }


class Table:
    """Numbers things in the order in which they come first."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._numbers: dict[tuple[Any, Any], int] = {}

    def number(self, item: Any) -> int:
        plain = isinstance(item, str | int | float | None)
        key = (type(item), item) if plain else (None, repr(item))
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.items)
            self.items.append(item)
        return number


class _Numbered:
    """The lines, sources and ladders of one sheet; what many answers share is looked at once."""

    def __init__(self) -> None:
        self.texts, self.sources, self.ladders = Table(), Table(), Table()
        self._told: dict[int, tuple[Any, Any]] = {}

    def lines(self, lines: Iterable[str]) -> tuple[int, ...]:
        return tuple(map(self.texts.number, lines))

    def cited(self, sources: tuple[Mapping[str, Any], ...]) -> tuple[int, ...]:
        """Returns the numbers of an answer's sources."""
        return self._once(sources, lambda: tuple(self.sources.number(dict(s)) for s in sources))

    def ladder(self, ladder: Ladder) -> int:
        """Returns the number of a ladder, whose lines are numbered."""
        return self._once(
            ladder,
            lambda: self.ladders.number(
                [{"words": self._words(one["words"]), "stairs": one["stairs"]} for one in ladder]
            ),
        )

    def whole(self, key: str, value: Any) -> Any:
        """Returns what stands in a column: ladders, which are long, are compared by number."""
        return self.ladders.items[value] if key == BUDGETS else value

    def _words(self, words: Mapping[str, Any]) -> dict[str, Any]:
        return {
            key: list(self.lines(value)) if isinstance(value, list) else value
            for key, value in words.items()
        }

    def _once(self, thing: object, told: Callable[[], T]) -> T:
        """Asks once for one object, which is kept, so that no other comes to stand in its place."""
        if id(thing) not in self._told:
            self._told[id(thing)] = (thing, told())
        found: T = self._told[id(thing)][1]
        return found


def _row(
    values: Sequence[Table], columns: Sequence[str], answer: Mapping[str, Any]
) -> tuple[int, ...]:
    """Returns an answer's row; -1 where it says nothing."""
    return tuple(
        table.number(answer[column]) if column in answer else -1
        for table, column in zip(values, columns, strict=True)
    )


def _flat(
    numbered: _Numbered, answer: recommender.Recommendation, ladder: Ladder
) -> dict[str, Any]:
    """Returns an answer with numbered lines and sources, and its settings beside its own fields."""
    flat = {key: getattr(answer, key) for key in FIELDS}
    for key in TEXTS:
        flat[key] = numbered.lines(flat[key])
    flat["sources"] = numbered.cited(answer.sources)
    flat |= {f"said.{key}": words for key, words in said(flat).items()}
    flat |= {f"settings.{key}": value for key, value in answer.settings.items()}
    flat[BUDGETS] = numbered.ladder(ladder)
    return flat
