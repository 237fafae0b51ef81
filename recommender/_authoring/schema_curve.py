# ruff: noqa: RUF012 - pydantic copies every default
"""A computed figure: written by `python -m render curves`, drawn on a setting's page."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from .schema import Number, Strict, Text

Ticks = Annotated[list[Number], Field(min_length=2, max_length=8)]


class Axis(Strict):
    """An axis from its first tick to its last; falling ticks turn it round."""

    label: Text
    log: bool = False
    ticks: Ticks

    @model_validator(mode="after")
    def _can_be_drawn(self) -> Axis:
        steps = [b - a for a, b in zip(self.ticks, self.ticks[1:], strict=False)]
        if not (all(step > 0 for step in steps) or all(step < 0 for step in steps)):
            raise PydanticCustomError("ticks", "expected ticks that rise, or ticks that fall")
        if self.log and min(self.ticks) <= 0:
            raise PydanticCustomError("ticks", "expected ticks above 0 on a logarithmic axis")
        return self


class Series(Strict):
    """One line (as many ys as xs), or one row of dots (no ys)."""

    name: Text
    xs: Annotated[list[Number], Field(min_length=1, max_length=400)]
    ys: list[Number] = []
    note: Text | None = None


class Curve(Strict):
    """One computed figure: docs/content/curves/<id>.json."""

    kind: Literal["lines", "strips"]
    x: Axis
    y: Axis | None = None
    series: Annotated[list[Series], Field(min_length=1, max_length=16)]
    alt: Text
    made_from: Text
    diffusers: Text | None = None  # its version, where its code was asked

    @model_validator(mode="after")
    def _whole(self) -> Curve:
        if (self.kind == "lines") != (self.y is not None):
            raise PydanticCustomError("y", "expected a y axis for lines, and none for strips")
        for one in self.series:
            if len(one.ys) != (len(one.xs) if self.kind == "lines" else 0):
                raise PydanticCustomError(
                    "ys", "expected as many ys as xs for lines, and none for strips"
                )
        return self
