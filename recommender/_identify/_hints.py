"""What a file's metadata and name say of it: evidence that narrows an answer, never makes one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._errors import visible
from .._names import file_stem, loose, tokens, without_storage, words

# Where tools write which architecture a file is of.
_KEYS = (
    "modelspec.architecture", "ss_base_model_version", "general.architecture", "architecture",
    "model_type", "modelspec.implementation", "model_class",
)  # fmt: skip
# Words that name an acceleration, as people write them; the tensors never show one.
_ACCELERATIONS = {
    "lightning": "Lightning", "turbo": "Turbo", "lcm": "LCM", "hyper": "Hyper", "hypersd": "Hyper",
    "hypersdxl": "Hyper", "dmd": "DMD", "dmd2": "DMD2", "schnell": "schnell", "flash": "Flash",
    "tcd": "TCD", "pcm": "PCM", "distilled": "distilled", "distill": "distilled", "fast": "fast",
    "lightx2v": "lightx2v", "causvid": "CausVid", "sprint": "Sprint", "perflow": "PeRFlow",
}  # fmt: skip
# What files and folders call what a network gives back, in the catalogue's words.
_PREDICTIONS = {
    "epsilon": "epsilon", "eps": "epsilon", "v": "v_prediction", "v_prediction": "v_prediction",
    "sample": "sample", "flow_prediction": "flow",
}  # fmt: skip
# Architectures of the model spec whose names say it too.
_BY_ARCHITECTURE = {
    "stablediffusionv2512": "epsilon",
    "stablediffusionv2768v": "v_prediction",
}
_HURRIED = frozenset(part for word in _ACCELERATIONS for part in tokens(word))


def said(
    signatures: Mapping[str, Any], metadata: Mapping[str, str]
) -> list[tuple[str, str, list[str]]]:
    """Returns what the metadata calls the model: key, value and the families that may mean."""
    names: dict[str, list[str]] = {}
    for family, signature in signatures.items():
        for name in signature.get("metadata", []):
            meant = names.setdefault(loose(name), [])
            meant += [family] if family not in meant else []
    found = []
    for key in _KEYS:
        value = metadata.get(key, "")[:200]
        families = names.get(loose(value.removesuffix("/lora")), []) if value else []
        if families:
            found.append((key, visible(value), families))
    return found


def predictions(metadata: Mapping[str, str], config: object) -> list[tuple[str, str]]:
    """Returns who says what the network predicts: the words of it, and the catalogue's name.

    `config` is what the scheduler of a diffusers folder has for its prediction_type.
    """
    found = []
    if isinstance(config, str) and config in _PREDICTIONS:
        found.append((f"The scheduler's config says prediction_type {config}", config))
    stated = metadata.get("modelspec.prediction_type", "")[:40].lower()
    if stated in _PREDICTIONS:
        found.append((f"The metadata says modelspec.prediction_type = {stated}", stated))
    named = metadata.get("modelspec.architecture", "")[:200].removesuffix("/lora")
    if loose(named) in _BY_ARCHITECTURE:
        found.append((f"The metadata says modelspec.architecture = {visible(named)}", named))
    return [(said, _PREDICTIONS.get(name) or _BY_ARCHITECTURE[loose(name)]) for said, name in found]


def families_by_name(signatures: Mapping[str, Any], families: list[str], path: str) -> list[str]:
    """Returns those of several families whose own word a file's name has."""
    mine = tokens(_stem(path))
    marks = {
        family: {word for word in words(f"{family} {signatures[family]['name']}") if len(word) > 3}
        for family in families
    }
    shared = set.intersection(*marks.values()) if marks else set()
    return [family for family in families if (marks[family] - shared) & (mine | set(words(path)))]


def acceleration(path: str) -> str | None:
    """Returns the acceleration a file's name speaks of: 'Lightning 4-step', or None."""
    parts = words(_stem(path))
    named = [_ACCELERATIONS[part] for part in parts if part in _ACCELERATIONS]
    steps = _steps(parts)
    if steps:
        named.append(f"{steps}-step")
    return " ".join(dict.fromkeys(named)) or None


def _stem(path: str) -> str:
    return file_stem(path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1])[:200]


def _steps(parts: list[str]) -> int | None:
    for place, part in enumerate(parts):
        number, _, rest = part.partition("step")
        if rest in ("", "s") and "step" in part:
            number = number or (parts[place - 1] if place else "")
            if number.isdecimal() and number.isascii() and 0 < int(number[:4]) <= 64:
                return int(number[:4])
    return None


def by_name(
    models: Mapping[str, dict[str, Any]], candidates: tuple[str, ...], path: str
) -> tuple[tuple[str, ...], str]:
    """Returns the candidates the file's name speaks of, all where it tells none, and the words.

    Only words count that some candidates' names have and others' do not; a word they all share
    tells nothing, and neither does a lone number. A model whose name speaks of an acceleration is
    meant only by a file whose name does so too, and any other model only by one that does not.
    """
    stem = without_storage(_stem(path))
    mine = _marks(stem)
    few = {id for id in candidates if models[id]["distillation"] == "few-step"}
    names = {id: _names_of(id, models[id]) for id in candidates}
    marks = {id: [_marks(name) for name in names[id]] for id in candidates}
    own = [frozenset().union(*marks[id]) for id in candidates]
    quick = {id for id, all_ in zip(candidates, own, strict=True) if id in few and _hurried(all_)}
    fitting = [id for id in candidates if (id in quick) == _hurried(mine)]
    shared = frozenset.intersection(*own) if own else frozenset()
    telling = mine & (frozenset().union(*own) - shared)
    kept = [id for id in fitting if any(telling <= one for one in marks[id])] if telling else []
    exact = [id for id in (kept or fitting) if loose(stem) in map(loose, names[id])]
    # With a number such as 768 or 2509 in it, it is how somebody published the file.
    published = any(len(mark) > 2 and mark.isdecimal() for mark in tokens(stem))
    if exact and (kept or not few or published):
        kept = exact
    if not kept or len(kept) == len(candidates):
        return candidates, ""
    return tuple(kept), " ".join(sorted(telling)) or stem


def _hurried(marks: frozenset[str]) -> bool:
    return bool(marks & _HURRIED) or any(mark[0].isdigit() for mark in marks)


def _names_of(id: str, model: dict[str, Any]) -> list[str]:
    names = [id, model["name"], *model.get("aliases", [])]
    if "hub_id" in model:
        names.append(model["hub_id"].rsplit("/", 1)[-1])
    return [without_storage(name) for name in names]


def _marks(name: str) -> frozenset[str]:
    """Returns the words of a name that can tell models apart: '4step', 'turbo', not '4' or 'v'."""
    parts = words(name)
    marks = {word for word in tokens(name) if len(word) > 2 and word.isalpha()}
    steps = _steps(parts)
    marks -= {"step", "steps"}
    return frozenset(marks | ({f"{steps}step"} if steps else set()))
