"""Compares a header with every rule, and weighs what else speaks of the file."""

from __future__ import annotations

from typing import Any

from .._catalog import Catalogue, catalogue
from .._errors import visible
from . import _adapter, _folder, _hints, _match, _narrow
from ._header import Header, quantisation, unpacked, usual_type
from ._narrow import Answer
from ._read import Path, read
from ._result import Identification

_BUNDLED = {
    "vae": ("first_stage_model.", "vae.", "pretransform."),
    "text-encoder": ("cond_stage_model.", "conditioner.", "text_encoders.", "text_encoder."),
}


def identify(path: Path) -> Identification:
    """Returns what a model file, a diffusers folder or an opened file is, by its header alone.

    Reads 8 + N bytes of a safetensors file and the front of a GGUF file, never a weight, and never
    unpickles. Raises UnreadableError where the file cannot be read as a model, and CatalogueError
    where the catalogue cannot be read.
    """
    name, header = read(path)
    return judge(catalogue(), name, header)


def judge(known: Catalogue, path: str, header: Header) -> Identification:
    """Returns the identification of a header that was read: no file is touched any more."""
    signatures = known.signatures
    tensors = unpacked(header.tensors)
    answer = Answer()
    if _adapter.is_adapter(tensors):
        _lora(answer, signatures, tensors, header, path)
    else:
        _network(answer, signatures, tensors, header.format == "gguf")
    _configs(answer, signatures, header)
    _metadata(answer, signatures, header)
    answer.evidence += header.notes
    candidates = _narrow.by_prediction(known, answer, header, _candidates(known, answer))
    if answer.component == "lora" and candidates and not _hints.acceleration(path):
        answer.evidence.append("Its name speaks of no acceleration, so it changes no settings.")
        candidates = ()
    kept, words = _hints.by_name(known.models, candidates, path)
    if words:
        answer.evidence.append(f"The file's name speaks of '{visible(words)}'; nothing else does.")
    return _result(path, header, answer, kept)


def _network(
    answer: Answer, signatures: dict[str, Any], tensors: _match.Tensors, loose: bool
) -> None:
    header = _match.views(tensors, loose)
    found, missed = _match.find(signatures, header, main=True)
    if not found:
        found, others = _match.find(signatures, header, main=False)
        missed += others
    families = list(
        dict.fromkeys(f for one in found for f in one.part.get("families", [one.family]))
    )
    answer.families = families
    if not found:
        answer.evidence += [
            f"Its names are those of {signatures[miss.family]['name']}, its sizes are not: "
            f"{miss.why}."
            for miss in missed[:3]
        ]
        return
    best = max(found, key=lambda one: len(one.prefix))
    signature = signatures[best.family]
    answer.component, answer.layout, answer.prefix = (
        best.part["component"],
        best.layout,
        best.prefix,
    )
    answer.name = best.part.get("name") or signature["name"]
    if len({one.family for one in found}) > 1:
        answer.name = " or ".join(signatures[one.family]["name"] for one in found)
        answer.evidence.append("Its tensors fit more than one family.")
        return
    answer.variants = list(best.variants)
    answer.evidence += _told(best, answer.name)
    holds = _bundled(tensors, best.prefix)
    if holds and best.part["component"] in ("unet", "transformer"):
        answer.component = "bundle"


def _told(best: _match.Match, name: str) -> list[str]:
    """Returns what was looked at and found, so that a reader can check it."""
    behind = f" behind '{best.prefix}'" if best.prefix else ""
    lines = [f"Its tensors are those of {name}, {best.layout} names{behind}."]
    if best.part.get("variants") and not best.variants:
        lines.append("Its sizes are those of no model known here.")
    if best.variants and not best.sure:
        lines.append("Packing hides the sizes that tell its variants apart.")
    shapes = {name for variant in best.variants for name in variant.get("shapes", {})}
    for key in sorted(shapes):
        shape = best.tensors[key].shape if key in best.tensors else None
        if shape is not None:
            lines.append(f"{key} is {_match.by(shape)}.")
    return lines


def _bundled(tensors: _match.Tensors, prefix: str) -> tuple[str, ...]:
    """Returns which other networks of a pipeline lie beside the one behind this prefix."""
    if not prefix:
        return ()
    firsts = {name.partition(".")[0] + "." for name in tensors} - {prefix}
    return tuple(part for part, marks in _BUNDLED.items() if firsts & set(marks))


def _lora(
    answer: Answer,
    signatures: dict[str, Any],
    tensors: _match.Tensors,
    header: Header,
    path: str,
) -> None:
    made = _adapter.changes(tensors)
    found = _adapter.families(signatures, made)
    answer.component = "lora"
    spread = [(one, rule) for family, rule in found for one in rule.get("families", [family])]
    answer.families = list(dict.fromkeys(family for family, _ in spread))
    answer.evidence.append(f"It changes {len(made.layers)} kinds of layers.")
    if not found:
        return
    if len(answer.families) > 1:
        _narrow.which_family(answer, signatures, made, header, path)
        found = [(family, rule) for family, rule in spread if family in answer.families]
    answer.name = " or ".join(signatures[family]["name"] for family in answer.families)
    if len({id(rule) for _, rule in found}) == 1 or len(answer.families) == 1:
        answer.variants = [
            {"name": rule["name"], **rule} if "name" in rule else rule for _, rule in found
        ]


def _configs(answer: Answer, signatures: dict[str, Any], header: Header) -> None:
    """Hears what a diffusers folder says: the class of its pipeline and of its network."""
    for file, config in header.configs.items():
        label = config.get("_class_name")
        if file == "scheduler" or not isinstance(label, str):
            continue
        spoken = [f for f, one in signatures.items() if label in _classes(one)]
        if len(spoken) != 1:
            continue
        where = "model_index.json" if file == "index" else "config.json"
        if answer.families and spoken[0] not in answer.families:
            _disagree(answer, signatures, f"{where} says {visible(label)}", spoken)
        elif not header.tensors and not answer.families:
            answer.families, answer.name = spoken, signatures[spoken[0]]["name"]
            answer.component = "pipeline" if file == "index" else "transformer"
            answer.variants = [
                v for p in signatures[spoken[0]]["parts"] for v in p.get("variants", [])
            ]
            answer.evidence.append(f"{where} says {visible(label)}; no weights were compared.")
        elif answer.families == spoken:
            answer.evidence.append(f"{where} says {visible(label)}.")
    if header.configs:
        _by_config(answer, header)


def _classes(signature: dict[str, Any]) -> set[str]:
    inner = [
        label
        for part in signature["parts"]
        for variant in part.get("variants", [])
        for label in variant.get("classes", [])
    ]
    return {*signature.get("classes", []), *inner}


def _by_config(answer: Answer, header: Header) -> None:
    label = header.configs.get("index", {}).get("_class_name")
    for variants in (
        [v for v in answer.variants if label in v.get("classes", [])],
        [v for v in answer.variants if _configured(v, header)],
    ):
        if variants and len(variants) < len(answer.variants):
            answer.variants = variants
            told = [f"{k} is {header_value}" for v in variants
                    for k, header_value in v.get("configs", {}).items()]  # fmt: skip
            answer.evidence += [f"Its configs tell the variant: {', '.join(told)}."] if told else []


def _configured(variant: dict[str, Any], header: Header) -> bool:
    wanted = variant.get("configs", {})
    return bool(wanted) and all(
        _folder.lookup(header.configs, key) == value for key, value in wanted.items()
    )


def _metadata(answer: Answer, signatures: dict[str, Any], header: Header) -> None:
    for key, value, meant in _hints.said(signatures, header.metadata):
        both = [family for family in answer.families if family in meant]
        if answer.families and not both:
            _disagree(answer, signatures, f"the metadata says {key} = {value}", meant)
        elif answer.families:
            answer.evidence.append(f"The metadata says {key} = {value}.")
        else:
            answer.evidence.append(
                f"The metadata says {key} = {value}, and no tensor bears it out."
            )


def _disagree(answer: Answer, signatures: dict[str, Any], says: str, meant: list[str]) -> None:
    names = " or ".join(signatures[family]["name"] for family in meant)
    answer.contradictions.append(f"{says}, which is {names}; the tensors say {answer.name}.")


def _candidates(known: Catalogue, answer: Answer) -> tuple[str, ...]:
    ids = [id for variant in answer.variants for id in variant.get("models", [])]
    return tuple(dict.fromkeys(id for id in ids if id in known.models))


def _result(
    path: str, header: Header, answer: Answer, candidates: tuple[str, ...]
) -> Identification:
    one = answer.families[0] if len(answer.families) == 1 else None
    part = answer.component in ("vae", "text-encoder")
    variants = [v["name"] for v in answer.variants if "name" in v]
    if candidates:
        variants = [v["name"] for v in answer.variants
                    if "name" in v and (set(v.get("models", [])) & set(candidates))]  # fmt: skip
    return Identification(
        path=path,
        format=header.format,
        component=answer.component,
        family=one,
        name=answer.name,
        families=tuple(answer.families),
        variants=tuple(dict.fromkeys(variants)),
        candidates=candidates,
        quantisation=quantisation(header),
        dtype=usual_type(header.tensors.values()),
        layout=answer.layout,
        holds=_bundled(header.tensors, answer.prefix) if answer.component == "bundle" else (),
        tensors=len(header.tensors),
        bytes_read=header.bytes_read,
        evidence=tuple(answer.evidence),
        name_says=_hints.acceleration(path) if answer.families else None,
        contradictions=tuple(answer.contradictions),
        abstained=not answer.families or (one is None and not part),
    )
