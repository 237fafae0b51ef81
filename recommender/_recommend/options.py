"""What recommend() can be asked beside the model: checked once, in one place."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .._errors import OptionError, visible
from .rule import is_number

GOALS = ("draft", "balanced", "final")
TASKS = (
    "text-to-image", "image-to-image", "image-edit", "inpaint", "upscale",
    "controlled-generation", "subject-driven", "image-variation", "class-conditional",
    "depth-estimation", "normals-estimation", "intrinsic-decomposition", "layer-decomposition",
    "relight", "text-to-rgbd", "text-to-video", "image-to-video", "video-to-video", "video-edit",
    "video-upscale", "speech-to-video", "identity-to-video", "character-animation",
    "text-to-audio", "text-to-music", "text-to-speech", "video-to-audio", "unconditional-audio",
    "text-to-audio-video", "text-to-3d", "image-to-3d", "novel-view", "video-to-4d",
)  # fmt: skip
Budget = int | Mapping[str, float] | None
_SECONDS = ("seconds", "seconds_per_call")
_MOST_CALLS = 10**9


class Options(NamedTuple):
    """The options of one question, each checked; `budget` is a number of network calls."""

    scheduler: str | None = None
    goal: str = "balanced"
    loras: tuple[str, ...] = ()
    task: str | None = None
    strength: float | None = None
    budget: int | None = None


def checked(
    scheduler: str | None = None,
    goal: str = "balanced",
    loras: str | Iterable[str] = (),
    task: str | None = None,
    strength: float | None = None,
    budget: Budget = None,
) -> Options:
    """Returns the options as they will be used; OptionError names the one that cannot be."""
    if goal not in GOALS:
        raise _wrong("goal", "draft, balanced or final", goal)
    if task is not None and task not in TASKS:
        raise _wrong("task", "a task such as text-to-image, image-to-image or inpaint", task)
    if scheduler is not None and not isinstance(scheduler, str):
        raise _wrong("scheduler", "a scheduler's name as text", scheduler)
    return Options(
        scheduler, goal, _names(loras), task, _strength(strength), _calls_of_budget(budget)
    )


def _names(loras: Any) -> tuple[str, ...]:
    if isinstance(loras, str):
        return (loras,)
    try:
        names = tuple(loras)
    except TypeError:
        raise _wrong("loras", "names of accelerator LoRAs", loras) from None
    if not all(isinstance(name, str) for name in names):
        raise _wrong("loras", "names of accelerator LoRAs as text", loras)
    return names


def _strength(strength: Any) -> float | None:
    if strength is None:
        return None
    if not is_number(strength) or not 0 < strength <= 1:
        raise _wrong("strength", "a number above 0 and at most 1", strength)
    return float(strength)


def _calls_of_budget(budget: Any) -> int | None:
    """Returns a budget as calls of the network; seconds are divided by the seconds of one call."""
    if budget is None:
        return None
    if isinstance(budget, Mapping):
        if set(budget) != set(_SECONDS):
            raise _wrong(
                "budget", "the keys seconds and seconds_per_call", sorted(map(str, budget))
            )
        seconds, each = (budget[key] for key in _SECONDS)
        if not all(is_number(one) and math.isfinite(one) and one > 0 for one in (seconds, each)):
            raise _wrong("budget", "seconds above 0", f"{seconds} and {each}")
        # 1.2 s at 0.4 s are three calls, though 1.2 / 0.4 is a hair less in binary fractions.
        return int(min(seconds / each * (1 + 1e-12), _MOST_CALLS))
    if not isinstance(budget, int) or isinstance(budget, bool) or budget < 1:
        raise _wrong("budget", "a whole number of network calls from 1", budget)
    return min(budget, _MOST_CALLS)


def _wrong(name: str, expected: str, got: object) -> OptionError:
    shown = f"'{visible(got)}'" if isinstance(got, str) else visible(repr(got))
    return OptionError(f"{name}: expected {expected}, got {shown}.")
