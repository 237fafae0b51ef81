"""JSON from strangers: no key twice with two values, no depth or size that hurts."""

from __future__ import annotations

import json
from typing import Any

from .._nesting import loads
from .values import Unclear, shown

LONGEST = 4 * 1024 * 1024


def parse(text: str) -> Any:
    """Returns the data of a JSON text; raises Unclear with the cause.

    NaN and Infinity, which ComfyUI itself writes, and numbers out of range come back as floats
    that are not finite: whoever wants a number refuses them there, and the rest is still read.
    """
    if len(text) > LONGEST:
        raise Unclear(f"JSON of {len(text):,} characters; at most {LONGEST:,} are read")
    try:
        return loads(text, object_pairs_hook=_object, parse_int=_int)
    except RecursionError:
        raise Unclear("JSON nested too deeply") from None
    except Unclear:
        raise
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError):
            where = f"line {error.lineno}, column {error.colno}"
            raise Unclear(f"no valid JSON at {where}: {error.msg}") from None
        raise Unclear("no valid JSON") from None


def parse_object(text: str) -> dict[str, Any]:
    """Returns a JSON object; raises Unclear for anything else."""
    found = parse(text)
    if not isinstance(found, dict):
        raise Unclear("expected a JSON object, got another JSON value")
    return found


def _int(text: str) -> int | float:
    # Thousands of digits cost time, and more than 4,300 raise.
    return int(text) if len(text) <= 40 else float("inf")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: dict[str, Any] = {}
        for key, value in pairs:
            if key in seen and seen[key] != value:
                raise Unclear(f"key '{shown(key)}' stands twice with different values")
            seen[key] = value
    return found
