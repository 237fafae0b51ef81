# ruff: noqa: PTH113, PTH118, PTH123
"""The catalogue's file: its format, its bytes, and the digest of all that it is made from."""

from __future__ import annotations

import json
import os
from typing import Any

FORMAT = 1


def dumps(data: dict[str, Any]) -> str:
    """Returns the catalogue as the same bytes for the same data."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n"


def digest_of(root: str | os.PathLike[str]) -> str:
    """Returns the SHA-256 over the names and contents of every file the catalogue is made from."""
    return folder_digest(os.path.join(root, "settings"))


def folder_digest(folder: str) -> str:
    """Returns the SHA-256 over the names and contents of a folder's YAML, JSON and Python files."""
    from hashlib import sha256

    total = sha256()
    for path in _inputs(folder):
        total.update(os.path.relpath(path, folder).encode("utf-8", "surrogateescape") + b"\0")
        # Anything else is for `check` to refuse; nothing waits for it here.
        if os.path.isfile(path):
            with open(path, "rb") as stream:
                total.update(sha256(stream.read()).digest())
    return total.hexdigest()


def _inputs(folder: str) -> list[str]:
    found = []
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__"))]
        found += [
            os.path.join(here, name)
            for name in names
            if name.endswith((".yaml", ".yml", ".json", ".py"))
        ]
    return sorted(found)
