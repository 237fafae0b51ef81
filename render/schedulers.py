"""Which scheduler a cell runs: a class of diffusers and its configuration. No torch here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from recommender import catalogue
from recommender.authoring import did_you_mean, visible

from .errors import RenderError
from .models import ModelSource

TIMESTEPS = 1000  # that a sampler of diffusers takes a model to know, where nothing else is said


def scheduler_of(
    model: ModelSource, name: str | None, flags: dict[str, Any] | None = None
) -> dict[str, Any] | None:
    """Class and configuration of a cell's scheduler; None for a hub model's own, pinned with it.

    `name` is an id of settings/schedulers/ or a diffusers class. The configuration is the model's
    stored one, never another scheduler's: those carry their own class's defaults along. Of a hub
    model it is not known before the download: then `config` holds what differs from it, and `class`
    is None where that is the model's own.
    """
    own, flags = model.scheduler, flags or {}
    wanted, stored = own or (None, {})
    if name is not None:
        wanted, its_own = _named(name)
        flags = {**its_own, **flags}
    if own is None and name is None and not flags:
        return None
    return {"class": wanted, "config": {**stored, **flags}}


def _named(name: str) -> tuple[str, dict[str, Any]]:
    """Class and flags of a sampler of settings/schedulers/, or of a class by its own name."""
    known = catalogue().schedulers
    if name in known:
        if "class" not in known[name]:
            raise RenderError(
                f"scheduler: expected a sampler that diffusers has, got '{visible(name)}'. "
                "Other tools alone have it."
            )
        return known[name]["class"], known[name].get("flags", {})
    if name.endswith("Scheduler") and name.isidentifier():
        return name, {}
    hint = did_you_mean(name, list(known))
    raise RenderError(
        f"scheduler: expected an id of settings/schedulers/, got '{visible(name)}'.{hint}"
    )


def scheduler_problem(name: Any) -> str | None:
    """Says why no sampler of diffusers is called so; None when one is."""
    try:
        _named(name if isinstance(name, str) else str(name))
    except RenderError as error:
        return str(error)
    return None


def flags_of(settings: dict[str, Any]) -> dict[str, Any]:
    """What a cell's schedule and spacing add to its scheduler's configuration."""
    flags: dict[str, Any] = {}
    if "schedule_type" in settings:
        flags |= catalogue()["schedules"][settings["schedule_type"]]["flags"]
    if "timestep_spacing" in settings:
        flags["timestep_spacing"] = settings["timestep_spacing"]
    return flags


def refused_flags(spec: dict[str, Any] | None, settings: dict[str, Any]) -> list[str]:
    """Says which schedules a known sampler has no switch for; diffusers would ignore them."""
    schedule = settings.get("schedule_type")
    if spec is None or spec["class"] is None or schedule is None:
        return []
    takers = catalogue()["schedules"][schedule]["classes"]
    if spec["class"] in takers:
        return []
    listed = ", ".join(takers)
    return [
        f"schedule_type: expected a scheduler that has {schedule} ({listed}), got {spec['class']}."
    ]


def step_problems(spec: dict[str, Any] | None, settings: dict[str, Any]) -> Iterator[str]:
    """Says which step counts are more than the model was trained with, where that is known."""
    if spec is None or spec["class"] is None:
        return
    most = spec["config"].get("num_train_timesteps", TIMESTEPS)
    for key in ("num_inference_steps", "hires_steps"):
        if settings.get(key, 0) > most:
            yield (
                f"{key}: expected at most {most}, the timesteps that the model was trained with, "
                f"got {settings[key]}."
            )


def adds_noise(name: str, config: dict[str, Any]) -> bool:
    """Whether a class with this configuration is a sampler that adds noise at every step."""
    return any(
        known.get("class") == name
        and known.get("kind") != "deterministic"
        and all(config.get(key) == value for key, value in known.get("flags", {}).items())
        for known in catalogue().schedulers.values()
    )


def calls_of(settings: dict[str, Any], spec: dict[str, Any] | None) -> tuple[int, int]:
    """Counts the denoiser's rows of a cell's run and of its second pass, where it has one.

    Guidance makes it two a call. A sampler's formula counts for the whole schedule; from a picture
    only `strength` of it runs.
    """
    steps, again = settings.get("num_inference_steps", 0), 0
    if "source_image" in settings:
        steps = min(steps, int(steps * settings.get("strength", 0.8)))
    if "hires_scale" in settings:
        asked = settings.get("hires_steps") or steps
        again = int(asked * settings["hires_denoising_strength"])
    passes = 2 if settings.get("guidance_scale", 1) > 1 else 1
    return _network_calls(steps, spec) * passes, _network_calls(again, spec) * passes


def _network_calls(steps: int, spec: dict[str, Any] | None) -> int:
    """Network calls of so many steps, without guidance, by the sampler's published formula."""
    known = catalogue().schedulers.values()
    formulas = [s["calls_per_step"] for s in known if spec and s.get("class") == spec["class"]]
    formula = formulas[0] if formulas else "1N"
    factor, _, extra = formula.partition("N")
    return max(0, int(factor or 1) * steps + int(extra or 0)) if steps else 0
