"""The studio's files: plans, written by hand, and manifests, written by `python -m render run`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from .schema import Pixels, Slug, Strict, Text, Value

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{16,64}$")]


class Prompt(Strict):
    """One prompt of a plan; what it sets holds for its pictures only."""

    prompt: Text
    negative_prompt: str | None = None
    seed: Annotated[int, Field(ge=0)] | None = None
    source_image: Text | None = None  # beside the plan; the start of image-to-image


class Plan(Strict):
    """One comparison: render/plans/<id>.yaml. Every model x prompt x axis value is one cell."""

    title: Text
    transfers: Literal["mechanism", "direction", "none"]
    models: Annotated[list[Text], Field(min_length=1)]
    prompts: Annotated[dict[Slug, Prompt], Field(min_length=1)]
    settings: dict[Slug, Value] = Field(default_factory=dict)
    # Model → settings that differ for it.
    overrides: dict[str, dict[Slug, Value]] = Field(default_factory=dict)
    axes: Annotated[
        dict[Slug, Annotated[list[Value], Field(min_length=1)]], Field(min_length=1, max_length=2)
    ]
    exclude: list[dict[Slug, Value]] = Field(default_factory=list)


class Cell(Strict):
    """One picture of a manifest."""

    id: Digest
    file: Text
    sha256: Digest
    bytes: int
    width: Pixels
    height: Pixels
    alt: Text
    axes: dict[str, Any]
    settings: dict[str, Any]
    recipe: dict[str, Any]
    environment: dict[str, Any]


class SourcePicture(Strict):
    """A picture that image-to-image started from, published beside what it became."""

    file: Text
    width: Pixels
    height: Pixels


class Manifest(Strict):
    """What a plan's folder of pictures holds: docs/content/renders/<plan>/manifest.json."""

    plan: Slug
    title: Text
    transfers: Literal["mechanism", "direction", "none"]
    models: dict[str, dict[str, Any]]
    sources: dict[str, SourcePicture]
    cells: list[Cell]
