# ruff: noqa: PTH112, PTH118, PTH122, PTH123
"""The digest by which a measurement names the weights it was made with."""

from __future__ import annotations

import os
from hashlib import sha256

from .._catalog import Catalogue
from .evidence import digest_in

_COUNTED = (".json", ".safetensors", ".txt")
_PIECE = 1 << 20


def weights_of(known: Catalogue, id: str, path: str) -> str | None:
    """Returns the digest of the weights at a path; read only where a measurement names one."""
    measured = known["measured"].get(id, {}).values()
    return digest(path) if any(digest_in(one) for one in measured) else None


def digest(folder: str) -> str:
    """Returns one digest over every configuration and weight file of a folder, names included.

    It is empty for what is no folder: one file is not all that a measurement was made with.
    """
    if not os.path.isdir(folder):
        return ""
    total = sha256()
    for name in sorted(_files(folder), key=lambda one: one.split("/")):
        total.update(f"{name} {_of_file(os.path.join(folder, name))}\n".encode())
    return total.hexdigest()[:32]


def _files(folder: str) -> list[str]:
    return [
        os.path.relpath(os.path.join(here, name), folder).replace(os.sep, "/")
        for here, _, names in os.walk(folder)
        for name in names
        if os.path.splitext(name)[1] in _COUNTED
    ]


def _of_file(path: str) -> str:
    content = sha256()
    with open(path, "rb") as stream:
        while piece := stream.read(_PIECE):
            content.update(piece)
    return content.hexdigest()
