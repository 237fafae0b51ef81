"""Compiles the authoring YAML of a checkout into the one JSON catalogue that everything reads.

Checked first, then resolved: what a model takes over from its base is copied in and marked with
the id of the model it came from. The same files give the same bytes, on any day.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .._catalog_file import FORMAT, digest_of, dumps
from .._errors import CatalogueError
from .._names import loose
from . import compile_measured, compile_schedulers
from .check import Checked, check_root
from .entry import Entry

# What a fine-tune or distillation keeps of its base, unless its file says otherwise.
INHERITED = (
    "pipeline",
    "architecture",
    "prediction",
    "parameters_b",
    "native_resolution",
    "frame_rule",
)
_SHOWN_PROBLEMS = 20
# Hosts whose ids end in words such as 'dev' and 'edit', which name no model by themselves.
_HOSTED = ("fal-ai/",)


def compile_catalogue(root: Path) -> dict[str, Any]:
    """Returns the catalogue of a checkout; CatalogueError lists the problems of its files."""
    root = Path(root)
    digest = digest_of(root)
    checked = check_root(root, whole=False)
    if checked.problems:
        raise CatalogueError(_report(checked))
    models = {entry.id: entry for entry in checked.entries if entry.kind == "model"}
    resolved = {id: _model(entry, models) for id, entry in sorted(models.items())}
    schedules = _plain(checked, "schedule")
    samplers = compile_schedulers.resolved(_plain(checked, "scheduler"), schedules, resolved)
    compiled = {
        "version": FORMAT,
        "digest": digest,
        "settings": _plain(checked, "setting"),
        "models": resolved,
        "schedulers": samplers,
        "schedules": schedules,
        "scheduler_names": compile_schedulers.names(samplers),
        "signatures": _signatures(checked),
        "measured": compile_measured.curves(checked.entries),
        "sweet_spots": compile_measured.sweet_spots(checked.entries),
        "names": _names(resolved),
        "calls": compile_schedulers.costs(samplers),
    }
    # Through JSON and back: who compiles and who reads the cache then see one and the same thing.
    data: dict[str, Any] = json.loads(dumps(compiled))
    return data


def write_catalogue(root: Path, target: Path) -> None:
    """Writes the catalogue of a checkout as JSON; the wheel's build calls this."""
    target.write_text(dumps(compile_catalogue(root)), encoding="utf-8")


def _report(checked: Checked) -> str:
    shown = [str(problem) for problem in checked.problems[:_SHOWN_PROBLEMS]]
    more = len(checked.problems) - len(shown)
    if more:
        shown.append(f"… and {more} more.")
    return "\n".join([*shown, "The catalogue cannot be compiled. Run: python -m recommender check"])


def _plain(checked: Checked, kind: str) -> dict[str, dict[str, Any]]:
    return {
        entry.id: {
            **entry.data,
            "file": entry.file,
            "sources": _linked(entry.data.get("sources", {})),
        }
        for entry in checked.entries
        if entry.kind == kind
    }


def _signatures(checked: Checked) -> dict[str, dict[str, Any]]:
    """Returns family → the rules that recognise its files; their sources stay in the YAML."""
    return {
        entry.id: {key: value for key, value in entry.data.items() if key != "sources"}
        for entry in checked.entries
        if entry.kind == "signature"
    }


def _linked(sources: dict[str, Any]) -> dict[str, Any]:
    """Returns the sources, each with the address at which it can be read."""
    return {
        key: {**source, "url": source.get("url") or _permalink(source)}
        for key, source in sources.items()
    }


def _permalink(source: dict[str, Any]) -> str:
    address = f"https://github.com/{source['repo']}/blob/{source['commit']}/{source['path']}"
    if "line" in source:
        address += "#L" + str(source["line"]).replace("-", "-L")
    return address.replace(" ", "%20")


def _model(entry: Entry, models: dict[str, Entry]) -> dict[str, Any]:
    """Returns one model with what it inherits, each inherited item marked by where it came from."""
    own = entry.data
    resolved: dict[str, Any] = {
        **own,
        "family": entry.family,
        "file": entry.file,
        "sources": _linked(own.get("sources", {})),
        "task": _task(entry, models),
        "claims": {
            name: [_claim(claim, entry, models) for claim in claims]
            for name, claims in own.get("claims", {}).items()
        },
        "inherited": {},
    }
    base = own.get("base")
    while base is not None:
        parent = models[base]
        for key in INHERITED:
            if key not in resolved and key in parent.data and _passes_on(key, own, parent.data):
                resolved[key] = parent.data[key]
                resolved["inherited"][key] = parent.id
        if _claims_pass_on(own, parent.data):
            _inherit_claims(resolved, parent, models)
        base = parent.data.get("base")
    return resolved


def _passes_on(key: str, child: dict[str, Any], parent: dict[str, Any]) -> bool:
    """Every item passes on, save the pipeline to a model that is made for something else."""
    return key != "pipeline" or child["modality"] in (parent["modality"], "lora-acceleration")


def _claims_pass_on(child: dict[str, Any], parent: dict[str, Any]) -> bool:
    """Between a step-distilled model and one that is not no figure passes: distillation changes it.

    A few-step model takes none from its undistilled base, nor a full model from a few-step one.
    """
    few_steps: list[bool] = [model["distillation"] == "few-step" for model in (child, parent)]
    return few_steps[0] == few_steps[1]


def _inherit_claims(resolved: dict[str, Any], parent: Entry, models: dict[str, Entry]) -> None:
    sources = _linked(parent.data.get("sources", {}))
    for name, claims in parent.data.get("claims", {}).items():
        own = resolved["claims"].get(name, [])
        if any("source" in claim for claim in own):
            continue
        taken = list(own)  # what nobody's line states leaves the setting open
        for claim in claims:
            copy = {**_claim(claim, parent, models), "from": parent.id}
            if "source" in claim:
                # Two models may use one key for two sources, so an inherited key names its model.
                copy["source"] = f"{parent.id}:{claim['source']}"
                resolved["sources"][copy["source"]] = {
                    **sources[claim["source"]],
                    "from": parent.id,
                }
            taken.append(copy)
        resolved["claims"][name] = taken


def _claim(claim: dict[str, Any], entry: Entry, models: dict[str, Entry]) -> dict[str, Any]:
    """Returns a claim with its kind and its task, by default what the model is made for."""
    source = entry.data.get("sources", {}).get(claim.get("source"), {})
    return {"task": _task(entry, models), "kind": source.get("kind"), **claim}


def _task(entry: Entry, models: dict[str, Entry]) -> str:
    """Returns what a model is made for; an acceleration LoRA does what its base does."""
    modality: str = entry.data["modality"]
    if modality != "lora-acceleration":
        return modality
    base = models.get(entry.data.get("base", ""))
    return _task(base, models) if base else "text-to-image"


def _names(models: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """Returns loose name → ids; the last part of a hub id is a name too, shared where need be."""
    names: dict[str, set[str]] = {}
    for id, model in models.items():
        for name in (id, model["name"], model.get("hub_id"), *model.get("aliases", [])):
            if name:
                names.setdefault(loose(name), set()).add(id)
    declared = frozenset(names)
    for id, model in models.items():
        for name in (model.get("hub_id"), *model.get("aliases", [])):
            # 'owner/name' names a repository; 'owner/name/turbo' only a folder of one.
            named = name and name.count("/") < 2 and not name.startswith(_HOSTED)
            short = loose(name.rsplit("/", 1)[-1]) if named else ""
            if short and short not in declared:
                names.setdefault(short, set()).add(id)
    return {name: sorted(ids) for name, ids in sorted(names.items())}
