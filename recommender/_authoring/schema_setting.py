# ruff: noqa: RUF012 - pydantic copies every default
"""What a setting's file holds: its page, its scale, and what every tool calls it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from .schema import Number, Positive, Slug, Source, Strict, Text, Value

# Keys of sources, `plan:<id>` for a rendered comparison, or `practice` for a rule of thumb.
Evidence = Annotated[list[Text], Field(min_length=1)]


class Range(Strict):
    """The hard limits of a number."""

    min: Number
    max: Number | None = None


class Band(Strict):
    """One part of a setting's general scale, and what the text about it rests on."""

    from_: Number = Field(alias="from")
    to: Number
    text: Text
    evidence: Evidence


class Bands(Strict):
    """The general scale of a setting."""

    low: Band | None = None
    mid: Band | None = None
    high: Band | None = None


class Choice(Strict):
    """One of the words a setting may take, and what the text about it rests on."""

    value: Text
    text: Text
    evidence: Evidence


class Show(Strict):
    """Which values along one axis of a plan a figure shows."""

    axis: Slug
    values: Annotated[list[Value], Field(min_length=1)]
    by: Slug | None = None  # a second axis, one row for each of its values
    by_values: Annotated[list[Value], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _both(self) -> Show:
        if (self.by is None) != (self.by_values is None):
            raise PydanticCustomError("both", "expected by and by_values together")
        return self


class Comparison(Strict):
    """One row of pictures on a setting's page."""

    plan: Slug
    title: Text | None = None
    look_for: Text
    show: Show
    where: dict[Slug, Value] = {}


class Computed(Strict):
    """One computed figure on a setting's page, drawn from docs/content/curves/<curve>.json."""

    curve: Slug
    title: Text
    look_for: Text
    beside: Literal["pictures", "cost"] = "pictures"


class Partner(Strict):
    """Another setting to turn together with this one, what the two do, and who says so."""

    setting: Slug
    effect: Text
    evidence: Evidence


class Worked(Strict):
    """One example of a conversion, worked out by the library itself."""

    say: Text
    call: Slug
    with_: Annotated[list[Value], Field(min_length=1)] = Field(alias="with")
    gives: Number


class Conversion(Strict):
    """How one convention becomes another: a formula, and examples that are computed."""

    between: Text
    formula: Text
    examples: Annotated[list[Worked], Field(min_length=1)]


class Tool(Strict):
    """How one tool calls a setting, and what it allows."""

    tool: Text
    name: Text
    also: list[Text] = []
    when: Text | None = None  # in which case this name means this setting, where it has two
    min: Number | None = None
    max: Number | None = None
    default: Value | None = None
    note: Text | None = None
    same_as: Slug | None = None
    source: Slug | None = None
    unpinned: Text | None = None

    @model_validator(mode="after")
    def _read_somewhere(self) -> Tool:
        if (self.source is None) == (self.unpinned is None):
            raise PydanticCustomError("read", "expected either source or unpinned")
        return self


class Setting(Strict):
    """One setting: settings/<id>.yaml."""

    title: Text
    slug: Slug
    group: Literal[
        "quality",
        "guidance",
        "sampling",
        "size",
        "prompt",
        "input",
        "adapters",
        "refine",
        "speed",
        "video",
        "output",
    ]
    type: Literal["integer", "number", "string", "choice", "seed", "boolean"]
    unit: Text | None = None
    aliases: list[Text]
    range: Range | None = None
    default: Value | None = None
    step: Positive | None = None
    summary: Text
    what_it_does: Text | None = None
    values: Bands | None = None
    choices: list[Choice] = []
    comparisons: list[Comparison] = []
    curves: list[Computed] = []
    tips: Annotated[list[Text], Field(min_length=1)] = []
    mistakes: list[Text] = []
    works_with: list[Partner] = []
    cost: Text | None = None
    tools: list[Tool] = []
    conversions: list[Conversion] = []
    sources: dict[Slug, Source] = {}
