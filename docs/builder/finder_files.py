"""The files of the model finder, by their uri; made once for the same facts and code, then kept."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import zlib
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import finder
import finder_exports
import finder_index

import recommender

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".cache" / "sweetspot"


def generate(order: Sequence[str], kept: Path | None = KEPT) -> dict[str, str]:
    """Returns the index, every sheet of answers and every sheet of exports: uri → text.

    Asking recommend() everything takes seconds, so what it said is kept in `kept` until a fact or a
    line of code changes.
    """
    catalogue = recommender.catalogue()
    path = kept / f"finder-{_digest(catalogue, order)}.json.gz" if kept else None
    files = _read(path)
    if files is None:
        files = _made(catalogue, order)
        if path:
            _keep(files, path)
    return files


def _made(catalogue: recommender.Catalogue, order: Sequence[str]) -> dict[str, str]:
    made: dict[str, Mapping[str, Any]] = {finder_index.FILE: finder_index.index(catalogue, order)}
    for name, sheet in finder.sheets(catalogue).items():
        made[f"{finder.FOLDER}{name}.json"] = sheet
    for name, exported in finder_exports.exports(catalogue).items():
        made[f"{finder_exports.FOLDER}{name}.json"] = exported
    return {uri: dumps(document) for uri, document in made.items()}


def dumps(document: object) -> str:
    """Returns a document as compact JSON, its keys in the order in which they were written."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def _digest(catalogue: recommender.Catalogue, order: Sequence[str]) -> str:
    total = sha256(json.dumps([catalogue["digest"], list(order)]).encode())
    library = Path(recommender.__file__).parent
    here = Path(__file__).parent
    own = [*here.glob("finder*.py"), *(here / name for name in ("model_pages.py", "templating.py"))]
    for path in sorted([*library.rglob("*.py"), *own]):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:24]


def _read(path: Path | None) -> dict[str, str] | None:
    """Returns what was kept, or None where nothing was, or it is damaged."""
    try:
        files = json.loads(gzip.decompress(path.read_bytes())) if path else None
    except (OSError, EOFError, ValueError, zlib.error):
        return None
    return files if isinstance(files, dict) else None


def _keep(files: Mapping[str, str], path: Path) -> None:
    """Writes the files whole or not at all; a folder that cannot be written costs only time."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, delete=False) as stream:
            stream.write(gzip.compress(json.dumps(files).encode(), mtime=0))
        for old in path.parent.glob("finder-*.json.gz"):
            old.unlink()
        os.replace(stream.name, path)  # noqa: PTH105 - the name is of the stream
