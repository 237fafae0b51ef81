"""XMP: the texts of its elements and attributes. A document type is refused unread."""

from __future__ import annotations

import json
from typing import Any
from xml.parsers import expat

from .files import Texts

_MFLUX = "http://ns.mflux.ai/1.0/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_MOST_ELEMENTS = 20_000


class _Refused(Exception):
    pass


def read(text: str, texts: Texts) -> None:
    """Collects the texts of an XMP packet."""
    reader = _Reader()
    try:
        # Without a document type there are no entities that could grow.
        reader.parser.Parse(text.strip("\0").encode("utf-8", "replace"), True)
    except _Refused as refused:
        texts.problem(f"XMP: {refused}; not read")
        return
    except (expat.ExpatError, ValueError):
        texts.problem("XMP: no well-formed XML; not read")
        return
    if reader.mflux:
        texts.add("XMP mflux", "mflux", json.dumps(reader.mflux))
        return
    keys = {key for key, _ in reader.found}
    for key, value in reader.found:
        # The description repeats, in other words, what the comment holds in full.
        if key != "description" or "UserComment" not in keys:
            texts.add(f"XMP {key}", key, value)


class _Reader:
    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self.mflux: dict[str, str] = {}
        self._names: list[str] = []
        self._parts: list[str] = []
        self._count = 0
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._parts.append
        self.parser = parser

    def _refuse(self, *_: Any) -> None:
        raise _Refused("it has a document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _MOST_ELEMENTS:
            raise _Refused("too many elements")
        self._names.append(name)
        self._parts.clear()
        for key, value in attributes.items():
            self._keep(key, value)

    def _end(self, _: str) -> None:
        text = "".join(self._parts).strip()
        self._parts.clear()
        # rdf:Alt and rdf:li wrap the value of the property around them.
        owner = next((name for name in reversed(self._names) if not name.startswith(_RDF)), "")
        self._names.pop()
        if text:
            self._keep(owner, text)

    def _keep(self, name: str, text: str) -> None:
        space, _, local = name.rpartition(" ")
        if space == _MFLUX:
            self.mflux[local] = text
        elif local in ("UserComment", "description", "parameters", "Parameters"):
            self.found.append((local, text))
        elif local == "CreatorTool" and text.startswith("MFLUX "):
            self.mflux["mflux_version"] = text[6:]
