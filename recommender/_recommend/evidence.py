"""Which claims speak to a question, and what they come to for every setting but the steps."""

from __future__ import annotations

from typing import Any, NamedTuple

from .._catalog import Catalogue
from .._names import loose
from .frozen import frozen
from .rule import Claim, Decision, convention_of, decide, is_number, is_off, point
from .schedule import Sampler, sampler

_GUIDANCE = ("guidance_scale", "true_cfg_scale", "image_guidance_scale")
# What the same network does when it starts from a picture: figures for the one hold for the other.
_STARTS_FROM = {
    "image-to-image": ("text-to-image",),
    "inpaint": ("text-to-image",),
    "video-to-video": ("text-to-video", "image-to-video"),
}
_FROM_A_PICTURE = {
    "text-to-image": "image-to-image",
    "text-to-video": "video-to-video",
    "image-to-video": "video-to-video",
}


class Evidence(NamedTuple):
    """The claims for one task by setting; `borrowed` names those of another task."""

    claims: dict[str, list[Claim]]
    borrowed: frozenset[str]


def task_of(model: dict[str, Any], asked: str | None, strength: float | None) -> str:
    """Returns the task of a question: as asked, else the model's own, from a picture if need be."""
    usual: str = model["task"]
    if asked is not None:
        return asked
    return usual if strength is None else _FROM_A_PICTURE.get(usual, usual)


def of_task(model: dict[str, Any], task: str) -> Evidence:
    """Returns the claims for a task, and those of what it starts from where it has none."""
    claims: dict[str, list[Claim]] = {}
    borrowed = set()
    for name, rivals in model["claims"].items():
        claims[name] = [claim for claim in rivals if claim["task"] == task]
        if not any("source" in claim for claim in claims[name]):
            others = _STARTS_FROM.get(task, ())
            taken = [claim for claim in rivals if claim["task"] in others]
            claims[name] += taken
            borrowed |= {name} if taken else set()
    return Evidence(claims, frozenset(borrowed))


def comparable(
    known: Catalogue, claims: list[Claim], chosen: Sampler
) -> tuple[list[Claim], list[Claim]]:
    """Parts the step claims into those of the chosen scheduler's class and the rest.

    A class is what one more step costs: 20 steps of Heun are 39 calls of the network, so they are
    no rival figure to 20 steps of Euler.
    """
    cost = calls(known, chosen.name)
    apart = [
        claim
        for claim in claims
        if cost is not None and (calls(known, claim.get("scheduler")) or cost) != cost
    ]
    return [claim for claim in claims if claim not in apart], apart


def calls(known: Catalogue, name: str | None) -> int | None:
    """Returns what one more step of a scheduler costs, in network calls, where that is known."""
    costs: dict[str, int] = known["calls"]
    return costs.get(loose(name)) if name else None


def converted(known: Catalogue, claims: list[Claim], chosen: Sampler) -> list[Claim]:
    """Returns claims for schedulers of another class as steps of the chosen one, at equal calls."""
    found = []
    for claim in claims:
        of = sampler(known, claim.get("scheduler"), asked=False)
        if chosen.adaptive or of.adaptive:
            continue
        changed = dict(claim)
        for key in ("value", "low", "high"):
            if is_number(claim.get(key)):
                changed[key] = max(1, chosen.steps(of.calls(int(claim[key]))))
        changed["note"] = f"{point(claim)} steps of {claim.get('scheduler')}, at equal calls"
        found.append(changed)
    return found


def others(
    model: dict[str, Any], claims: dict[str, list[Claim]], few_step: bool
) -> tuple[dict[str, Decision], dict[str, str]]:
    """Decides the settings that no option bears on, and in which formula guidance is given."""
    decisions: dict[str, Decision] = {}
    conventions: dict[str, str] = {}
    for name, rivals in claims.items():
        if name in _GUIDANCE:
            decisions[name], conventions[name] = _guidance(model, name, rivals, few_step)
        elif name not in ("num_inference_steps", "scheduler"):
            decisions[name] = decide(rivals, few_step=few_step)
    return decisions, conventions


def _guidance(
    model: dict[str, Any], name: str, claims: list[Claim], few_step: bool
) -> tuple[Decision, str]:
    """Decides within one guidance formula, and says which; 0 and 1 may both mean 'off'."""
    embedded = model["distillation"] == "guidance" and name == "guidance_scale"
    usual = "distilled" if embedded else "cfg"
    convention = convention_of(claims, usual)
    same = [claim for claim in claims if claim.get("convention", usual) == convention]
    decision = decide(same, few_step=few_step)
    if is_off(decision.value, convention):
        if is_off(decision.high, convention):
            decision = decision._replace(low=None, high=None)
        return decision, "off"
    return decision, convention


def settings_of(
    model: dict[str, Any], decisions: dict[str, Decision], chosen: Sampler
) -> dict[str, Any]:
    """Returns setting id → value to use, of all that was decided and the native size."""
    settings = {
        name: frozen(decision.value)
        for name, decision in decisions.items()
        if decision.value is not None and name not in ("negative_prompt", "scheduler")
    }
    if chosen.name:
        settings["scheduler"] = chosen.diffusers
        settings |= chosen.flags
    if "native_resolution" in model:
        settings.setdefault("width", model["native_resolution"][0])
        settings.setdefault("height", model["native_resolution"][1])
    return settings


def passes(settings: dict[str, Any], conventions: dict[str, str]) -> int:
    """Returns how often guidance runs the network in each call of the scheduler: 1, 2 or 3.

    Guidance by picture and text, as InstructPix2Pix has it, compares three predictions.
    """
    guided = conventions.get("guidance_scale") in ("cfg", "from-zero")
    guided = guided and is_number(settings.get("guidance_scale"))
    if guided and settings.get("image_guidance_scale", 0) >= 1:
        return 3
    guided = guided or settings.get("decoder_guidance_scale", 0) > 1  # where a prior has its own
    return 2 if guided or true_cfg(settings) else 1


def prior_calls(settings: dict[str, Any]) -> int:
    """Returns how often a prior runs before the steps: 40 for 20 steps with guidance, mostly 0.

    A prior turns the prompt into what the decoder starts from (unCLIP, Kandinsky 2, Würstchen).
    """
    steps: int = settings.get("prior_num_inference_steps", 0)
    guided: bool = settings.get("prior_guidance_scale", 0) > 1
    return 2 * steps if guided else steps


def true_cfg(settings: dict[str, Any]) -> bool:
    """True where guidance comes from a second pass beside the one that the network has built in."""
    scale: Any = settings.get("true_cfg_scale")
    return is_number(scale) and bool(scale > 1)


def negative(
    decision: Decision, settings: dict[str, Any], conventions: dict[str, str]
) -> bool | None:
    """Returns whether a negative prompt has an effect at these settings; None where unknown."""
    off = conventions.get("guidance_scale") == "off" and not true_cfg(settings)
    if decision.value is False or off:
        return False
    return decision.value if isinstance(decision.value, bool) else None
