"""guard(): a pipeline that says so once when it is asked for far more or fewer steps than help."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ._errors import SettingsWarning

if TYPE_CHECKING:
    from ._recommend.answer import Recommendation

# Tools agree with one another within a factor √2 in two of three pairs; twice that is far outside.
_FAR = 2.0
_OWN = ("_guarded_pipe", "_guarded_answer", "_guarded_said")


class Guarded:
    """A pipeline with an eye on its steps: everything but that one warning is the pipeline's."""

    def __init__(self, pipe: Any, answer: Recommendation) -> None:
        for name, value in zip(_OWN, (pipe, answer, False), strict=True):
            object.__setattr__(self, name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the pipeline with exactly what was given."""
        pipe = object.__getattribute__(self, "_guarded_pipe")
        _look(self, pipe, args, kwargs)
        return pipe(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "_guarded_pipe"), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(object.__getattribute__(self, "_guarded_pipe"), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(object.__getattribute__(self, "_guarded_pipe"), name)

    def __dir__(self) -> list[str]:
        return sorted(set(dir(object.__getattribute__(self, "_guarded_pipe"))))

    def __repr__(self) -> str:
        return f"guard({object.__getattribute__(self, '_guarded_pipe')!r})"


def guard(pipe: Any, *, known_as: str | None = None) -> Any:
    """Returns the pipeline, wrapped: one SettingsWarning when its steps are far from the model's.

    "z-image-turbo at 50 steps: 5.6× more than needed." The call itself is never altered. `known_as`
    names the model where the pipeline does not tell which it is. Raises what recommend() raises.
    """
    from ._recommend.recommend import recommend

    return Guarded(pipe, recommend(pipe, known_as=known_as))


def far_off(answer: Recommendation, steps: int) -> str | None:
    """Returns in a sentence by how much a number of steps misses the recommended range."""
    if answer.steps is None or steps < 1:
        return None
    low = answer.steps if answer.low is None else answer.low
    high = answer.steps if answer.high is None else answer.high
    count = f"{answer.model} at {steps} step{'' if steps == 1 else 's'}"
    if steps >= high * _FAR:
        return f"{count}: {_times(steps / high)} more than needed."
    if steps * _FAR <= low:
        return f"{count}: {_times(low / steps)} fewer than needed."
    return None


def _times(factor: float) -> str:
    return f"{factor:.1f}×" if factor < 10 else f"{factor:.0f}×"


def _look(guarded: Guarded, pipe: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    if object.__getattribute__(guarded, "_guarded_said"):
        return
    steps = _asked(pipe, args, kwargs)
    if not isinstance(steps, int) or isinstance(steps, bool):
        return
    said = far_off(object.__getattribute__(guarded, "_guarded_answer"), steps)
    if said is not None:
        object.__setattr__(guarded, "_guarded_said", True)
        warnings.warn(said, SettingsWarning, stacklevel=3)


def _asked(pipe: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Returns the steps of a call, also where they stand by position or by the default."""
    if "num_inference_steps" in kwargs:
        return kwargs["num_inference_steps"]
    from inspect import signature

    parameters = list(signature(type(pipe).__call__).parameters.values())[1:]
    for place, parameter in enumerate(parameters):
        if parameter.name == "num_inference_steps":
            return args[place] if place < len(args) else parameter.default
    return None
