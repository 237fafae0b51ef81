"""The strict definition of settings/signatures/<family>.yaml: what recognises a model's file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from .schema import PATTERNS, Slug, Source, Strict, Text, Value

# A tensor's whole name: nothing in it is a pattern, so no rule can run away with time.
TENSOR = r"^[A-Za-z0-9_.\-]{1,200}$"
LAYER = r"^[A-Za-z0-9_#]{1,200}$"
CONFIG = r"^[a-z_]{1,40}\.[A-Za-z0-9_]{1,60}$"
PATTERNS[TENSOR] = "a tensor's name of letters, digits, '_', '.' and '-'"
PATTERNS[LAYER] = "a layer's name with '_' for every dot and '#' for every number"
PATTERNS[CONFIG] = "a config and its key, such as scheduler.shift"


def _size(value: Any) -> Any:
    sizes = value if isinstance(value, list) else [value]
    if not sizes or any(type(size) is not int or size < -1 for size in sizes):
        raise PydanticCustomError("size", "expected a size, a list of sizes, or -1 for any size")
    return value


_INTEGER: dict[str, Any] = {"type": "integer", "minimum": -1}
Size = Annotated[
    Any,
    BeforeValidator(_size),
    WithJsonSchema({"anyOf": [_INTEGER, {"type": "array", "items": _INTEGER, "minItems": 1}]}),
]
Tensor = Annotated[str, Field(pattern=TENSOR)]
Names = Annotated[list[Tensor], Field(min_length=1)]
Shape = Annotated[list[Size], Field(max_length=6)]
Count = Annotated[int, Field(ge=0, le=4096)]


class Conditions(Strict):
    """What a header must name, must not name, and how large what it names must be."""

    all: Names | None = None
    any: Names | None = None
    none: Names | None = None
    shapes: dict[Tensor, Shape] = Field(default_factory=dict)
    blocks: dict[Slug, Count] = Field(default_factory=dict)


class Layout(Conditions):
    """One way in which the tensors of a network are named."""

    all: Names
    only: Literal[True] | None = None

    @model_validator(mode="after")
    def _told(self) -> Layout:
        if len(self.all) + len(self.shapes) + len(self.blocks) < 3:
            raise PydanticCustomError("told", "expected three conditions or more: one is a guess")
        return self


class Variant(Conditions):
    """One kind within a family, and the models that cannot be told apart within it."""

    name: Text
    models: list[Slug] = Field(default_factory=list)
    classes: list[Text] = Field(default_factory=list)
    configs: dict[Annotated[str, Field(pattern=CONFIG)], Value] = Field(default_factory=dict)


class Part(Strict):
    """One network of a family: its transformer, its VAE, …"""

    component: Literal[
        "transformer",
        "unet",
        "controlnet",
        "image-adapter",
        "motion-module",
        "embedding",
        "vae",
        "text-encoder",
    ]
    name: Text | None = None
    families: list[Slug] | None = None
    layouts: Annotated[dict[Slug, Layout], Field(min_length=1)]
    variants: list[Variant] = Field(default_factory=list)


class Adapter(Strict):
    """The layers a LoRA for this family changes, as rows and columns."""

    name: Text | None = None
    families: list[Slug] | None = None
    layers: Annotated[
        dict[Annotated[str, Field(pattern=LAYER)], list[Annotated[int, Field(ge=-1)]]],
        Field(min_length=2),
    ]
    blocks: dict[Slug, Count] = Field(default_factory=dict)
    models: list[Slug] = Field(default_factory=list)


class Signature(Strict):
    """How a family of models is recognised: settings/signatures/<family>.yaml."""

    name: Text
    parts: list[Part] = Field(default_factory=list)
    adapters: list[Adapter] = Field(default_factory=list)
    trains_text: Literal[True] | None = None
    classes: list[Text] = Field(default_factory=list)
    metadata: list[Text] = Field(default_factory=list)
    sources: dict[Slug, Source] = Field(default_factory=dict)
