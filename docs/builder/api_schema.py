"""JSON Schema of the documents of the static API, made from `api_fields`.

Objects stay open: a later release may add fields, and a client must not break on them.
"""

from __future__ import annotations

from typing import Any

from api_fields import OBJECTS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPES = {"text": "string", "whole": "integer", "number": "number", "flag": "boolean"}

# File name → the object it holds; `models/{id}.json` stands for one file per model.
DOCUMENTS = {
    "models.json": "Models",
    "models/{id}.json": "Model",
    "settings.json": "Settings",
    "schedulers.json": "Schedulers",
    "recommendations.json": "Recommendations",
    "changes.json": "Changes",
    "all.json": "All",
}


def schema(kind: str) -> dict[str, Any]:
    """Returns the schema that a short kind stands for."""
    if kind.endswith("?"):
        inner = schema(kind[:-1])
        if "enum" in inner:
            return {"enum": [*inner["enum"], None]}
        return {**inner, "type": [inner["type"], "null"]}
    if kind.startswith("map "):
        return {"type": "object", "additionalProperties": schema(kind[4:])}
    if kind.endswith("[]"):
        return {"type": "array", "items": schema(kind[:-2])}
    if kind.startswith("@"):
        return {"$ref": f"#/$defs/{kind[1:]}"}
    if kind == "any":
        return {}
    if kind in TYPES:
        return {"type": TYPES[kind]}
    return {"enum": kind.split("|")} if "|" in kind else {"const": kind}


def object_schema(name: str) -> dict[str, Any]:
    """Returns the schema of one object, its fields in words."""
    title, fields = OBJECTS[name]
    return {
        "title": name,
        "description": title,
        "type": "object",
        "properties": {
            key.rstrip("?"): {**schema(kind), "description": said}
            for key, (kind, said) in fields.items()
        },
        "required": sorted(key for key in fields if not key.endswith("?")),
    }


def document_schema(name: str) -> dict[str, Any]:
    """Returns the schema of one document, with every object it is made of beside it."""
    needed: list[str] = []
    _gather(name, needed)
    inner = {other: object_schema(other) for other in needed if other != name}
    return {"$schema": DIALECT, **object_schema(name), **({"$defs": inner} if inner else {})}


def _gather(name: str, found: list[str]) -> None:
    if name in found:
        return
    found.append(name)
    for kind, _ in OBJECTS[name][1].values():
        if "@" in kind:
            _gather(kind.split("@")[1].rstrip("[]?"), found)
