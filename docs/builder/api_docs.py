"""Fills what the hand-written API pages ask for: tables of fields, and the site's own address.

`<!-- fields: Answer -->` becomes the table of that object's fields, from the schemas' own words.
"""

from __future__ import annotations

import re

from api_fields import OBJECTS
from markup import inert

# Where `make guide` serves the site; a published one names itself instead.
LOCAL = "http://127.0.0.1:8000"
_FIELDS = re.compile(r"<!-- fields: ([A-Za-z]+) -->")
_WORDS = {"text": "text", "whole": "whole number", "number": "number", "flag": "true or false"}


def fill(markdown: str, address: str) -> str:
    """Returns a page with its tables filled in and its examples pointing at `address`."""
    whole = _FIELDS.sub(lambda match: field_table(match[1]), markdown)
    return whole.replace(LOCAL, address.rstrip("/")) if address else whole


def field_table(name: str) -> str:
    """Returns the fields of an object as a table in HTML, on lines without a gap."""
    rows = [
        f'<tr><th scope="row"><code>{_name(key.rstrip("?"))}</code></th>'
        f"<td>{inert(in_words(kind))}{' · may be missing' if key.endswith('?') else ''}</td>"
        f'<td class="note">{inert(said)}</td></tr>'
        for key, (kind, said) in OBJECTS[name][1].items()
    ]
    head = '<th scope="col">Field</th><th scope="col">Type</th><th scope="col">Meaning</th>'
    return "\n".join(
        [
            f'<div class="scroll" role="region" aria-label="Fields of {inert(name)}" tabindex="0">',
            f'<table class="data"><thead><tr>{head}</tr></thead><tbody>',
            *rows,
            "</tbody></table></div>",
        ]
    )


def _name(key: str) -> str:
    """Lets a narrow column break a name behind its underscores and nowhere else."""
    return "<wbr>".join(inert(part) for part in re.split(r"(?<=_)", key))


def in_words(kind: str) -> str:
    """Says in words what a short kind stands for."""
    if kind.endswith("?"):
        return f"{in_words(kind[:-1])} or null"
    if kind.startswith("map "):
        return f"object of {in_words(kind[4:])}"
    if kind.endswith("[]"):
        return f"list of {in_words(kind[:-2])}"
    if kind.startswith("@"):
        return kind[1:]
    if kind in _WORDS or kind == "any":
        return _WORDS.get(kind, "any value")
    return ", ".join(f'"{word}"' for word in kind.split("|"))
