# ruff: noqa: PTH112, PTH113, PTH118
"""From a file to the one model whose settings it takes, or why none can be named."""

from __future__ import annotations

import os
from typing import Any

from .._catalog import Catalogue
from .._errors import AmbiguousModelError, UnreadableError, visible
from ._identify import judge
from ._read import Path, read
from ._result import Identification

_MARKS = ("model_index.json", "config.json")
_SHOWN = 6


def is_file(name: str) -> bool:
    """True when a name given for a model is that of a file, or of a folder a model lies in.

    A folder that merely has a model's name, in which nothing of a model lies, stays a name.
    """
    if not os.path.lexists(name):
        return False
    if not os.path.isdir(name) or os.sep in name:
        return True
    return any(os.path.isfile(os.path.join(name, mark)) for mark in _MARKS)


def model_in(known: Catalogue, path: Path, claimed: str | None = None) -> tuple[str, str]:
    """Returns the id of the model in a file and a sentence on how that was told.

    `claimed` is the name of a model the caller says it is; it must be of the file's own family.
    Raises UnreadableError where there is no model in it, or none known here, and
    AmbiguousModelError with the candidates where the file alone does not tell.
    """
    name, header = read(path)
    found = judge(known, name, header)
    where = visible(name, 300)
    if claimed is not None:
        return _claimed(known, found, where, claimed)
    alone = ("vae", "text-encoder", "embedding")
    if found.component in alone or (found.component == "image-adapter" and not found.candidates):
        raise UnreadableError(
            f"{where}: expected a diffusion model, got {found.name}, which has no settings."
        )
    if len(found.candidates) == 1:
        return found.candidates[0], f"{where} is {found.headline()}; told by {_told_by(found)}."
    if not found.candidates:
        raise UnreadableError(f"{where}: {_unknown(found)}")
    raise AmbiguousModelError(name, found.candidates, said=_which(known, found, where))


def _claimed(known: Catalogue, found: Identification, where: str, claimed: str) -> tuple[str, str]:
    id = known.find(claimed)
    family = known.models[id]["family"]
    own = {known.models[one]["family"] for one in all_of(known, found)}
    if own and family not in own and not found.abstained:
        raise UnreadableError(
            f"{where}: expected a model of the {found.name} family, got '{visible(claimed)}', "
            "which its tensors contradict."
        )
    return id, f"{where} is {found.headline()}; you say that it is {known.models[id]['name']}."


def all_of(known: Catalogue, found: Identification) -> set[str]:
    """Returns every model that the rules of the file's family name."""
    if found.family is None:
        return set()
    signature = known.signatures[found.family]
    variants = [v for part in signature["parts"] for v in part.get("variants", [])]
    ids = {
        id for one in (*variants, *signature.get("adapters", [])) for id in one.get("models", [])
    }
    return ids & set(known.models)


def _told_by(found: Identification) -> str:
    by_name = any("file's name speaks of" in line for line in found.evidence)
    return "its name, as its tensors fit others too" if by_name else "its tensors"


def _unknown(found: Identification) -> str:
    if found.component == "lora":
        what = f" for {found.name}" if found.name else ""
        return (
            f"a LoRA{what}, and nothing tells that it changes the settings. Ask for its base model."
        )
    if found.name is None:
        return "no model known here has these tensors. Say which it is with --as MODEL."
    return (
        f"{found.name} family, of a kind for which no settings are known here. "
        "Say which model it is with --as MODEL."
    )


def _which(known: Catalogue, found: Identification, where: str) -> str:
    return which(known, found.candidates, f"{where}: {found.headline()}", "--as MODEL")


def which(known: Catalogue, candidates: tuple[str, ...], what: str, option: str) -> str:
    """Returns '… 8 if Z-Image-Turbo, 50 if Z-Image', the steps each candidate would take."""
    from .._recommend.answer import answer

    groups: dict[Any, list[str]] = {}
    for id in candidates:
        one = answer(known, id)
        groups.setdefault(one.steps, []).append(one.name)
    order = sorted(groups, key=lambda steps: (steps is None, steps))
    shown = [_group(steps, groups[steps]) for steps in order]
    return (
        f"{what}. Nothing in it tells which of {len(candidates)} models it is: "
        f"{', '.join(shown)}. Say which with {option}."
    )


def _group(steps: int | None, names: list[str]) -> str:
    more = len(names) - _SHOWN
    listed = " or ".join(names[:_SHOWN]) + (f" or {more} more" if more > 0 else "")
    return f"{'unknown' if steps is None else steps} if {listed}"
