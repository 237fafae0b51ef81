"""InvokeAI: the `default_settings` of a model record.

Source: invoke-ai/InvokeAI@8e71a8a519399d6db32054ae9afc7c6c4e2355af,
invokeai/backend/model_manager/configs/main.py (MainModelDefaultSettings: fields and ranges),
taxonomy.py (BaseModelType: what it runs), stable_diffusion/schedulers/schedulers.py#L28 (names).
"""

from __future__ import annotations

from typing import Any

from . import support
from .plan import Plan, plain, tidy
from .samplers import named

SCHEDULERS = frozenset(
    ("ddim", "ddpm", "deis", "deis_k", "lms", "lms_k", "pndm", "heun", "heun_k", "euler", "euler_k",
     "euler_a", "kdpm_2", "kdpm_2_k", "kdpm_2_a", "kdpm_2_a_k", "dpmpp_2s", "dpmpp_2s_k",
     "dpmpp_2m", "dpmpp_2m_k", "dpmpp_2m_sde", "dpmpp_2m_sde_k", "dpmpp_3m", "dpmpp_3m_k",
     "dpmpp_sde", "dpmpp_sde_k", "er_sde", "unipc", "unipc_k", "lcm", "tcd")
)  # fmt: skip
FAMILIES = frozenset(
    ("sd-1", "sd-2", "sd-3", "sdxl", "flux-1", "flux-2", "cogview", "z-image", "ernie-image",
     "ideogram", "qwen-image", "anima", "krea-2", "wan-2-2")
)  # fmt: skip
_BUT = ("cogview3-plus-3b",)


def text(plan: Plan) -> str:
    """Returns the settings as JSON; all that a record cannot hold is noted."""
    families = FAMILIES if plan.found.model not in _BUT else FAMILIES - {plan.found.family}
    support.families(plan, families, support.PICTURES | support.VIDEOS)
    support.something(plan)
    data: dict[str, Any] = {}
    found = named(plan, ("invokeai",), SCHEDULERS)
    if found is not None:
        data["scheduler"] = _with_karras(plan, found.sampler, found.schedule)
    steps = plan.steps(1, None)
    if steps is not None:
        data["steps"] = steps
    if plan.cfg is not None:
        data["cfg_scale"] = tidy(plan.fit("guidance", float(plan.cfg), 1, None))
    if plan.distilled is not None:
        data["guidance"] = tidy(plan.fit("distilled guidance", float(plan.distilled), 1, None))
    rescale = plan.number("guidance_rescale")
    if rescale is not None:
        data["cfg_rescale_multiplier"] = tidy(plan.fit("guidance rescale", float(rescale), 0, 0.99))
    size = plan.size(64, None, 8)
    if size:
        data["width"], data["height"] = size
    _not_held(plan)
    plan.rest()
    return support.dump(data)


def _with_karras(plan: Plan, name: str, schedule: str | None) -> str:
    if schedule == "karras" and f"{name}_k" in SCHEDULERS:
        return f"{name}_k"
    if schedule in ("exponential", "beta"):
        plan.note(f"schedule: InvokeAI has no {schedule}; {name} with its own.")
    return name


def _not_held(plan: Plan) -> None:
    held = "a model record holds none; set it where you generate."
    if plan.prompt or plan.negative:
        plan.note(f"prompts: {held}")
    if plan.seed is not None:
        plan.note(f"seed {plan.seed}: {held}")
    if plan.strength is not None:
        plan.note(f"strength {plain(plan.strength)}: {held}")
    layers = plan.number("clip_skip")
    if layers is not None and layers > 1:
        plan.note(
            f"clip skip {plain(layers)}: {held} InvokeAI counts what is skipped: {int(layers) - 1}."
        )
    shift = plan.number("shift")
    if shift is not None:
        plan.note(f"shift {plain(shift)}: {held}")
