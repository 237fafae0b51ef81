"""The page of changed answers: what the feed of changes says, for a reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from templating import render

URI = "changes.md"
Names = Mapping[str, str]


def changes_page(changes: Mapping[str, Any], names: Names) -> str:
    """Returns the page as Markdown; `changes` is the API's document, `names` those of models."""
    versions = changes["versions"]
    since = "Since the last release" if versions else "Before the first release"
    releases = [_release(since, changes["unreleased"], names, first=not versions)]
    for version in versions:
        title = f"{version['version']} ({version['date']})"
        releases.append(_release(title, version, names, first=version is versions[-1]))
    return render("changes", releases=releases)


def _release(
    title: str, release: Mapping[str, Any], names: Names, *, first: bool
) -> dict[str, Any]:
    return {
        "title": title,
        "notes": release["notes"],
        "new": "All are new" if first else "New",
        "added": _models(release["added"], names),
        "removed": _models(release["removed"], names),
        "changed": [
            {**one, **_model(one["model"], names), "field": one["field"].replace("_", " ")}
            | {end: "none" if one[end] is None else one[end] for end in ("before", "after")}
            for one in release["changed"]
        ],
    }


def _models(ids: Sequence[str], names: Names) -> list[dict[str, Any]]:
    return [_model(model_id, names) for model_id in ids]


def _model(model_id: str, names: Names) -> dict[str, Any]:
    """Returns what a link to a model needs; one that is gone has no page."""
    return {"model": model_id, "name": names.get(model_id, model_id), "page": model_id in names}
