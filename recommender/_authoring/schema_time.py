"""The strict definition of settings/measured/<model>/time-<gpu>.json; `render bench` writes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .schema import Positive, Slug, Strict, Text
from .schema_measured import Environment

Count = Annotated[int, Field(ge=1, le=100_000)]


class Origin(Strict):
    """Where the network's shape was published."""

    repo: Text
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]


class Pace(Strict):
    """What a picture takes, made beside others of its kind in batches of `batch` rows."""

    num_inference_steps: Count
    pictures: Count
    seconds_per_picture: Positive
    seconds_per_step: Positive
    seconds_beside_steps: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Time(Strict):
    """Seconds of a full-size architecture: settings/measured/<model>/time-<gpu>.json.

    Its weights are random, so it says what a picture costs and nothing about the picture.
    """

    sweep: Literal["time"]
    model: Slug
    title: Text
    weights: Literal["random"]
    architecture: Origin
    environment: Environment
    width: Count
    height: Count
    paces: Annotated[dict[Literal["exact", "fast"], Pace], Field(min_length=1)]
