# ruff: noqa: RUF012 - pydantic copies every default
"""The strict definition of settings/measured/<model>/: what `python -m render measure` writes.

What two keys of a file must agree on, such as a list and the prompts it counts, is for
`cross_measured`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from .schema import (
    PATTERNS,
    WEIGHTS,
    Number,
    Positive,
    Slug,
    Strict,
    Text,
    Value,
    _scalar,
    _scalar_or_list,
)

HEX = r"^[0-9a-f]+$"
HEX_OR_NONE = r"^[0-9a-fx]+$"
OF_PART = r"^[0-9a-z]+$"
FIGURES = r"^[0-9a-f]{32}$"
SHA256 = r"^[0-9a-f]{64}$"
STRIP = r"^[a-z0-9][a-z0-9_-]{0,63}/[a-z0-9][a-z0-9_-]{0,127}\.webp$"
PATTERNS[HEX] = "one hexadecimal digit a picture"
PATTERNS[HEX_OR_NONE] = "one hexadecimal digit a picture, x for one that failed"
PATTERNS[OF_PART] = "one digit a picture, 0 to 9 and then a to z"
PATTERNS[FIGURES] = "a digest of 32 hexadecimal digits"
PATTERNS[SHA256] = "a SHA-256 of 64 hexadecimal digits"
PATTERNS[STRIP] = "a picture as <model>/<sweep>-<prompt>.webp"


def _config(value: Any) -> Any:
    """A scheduler's configuration holds scalars, lists of them, and nothing."""
    return None if value is None else _scalar_or_list(value)


Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Likeness = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Steps = Annotated[int, Field(ge=1, le=1000)]
Band = Annotated[list[Share], Field(min_length=2, max_length=2)]
Weights = Annotated[str, Field(pattern=WEIGHTS)]
Digest = Annotated[str, Field(pattern=FIGURES)]
Prompts = Annotated[list[Text], Field(min_length=1, max_length=4096)]
Seeds = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1, max_length=1024)]
# A cell without a picture, NaN that is, has no figure: null.
Shares = Annotated[list[Share | None], Field(min_length=1)]
Likenesses = Annotated[list[Likeness | None], Field(min_length=1)]
Score = Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)]
Scores = Annotated[list[Score | None], Field(min_length=1)]
Distance = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Distances = Annotated[list[Distance | None], Field(min_length=1)]
Hits = Annotated[str, Field(pattern=HEX_OR_NONE)]
_Fact = Annotated[Any, BeforeValidator(lambda value: None if value is None else _scalar(value))]
_Config = Annotated[Any, BeforeValidator(_config)]
Environment = Annotated[dict[Slug, _Fact], Field(min_length=1, max_length=64)]


class Learned(Strict):
    """A learned distance that stands beside the change, told by its weights, and decides nothing.

    `noticeable` is the distance that a person just sees; null where nobody knows it.
    """

    package: Text
    weights: Annotated[str, Field(pattern=SHA256)]
    noticeable: Distance | None
    scale: dict[Slug, Distance]
    ranked: dict[Slug, Share]


class Metric(Strict):
    """What the change of a picture is measured with."""

    change: Slug
    package: Text
    pixels_per_degree: Positive | None = None
    similarity: Text | None = None
    # Harmless changes of the same pictures, by the same measure: how large a limit is.
    scale: dict[Slug, Share] = {}
    # By metric and way of spoiling: the share of pictures that are ranked as they were spoiled.
    ranked: dict[Slug, dict[Slug, Share]] = {}
    beside: dict[Literal["lpips"], Learned] = {}


class Reference(Strict):
    """The pictures that changes are counted from, and how far these still move themselves.

    `value` is that of the sweep's setting at which they were made, or `source` for the pictures
    that image-to-image started from.
    """

    value: Value
    against: Value | None = None
    change: Shares | None = None
    lpips: Distances | None = None
    second_opinion: Slug | None = None
    between_schedulers: Shares | None = None


class Row(Strict):
    """One value of the sweep, with a raw figure for every picture, prompts outermost."""

    value: Number
    calls: Annotated[int, Field(ge=0)]
    change: Shares | None
    ssim: Likenesses | None
    hits: Hits | None
    clip: Scores | None = None
    lpips: Distances | None = None
    excluded: list[Text] = []


class Timing(Strict):
    """What one picture by itself takes at one value."""

    value: Number
    calls: Annotated[int, Field(ge=0)]
    cpu_seconds: Seconds
    seconds: Seconds


class Part(Strict):
    """One run of those that were joined: what it was made with, and says of its own pictures."""

    environment: Environment
    metric: Metric
    timing: list[Timing]


class Strip(Strict):
    """A picture under docs/content/strips/: one prompt at every value, side by side."""

    file: Annotated[str, Field(pattern=STRIP)]
    sha256: Annotated[str, Field(pattern=SHA256)]
    prompt: Annotated[int, Field(ge=0)]
    seed: Annotated[int, Field(ge=0)]
    values: Annotated[list[Number], Field(min_length=1)]


class SummaryRow(Strict):
    """What the raw figures of one value come to, with 95 % bands over prompts."""

    value: Number
    change: Share | None = None
    change_95: Band | None = None
    change_per_step: Likeness | None = None  # mean rise for each step added since the rung before
    quality: Share | None = None
    quality_95: Band | None = None
    clip: Score | None = None
    clip_95: Annotated[list[Score], Field(min_length=2, max_length=2)] | None = None
    lpips: Distance | None = None
    lpips_95: Annotated[list[Distance], Field(min_length=2, max_length=2)] | None = None


class SweetSpot(Strict):
    """What the rule makes of a sweep over steps; `high` is open where the picture never settles."""

    steps: Steps
    low: Steps
    high: Steps | None
    stable: Share
    range: Annotated[list[Steps], Field(min_length=2, max_length=2)] | None = None


class Rule(Strict):
    """The limits that a sweet spot rests on: of fidelity with a judge, of ꟻLIP with a reference.

    `draws` is how often prompts are drawn again, `stable` the share of draws that must agree;
    `plateau` neighbouring rungs, `alike` of fidelity within the best, are the best there is.
    """

    confidence: Share
    draws: Annotated[int, Field(ge=1)]
    stable: Share
    margin: Share | None = None
    loose_margin: Share | None = None
    plateau: Annotated[int, Field(ge=1)] | None = None
    alike: Share | None = None
    noticeable: Share | None = None
    loose_change: Share | None = None
    settled: Share | None = None


class Summary(Strict):
    """What follows from the raw figures alone; `python -m render check` works it out again."""

    rows: list[SummaryRow]
    rule: Rule
    sweet_spot: SweetSpot | None = None
    converged: bool | None = None


class Measurement(Strict):
    """One sweep of one model with one scheduler: settings/measured/<model>/<sweep>.json."""

    sweep: Slug
    setting: Slug
    scheduler: Slug
    scheduler_class: Text
    scheduler_config: Annotated[dict[Slug, _Config], Field(max_length=128)]
    own: bool = False  # with the configuration the model is stored with, whatever the flags say
    model: Slug
    weights: Weights
    judge: Digest | None
    clip: Digest | None = None  # a CLIP model whose scores stand beside the figures
    environment: Environment
    fixed: dict[Slug, Value]
    prompts: Prompts
    seeds: Seeds
    metric: Metric
    reference: Reference | None
    rows: Annotated[list[Row], Field(min_length=1, max_length=512)]
    failed: list[Text] | None = None  # values of which no picture could be made, and why
    timing: list[Timing]
    timed: Environment | None = None  # what the times were taken on, where a GPU drew the pictures
    strips: list[Strip]
    parts: Annotated[list[Part], Field(min_length=2, max_length=36)] | None = None
    part: Annotated[str, Field(pattern=OF_PART)] | None = None  # of each picture, its place there
    summary: Summary


Fidelity = Annotated[dict[Slug, Share], Field(min_length=1, max_length=16)]


class QualityRow(Strict):
    """One setting of a reference model, judged."""

    steps: Steps
    guidance_scale: Number
    prompts: Annotated[int, Field(ge=1, le=65536)]
    seeds: Annotated[int, Field(ge=1, le=1024)]
    fidelity: Fidelity
    all_95: Band
    hits: Annotated[str, Field(pattern=HEX)]
    frechet_ratio: Positive | None = None


class Quality(Strict):
    """How good a reference model is, as the judge sees it: settings/measured/<model>/quality.json.

    Of pictures of another size than the model's own, quality-<pixels>.json. A measurement that was
    interrupted lacks what is worked out last.
    """

    sweep: Literal["quality"]
    size: Annotated[int, Field(ge=8, le=4096)] | None = None
    scheduler: Text
    weights: Weights
    judge: Digest
    environment: Environment
    rows: Annotated[dict[Slug, QualityRow], Field(min_length=1, max_length=64)]
    judge_accuracy: dict[Slug, Fidelity] | None = None
    cpu_seconds: Seconds | None = None
    timed: Environment | None = None  # what the seconds were taken on, where a GPU drew
    autoencoder_psnr_db: Positive | None = None
    sheet: Annotated[str, Field(pattern=SHA256)] | None = None  # render/reference/<model>.webp


class Settling(Strict):
    """How far each picture still moves between two large step counts."""

    scheduler: Slug
    from_: Steps = Field(alias="from")
    to: Steps
    change: Shares


class Draft(Strict):
    """How far each draft lies from its own final picture, and from another seed's."""

    scheduler: Slug
    draft: Steps
    final: Steps
    own: Shares
    other_seed: Shares


class Pairs(Strict):
    """Pictures that no sweep compares: settings/measured/<model>/pairs.json."""

    sweep: Literal["pairs"]
    model: Slug
    weights: Weights
    environment: Environment
    fixed: dict[Slug, Value]
    prompts: Prompts
    seeds: Seeds
    metric: Metric
    settled: Share
    settling: Annotated[list[Settling], Field(max_length=64)]
    drafts: Annotated[list[Draft], Field(max_length=256)]
