"""`python -m render pack MODEL`: one archive of all that a measurement is, to be looked at or sent.

It holds the measurements of a model, their picture strips and the model's own file, each where it
belongs in a checkout, and `provenance.json`: what each file hashes to and what it was measured on.
Only a measurement that `check` accepts is packed. The same files make the same bytes anywhere.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

from recommender import catalogue

from .durable import write_whole
from .errors import RenderError
from .measured import MEASURED, STRIPS, check
from .plan import ROOT

PROVENANCE = "provenance.json"
_OF_SWEEP = (
    "sweep",
    "scheduler",
    "weights",
    "judge",
    "environment",
    "fixed",
    "seeds",
    "metric",
    "parts",
)
_BEFORE_ALL = (1980, 1, 1, 0, 0, 0)  # the first moment a zip file knows


def pack(model: str, out: Path | None = None, root: Path = ROOT) -> tuple[Path, list[str]]:
    """Writes the archive and returns it with no problems, or the problems that stand in its way."""
    files = sorted((root / MEASURED / model).glob("*.json")) if _is_id(model) else []
    if not files:
        known = ", ".join(sorted(path.name for path in (root / MEASURED).glob("*"))) or "none yet"
        raise RenderError(
            f"{model}: expected a model that was measured ({known}), got none of that name. "
            "Run: python -m render measure MODEL --sweep steps"
        )
    target = out or Path(f"{model}-measured.zip")
    problems = check(root, model)
    if not problems:
        write_whole(target, archive(model, root, files))
    return target, problems


def command(model: str, out: Path | None, root: Path = ROOT) -> int:
    """Packs a model's measurements, or prints what is wrong with them."""
    target, problems = pack(model, out, root)
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print(f"wrote {target}, {target.stat().st_size // 1024} KB")
    return 1 if problems else 0


def _is_id(model: str) -> bool:
    return model.replace("-", "").replace("_", "").isalnum()


def archive(model: str, root: Path, files: list[Path]) -> bytes:
    """The archive's bytes: names in order, one moment for all, nothing compressed."""
    measured = {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
    data = {name: json.loads(content) for name, content in measured.items()}
    strips = [strip["file"] for one in data.values() for strip in one.get("strips", [])]
    packed = {**measured, **_read(root, [(STRIPS / strip).as_posix() for strip in strips])}
    packed |= _read(root, [catalogue(root).models[model]["file"]])
    packed[PROVENANCE] = _provenance(model, data, packed)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(packed):
            entry = zipfile.ZipInfo(name, _BEFORE_ALL)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16  # as on Unix, everywhere
            archive.writestr(entry, packed[name])
    return buffer.getvalue()


def _read(root: Path, names: list[str]) -> dict[str, bytes]:
    return {name: (root / name).read_bytes() for name in names}


def _provenance(model: str, data: dict[str, Any], packed: dict[str, bytes]) -> bytes:
    told = {
        "model": model,
        "files": {name: hashlib.sha256(packed[name]).hexdigest() for name in sorted(packed)},
        "measurements": {
            name: {key: one[key] for key in _OF_SWEEP if key in one}
            for name, one in sorted(data.items())
        },
    }
    return (json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
