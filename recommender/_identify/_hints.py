"""What a file's metadata and name say of it: evidence that narrows an answer, never makes one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    "lightx2v": "lightx2v", "causvid": "CausVid", "sprint": "Sprint", "klein": "klein",
}  # fmt: skip


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


def acceleration(path: str) -> str | None:
    """Returns the acceleration a file's name speaks of: 'Lightning 4-step', or None."""
    parts = words(file_stem(path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1])[:200])
    named = [_ACCELERATIONS[part] for part in parts if part in _ACCELERATIONS]
    steps = _steps(parts)
    if steps:
        named.append(f"{steps}-step")
    return " ".join(dict.fromkeys(named)) or None


def _steps(parts: list[str]) -> int | None:
    for place, part in enumerate(parts):
        number, _, rest = part.partition("step")
        if rest in ("", "s") and "step" in part:
            number = number or (parts[place - 1] if place else "")
            if number.isdecimal() and number.isascii() and 0 < int(number[:4]) <= 64:
                return int(number[:4])
    return None


def by_name(
    models: Mapping[str, dict[str, Any]], candidates: Iterable[str], path: str
) -> tuple[tuple[str, ...], str]:
    """Returns the candidates the file's name speaks of, all where it tells none, and the words.

    Only words count that some candidates' names have and others' do not; a word they all share
    tells nothing, and neither does a lone number.
    """
    chosen = tuple(candidates)
    stem = file_stem(path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1])[:200]
    mine = _marks(without_storage(stem))
    names = {id: [_marks(name) for name in _names_of(id, models[id])] for id in chosen}
    own = {id: frozenset().union(*marks) for id, marks in names.items()}
    everywhere = frozenset.intersection(*own.values()) if own else frozenset()
    telling = mine & (frozenset().union(*own.values()) - everywhere)
    if not telling:
        return chosen, ""
    kept = [id for id in chosen if any(telling <= marks for marks in names[id])]
    whole = [id for id in kept if any(marks == mine for marks in names[id])]
    kept = whole or kept
    if not kept or len(kept) == len(chosen):
        return chosen, ""
    return tuple(kept), " ".join(sorted(telling))


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
