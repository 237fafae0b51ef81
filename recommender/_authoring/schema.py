"""The one strict definition of every file under settings/; editors' JSON Schema comes from it.

A value keeps the type it was written with: nothing is coerced. What a pattern means in words stands
beside it in `PATTERNS`, so that an error can say what was expected.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

SLUG = r"^[a-z0-9][a-z0-9_-]{0,63}$"
COMMIT = r"^[0-9a-f]{40}$"
REPOSITORY = r"^[A-Za-z0-9][\w.-]*/[\w.-]+$"
URL = r"^https?://[^\s<>\"]+$"
DATE = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
RELEASED = r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
WEIGHTS = r"^([0-9a-f]{32}|[0-9a-f]{40})$"
LINES = r"^[1-9][0-9]{0,6}(-[1-9][0-9]{0,6})?$"
CALLS = r"^[1-9]?N([+-][1-9][0-9]?)?$"
FRAMES = r"^[1-9][0-9]?n(\+[1-9][0-9]?)?$"

PATTERNS = {
    SLUG: "an id of a–z, 0–9, '-' and '_', at most 64 long",
    COMMIT: "a commit of 40 hexadecimal digits",
    REPOSITORY: "a repository as owner/name",
    URL: "an address that begins with https://",
    WEIGHTS: "a digest of 32 hexadecimal digits, or a commit of 40",
    DATE: "a date as YYYY-MM-DD",
    RELEASED: "a date as YYYY, YYYY-MM or YYYY-MM-DD",
    CALLS: "a formula such as 1N, 2N-1 or N+1",
    FRAMES: "a rule such as 4n+1",
    r"\S": "text that is not empty",
}

Text = Annotated[str, Field(pattern=r"\S")]
Slug = Annotated[str, Field(pattern=SLUG)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Pixels = Annotated[int, Field(ge=1, le=65536)]


def _scalar(value: Any) -> Any:
    if isinstance(value, str | bool | int | float):
        return value
    raise PydanticCustomError("scalar", "expected a number, text, true or false")


def _scalar_or_list(value: Any) -> Any:
    return [_scalar(item) for item in value] if isinstance(value, list) else _scalar(value)


def _lines(value: Any) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool) and value > 0
    if whole or (isinstance(value, str) and re.fullmatch(LINES, value)):
        return value
    raise PydanticCustomError("lines", "expected a line such as 12, or lines such as '12-15'")


_SCALAR: dict[str, Any] = {"type": ["number", "string", "boolean"]}
Value = Annotated[Any, BeforeValidator(_scalar), WithJsonSchema(_SCALAR)]
ListOrValue = Annotated[
    Any,
    BeforeValidator(_scalar_or_list),
    WithJsonSchema({"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR, "minItems": 1}]}),
]
Lines = Annotated[
    Any,
    BeforeValidator(_lines),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": LINES}]}
    ),
]

Kind = Literal["author", "tool-default", "community"]
Convention = Literal["cfg", "distilled", "from-zero"]
Modality = Literal[
    "text-to-image",
    "image-to-image",
    "image-edit",
    "inpaint",
    "upscale",
    "controlled-generation",
    "subject-driven",
    "image-variation",
    "lora-acceleration",
    "class-conditional",
    "depth-estimation",
    "normals-estimation",
    "intrinsic-decomposition",
    "layer-decomposition",
    "relight",
    "text-to-rgbd",
    "text-to-video",
    "image-to-video",
    "video-to-video",
    "video-edit",
    "video-upscale",
    "speech-to-video",
    "identity-to-video",
    "character-animation",
    "text-to-audio",
    "text-to-music",
    "text-to-speech",
    "video-to-audio",
    "unconditional-audio",
    "text-to-audio-video",
    "text-to-3d",
    "image-to-3d",
    "novel-view",
    "video-to-4d",
]
Prediction = Literal["epsilon", "v_prediction", "sample", "flow", "edm", "masked-token"]


class Strict(BaseModel):
    """A mapping whose keys are all known and whose values keep their type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Source(Strict):
    """Where a figure was read: a line of a pinned commit, or a dated page."""

    repo: Annotated[str, Field(pattern=REPOSITORY)] | None = None
    path: Text | None = None
    commit: Annotated[str, Field(pattern=COMMIT)] | None = None
    line: Lines | None = None
    url: Annotated[str, Field(pattern=URL)] | None = None
    date: Annotated[str, Field(pattern=DATE)] | None = None
    kind: Kind
    states: Text

    @model_validator(mode="after")
    def _pinned(self) -> Source:
        in_repository = self.repo and self.path and self.commit
        on_a_page = self.url and (self.date or self.commit)
        if not (in_repository or on_a_page):
            raise PydanticCustomError("pinned", "expected repo, path and commit, or url and date")
        return self


class Claim(Strict):
    """One figure somebody publishes for one setting of one model."""

    value: ListOrValue | None = None
    low: Number | None = None
    high: Number | None = None
    source: Slug | None = None
    unsourced: Literal[True] | None = None
    kind: Kind | None = None
    scheduler: Text | None = None
    task: Modality | None = None
    convention: Convention | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _whole(self) -> Claim:
        if self.value is None and self.low is None and self.high is None:
            raise PydanticCustomError("figure", "expected value, or low and high")
        if (self.source is None) == (self.unsourced is None):
            raise PydanticCustomError("origin", "expected either source or unsourced: true")
        if self.unsourced and self.kind is None:
            raise PydanticCustomError("kind", "expected kind beside unsourced: true")
        return self


class Model(Strict):
    """One checkpoint, LoRA or hosted model: settings/models/<family>/<id>.yaml."""

    name: Text
    hub_id: Annotated[str, Field(pattern=REPOSITORY)] | None = None
    aliases: list[Text] = []
    base: Slug | None = None
    modality: Modality
    pipeline: Text | None = None
    architecture: Text | None = None
    prediction: Prediction | None = None
    distillation: Literal["none", "guidance", "few-step"]
    parameters_b: Positive | None = None
    native_resolution: Annotated[list[Pixels], Field(min_length=2, max_length=2)] | None = None
    frame_rule: Annotated[str, Field(pattern=FRAMES)] | None = None
    released: Annotated[str, Field(pattern=RELEASED)] | None = None
    licence: Text | None = None
    # The weights that measurements of this model were made with; a fine-tune takes none over.
    weights: Annotated[str, Field(pattern=WEIGHTS)] | None = None
    sources: dict[Slug, Source] = {}
    claims: dict[Slug, Annotated[list[Claim], Field(min_length=1)]] = {}
