"""Which schedulers the page offers for which model: those of the plans, and a few more.

Neither torch nor diffusers here: what is offered can be compared with what was exported anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from recommender import catalogue

from ..models import ModelSource
from ..plan import load_plan, plan_ids
from ..schedulers import flags_of, scheduler_of

MODELS = ("postcards", "postcards-turbo")
STEPS = range(1, 51)
# Beside those of the plans. The samplers that draw noise along a Brownian path (torchsde) cannot be
# tables, and those of DPM2 and LMS take minutes to probe.
MORE = (
    *("ddpm", "ddim-trailing", "deis", "dpmpp-3m", "sa-solver", "unipc-karras"),
    *("dpmpp-2m-sde", "dpmpp-2m-sde-karras"),
)
KEYS = ("scheduler", "schedule_type", "timestep_spacing", "eta")


@dataclass
class Choice:
    """A scheduler with its flags; `settings` are the ways in which plans ask for just that."""

    id: str
    title: str
    spec: dict[str, Any]
    eta: float = 0.0
    settings: list[dict[str, Any]] = field(default_factory=list)


def choices(model: ModelSource) -> list[Choice]:
    """What plans render this model with; of those that come to the same, one."""
    found: list[Choice] = [_own(model)]
    asked_for = _asked(model)
    if model.name == "postcards":
        asked_for += [{"scheduler": id} for id in MORE]
    for asked in sorted(asked_for, key=len):
        spec = scheduler_of(model, asked.get("scheduler"), flags_of(asked))
        assert spec is not None
        eta = float(asked.get("eta", 0.0))
        same = next((c for c in found if (c.spec, c.eta) == (spec, eta)), None)
        if same is None:
            same = Choice(_id(asked), _title(asked), spec, eta)
            found.append(same)
        same.settings.append(asked)
    return found


def _own(model: ModelSource) -> Choice:
    """The model's own scheduler, under the name that settings/schedulers has for it."""
    spec = scheduler_of(model, None)
    assert spec is not None
    known = catalogue().schedulers
    same = [
        id
        for id, one in known.items()
        if one.get("class") == spec["class"] and scheduler_of(model, id) == spec
    ]
    id = (same or [spec["class"].removesuffix("Scheduler").lower()])[0]
    return Choice(id, known[id]["name"], spec, settings=[{}])


def _asked(model: ModelSource) -> list[dict[str, Any]]:
    """What plans ask of schedulers: each combination once, in the plans' order."""
    found: list[dict[str, Any]] = []
    for plan in map(load_plan, plan_ids()):
        for cell in plan.cells() if model in plan.models else ():
            asked = {key: cell.settings[key] for key in KEYS if key in cell.settings}
            if asked not in found and asked and cell.model == model:
                found.append(asked)
    return found


def _id(asked: dict[str, Any]) -> str:
    parts = [asked.get("scheduler", "own")]
    parts += [asked[key] for key in ("schedule_type", "timestep_spacing") if key in asked]
    parts += [f"eta-{asked['eta']:g}"] if asked.get("eta") else []
    return "_".join(parts)


def _title(asked: dict[str, Any]) -> str:
    known = catalogue()
    parts = [known.schedulers[asked["scheduler"]]["name"]]
    if "schedule_type" in asked:
        parts.append(f"{known['schedules'][asked['schedule_type']]['name']} schedule")
    if "timestep_spacing" in asked:
        parts.append(f"{asked['timestep_spacing']} spacing")
    if asked.get("eta"):
        parts.append(f"η {asked['eta']:g}")
    return ", ".join(parts)
