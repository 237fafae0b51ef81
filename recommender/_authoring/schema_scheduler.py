# ruff: noqa: RUF012 - pydantic copies every default
"""The strict definition of settings/schedulers/ and settings/schedules/."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from .schema import CALLS, PATTERNS, Number, Slug, Source, Strict, Text, Value

FORMULA = rf"{CALLS}|^adaptive$"
PATTERNS[FORMULA] = "a formula such as 1N, 2N-1 or N+1, or 'adaptive'"

Count = Annotated[int, Field(ge=1, le=1000)]
Timestep = Annotated[int, Field(ge=0, le=999)]
# What a network may give back: the models' words, and those of samplers made for one kind alone.
Output = Literal[
    "epsilon",
    "v_prediction",
    "sample",
    "flow",
    "edm",
    "trigflow",
    "consistency",
    "flow-map",
    "masked-token",
]


class Steps(Strict):
    """The range of steps that a source names for a sampler."""

    min: Count | None = None
    sweet: Count | None = None
    enough: Count | None = None
    max: Count | None = None
    source: Slug

    @model_validator(mode="after")
    def _rising(self) -> Steps:
        figures = [n for n in (self.min, self.sweet, self.enough, self.max) if n is not None]
        if not figures or figures != sorted(figures):
            raise PydanticCustomError("rising", "expected min ≤ sweet ≤ enough ≤ max")
        return self


class Spacing(Strict):
    """What one value of timestep_spacing does to a run, of 1,000 noise levels."""

    one_step_starts_at: Timestep
    extra_step_at: list[Count] = []


class Spacings(Strict):
    """What each value of timestep_spacing does, where a class has that setting."""

    linspace: Spacing
    leading: Spacing
    trailing: Spacing


class Scheduler(Strict):
    """One sampler: settings/schedulers/<id>.yaml."""

    name: Text
    class_: Text | None = Field(default=None, alias="class")
    flags: dict[Slug, Value] = {}
    usual: Literal[True] | None = None
    aliases: list[Text] = []
    variant_of: Slug | None = None
    schedule: Slug | None = None
    order: Annotated[int, Field(ge=1, le=9)]
    calls_per_step: Annotated[str, Field(pattern=FORMULA)]
    kind: Literal["deterministic", "ancestral", "sde", "stochastic"]
    valid_for: Annotated[list[Output], Field(min_length=1)] | None = None
    min_steps: Count | None = None
    max_steps: Count | None = None
    steps: Steps | None = None
    spacing: Literal["linspace", "leading", "trailing"] | None = None
    spacings: Spacings | None = None
    names: dict[Slug, Text] = {}
    note: Text | None = None
    sources: dict[Slug, Source] = {}

    @model_validator(mode="after")
    def _whole(self) -> Scheduler:
        if self.class_ is None and (self.flags or self.usual or self.spacing or self.spacings):
            raise PydanticCustomError("classless", "expected class beside flags, usual or spacing")
        if self.class_ is None and not self.names:
            raise PydanticCustomError("nameless", "expected class, or names in tools")
        if self.steps is not None and self.steps.source not in self.sources:
            raise PydanticCustomError("cited", "expected steps.source to be a key of sources")
        return self


class Schedule(Strict):
    """One way to place the steps between noise and picture: settings/schedules/<id>.yaml."""

    name: Text
    aliases: list[Text] = []
    flags: dict[Slug, Value] = {}
    classes: list[Text] = []
    names: dict[Slug, Text] = {}
    rho: Number | None = None
    timesteps: dict[Slug, list[Timestep]] = {}
    note: Text | None = None
    sources: dict[Slug, Source] = {}
