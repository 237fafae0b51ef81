"""What a measurement must be worth: its summary follows from its figures, its strips are whole.

`python -m render check` works both out for all of settings/measured/, so that a measurement from
anybody can be accepted by reading a file. Nothing is rendered and torch is not imported.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recommender.authoring import file_problems, read_measurement

from .durable import write_whole
from .errors import RenderError
from .plan import ROOT

MEASURED = Path("settings") / "measured"
STRIPS = Path("docs") / "content" / "strips"
MAX_STRIP = 256 * 1024  # bytes of one strip; seventeen pictures of 128 px take 20 to 40 KB
_CLOSE = 1e-6  # the same sum in another order; a figure that was written by hand is far from it
_SHOWN = 3


def check(root: Path = ROOT, model: str = "*") -> list[str]:
    """Returns a line for everything wrong with the measurements of a checkout, or of one model."""
    files = sorted((root / MEASURED).glob(f"{model}/*.json"))
    problems = file_problems(files)
    if problems:
        return problems  # only a sound file can be worked out
    named: set[str] = set()
    for path in files:
        found = json.loads(path.read_text(encoding="utf-8"))
        where = path.relative_to(root).as_posix()
        problems += [f"{where}: {line}" for line in differences(found)]
        for strip in found.get("strips", []):
            named.add(strip["file"])
            problems += [f"{where}: {line}" for line in _strip(root / STRIPS, strip)]
    return problems + _strays(root, model, named)


def differences(found: dict[str, Any]) -> list[str]:
    """Returns where a sound measurement says another thing than its raw figures do."""
    if found["sweep"] == "pairs":  # raw figures alone
        return []
    if found["sweep"] == "quality":
        written, right = _of_quality(found), _judged(found)
    else:
        written, right = {"summary": found["summary"]}, {"summary": summarised(found)}
        if "parts" in found:
            right |= _agreed(found)
            written |= {key: found[key] for key in right}
    lines = list(_compared("", written, right))
    more = len(lines) - _SHOWN
    return lines[:_SHOWN] + ([f"and {more} more such figures."] if more > 0 else [])


def summarised(found: dict[str, Any]) -> dict[str, Any]:
    """The summary of a measurement, worked out from its raw figures."""
    try:
        from .sweeps.summary import summarise
    except ModuleNotFoundError as error:
        raise RenderError(
            f"measurements: expected {error.name} to work them out, got none. "
            "Run: python -m pip install -e '.[measure]'"
        ) from None
    # Through JSON and back, as it is written.
    again: dict[str, Any] = json.loads(json.dumps(summarise(found)))
    return again


def _agreed(found: dict[str, Any]) -> dict[str, Any]:
    """What a measurement that was joined says of all its parts, from what each of them says."""
    from .sweeps.join import agreed

    return agreed(found)


def read(path: Path) -> dict[str, Any]:
    """Returns a sweep of steps, guidance or strength that lies anywhere, if it is sound."""
    found: dict[str, Any] = read_measurement(path)
    return found


def write(path: Path, found: dict[str, Any]) -> None:
    """Writes a measurement, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(found, indent=1, sort_keys=True) + "\n").encode())


def summarise_again(root: Path = ROOT) -> list[Path]:
    """Writes anew, and returns, the files whose summary does not follow from their figures."""
    files = sorted((root / MEASURED).glob("*/*.json"))
    unsound = [line for line in file_problems(files) if ": summary" not in line]
    if unsound:
        raise RenderError("\n".join(unsound))
    written = []
    for path in files:
        found = json.loads(path.read_text(encoding="utf-8"))
        if "summary" in found and differences(found):
            found["summary"] = summarised(found)
            write(path, found)
            written.append(path)
    return written


def _compared(where: str, written: Any, right: Any) -> Iterator[str]:
    if isinstance(written, dict) and isinstance(right, dict):
        for key in sorted({*written, *right}):
            inner = f"{where}.{key}" if where else key
            yield from _compared(inner, written.get(key), right.get(key))
    elif isinstance(written, list) and isinstance(right, list) and len(written) == len(right):
        for i, (one, other) in enumerate(zip(written, right, strict=True)):
            yield from _compared(f"{where}[{i}]", one, other)
    elif not _same(written, right):
        yield f"{where}: expected {_said(right)}, as the raw figures give, got {_said(written)}."


def _same(written: Any, right: Any) -> bool:
    numbers = [one for one in (written, right) if isinstance(one, int | float)]
    if len(numbers) == 2 and not any(isinstance(one, bool) for one in numbers):
        return abs(written - right) <= _CLOSE
    return bool(written == right)


def _said(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return "nothing" if value is None else text if len(text) <= 60 else text[:60] + "…"


def _of_quality(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "rows": {
            name: {key: row[key] for key in ("fidelity", "all_95")}
            for name, row in found["rows"].items()
        }
    }


def _judged(found: dict[str, Any]) -> dict[str, Any]:
    """Fidelity and its band of every row, from the hits: a hexadecimal digit a picture."""
    from .reference.shares import band, fidelity

    return {
        "rows": {
            name: {
                "fidelity": fidelity(row["hits"]),
                "all_95": band(row["hits"], row["seeds"]),
            }
            for name, row in found["rows"].items()
        }
    }


def _strip(folder: Path, strip: dict[str, Any]) -> list[str]:
    """What is wrong with one strip: its name is sound, its bytes are anybody's."""
    path = folder / strip["file"]
    if path.is_symlink() or not path.is_file():
        return [f"{strip['file']}: expected this strip in {STRIPS}, got none."]
    if path.stat().st_size > MAX_STRIP:
        size = path.stat().st_size
        return [f"{strip['file']}: expected at most {MAX_STRIP} bytes, got {size}."]
    content = path.read_bytes()
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        return [f"{strip['file']}: expected a WebP picture, got something else."]
    if hashlib.sha256(content).hexdigest() != strip["sha256"]:
        return [f"{strip['file']}: expected the bytes that were measured, got others."]
    return []


def _strays(root: Path, model: str, named: set[str]) -> list[str]:
    lie = sorted((root / STRIPS).glob(f"{model}/*"))
    files = [path.relative_to(root / STRIPS).as_posix() for path in lie]
    return [
        f"{STRIPS / file}: no measurement names this strip. Remove it."
        for file in files
        if file not in named
    ]
