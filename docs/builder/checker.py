"""The part of the page for checking a file that only a build knows: is Pyodide there, where is
the wheel, how much has to be fetched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import wheel
from templating import render

PAGE = "check-a-file.md"
MARK = "<!-- file-checker -->"
# What many people do: a model distilled to four steps, run as if it were an ordinary one.
EXAMPLE = {
    "model": "SDXL-Lightning 4-step",
    "prompt": "a lighthouse by the sea",
    "num_inference_steps": 30,
    "guidance_scale": 7,
}
_PYODIDE = "assets/vendor/pyodide/"


@dataclass(frozen=True)
class Reader:
    """What the page fetches to read files: our wheel by its address in the site, and how much."""

    address: str
    wheel: Path
    digest: str
    megabytes: float


def reader(vendored: Mapping[str, Path]) -> Reader | None:
    """Returns what the page needs, or None where the build has no Pyodide to run it."""
    runtime = [path for address, path in vendored.items() if address.startswith(_PYODIDE)]
    if not runtime:
        return None
    own = wheel.wheel()
    size = sum(path.stat().st_size for path in [*runtime, own])
    digest = hashlib.sha256(own.read_bytes()).hexdigest()[:16]
    return Reader(f"{wheel.FOLDER}/{own.name}", own, digest, size / 1e6)


def fill(markdown: str, root: str, found: Reader | None) -> str:
    """Puts the element, or one line on why it is not there, where the page asks for it."""
    if MARK not in markdown:
        return markdown
    example = json.dumps(EXAMPLE)
    return markdown.replace(MARK, render("checker", root=root, reader=found, example=example))
