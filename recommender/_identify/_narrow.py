"""What else speaks of a file where its tensors fit several families or models."""

from __future__ import annotations

from typing import Any

from .._catalog import Catalogue
from . import _adapter, _folder, _hints
from ._header import Header

_PREDICTS = "scheduler.prediction_type"


class Answer:
    """What is known so far of one header, while the signals are heard in turn."""

    def __init__(self) -> None:
        self.component: str | None = None
        self.families: list[str] = []
        self.variants: list[dict[str, Any]] = []
        self.layout: str | None = None
        self.prefix = ""
        self.name: str | None = None
        self.evidence: list[str] = []
        self.contradictions: list[str] = []


def which_family(
    answer: Answer,
    signatures: dict[str, Any],
    made: _adapter.Changes,
    header: Header,
    path: str,
) -> None:
    """Narrows families that share their layers by the LoRA's other layers, metadata and name."""
    trained = [f for f in answer.families if signatures[f].get("trains_text")]
    if made.text and trained and len(trained) < len(answer.families):
        answer.families = trained
        answer.evidence.append("It changes text encoders too, which tells its family.")
    for key, value, meant in _hints.said(signatures, header.metadata):
        both = [family for family in answer.families if family in meant]
        if both and len(both) < len(answer.families):
            answer.families = both
            answer.evidence.append(f"{key} = {value} alone tells which family it is for.")
    named = _hints.families_by_name(signatures, answer.families, path)
    if named and len(named) < len(answer.families):
        answer.families = named
        answer.evidence.append("Its name alone tells which family it is for; the layers do not.")


def by_prediction(
    known: Catalogue, answer: Answer, header: Header, candidates: tuple[str, ...]
) -> tuple[str, ...]:
    """Narrows the models by what the folder or the metadata says the network predicts."""
    predicts = {id: known.models[id].get("prediction") for id in candidates}
    if answer.component == "lora" or len({*predicts.values()} - {None}) < 2:
        return candidates
    told = _hints.predictions(header.metadata, _folder.lookup(header.configs, _PREDICTS))
    for said, prediction in told:
        kept = tuple(id for id in candidates if predicts[id] in (None, prediction))
        if kept:
            candidates = kept
            answer.evidence.append(f"{said}.")
        else:
            before = " or ".join(dict.fromkeys(str(predicts[id]) for id in candidates))
            answer.contradictions.append(f"{said}; what was heard before says {before}.")
    if not told:
        kinds = " or ".join(sorted({kind for kind in predicts.values() if kind}))
        answer.evidence.append(f"No tensor tells what it predicts: {kinds}.")
    return candidates
