"""What each sweep varies, over which values, and what its pictures are compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from recommender import catalogue

from ..errors import RenderError
from ..models import ModelSource, answer_of

# Fine where pictures still change, coarse where they hardly do.
STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100)
FEW_STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16)
REFERENCE_STEPS = 200  # no rung of the ladder: the converged picture
GUIDANCE = (0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5, 9.0, 12.0, 15.0, 20.0)
PROMPTS, SEEDS = 16, 2  # of each value, where none are named
STRENGTH = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)

# The samplers that people choose between; ids of settings/schedulers/. The first two come first:
# each is the second opinion on what the other converged to.
SCHEDULERS = (
    *("euler-trailing", "dpmpp-2m", "ddim", "dpmpp-2m-karras", "unipc", "euler-ancestral"),
    *("heun", "pndm", "lcm", "deis", "dpmpp-sde", "euler"),
)
# diffusers' LCM and TCD refuse more steps than they were distilled with.
MOST_STEPS = {"lcm": 50, "tcd": 50}


@dataclass(frozen=True)
class Spec:
    """One sweep: a setting's values at otherwise fixed settings."""

    sweep: str
    setting: str
    scheduler: str  # an id of settings/schedulers/
    own: bool  # with the configuration that the model stores, not the catalogue's flags
    values: tuple[float, ...]
    # The value whose picture the others are compared with: converged, or the model's own default.
    reference: float | None
    fixed: dict[str, Any] = field(default_factory=dict)
    second_opinion: tuple[str, bool] | None = None  # another scheduler to the same value; own?

    @property
    def id(self) -> str:
        """The stem of the file that holds the measurement."""
        return f"{self.sweep}-{self.scheduler}" if self.sweep == "steps" else self.sweep


def specs_of(sweep: str, model: ModelSource, schedulers: list[str]) -> list[Spec]:
    """The sweeps that `--sweep` names, with these schedulers or the model's own."""
    own = own_scheduler(model)
    if sweep in ("steps", "scheduler"):
        wanted = schedulers or ([own] if sweep == "steps" else list(SCHEDULERS))
        return [steps(model, scheduler, scheduler == own) for scheduler in wanted]
    scheduler = schedulers[0] if schedulers else own
    fixed = settings_of(model)
    if sweep == "guidance":
        default = fixed.pop("guidance_scale", 7.5)
        values = tuple(sorted({*GUIDANCE, default}))
        return [
            Spec("guidance", "guidance_scale", scheduler, scheduler == own, values, default, fixed)
        ]
    if sweep == "strength":
        # Below one step in all, diffusers has nothing to do and fails.
        count = fixed.get("num_inference_steps", 50)
        values = tuple(x for x in STRENGTH if int(count * x) >= 1)
        return [Spec("strength", "strength", scheduler, scheduler == own, values, None, fixed)]
    raise RenderError(f"--sweep: expected steps, scheduler, guidance or strength, got '{sweep}'.")


def own_scheduler(model: ModelSource) -> str:
    """The catalogue's id of the scheduler that a model is stored with."""
    name, config = model.scheduler or ("", {})
    known = [(i, s) for i, s in catalogue().schedulers.items() if s.get("class") == name]
    if not known:
        raise RenderError(
            f"{model.name}: expected a scheduler that settings/schedulers/ knows, got '{name}'. "
            "Name one with --scheduler."
        )

    # The entry that says most of what is stored; of its class's plain one where none agrees.
    def agrees(entry: tuple[str, dict[str, Any]]) -> tuple[int, bool]:
        flags = entry[1].get("flags", {})
        same = all(config.get(key) == value for key, value in flags.items())
        return (len(flags) if same else -1, "variant_of" not in entry[1])

    return max(known, key=agrees)[0]


def steps(model: ModelSource, scheduler: str, own: bool) -> Spec:
    """A ladder of step counts; stochastic samplers never converge, so they have no reference."""
    known = catalogue().schedulers
    if scheduler not in known or "class" not in known[scheduler]:
        raise RenderError(
            f"--scheduler: expected a sampler of settings/schedulers/ that diffusers has, "
            f"got '{scheduler}'."
        )
    fixed = settings_of(model)
    fixed.pop("num_inference_steps", None)
    values = FEW_STEPS if few_step(model) else STEPS
    values = tuple(n for n in values if n <= MOST_STEPS.get(scheduler, n))
    converges = known[scheduler].get("kind") == "deterministic"
    other = next(s for s in SCHEDULERS if s != scheduler)
    opinion = (other, other == own_scheduler(model)) if converges else None
    return Spec(
        "steps",
        "num_inference_steps",
        scheduler,
        own,
        values,
        REFERENCE_STEPS if converges else None,
        fixed,
        opinion,
    )


def catalogue_id(model: ModelSource) -> str:
    """The catalogue's id of a hub model; what nobody has catalogued keeps its own name."""
    for id, known in catalogue().models.items():
        if model.repo is not None and known.get("hub_id") == model.repo:
            return id
    return model.name.replace("/", "--")


def few_step(model: ModelSource) -> bool:
    """Whether the catalogue knows it as distilled; a short answer may itself be a measurement."""
    answer = answer_of(model)
    known = {} if answer is None else catalogue().models[answer.model]
    return known.get("distillation") == "few-step"


def settings_of(model: ModelSource) -> dict[str, Any]:
    """What the recommender says of a model, as far as a sweep can hold it fixed."""
    answer = answer_of(model)
    if answer is None:
        return {"num_inference_steps": 30}
    kept = ("num_inference_steps", "guidance_scale", "width", "height")
    return {key: answer.settings[key] for key in kept if answer.settings.get(key) is not None}
