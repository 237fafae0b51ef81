"""The steps ruler: every model's sweet spot and range on one axis, beside tools' defaults.

What a default costs is its steps divided by the sweet spot. Only tools whose one default holds for
every model, and whose source is known, stand on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from family_pages import spelled
from known_models import WELL_KNOWN
from markup import source_url
from templating import render, span

import recommender

FILE = "finder/ruler.json"
MARK = "<!-- steps ruler -->"
STEPS = "num_inference_steps"
END = 250
TICKS = (1, 2, 4, 8, 16, 30, 50, 100, 250)
# A label is 18 pixels high, the drawing 560; so near to another it would lie on it.
_NEAR = 3.4
_NAMED = 3


@dataclass(frozen=True)
class Tool:
    """A tool's default number of steps, and where that stands."""

    name: str
    steps: int
    url: str | None


@dataclass(frozen=True)
class Default:
    """One number of steps that several tools begin with, and its place on the axis in per cent."""

    steps: int
    tools: tuple[Tool, ...]

    @property
    def place(self) -> str:
        """Its place on the axis in per cent."""
        return f"{place(self.steps):.1f}"

    @property
    def names(self) -> str:
        """The tools, the first three by name."""
        names = [tool.name for tool in self.tools]
        more = f" +{len(names) - _NAMED}" if len(names) > _NAMED else ""
        return ", ".join(names[:_NAMED]) + more


@dataclass(frozen=True)
class Row:
    """One model on the ruler; `words` say what each default costs it."""

    id: str
    name: str
    family: str
    steps: int
    low: int | None
    high: int | None
    times: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def range(self) -> str:
        """Its range in words."""
        return span(self.low, self.high)


def place(steps: float) -> float:
    """Returns where a number of steps stands on the axis, in per cent."""
    return 100 * math.log(min(max(steps, 1), END)) / math.log(END)


def defaults(setting: Mapping[str, Any]) -> list[Default]:
    """Returns what tools begin with, the fewest steps first; in brackets stands a single model."""
    sources = setting.get("sources", {})
    found = [
        Tool(tool["tool"], tool["default"], source_url(sources[tool["source"]]))
        for tool in setting.get("tools", ())
        if isinstance(tool.get("default"), int)
        and tool["default"] > 0
        and tool.get("source") in sources
        and "(" not in tool["tool"]
    ]
    found.sort(key=lambda tool: tool.steps)
    return [Default(steps, tuple(of)) for steps, of in groupby(found, lambda tool: tool.steps)]


def rows(answers: Iterable[Mapping[str, Any]], against: Sequence[Default]) -> list[Row]:
    """Returns every model with a figure, from one step upwards; equal ones by their ranges."""
    found = [_row(answer, against) for answer in answers if answer["steps"] is not None]
    return sorted(found, key=_order)


def _order(row: Row) -> tuple[Any, ...]:
    low, high = row.low or row.steps, row.high or row.steps
    return row.steps, high, -low, row.family, row.name.casefold()


def _row(answer: Mapping[str, Any], against: Sequence[Default]) -> Row:
    return Row(
        **{key: answer[key] for key in ("name", "family", "steps", "low", "high")},
        id=answer["model"],
        times=tuple(times(one.steps, answer["steps"]) for one in against),
        words=tuple(_words(one.steps, answer) for one in against),
    )


def times(default: int, steps: int) -> str:
    """Writes what a default costs: 5×, 1.7×, 0.4×."""
    factor = default / steps
    return f"{factor:.0f}×" if factor >= 10 else f"{factor:.1f}×".replace(".0×", "×")


def _words(default: int, answer: Mapping[str, Any]) -> str:
    steps, low, high = answer["steps"], answer["low"], answer["high"]
    said = f"{default} steps are {times(default, steps)} its sweet spot"
    if default == steps:
        return f"{default} steps are its sweet spot"
    if low is not None and high is not None and low <= default <= high:
        return f"{said}, within its range"
    return f"{said}, too few" if default < (low or steps) else said


def drawing(models: Sequence[Row]) -> dict[str, str]:
    """Returns the paths of a drawing of 1,000 by 1,000 units: a bar and a dot for each model."""
    bars, dots = [], []
    for number, row in enumerate(models):
        y = f"{_height(number, models) * 10:.1f}"
        if row.low is not None and row.high is not None and row.low < row.high:
            bars.append(f"M{place(row.low) * 10:.0f} {y}H{place(row.high) * 10:.0f}")
        dots.append(f"M{place(row.steps) * 10:.0f} {y}h0")
    grid = [f"M{place(tick) * 10:.0f} 0V1000" for tick in TICKS]
    return {"bars": "".join(bars), "dots": "".join(dots), "grid": "".join(grid)}


def _height(number: int, models: Sequence[Row]) -> float:
    return 100 * (number + 0.5) / max(len(models), 1)


def labels(models: Sequence[Row]) -> list[dict[str, Any]]:
    """Returns the well-known models' names where there is room, beside their bars."""
    found: list[dict[str, Any]] = []
    for number, row in enumerate(models):
        top = _height(number, models)
        if row.id not in WELL_KNOWN or (found and top - found[-1]["top"] < _NEAR):
            continue
        few = place(row.steps) < place(12)
        beside = place(row.high or row.steps) if few else place(row.low or row.steps)
        found.append({"row": row, "top": top, "few": few, "beside": f"{beside:.1f}"})
    return [{**one, "top": f"{one['top'] / 100:.4f}"} for one in found]


def view(models: Sequence[Row], against: Sequence[Default]) -> dict[str, Any]:
    """Returns what the figure's template shows."""
    usual = max(range(len(against)), key=lambda at: len(against[at].tools), default=None)
    first = next((row for id in WELL_KNOWN for row in models if row.id == id), None)
    return {
        "models": models,
        "against": against,
        "usual": usual,
        "first": first,
        "at": models.index(first) if first else 0,
        "drawing": drawing(models),
        "labels": labels(models),
        "ticks": [(tick, f"{place(tick):.1f}") for tick in TICKS],
        "few": sum(row.steps <= 8 for row in models),
        "twice": sum(against[usual].steps >= 2 * row.steps for row in models)
        if usual is not None
        else 0,
    }


def _built() -> tuple[list[Row], list[Default]]:
    """Returns the models and the defaults of this checkout."""
    known = recommender.catalogue()
    against = defaults(known.settings.get(STEPS, {}))
    answers = (recommender.recommend(id).to_dict() for id in known.models)
    return rows(answers, against), against


def data(models: Sequence[Row], against: Sequence[Default]) -> dict[str, Any]:
    """Returns what the page's script looks up: a row for each model, as the drawing has them."""
    return {
        "tools": [[tool.name, at] for at, one in enumerate(against) for tool in one.tools],
        "models": [
            [
                row.id,
                row.name,
                row.family,
                row.steps,
                row.range,
                [round(place(end or row.steps) * 10) for end in (row.low, row.steps, row.high)],
                list(row.words),
            ]
            for row in models
        ],
    }


def ruler_page() -> str:
    """Returns the page of the figure and its table, family by family."""
    models, against = _built()
    by_family = sorted(models, key=lambda row: (row.family, row.steps, row.name.casefold()))
    grouped = [(name, list(of)) for name, of in groupby(by_family, lambda row: row.family)]
    families = [(spelled(name, [row.name for row in of]), of) for name, of in grouped]
    return render("ruler", families=families, root="../", **view(models, against))


def ruler_data() -> dict[str, Any]:
    """Returns what the page's script looks up."""
    return data(*_built())


def fill(markdown: str, root: str) -> str:
    """Puts the figure where a hand-written page asks for it."""
    if MARK not in markdown:
        return markdown
    return markdown.replace(MARK, render("ruler_figure", root=root, **view(*_built())))
