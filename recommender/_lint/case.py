"""One set of settings as the rules see it, and the model they are for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._catalog import Catalogue
from .._metadata.values import number, shown, whole
from .._recommend.answer import Recommendation
from .._recommend.rule import ends, is_number
from .pipelines import FROM_ZERO

UNETS = ("sd-1", "sd-2", "sdxl", "kolors")
_LONGEST_PROMPT = 200_000


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA that is loaded: its name, its weight, and the accelerator it is, where known."""

    name: str
    weight: float | None
    model: dict[str, Any] | None
    answer: Recommendation | None


@dataclass(frozen=True, slots=True)
class Case:
    """Settings under canonical ids, with all that was recorded beside them.

    `tool` is None for what diffusers takes. `doubts` says what was wrong with the record itself.
    """

    known: Catalogue
    settings: Mapping[str, Any]
    prompt: str = ""
    tool: str | None = None
    guidance: str | None = None
    named: str | None = None
    unsure: tuple[str, ...] | None = None
    adapters: tuple[Adapter, ...] = ()
    samplers: tuple[dict[str, Any], ...] = ()
    endpoint: str | None = None
    native: tuple[int, int] | None = None
    other: Mapping[str, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    misspelt: tuple[tuple[str, str], ...] = ()
    twice: tuple[tuple[str, str], ...] = ()
    broken: tuple[tuple[str, str, Any], ...] = ()

    def number(self, id: str) -> float | None:
        """Returns a setting's value where it is a finite number."""
        return number(self.settings.get(id))

    def whole(self, id: str) -> int | None:
        """Returns a setting's value where it is a whole number."""
        return whole(self.settings.get(id))

    def text(self, id: str) -> str:
        """Returns a setting's value where it is text, cut to what a rule may look at."""
        found = self.settings.get(id)
        return found[:_LONGEST_PROMPT] if isinstance(found, str) else ""

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height in pixels, where both are there."""
        width, height = self.whole("width"), self.whole("height")
        return (width, height) if width and height and width > 0 and height > 0 else None

    @property
    def in_diffusers(self) -> bool:
        """True where the settings are for diffusers and not from another tool."""
        return self.tool is None and self.endpoint is None

    @property
    def classes(self) -> frozenset[str]:
        """The diffusers classes that the scheduler's name may mean."""
        own = self.settings.get("scheduler")
        named = {own} if isinstance(own, str) and own.endswith("Scheduler") else set()
        return frozenset(named | {one["class"] for one in self.samplers if one.get("class")})

    @property
    def schedule(self) -> str:
        """The name of the noise schedule, such as 'karras', or nothing."""
        if self.settings.get("use_karras_sigmas") is True:
            return "karras"
        if self.settings.get("use_exponential_sigmas") is True:
            return "exponential"
        return self.text("schedule_type").strip().lower().replace(" ", "_")

    @property
    def accelerators(self) -> tuple[Adapter, ...]:
        """The LoRAs that replace the base model's steps and guidance."""
        return tuple(one for one in self.adapters if one.model is not None and one.weight != 0)

    @property
    def odd_adapters(self) -> bool:
        """True where a LoRA is loaded of which nothing is known: it may be made for few steps."""
        return any(one.model is None and one.weight != 0 for one in self.adapters)

    def has_negative(self) -> bool:
        """True where a negative prompt says anything."""
        return bool(self.text("negative_prompt").strip())


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the catalogue with its answer, which an accelerator LoRA replaces."""

    id: str
    data: dict[str, Any]
    answer: Recommendation

    @property
    def name(self) -> str:
        """The model's name as it may be shown."""
        return shown(self.data["name"], 80)

    @property
    def family(self) -> str:
        """The id of the family."""
        return str(self.data["family"])

    @property
    def prediction(self) -> str | None:
        """What the network predicts: 'flow', 'epsilon', …; None where nobody says so."""
        found: str | None = self.data.get("prediction")
        return found

    @property
    def few_step(self) -> bool:
        """True for models distilled to few steps."""
        return bool(self.data["distillation"] == "few-step")

    @property
    def pipeline(self) -> str:
        """The diffusers pipeline's class, or nothing."""
        return str(self.data.get("pipeline") or "")

    @property
    def is_unet(self) -> bool:
        """True for the latent U-Nets of Stable Diffusion's line."""
        return self.family in UNETS and self.data.get("architecture") in ("unet", None)

    @property
    def is_video(self) -> bool:
        """True for models that make frames."""
        return "video" in str(self.data.get("modality"))

    def figures(self, setting: str, *, authors: bool = False) -> list[float]:
        """Returns every figure that a source states for a setting of this model."""
        return sorted(
            float(end)
            for claim in self._claims(setting)
            if not authors or claim["kind"] == "author"
            for end in ends(claim)
            if is_number(end)
        )

    def _claims(self, setting: str) -> Iterator[dict[str, Any]]:
        for claim in self.data["claims"].get(setting, ()):
            if not claim.get("unsourced"):
                yield claim

    def own(self, setting: str) -> float | None:
        """Returns the recommended figure of a setting, where it is a number."""
        return number(self.answer.settings.get(setting))

    def span(self, setting: str) -> tuple[float, float] | None:
        """Returns the lowest and the highest published figure, the recommended one included."""
        own = self.own(setting)
        figures = self.figures(setting) + ([] if own is None else [own])
        return (min(figures), max(figures)) if figures else None

    def steps(self) -> tuple[float, float] | None:
        """Returns the steps that are published; of a few-step model only what its authors say."""
        answer = self.answer
        if answer.steps is None:
            return None
        own = [answer.steps, answer.low or answer.steps, answer.high or answer.steps]
        # No tool's default overrides the authors of a distilled model (the catalogue's first rule).
        authors = self.figures("num_inference_steps", authors=True) if self.few_step else []
        figures = [*own, *(authors or self.figures("num_inference_steps"))]
        return min(figures), max(figures)


@dataclass(frozen=True, slots=True)
class Guidance:
    """Guidance parted into the usual formula (two passes) and the number a network is fed."""

    cfg: float | None
    cfg_id: str
    embedded: float | None
    from_zero: bool

    @property
    def off(self) -> bool:
        """True where the usual formula is known to be switched off."""
        return self.cfg is not None and self.cfg <= (0 if self.from_zero else 1)

    @property
    def on(self) -> bool:
        """True where the usual formula runs, and so a second pass a step."""
        return self.cfg is not None and self.cfg > (0 if self.from_zero else 1)


def guidance(case: Case, model: Model | None) -> Guidance:
    """Parts the guidance of a case; the same name means different things for different models."""
    scale, true = case.number("guidance_scale"), case.number("true_cfg_scale")
    distilled = case.guidance == "distilled" or (
        case.guidance is None and model is not None and model.data["distillation"] == "guidance"
    )
    # diffusers' Qwen-Image pipelines run CFG by true_cfg_scale and never read guidance_scale.
    by_true = case.guidance is None and model is not None and takes_true_cfg(model)
    zero = case.in_diffusers and model is not None and model.pipeline in FROM_ZERO
    if distilled or by_true or true is not None:
        return Guidance(true, "true_cfg_scale", scale if distilled else None, False)
    return Guidance(scale, "guidance_scale", None, zero)


def takes_true_cfg(model: Model) -> bool:
    """True where diffusers calls the usual guidance of this model true_cfg_scale."""
    return model.answer.true_cfg_scale is not None or model.pipeline.startswith("QwenImage")


def times(factor: float) -> str:
    """Returns a factor with one decimal, or none where it is whole: 5.6, 2."""
    return f"{factor:.1f}".removesuffix(".0")


def plain(value: float) -> str:
    """Returns a number without a needless '.0'."""
    return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"


def between(low: float, high: float) -> str:
    """Returns '8 to 9', or the one number that both are."""
    return plain(low) if low == high else f"{plain(low)} to {plain(high)}"
