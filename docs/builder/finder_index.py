"""The model finder's index: every model by its names, names that ask back, what can be chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from finder import GOALS, pairs
from finder_exports import tools

import recommender

FILE = "finder/index.json"
_MOST_WORDS = 4


def index(catalogue: recommender.Catalogue, order: Sequence[str]) -> dict[str, Any]:
    """Returns the index; `order` lists the models as a reader would look for them.

    A model is [id, name, family, its names as the recommender compares them, its accelerators].
    `asks` maps a name to the models that it may mean, by their place in the list.
    """
    place = {id: number for number, id in enumerate(order)}
    names: dict[str, list[str]] = {id: [] for id in order}
    for key, ids in catalogue["names"].items():
        for id in ids:
            names[id].append(key)
    loras: dict[str, list[int]] = {id: [] for id in order}
    for model, lora in pairs(catalogue):
        if lora is not None:
            loras[model].append(place[lora])
    return {
        "models": [_model(catalogue.models[id], id, names[id], loras[id]) for id in order],
        "asks": {name: [place[id] for id in ids] for name, ids in asks(catalogue).items()},
        "schedulers": {
            id: [one["name"], one["class"]]
            for id, one in catalogue.schedulers.items()
            if "class" in one
        },
        "goals": list(GOALS),
        "tools": tools(),
    }


def _model(
    model: Mapping[str, Any], id: str, names: Sequence[str], loras: Sequence[int]
) -> list[Any]:
    return [id, model["name"], model["family"], sorted(names), sorted(loras)]


def asks(catalogue: recommender.Catalogue) -> dict[str, tuple[str, ...]]:
    """Returns the beginnings of names that fit several models, and which the recommender lists.

    A page has their letters and digits alone, to the recommender 'wan 2.1' is more than 'wan21':
    of spellings that a page cannot tell apart, the one that fits most models speaks.
    """
    found: dict[str, tuple[str, ...]] = {}
    for key, phrases in _beginnings(catalogue).items():
        for phrase in phrases:
            try:
                catalogue.find(phrase)
            except recommender.AmbiguousModelError as error:
                found[key] = max(found.get(key, ()), error.candidates, key=len)
            except recommender.UnknownModelError:
                continue
    return found


def _beginnings(catalogue: recommender.Catalogue) -> dict[str, list[str]]:
    """Returns how every name begins, of one to four words, by its letters and digits alone."""
    found: dict[str, dict[str, None]] = {}
    for id, model in catalogue.models.items():
        for name in (id, model["name"], *model.get("aliases", ())):
            said = name.casefold()
            ends = [
                at
                for at, c in enumerate(said, 1)
                if c.isalnum() and not said[at : at + 1].isalnum()
            ]
            for end in ends[:_MOST_WORDS]:
                key = "".join(filter(str.isalnum, said[:end]))
                found.setdefault(key, {})[said[:end]] = None
    return {key: list(phrases) for key, phrases in found.items()}
