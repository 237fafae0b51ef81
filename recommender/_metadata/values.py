"""Numbers and texts as strangers write them: ASCII rules only, tokens out, nothing endless."""

from __future__ import annotations

import math
import re
from typing import Any

from .._errors import visible

# Python's own int() and float() also take '２０', '2_0', ' 20 ' and 'nan'.
_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?"
)
_LARGEST = 10**20
# What access tokens of model hubs, code hosts and paid APIs begin with.
_TOKEN = re.compile(
    r"hf_[A-Za-z0-9]{16,}|api_org_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{20,}"
    r"|gh[pousr]_[A-Za-z0-9]{20,}|(?<![A-Za-z0-9])(?:sk|r8|fal|glpat|xox[abp])[-_][A-Za-z0-9_-]{20,}"
    r"|(?<![A-Z0-9])AKIA[A-Z0-9]{16}|(?i:bearer )[A-Za-z0-9._~+/-]{16,}"
)
REDACTED = "(a token, removed)"
_SURROGATE = re.compile("[\ud800-\udfff]")


class Unclear(ValueError):
    """One record of a file cannot be read; the message says why, ready to be shown."""


def whole(value: Any) -> int | None:
    """Returns a whole number from a JSON value or a text, else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if abs(value) < _LARGEST else None
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    found = number(value)
    return int(found) if found is not None and found.is_integer() and abs(found) < 2**53 else None


def number(value: Any) -> float | None:
    """Returns a finite number from a JSON value or a text, else None."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int) and abs(value) >= _LARGEST:
        return None
    return float(value) if math.isfinite(value) else None


def size(value: Any) -> tuple[int, int] | None:
    """Returns width and height from '512x768', '(512, 768)' or [512, 768], else None."""
    if isinstance(value, str):
        text = value.strip().strip("()[]")
        value = text.replace("×", "x").replace("X", "x").replace(",", "x").split("x", 3)
        value = [part.strip() for part in value]
    if not isinstance(value, list) or len(value) != 2:
        return None
    width, height = whole(value[0]), whole(value[1])
    if width is None or height is None or width < 1 or height < 1:
        return None
    return width, height


def clean(text: str) -> str:
    """Returns a text without access tokens, and with U+FFFD for half characters."""
    return _SURROGATE.sub("\ufffd", _TOKEN.sub(REDACTED, text))


def shown(value: object, limit: int = 60) -> str:
    """Returns something from a file as a message may show it: no tokens, one line, short."""
    # Cut first: a value may be megabytes long, and a token may stand across the limit.
    return visible(clean(str(value)[: limit + 200]), limit)


def decode(data: bytes) -> str:
    """Returns text of unknown encoding: tools write UTF-8 even where PNG says Latin-1."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
