"""The studio's files: plans, written by hand, and manifests, written by `python -m render run`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from .schema import _SCALAR, ListOrValue, Number, Pixels, Slug, Strict, Text, Value, _scalar

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{16,64}$")]
MAX_AXIS = 20_000


def _axis(value: Any) -> Any:
    """A list of values, or a range; sums are decimal, so that 0.1 and 0.2 make 0.3."""
    if isinstance(value, list) and value:
        return [_scalar(item) for item in value]
    if isinstance(value, dict) and set(value) == {"from", "to", "step"}:
        ends = [value[key] for key in ("from", "to", "step")]
        numbers = all(isinstance(n, int | float) and not isinstance(n, bool) for n in ends)
        if numbers and ends[0] <= ends[1] and ends[2] > 0:
            if (ends[1] - ends[0]) / ends[2] < MAX_AXIS:
                return value
            raise PydanticCustomError("axis", f"expected at most {MAX_AXIS} values")
    raise PydanticCustomError("axis", "expected a list of values, or from, to and step that rise")


_SPAN: dict[str, Any] = {
    "type": "object",
    "properties": {key: {"type": "number"} for key in ("from", "to", "step")},
    "required": ["from", "to", "step"],
    "additionalProperties": False,
}
_LIST: dict[str, Any] = {"type": "array", "items": _SCALAR, "minItems": 1}
Axis = Annotated[Any, BeforeValidator(_axis), WithJsonSchema({"anyOf": [_LIST, _SPAN]})]


class Prompt(Strict):
    """One prompt of a plan; what it sets holds for its pictures only."""

    prompt: Text
    negative_prompt: str | None = None
    seed: Annotated[int, Field(ge=0)] | None = None
    source_image: Text | None = None  # beside the plan; the start of image-to-image
    mask_image: Text | None = None  # beside the plan; white is repainted
    control_image: Text | None = None  # beside the plan; what a ControlNet follows
    weighted: Text | None = None  # the phrase that prompt_weight is about


class PromptSet(Strict):
    """Prompts for models of another kind than ours: render/prompts/<id>.yaml."""

    prompts: Annotated[dict[Slug, Prompt], Field(min_length=1)]


class Lora(Strict):
    """Weights added to a model's own: a .safetensors file beside the plan, or on the hub."""

    file: Text  # beside the plan, or REPO@REVISION/path.safetensors
    scale: Number = 1.0


class Difference(Strict):
    """What every picture is compared with, and how much its difference map is enlarged."""

    to: Annotated[dict[Slug, Value], Field(min_length=1)]
    times: Annotated[int, Field(ge=1, le=64)] | None = None  # without it, no map is drawn


class Plan(Strict):
    """One comparison: render/plans/<id>.yaml. Every model x prompt x axis value is one cell."""

    title: Text
    transfers: Literal["mechanism", "direction", "none"]
    models: Annotated[list[Text], Field(min_length=1)]
    prompts: Annotated[dict[Slug, Prompt], Field(min_length=1)]
    settings: dict[Slug, Value] = Field(default_factory=dict)
    # Model → settings that differ for it.
    overrides: dict[str, dict[Slug, Value]] = Field(default_factory=dict)
    axes: Annotated[dict[Slug, Axis], Field(min_length=1, max_length=3)]
    exclude: list[dict[Slug, ListOrValue]] = Field(default_factory=list)
    loras: Annotated[list[Lora], Field(min_length=1)] | None = None
    controlnet: Text | None = None  # a diffusers folder, or REPO@REVISION
    difference: Difference | None = None
    # True where the plan shows what fails; elsewhere a picture that is still noise fails by name.
    may_be_noise: bool = False


class Measured(Strict):
    """A picture against another of its plan, in grey levels of 255, and its own file's size."""

    mean: Number
    largest: int
    bytes: int | None = None
    map: Text | None = None
    times: int | None = None


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
    measured: Measured | None = None


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
    difference: Difference | None = None
    models: dict[str, dict[str, Any]]
    sources: dict[str, SourcePicture]
    cells: list[Cell]
    unfinished: list[Text] = Field(default_factory=list)  # files of a run that has not ended
