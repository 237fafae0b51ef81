"""Writes the static API: what the catalogue and `recommend()` know, as JSON files beside the pages.

Pure: nothing here knows which engine builds the site. `python docs/builder/api.py release VERSION`
keeps this checkout's answers, so that the next release can say which of them changed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from api_changes import ChangesError, brief, changes, feed, write_release
from api_llms import llms
from api_openapi import openapi
from api_schema import DOCUMENTS, document_schema

import recommender

Answer = Callable[[str, str], dict[str, Any]]
ROOT = Path(__file__).resolve().parents[2]
PREFIX = "api/v1/"
GOALS = ("draft", "balanced", "final")
LEFT_OUT = ("why", "sources")
HEAD = {"api": "v1", "data_licence": "CC0-1.0"}
_LISTED = ("name", "family", "modality", "distillation", "hub_id")


def dumps(document: object) -> str:
    """Returns a document as the same bytes for the same data: compact, sorted, one line."""
    compact = {"ensure_ascii": False, "allow_nan": False, "separators": (",", ":")}
    return json.dumps(document, sort_keys=True, **compact) + "\n"  # type: ignore[arg-type]


def documents(known: Mapping[str, Any], answer: Answer) -> dict[str, dict[str, Any]]:
    """Returns every document drawn from the catalogue by its name below the API's address."""
    shared = {**HEAD, "digest": known["digest"]}
    spots = known.get("sweet_spots", {})
    models = {
        id: model_document(id, model, answer, spots.get(id, {}))
        for id, model in known["models"].items()
    }
    settings = {id: setting_entry(id, one) for id, one in known["settings"].items()}
    schedulers = {id: {**one, "id": id} for id, one in known["schedulers"].items()}
    schedules = {id: {**one, "id": id} for id, one in known.get("schedules", {}).items()}
    lists = {
        "models": [model_entry(model) for model in _by_id(models)],
        "settings": _by_id(settings),
        "schedulers": _by_id(schedulers),
        "recommendations": {id: _short(model["answers"]) for id, model in models.items()},
    }
    written = {
        f"{name}.json": {**shared, "count": len(inside), name: inside}
        for name, inside in lists.items()
    }
    written["schedulers.json"]["schedules"] = _by_id(schedules)
    written |= {f"models/{id}.json": model for id, model in models.items()}
    everything = {"models": models, "settings": settings}
    everything |= {"schedulers": schedulers, "schedules": schedules}
    return {**written, "all.json": {**shared, **everything}}


def _by_id(entries: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [entries[id] for id in sorted(entries)]


def model_document(
    id: str, model: Mapping[str, Any], answer: Answer, measured: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns a model's document; without the digest, so that it changes only when the model does.

    `answers` holds what recommend() returns for each goal, and nothing else; `measured` what sweeps
    over its steps found, by sampler.
    """
    answers = {goal: answer(id, goal) for goal in GOALS}
    told = {"answers": answers, "measured": dict(measured)}
    return {**HEAD, **model, **told, "id": id, "page": f"models/{id}/"}


def model_entry(model: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a model's line in the list: who it is and its usual answer."""
    usual = model["answers"]["balanced"]
    return {
        **{key: model.get(key) for key in _LISTED},
        **brief(usual),
        "id": model["id"],
        "aliases": model.get("aliases", []),
        "basis": usual["basis"],
        "document": f"models/{model['id']}.json",
        "page": model["page"],
    }


def setting_entry(id: str, setting: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a setting with its id and its page."""
    kept = {key: value for key, value in setting.items() if key != "slug"}
    return {**kept, "id": id, "page": f"settings/{setting['slug']}/"}


def _short(answers: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        goal: {key: value for key, value in answer.items() if key not in LEFT_OUT}
        for goal, answer in answers.items()
    }


def generate(address: str = "", home: str = "", root: Path = ROOT) -> dict[str, str]:
    """Builds the API of this checkout: uri → text.

    `address` is where the site is published, if that is known; `home` where the project lives.
    """
    known = recommender.catalogue()
    made = documents(known, _answer)
    usual = {id: model["answers"]["balanced"] for id, model in made["all.json"]["models"].items()}
    short = {id: brief(answer) for id, answer in usual.items()}
    made["changes.json"] = {**HEAD, **changes(short, root)}
    for name in DOCUMENTS.values():
        made[f"schemas/{name.lower()}.json"] = document_schema(name)
    made["openapi.json"] = openapi(made, address)
    written = {PREFIX + name: dumps(document) for name, document in made.items()}
    written["llms.txt"] = llms(known, usual, address)
    written[PREFIX + "changes.xml"] = feed(made["changes.json"], address or home)
    return written


def _answer(model_id: str, goal: str) -> dict[str, Any]:
    return recommender.recommend(model_id, goal=goal).to_dict()


def main() -> int:
    """Keeps the answers of a release."""
    parser = argparse.ArgumentParser(prog="api.py", description="Keeps the answers of a release.")
    parser.add_argument("command", choices=["release"])
    parser.add_argument("version", help="the version that is about to be released")
    arguments = parser.parse_args()
    try:
        known = recommender.catalogue()
        usual = {id: brief(_answer(id, "balanced")) for id in known.models}
        path = write_release(arguments.version, usual, dumps, ROOT)
    except (ChangesError, recommender.SweetspotError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Wrote the answers for {len(usual)} models to {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
