"""Describes the static API as OpenAPI 3.1, from the fields of its schemas and real examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api_fields import OBJECTS
from api_schema import DOCUMENTS, object_schema

VERSION = "1.0.0"
# Shown as the example where the catalogue has it; else its first model is.
EXAMPLE = "flux-1-schnell"
SUMMARIES = {
    "models.json": "All models, each with its usual answer in short",
    "models/{id}.json": "One model: its claims, their sources, and the answer for every goal",
    "settings.json": "All settings this guide explains",
    "schedulers.json": "All samplers, with their names in every tool",
    "recommendations.json": "The answer for every model and goal, without reasons and sources",
    "changes.json": "Which answers changed from release to release",
    "all.json": "Everything in one document",
}


def openapi(documents: Mapping[str, Any], address: str) -> dict[str, Any]:
    """Returns the description; `address` is where the site is published, if that is known."""
    models = [entry["id"] for entry in documents["models.json"]["models"]]
    example = EXAMPLE if EXAMPLE in models else models[0] if models else None
    described: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Sweetspot",
            "version": VERSION,
            "summary": "Settings for diffusion models, with evidence.",
            "description": "Static files: no key, no limit, no query. v1 only ever gains fields.",
            "license": {"name": "CC0 1.0 Universal", "identifier": "CC0-1.0"},
        },
        "paths": {
            f"/api/v1/{file}": {"get": _operation(file, documents, models, example)}
            for file in DOCUMENTS
        },
        "components": {"schemas": {name: _referring(object_schema(name)) for name in OBJECTS}},
    }
    if address:
        described["servers"] = [{"url": address.rstrip("/")}]
    return described


def _operation(
    file: str, documents: Mapping[str, Any], models: list[str], example: str | None
) -> dict[str, Any]:
    name = DOCUMENTS[file]
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{name}"}}
    operation: dict[str, Any] = {"operationId": f"get{name}", "summary": SUMMARIES[file]}
    responses: dict[str, Any] = {
        "200": {"description": OBJECTS[name][0], "content": {"application/json": content}}
    }
    if "{id}" in file:
        parameter = {"name": "id", "in": "path", "required": True, "description": "A model's id."}
        operation["parameters"] = [{**parameter, "schema": {"type": "string", "enum": models}}]
        responses["404"] = {"description": "No model has this id. models.json lists all ids."}
        if example:
            shown = documents[f"models/{example}.json"]
            content["examples"] = {example: {"value": shown}}
    else:
        # Too long to repeat here, and the document itself is the truest example.
        content["examples"] = {"published": {"externalValue": file}}
    return {**operation, "responses": responses}


def _referring(schema: Any) -> Any:
    """Points references at the place where OpenAPI keeps its schemas."""
    if isinstance(schema, dict):
        return {key: _referring(value) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_referring(item) for item in schema]
    if isinstance(schema, str) and schema.startswith("#/$defs/"):
        return schema.replace("#/$defs/", "#/components/schemas/")
    return schema
