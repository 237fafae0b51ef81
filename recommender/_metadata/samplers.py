"""From a tool's name for a sampler to the catalogue's id, or to nothing: no guess."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .values import clean

if TYPE_CHECKING:
    from .draft import Draft

# Whose names each tool writes, best first; the catalogue's keys.
_NAMES = {
    "A1111": ("a1111", "forge"),
    "Civitai": ("a1111", "forge", "comfyui"),
    "Forge": ("forge", "a1111"),
    "SD.Next": ("sdnext",),
    "stable-diffusion.cpp": ("stable_diffusion_cpp",),
    "ComfyUI": ("comfyui",),
    "SwarmUI": ("comfyui",),
    "Fooocus": ("comfyui", "a1111"),
    "NovelAI": ("comfyui",),
    "InvokeAI": ("invokeai",),
    "Draw Things": ("draw_things",),
}
# What A1111 means by the schedule 'Automatic', where it is not the plain one.
_AUTOMATIC = {
    **dict.fromkeys(("dpm++ 2m", "dpm++ sde", "dpm++ 2s a", "dpm2", "dpm2 a", "restart"), "karras"),
    **dict.fromkeys(("dpm++ 2m sde", "dpm++ 2m sde heun", "dpm++ 3m sde"), "exponential"),
}
# Schedules that make another sampler of it in the catalogue, and the end of its id.
_SUFFIXES = {"karras": "karras", "exponential": "exponential", "sgm_uniform": "trailing"}


def settle(draft: Draft) -> None:
    """Turns a draft's raw sampler and schedule into `scheduler` and `schedule_type`."""
    if draft.sampler:
        draft.sampler = clean(draft.sampler)[:200]
    if draft.schedule:
        draft.put("schedule_type", "_".join(draft.schedule.lower().replace("-", " ").split()))
    if not draft.sampler:
        return
    schedule = draft.settings.get("schedule_type")
    if schedule == "automatic":
        schedule = _AUTOMATIC.get(draft.sampler.lower())
    try:
        id = _id(draft, schedule)
    except _catalogue_error():
        draft.note("scheduler: the catalogue cannot be read, so the tool's own name is kept")
        id = None
    draft.settings["scheduler"] = id or draft.sampler


def of_configuration(name: str, config: dict[str, Any]) -> str | None:
    """Returns the id of a diffusers class with this configuration, or None."""
    from .._catalog import catalogue

    try:
        known = catalogue().schedulers
    except _catalogue_error():
        return None
    switched = {k for k, v in config.items() if k.startswith("use_") and v is True}
    fitting = [
        (-len(flags), len(id), id)
        for id, one in known.items()
        if one.get("class") == name
        and (flags := one.get("flags", {}))
        and all(key in config and config[key] == value for key, value in flags.items())
        and switched <= flags.keys()
    ]
    return min(fitting)[2] if fitting else None


def _id(draft: Draft, schedule: str | None) -> str | None:
    from .._catalog import catalogue

    known = catalogue().schedulers
    name = (draft.sampler or "").casefold().removesuffix("_gpu").removeprefix("sample_")
    spellings = [name] if schedule is None else [f"{name} {schedule}", name]
    for spelling in spellings:
        ids = [
            id
            for tool in _NAMES.get(draft.tool, ())
            for id, one in known.items()
            if one.get("names", {}).get(tool, "").casefold() == spelling
        ]
        if ids:
            best = _fitting(known, ids, _is_flow(draft))
            special = f"{best}-{_SUFFIXES.get(schedule or '', '')}"
            return special if special in known else best
    return None


def _fitting(known: dict[str, Any], ids: list[str], flow: bool) -> str:
    """Returns the id for this kind of model where one name means two samplers."""
    return next((id for id in ids if ("flow" in known[id].get("valid_for", ())) == flow), ids[0])


def _is_flow(draft: Draft) -> bool:
    return draft.flow or (draft.model is not None and _model_is_flow(draft.model))


@lru_cache(maxsize=64)
def _model_is_flow(name: str) -> bool:
    from .._catalog import catalogue
    from .._errors import AmbiguousModelError, UnknownModelError
    from .._names import file_stem

    known = catalogue()
    try:
        ids: tuple[str, ...] = (known.find(file_stem(name)),)
    except AmbiguousModelError as error:
        ids = error.candidates
    except UnknownModelError:
        return False
    return all(known.models[id].get("prediction") == "flow" for id in ids)


def _catalogue_error() -> type[Exception]:
    from .._errors import CatalogueError

    return CatalogueError
