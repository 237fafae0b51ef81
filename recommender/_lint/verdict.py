"""How much slower steps and guidance make a picture than they need to, in one sentence."""

from __future__ import annotations

from collections.abc import Iterable

from .case import Case, Model, guidance, plain, times
from .finding import Finding
from .steps import count, effective

# A larger picture or a longer clip costs more too, but may be what somebody wants.
_NAMES = {
    "num_inference_steps": "steps",
    "guidance_scale": "guidance",
    "true_cfg_scale": "guidance",
}


def verdict(case: Case, model: Model | None, findings: Iterable[Finding]) -> str:
    """Returns 'Z-Image-Turbo at 50 steps: 5.6× too slow.', or nothing where no time is lost.

    Counted in calls of the network, which is where the time goes. More steps and a second pass at
    each step multiply; of two findings about one setting the worse counts.
    """
    costs: dict[str, float] = {}
    for one in findings:
        name = _NAMES.get(one.where)
        if name is not None and one.cost is not None and one.severity != "note":
            costs[name] = max(one.cost, costs.get(name, 0.0))
    if model is None or not costs:
        return ""
    said = []
    steps, given = case.whole("num_inference_steps"), guidance(case, model)
    if steps is not None:
        said.append(count(effective(case, steps)))
    if "guidance" in costs and given.cfg is not None:
        said.append(f"guidance {plain(given.cfg)}")
    names = [model.name, *(one.model["name"] for one in case.accelerators if one.model)]
    total = times(costs.get("steps", 1.0) * costs.get("guidance", 1.0))
    parts = ", ".join(f"{name} {times(factor)}×" for name, factor in sorted(costs.items())[::-1])
    apart = f" ({parts})" if len(costs) > 1 else ""
    return f"{' with '.join(names)} at {', '.join(said)}: {total}× too slow{apart}."
