"""From a picture, a workflow, a JSON file or a mapping to a case, and to the model it is for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._catalog import Catalogue
from .._errors import AmbiguousModelError, UnknownModelError, UnreadableError
from .._hosted import ENDPOINTS, endpoint_named
from .._metadata import ReadSettings, read_settings
from .._metadata.values import Unclear, clean, number, shown, whole
from .._names import file_stem, loose
from .._recommend.answer import answer
from .case import Adapter, Case, Model
from .names import index, samplers

_MODEL_KEYS = frozenset(("model", "modelname", "modelid", "checkpoint", "pretrainedmodel"))
_ENDPOINT_KEYS = frozenset(("endpoint", "api", "hostedendpoint"))
_LORA_KEYS = frozenset(("lora", "loras"))
_PROMPT_KEYS = frozenset(("prompt", "positiveprompt"))
_SWITCHES = ("use_karras_sigmas", "use_exponential_sigmas", "use_flow_sigmas", "skip_prk_steps")
_TEXTS = ("scheduler", "schedule_type", "vae", "vae_precision", "precision", "negative_prompt",
          "prediction_type", "timestep_spacing", "hires_upscaler")  # fmt: skip
_WHOLES = ("num_inference_steps", "seed", "width", "height", "num_frames", "clip_skip",
           "num_images_per_prompt", "batch_size", "max_sequence_length")  # fmt: skip
_LISTS = ("sigmas", "timesteps")
_MOST_KEYS = 2000
_MOST_LORAS = 100


def of_path(known: Catalogue, path: str | os.PathLike[str]) -> Case:
    """Returns the case a file holds: a picture, a workflow, or keyword arguments as JSON."""
    try:
        found = read_settings(path)
    except UnreadableError:
        keywords = _keywords(known, path)
        if keywords is None:
            raise
        return of_mapping(known, keywords, from_diffusers=True)
    return _of_read(known, found)


def _keywords(known: Catalogue, path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """Returns a JSON object in which a setting stands, or None where a file is no such thing."""
    from .._metadata.files import LONGEST_TEXT, open_regular
    from .._metadata.jsons import parse_object

    try:
        stream, _ = open_regular(os.fsdecode(path))
        with stream:
            data = stream.read(LONGEST_TEXT + 1)
        if len(data) > LONGEST_TEXT:
            return None
        found = parse_object(data.removeprefix(b"\xef\xbb\xbf").decode("utf-8"))
    except (OSError, UnreadableError, Unclear, UnicodeDecodeError):
        return None
    ids = index(known)
    names = {loose(key[:80]) for key in list(found)[:_MOST_KEYS]}
    told = names & (ids.keys() | _LORA_KEYS) or (names & _MODEL_KEYS and names & _PROMPT_KEYS)
    return found if told else None


def _of_read(known: Catalogue, found: ReadSettings) -> Case:
    return Case(
        known,
        dict(found.settings),
        prompt=found.prompt,
        tool=found.tool,
        guidance=found.guidance,
        named=found.model,
        adapters=_adapters(known, [(one.name, one.weight) for one in found.loras]),
        samplers=samplers(known, found.settings.get("scheduler"), found.sampler),
        other=found.other,
        doubts=found.problems,
    )


def of_mapping(
    known: Catalogue, settings: Mapping[Any, Any], *, from_diffusers: bool = False
) -> Case:
    """Returns the case a mapping states, under whichever names its tool has for the settings."""
    ids = index(known)
    kept: dict[str, Any] = {}
    beside: dict[str, Any] = {}
    misspelt: list[tuple[str, str]] = []
    twice: list[tuple[str, str]] = []
    for key, value in _flat(settings):
        name = loose(key[:80])
        kind = _beside(name, value)
        id = ids.get(name)
        if kind:
            beside[kind] = value
        elif id is None:
            misspelt += _nearest(key, name, ids)
        elif id in kept and id != key:
            # A setting's own name stands before a tool's; two values for one setting are told.
            twice += [(id, shown(key))] if kept[id] != value else []
        else:
            twice += [(id, id)] if id in kept and kept[id] != value else []
            kept[id] = value
    typed, broken = _typed(known, kept)
    if from_diffusers and isinstance(typed.get("clip_skip"), int):
        typed["clip_skip"] += 1  # diffusers counts what is left out; elsewhere 1 is the last layer
    return Case(
        known,
        typed,
        prompt=_text(beside.get("prompt")),
        named=_text(beside.get("model"))[:500] or None,
        endpoint=endpoint_named(_text(beside.get("endpoint"))),
        adapters=_adapters(known, _loras(beside.get("loras"))),
        samplers=samplers(known, typed.get("scheduler")),
        misspelt=tuple(misspelt[:10]),
        twice=tuple(twice[:10]),
        broken=tuple(broken),
    )


def _flat(settings: Mapping[Any, Any]) -> list[tuple[str, Any]]:
    """Returns the pairs, a scheduler's config spread out: its class and each of its flags."""
    found: list[tuple[str, Any]] = []
    for key, value in list(settings.items())[:_MOST_KEYS]:
        if not isinstance(key, str):
            continue
        if loose(key[:80]) == "scheduler" and isinstance(value, Mapping):
            name = value.get("_class_name", value.get("class"))
            found += [("scheduler", name)] if isinstance(name, str) else []
            found += [(k, v) for k, v in list(value.items())[:100] if isinstance(k, str)]
        else:
            found.append((key, value))
    return found


def _beside(name: str, value: Any) -> str | None:
    """Returns what a key that is no setting tells: the model, the endpoint, LoRAs or the prompt."""
    if name in _MODEL_KEYS and isinstance(value, str):
        return "model"
    if name in _ENDPOINT_KEYS and isinstance(value, str):
        return "endpoint"
    if name in _LORA_KEYS:
        return "loras"
    return "prompt" if name in _PROMPT_KEYS else None


def _nearest(key: str, name: str, ids: dict[str, str]) -> list[tuple[str, str]]:
    from difflib import get_close_matches

    # Keys of a pipeline's call that are no settings are many; only a slip of the pen is told.
    near = get_close_matches(name, ids, n=1, cutoff=0.88) if 4 <= len(name) <= 40 else []
    return [(shown(key), ids[near[0]])] if near else []


def _typed(
    known: Catalogue, kept: dict[str, Any]
) -> tuple[dict[str, Any], list[tuple[str, str, Any]]]:
    """Parts values of the right type from the others, which are named with what was expected."""
    typed: dict[str, Any] = {}
    broken: list[tuple[str, str, Any]] = []
    for id, value in kept.items():
        if value is None or id in _LISTS:
            continue
        wanted, found = _as_typed(known.settings.get(id, {}).get("type"), id, value)
        if found is not None:
            typed[id] = found
        elif value != "":
            broken.append((id, wanted, value))
    return typed, broken


def _as_typed(kind: str | None, id: str, value: Any) -> tuple[str, Any]:
    """Returns in words what a setting wants, and the value as that, or None where it is not.

    A setting with a page says its type there; those without that a rule reads are listed above.
    """
    if id in _SWITCHES:
        return "true or false", value if isinstance(value, bool) else None
    if id in _TEXTS:
        return "text", clean(value) if isinstance(value, str) else None
    if id in _WHOLES or kind in ("integer", "seed"):
        return "a whole number", whole(value)
    if kind in (None, "number"):
        return "a number", number(value)
    # Choices, switches and texts of other settings: no rule reads them.
    return "one value", value if isinstance(value, str | int | float) else None


def _text(value: Any) -> str:
    return clean(value[:200_000]) if isinstance(value, str) else ""


def _loras(value: Any) -> list[tuple[str, float | None]]:
    """Returns name and weight of each LoRA of a list of names, or of objects with a name."""
    found: list[tuple[str, float | None]] = []
    for one in (value if isinstance(value, list | tuple) else [value])[:_MOST_LORAS]:
        if isinstance(one, str):
            found.append((clean(one)[:500], None))
        elif isinstance(one, Mapping):
            name = next((one[k] for k in ("name", "model", "path") if k in one), None)
            weight = next((one[k] for k in ("weight", "scale", "strength") if k in one), None)
            if isinstance(name, str):
                found.append((clean(name)[:500], number(weight)))
    return found


def _adapters(known: Catalogue, loras: list[tuple[str, float | None]]) -> tuple[Adapter, ...]:
    found = []
    for name, weight in loras[:_MOST_LORAS]:
        id = _find(known, name)
        data = known.models[id] if isinstance(id, str) else None
        # A LoRA is often named like the checkpoint that was distilled in the same way.
        if not isinstance(id, str) or data is None or data["distillation"] != "few-step":
            found.append(Adapter(name, weight, None, None))
        else:
            found.append(Adapter(name, weight, data, answer(known, id)))
    return tuple(found)


def _find(known: Catalogue, name: str) -> str | tuple[str, ...]:
    """Returns the one id a recorded name means, or those it may mean."""
    try:
        return known.find(file_stem(name.strip())[:300])
    except AmbiguousModelError as error:
        return error.candidates
    except UnknownModelError:
        return ()


def model_of(known: Catalogue, case: Case, given: str | None) -> tuple[Model | None, Case]:
    """Returns the model a case is for: the one given, else the one recorded, else none.

    Raises UnknownModelError or AmbiguousModelError for a given name; a recorded one that fits no
    model or several is left to a note.
    """
    model, case = _model_of(known, case, given)
    if model is not None and model.data.get("native_resolution"):
        width, height = model.data["native_resolution"]
        case = replace(case, native=(width, height))
    return model, case


def _model_of(known: Catalogue, case: Case, given: str | None) -> tuple[Model | None, Case]:
    hosted = endpoint_named(given) if given else case.endpoint
    if hosted is not None:
        case = replace(case, endpoint=hosted)
        id = ENDPOINTS[hosted].model
        if id is not None and id in known.models:
            return Model(id, known.models[id], answer(known, id)), case
        if given:
            return None, replace(case, named=None, unsure=())
    if given:
        id = known.find(file_stem(given))
        return Model(id, known.models[id], answer(known, id)), case
    if case.named is None:
        return None, case
    found = _find(known, case.named)
    if isinstance(found, str):
        return Model(found, known.models[found], answer(known, found)), case
    return None, replace(case, unsure=found)
