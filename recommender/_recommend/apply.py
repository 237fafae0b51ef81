"""How a live diffusers pipeline gets its settings.

Nothing here imports torch or diffusers: the classes of schedulers are looked up in the package that
the pipeline's own scheduler comes from.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._catalog import catalogue
from .._errors import SettingsWarning
from .._samplers import one_step_from_zero, overruns, spacings
from .schedule import FLOW_BY_FLAG

if TYPE_CHECKING:
    from .answer import Recommendation

# What a scheduler's own name brings along, as diffusers calls it.
FLAGS = frozenset((
    "timestep_spacing", "steps_offset", "algorithm_type", "solver_order", "solver_type",
    "use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas",
    "use_flow_sigmas", "final_sigmas_type", "euler_at_final", "lower_order_final", "skip_prk_steps",
    "set_alpha_to_one", "stochastic_sampling", "predict_x0", "disable_corrector", "thresholding",
    "prediction_type", "flow_shift",
))  # fmt: skip


def bare(pipe: Any) -> Any:
    """Returns the pipeline itself where guard() wraps it."""
    return vars(pipe).get("_guarded_pipe", pipe) if hasattr(pipe, "__dict__") else pipe


def apply(found: Recommendation, pipe: Any) -> dict[str, Any]:
    """Sets a pipeline's scheduler and returns the keywords, of those it takes, to call it with."""
    pipe = bare(pipe)
    _set_scheduler(found, pipe)
    taken = parameters(pipe)
    # A start from a picture has that picture's size.
    left_out = {"scheduler", "timesteps", *FLAGS}
    left_out |= set() if found.strength is None else {"width", "height"}
    given = {
        name: value
        for name, value in found.settings.items()
        if name in taken and name not in left_out
    }
    steps = given.get("num_inference_steps")
    spacing = _config(pipe).get("timestep_spacing")
    if isinstance(steps, int) and spacing == "trailing":
        while overruns(steps) and steps > 1:
            steps -= 1
        given["num_inference_steps"] = steps
    return given


def parameters(pipe: Any) -> frozenset[str]:
    """Returns the names of the keywords that a call of the pipeline takes."""
    from inspect import signature

    return frozenset(signature(type(pipe).__call__).parameters) - {"self"}


def _config(pipe: Any) -> Mapping[str, Any]:
    config = getattr(getattr(pipe, "scheduler", None), "config", None)
    return config if isinstance(config, Mapping) else {}


def _set_scheduler(found: Recommendation, pipe: Any) -> None:
    current = getattr(pipe, "scheduler", None)
    if current is None or found.scheduler is None:
        return
    config = _config(pipe)
    wanted = _class(found.scheduler, current, pipe)
    if wanted is None:
        warnings.warn(
            f"{found.model}: {found.scheduler} is not in this version of "
            f"{type(current).__module__.partition('.')[0]}, so {type(current).__name__} stays. "
            "Update it, or name another scheduler.",
            SettingsWarning,
            stacklevel=4,
        )
        return
    flags = _flags(found, config)
    if type(current).__name__ != found.scheduler or any(
        config.get(name) != value for name, value in flags.items()
    ):
        pipe.scheduler = wanted.from_config(current.config, **flags)


def _class(name: str, current: Any, pipe: Any) -> Any:
    """Returns the scheduler's class from the package that the pipeline's own comes from."""
    if type(current).__name__ == name:
        return type(current)
    for one in (current, pipe):
        package = sys.modules.get(type(one).__module__.partition(".")[0])
        found = getattr(package, name, None)
        if hasattr(found, "from_config"):
            return found
    return None


def _flags(found: Recommendation, config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what the scheduler's name, the model's shift and a single step ask of its config."""
    flags = {name: value for name, value in found.settings.items() if name in FLAGS}
    diffusers = str(found.scheduler)
    of_a_flow = "shift" in config or config.get("use_flow_sigmas")
    if diffusers in FLOW_BY_FLAG and of_a_flow:
        shift = config.get("shift") or config.get("flow_shift") or 1.0
        flags |= {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}
        flags["flow_shift"] = found.shift or shift
    elif found.shift and "shift" in config and not config.get("use_dynamic_shifting"):
        flags["shift"] = found.shift
    spacing = flags.get("timestep_spacing", config.get("timestep_spacing", "leading"))
    if found.steps == 1 and one_step_from_zero(spacings(catalogue(), diffusers), spacing):
        flags["timestep_spacing"] = "trailing"
    return flags
