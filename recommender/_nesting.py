"""JSON from strangers, parsed only where it is not nested too deeply.

How deep Python's own parser goes hangs on the interpreter and the machine: one raises at a thousand
levels, another takes a hundred thousand, and inside a web page it ends the whole interpreter.
"""

from __future__ import annotations

import json
from itertools import accumulate
from typing import Any

# A workflow has six levels or seven, a header three.
DEEPEST = 200
_OPENS, _KEPT = b"[{", b'[]{}"'
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_OTHERS = bytes(sign for sign in range(256) if sign not in _KEPT)


def loads(text: str, **options: Any) -> Any:
    """Returns what json.loads does; raises RecursionError beyond 200 levels."""
    if too_deep(text.encode("utf-8", "surrogatepass")):
        raise RecursionError(f"JSON of more than {DEEPEST} levels")
    return json.loads(text, **options)


def too_deep(text: bytes) -> bool:
    """True where brackets outside of strings stand in one another beyond 200 levels."""
    if sum(text.count(sign) for sign in _OPENS) <= DEEPEST:
        return False
    plain = text.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _OTHERS)
    left = b"".join(plain.split(b'"')[::2])
    return max(accumulate(map(_STEPS.__getitem__, left)), default=0) > DEEPEST
