"""A live diffusers pipeline: which model it is.

Nothing here imports torch or diffusers: a pipeline is known by what it has.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._catalog import Catalogue
from .._errors import AmbiguousModelError, UnreadableError, visible
from .._names import loose, without_storage
from .apply import bare
from .weights import told_by_weights, unchanged, weights_in

if TYPE_CHECKING:
    from .._identify._header import Header
    from .._identify._result import Identification

_NETWORKS = ("transformer", "unet", "prior", "decoder")
_TYPES = {
    "float32": "F32", "float16": "F16", "bfloat16": "BF16", "float64": "F64", "uint8": "U8",
    "int8": "I8", "int32": "I32", "int64": "I64", "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
}  # fmt: skip


def is_pipeline(thing: object) -> bool:
    """True for what can be called and has a config and a network, as pipelines of diffusers do."""
    return (
        callable(thing)
        and not isinstance(thing, type)
        and isinstance(getattr(thing, "config", None), Mapping)
        and any(getattr(thing, part, None) is not None for part in (*_NETWORKS, "scheduler"))
    )


def refuse(thing: object) -> None:
    """Raises TypeError for what is no pipeline."""
    if not is_pipeline(thing):
        raise TypeError(
            "recommend: expected a model's name as text, a path or a diffusers pipeline, got "
            f"{type(thing).__name__}."
        )


def model_of(
    known: Catalogue, pipe: Any, known_as: str | None = None
) -> tuple[str, tuple[str, ...], str | None]:
    """Returns the id of a pipeline's model, how that was told, and the digest of its weights.

    Raises AmbiguousModelError with the candidates where nothing tells which of them it is,
    UnreadableError where it is no model known here, and UnknownModelError for a wrong `known_as`.
    """
    pipe = bare(pipe)
    name = origin(pipe)
    where = visible(type(pipe).__name__)
    if (pinned := told_by_weights(known, name, known_as)) is not None:
        same = unchanged(pipe, name)
        said = f"The {where} was loaded from the weights of {known.models[pinned]['name']}"
        said += "." if same else " and holds others now."
        return pinned, (said,), known.models[pinned]["weights"] if same else ""
    found = _judged(known, pipe, name)
    if known_as is not None:
        id, told = known.find(known_as), "you say that it is"
        if not _fits(known, found, id):
            raise UnreadableError(
                f"{where}: expected a model of the {found.name} family, got "
                f"'{visible(known_as)}', which its class or its tensors contradict."
            )
    else:
        named = tuple(one for one in _named(known, name) if _fits(known, found, one))
        candidates = named or found.candidates
        if len(candidates) != 1:
            raise _undecided(known, found, candidates, where)
        id, told = candidates[0], f"told by its {'name' if named else 'tensors'}:"
    sentence = f"The {where} is {found.headline()}; {told} {known.models[id]['name']}."
    return id, (sentence,), weights_in(known, id, pipe, name)


def _judged(known: Catalogue, pipe: Any, name: str) -> Identification:
    """Identifies a pipeline by its tensors, or where they are of no known size, by its class."""
    from .._identify._identify import judge

    header = _header(pipe)
    found = judge(known, name, header)
    if found.families or not header.tensors:
        return found
    header.tensors = {}
    return judge(known, name, header)


def origin(pipe: Any) -> str:
    """Returns the hub id or folder that a pipeline was loaded from, empty where it has none."""
    config = getattr(pipe, "config", None)
    name = config.get("_name_or_path") if isinstance(config, Mapping) else None
    for one in (name, getattr(pipe, "name_or_path", None)):
        if isinstance(one, str | os.PathLike) and one:
            return os.fsdecode(one)
    return ""


def _fits(known: Catalogue, found: Identification, id: str) -> bool:
    """True unless the tensors or the class are those of another family, or another variant."""
    from .._identify._choose import all_of

    listed = all_of(known, found)
    if found.abstained or not listed:
        return True
    if id in listed:
        return id in (found.candidates or listed)
    # A fine-tune that no rule names has the tensors of its family.
    return known.models[id]["family"] in {known.models[one]["family"] for one in listed}


def _named(known: Catalogue, name: str) -> tuple[str, ...]:
    """Returns the models that a hub id, or the last part of a folder's path, names exactly."""
    last = name.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1]
    names: dict[str, list[str]] = known["names"]
    for one in (name, last, without_storage(last)):
        if loose(one) in names:
            return tuple(names[loose(one)])
    return ()


def _undecided(
    known: Catalogue, found: Identification, candidates: tuple[str, ...], where: str
) -> UnreadableError | AmbiguousModelError:
    if not candidates:
        return UnreadableError(
            f"{where}: {found.headline()}. Nothing in it tells which model it is. "
            "Say which with known_as=MODEL."
        )
    from .._identify._choose import which

    said = which(known, candidates, f"{where}: {found.headline()}", "known_as=MODEL")
    return AmbiguousModelError(where, candidates, said=said)


def _header(pipe: Any) -> Header:
    """Returns what a pipeline would say of itself if it lay in a folder; no weight is touched."""
    from .._identify._header import Header, Tensor

    header = Header("diffusers", {})
    header.configs["index"] = {"_class_name": type(pipe).__name__}
    scheduler = getattr(pipe, "scheduler", None)
    settings = getattr(scheduler, "config", None)
    if isinstance(settings, Mapping):
        header.configs["scheduler"] = dict(settings)
    for part in _NETWORKS:
        network = getattr(pipe, part, None)
        if network is None or not callable(getattr(network, "named_parameters", None)):
            continue
        config = getattr(network, "config", None)
        if part in ("transformer", "unet") and isinstance(config, Mapping):
            header.configs[part] = {**config, "_class_name": type(network).__name__}
        for name, tensor in network.named_parameters():
            if ".lora_" in name:  # a loaded LoRA is no part of the model
                continue
            name = name.replace(".base_layer.", ".")
            kind = str(tensor.dtype).rsplit(".", 1)[-1]
            header.tensors[name] = Tensor(_TYPES.get(kind, kind), tuple(map(int, tensor.shape)))
        break
    return header
