"""Turns what the schema library finds into our sentences: where: what: expected, got. Hint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .._errors import visible
from .plain import did_you_mean
from .schema import PATTERNS
from .yaml_text import Document, Location

_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "finite_number": "a finite number",
}
_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}
_YES_NO = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to put right; `unreadable` when the file could not even be parsed."""

    file: str
    line: int
    key: str
    message: str
    unreadable: bool = False

    def __str__(self) -> str:
        where = f"{visible(self.file, 300)}:{self.line}: "
        return where + (f"{self.key}: {self.message}" if self.key else self.message)


def dotted(location: Location) -> str:
    """Returns a location as one reads it aloud: claims.num_inference_steps[0].value."""
    shown = ""
    for part in location:
        shown += f"[{part}]" if isinstance(part, int) else f".{visible(part)}"
    return shown.removeprefix(".")


def schema_problems(file: str, document: Document, schema: type[BaseModel]) -> list[Problem]:
    """Returns every problem of one parsed file against its schema."""
    found = [
        Problem(
            file,
            line,
            dotted(location),
            f"expected the key once, got it again (first: line {first}).",
        )
        for location, line, first in document.duplicates
    ]
    # In YAML a key without a value is a slip of the hand; JSON writes null on purpose.
    empty = set(_empty(document.data)) if document.raw else set()
    for location in empty:
        message = "expected a value, got nothing. Write one or remove the key."
        found.append(Problem(file, document.line(location), dotted(location), message))
    try:
        schema.model_validate(document.data)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            location = _location(detail)
            if location not in empty:
                message = _sentence(detail, location, document, schema)
                found.append(Problem(file, document.line(location), dotted(location), message))
    return found


def _empty(value: Any, location: Location = ()) -> Iterator[Location]:
    if value is None:
        yield location
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, child in children:
        yield from _empty(child, (*location, key))


def _location(detail: ErrorDetails) -> Location:
    location = detail["loc"]
    return location[:-1] if location and location[-1] == "[key]" else location


def _sentence(
    detail: ErrorDetails, location: Location, document: Document, schema: type[BaseModel]
) -> str:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    got = describe(value)
    if kind == "missing":
        return "expected this key, got nothing. Add it."
    if kind == "extra_forbidden":
        return "unknown key." + did_you_mean(str(location[-1]), _keys_at(schema, location[:-1]))
    if kind in _TYPES:
        return f"expected {_TYPES[kind]}, got {got}." + _hint(
            kind, value, document.raw.get(location)
        )
    if kind in _BOUNDS:
        words, name = _BOUNDS[kind]
        return f"expected {words} {context[name]:g}, got {got}."
    if kind == "literal_error":
        return f"expected {context['expected']}, got {got}." + _choice(value, context["expected"])
    if kind == "string_pattern_mismatch":
        return f"expected {PATTERNS[context['pattern']]}, got {got}."
    if kind in ("too_short", "too_long"):
        wanted = context.get("min_length") if kind == "too_short" else context.get("max_length")
        words = "at least" if kind == "too_short" else "at most"
        # pydantic counts a list, and stops counting a mapping that is too long.
        return f"expected {words} {wanted} item{'' if wanted == 1 else 's'}, got {len(value)}."
    return f"{detail['msg']}, got {got}."


def describe(value: Any) -> str:
    """Returns a value in words, for 'got …'."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text '{visible(value)}'"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return (
            f"the keys {', '.join(visible(key) for key in value)}" if value else "an empty mapping"
        )
    return "nothing"


def _hint(kind: str, value: Any, raw: str | None) -> str:
    if kind == "string_type" and isinstance(value, int | float):
        return f" Put it in quotes: '{raw if raw is not None else value}'."
    if kind == "bool_type" and isinstance(value, str) and value.lower() in _YES_NO:
        return f" Write {_YES_NO[value.lower()]}."
    if kind in ("int_type", "float_type") and isinstance(value, str):
        if raw is None:
            return " Remove the quotes."
        number = _as_number(value)
        return f" Write {number}." if number else ""
    return ""


def _as_number(text: str) -> str:
    """Returns a number that YAML 1.1 or 1.2 writes in another way in plain digits, or nothing."""
    if len(text) > 20 or not text.isascii():
        return ""
    try:
        number = float(text.replace("_", ""))
    except ValueError:
        return ""
    if number != number or abs(number) > 1e15:
        return ""
    return str(int(number)) if number == int(number) else repr(number)


def _choice(value: Any, expected: str) -> str:
    words = [word.strip("' ") for word in expected.replace(" or ", ", ").split(",")]
    return did_you_mean(value, words) if isinstance(value, str) else ""


@cache
def _json_schema(schema: type[BaseModel]) -> dict[str, Any]:
    return schema.model_json_schema(by_alias=True)


def _keys_at(schema: type[BaseModel], location: Location) -> list[str]:
    """Returns the keys the schema knows at this place."""
    root = _json_schema(schema)
    here = root
    for part in location:
        here = _plain(here, root)
        if isinstance(part, int):
            here = here.get("items", {})
        else:
            here = here.get("properties", {}).get(part) or _any_key(here)
    return list(_plain(here, root).get("properties", {}))


def _any_key(here: dict[str, Any]) -> dict[str, Any]:
    extra = here.get("additionalProperties")
    if isinstance(extra, dict):
        return extra
    patterns: dict[str, Any] = here.get("patternProperties", {})
    return next(iter(patterns.values()), {})


def _plain(here: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    for option in here.get("anyOf", []):
        if option.get("type") != "null":
            here = option
            break
    if "$ref" in here:
        return dict(root["$defs"][here["$ref"].rsplit("/", 1)[-1]])
    return here
