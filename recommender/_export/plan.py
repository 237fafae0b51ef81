"""A recommendation on its way into a tool: its figures in plain terms, and what has to be said.

Guidance in plain terms: `cfg` in the usual formula, where 1 is off, and `distilled`, the figure
that is an input of the network. Each tool then counts in its own way.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._recommend.rule import is_number

if TYPE_CHECKING:
    from .._recommend.answer import Recommendation

# More than any tool takes; where a share of the steps runs, the search for their number ends here.
MOST_STEPS = 10_000
_CORE = {"num_inference_steps", "guidance_scale", "true_cfg_scale", "scheduler"}


@dataclass(slots=True)
class Plan:
    """What one export works with. A tool's writer takes what it can; `rest` names the others."""

    tool: str
    found: Recommendation
    model: dict[str, Any]
    prompt: str = ""
    negative: str = ""
    seed: int | None = None
    cfg: float | None = None
    distilled: float | None = None
    notes: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=lambda: set(_CORE))

    @property
    def flow(self) -> bool:
        """True for a model that predicts the velocity of a rectified flow."""
        return self.model.get("prediction") == "flow"

    @property
    def few_step(self) -> bool:
        """True for a step-distilled model."""
        return self.model.get("distillation") == "few-step"

    @property
    def video(self) -> bool:
        """True where frames are made."""
        return "video" in self.found.task or "num_frames" in self.found.settings

    @property
    def strength(self) -> float | None:
        """How much of a picture given is replaced, 0 to 1; None where none is given."""
        self.taken.add("strength")
        return self.found.strength

    def note(self, text: str) -> None:
        """Notes something in words, once."""
        if text not in self.notes:
            self.notes.append(text)

    def take(self, id: str) -> Any:
        """Returns a setting's figure, or None, and counts it as expressed."""
        self.taken.add(id)
        return self.found.settings.get(id)

    def number(self, id: str) -> Any:
        """Returns a setting that is a number, or None, and counts it as expressed if it is one."""
        value = self.found.settings.get(id)
        return self.take(id) if is_number(value) else None

    def fit(self, name: str, value: Any, low: float | None, high: float | None) -> Any:
        """Returns a figure moved into the tool's range; says so where it had to move."""
        if value is None:
            return None
        moved = value
        if low is not None and value < low:
            moved = type(value)(low)
        if high is not None and value > high:
            moved = type(value)(high)
        if moved != value:
            span = f"from {low:g}" if high is None else f"{low or 0:g} to {high:g}"
            self.note(f"{name}: {plain(value)} became {plain(moved)}; {self.tool} takes {span}.")
        return moved

    def side(self, name: str, value: Any, low: int, high: int | None, multiple: int) -> int | None:
        """Returns a width or height in the tool's range and on its grid; says where it moved."""
        if value is None:
            return None
        wanted = int(value)
        on_grid = max(low, round(wanted / multiple) * multiple)
        if high is not None:
            on_grid = min(on_grid, high // multiple * multiple)
        if on_grid != wanted:
            limit = f"{low} to {high}" if high is not None else f"from {low}"
            self.note(
                f"{name}: {wanted} became {on_grid}; {self.tool} takes {limit} "
                f"in steps of {multiple}."
            )
        return on_grid

    def size(
        self, low: float | None, high: float | None, multiple: int | None
    ) -> tuple[int, int] | None:
        """Returns width and height as the tool takes them, or None where none is known."""
        width, height = self.take("width"), self.take("height")
        if width is None or height is None:
            self.note(f"size: not known for this model; {self.tool}'s own stays.")
            return None
        least = int(low or 1)
        span = (least, None if high is None else int(high), multiple or 1)
        return (
            self.side("width", width, *span) or least,
            self.side("height", height, *span) or least,
        )

    @property
    def wanted_steps(self) -> int | None:
        """How many denoising steps should run."""
        if self.found.strength is None:
            return self.found.steps
        return self.found.effective_steps or self.found.steps

    def steps(self, low: float | None, high: float | None) -> int | None:
        """Returns the steps for a tool that runs all it is asked for."""
        wanted = self.wanted_steps
        if wanted is None:
            self.note(f"steps: no figure is known; {self.tool}'s own stays.")
        elif self.found.strength is not None and wanted != self.found.steps:
            self.note(
                f"steps: {wanted}, where diffusers is asked for {self.found.steps}: "
                f"{self.tool} runs all of them at any strength."
            )
        fitted: int | None = self.fit("steps", wanted, low, high)
        return fitted

    def share_of_steps(
        self, runs: Callable[[int, float], int], low: float | None, high: float | None
    ) -> int | None:
        """Returns the steps for a tool that runs a share; `runs` says how many of N, and when."""
        wanted, strength = self.wanted_steps, self.found.strength
        if wanted is None or strength is None:
            return self.steps(low, high)
        asked = next((n for n in range(wanted, MOST_STEPS) if runs(n, strength) >= wanted), None)
        if asked is None:
            self.note(f"steps: at strength {strength:g} {self.tool} runs none of them.")
            asked = wanted
        fitted: int | None = self.fit("steps", asked, low, high)
        self.note(
            f"steps: {fitted}, of which {self.tool} runs {runs(fitted or asked, strength)} "
            f"at strength {strength:g}."
        )
        return fitted

    def one_guidance(self) -> float | None:
        """Returns the figure for a tool with one guidance field; says what it leaves out."""
        if self.distilled is None:
            return self.cfg
        if self.cfg is not None and self.cfg > 1:
            self.note(
                f"true CFG {self.cfg:g}: {self.tool} has one guidance field, the distilled one."
            )
        return self.distilled

    def mute_negative(self) -> None:
        """Says where a negative prompt changes nothing."""
        if self.negative and self.cfg is not None and self.cfg <= 1:
            self.note("negative prompt: without guidance it changes nothing.")
        elif self.negative and self.found.negative_prompt is False:
            self.note("negative prompt: this model does not heed one.")

    def rest(self) -> None:
        """Notes every setting of the recommendation that nothing took."""
        for id, value in self.found.settings.items():
            if id not in self.taken and value is not None:
                self.note(f"{id} {plain(value)}: {self.tool} has no place for it here.")
        for lora in self.found.loras:
            self.note(f"LoRA {lora}: load its file in {self.tool}; its name there is yours.")


def plain(value: Any) -> str:
    """Returns a figure as people write it: 7, 3.5, not 7.0."""
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.10g}"
    return str(value)


def tidy(value: float) -> float | int:
    """Returns a number without a tail that says nothing: 3.0 as 3, 0.30000000000000004 as 0.3."""
    rounded = round(value, 6)
    return int(rounded) if rounded == int(rounded) else rounded


def make(
    found: Recommendation,
    tool: str,
    prompt: str,
    negative: str,
    seed: int | None,
    *,
    native: bool = False,
) -> Plan:
    """Returns the plan for one export: prompts made safe, guidance in plain terms.

    `native` is for a tool that counts guidance as the recommendation does: nothing to convert.
    """
    from .._catalog import catalogue

    plan = Plan(tool, found, catalogue().models.get(found.model, {}), seed=seed)
    plan.prompt = _safe(plan, "prompt", prompt)
    plan.negative = _safe(plan, "negative prompt", negative)
    _guidance(plan)
    if native:
        plan.notes = [note for note in plan.notes if "counted from zero" not in note]
    return plan


def _safe(plan: Plan, name: str, text: str) -> str:
    """Returns a prompt without what no tool's format can hold; says what was changed."""
    safe = text.replace("\r\n", "\n").replace("\r", "\n")
    if safe != text:
        plan.note(f"{name}: its line ends became \\n.")
    if "\0" in safe:
        safe = safe.replace("\0", "")
        plan.note(f"{name}: its NUL characters were left out.")
    whole = safe.encode("utf-8", "replace").decode("utf-8") if not safe.isascii() else safe
    if whole != safe:
        plan.note(f"{name}: half characters in it became question marks.")
    return whole


def _guidance(plan: Plan) -> None:
    found = plan.found
    scale, true_cfg = found.guidance_scale, found.true_cfg_scale
    if found.guidance == "distilled" and scale is not None:
        plan.distilled = scale
        plan.cfg = true_cfg if true_cfg is not None and true_cfg > 1 else 1.0
    elif found.guidance == "from-zero" and scale is not None:
        plan.cfg = scale + 1
        plan.note(
            f"guidance: {plain(scale)} counted from zero became {plain(plan.cfg)} in the usual "
            "formula, where 1 is off."
        )
    elif found.guidance == "off" or (scale is None and true_cfg is not None):
        plan.cfg = true_cfg if true_cfg is not None and true_cfg > 1 else 1.0
    elif scale is not None:
        plan.cfg = scale
    else:
        plan.note(f"guidance: no figure is known; {plan.tool}'s own stays.")
