"""Looks up every figure that claims cite in the pinned file itself:
python -m tests.recommender.yardstick.sources FOLDER

FOLDER holds git clones named owner+name, or owner/name. A clone that is missing is counted, not
fetched; dated pages are left out. A figure that a reader must count or add up is told as absent.
"""

from __future__ import annotations

import re
import subprocess
import sys
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

from recommender import catalogue

PNG = b"\x89PNG\r\n\x1a\n"


def main(folder: Path) -> int:
    """Prints what is absent and how many sources held their figures; 1 when any figure is."""
    counts: Counter[str] = Counter()
    for id, model in catalogue().models.items():
        for key, source in model["sources"].items():
            if "from" in source or "repo" not in source:
                continue
            found = look_up(folder, source, figures(model, key))
            counts[found if isinstance(found, str) else "absent"] += 1
            if not isinstance(found, str):
                at = f"{source['repo']} {source['path']}@{source['commit'][:9]}"
                print(f"{id}: {key}: {sorted(found)} stand nowhere in {at}")
    print(", ".join(f"{count} {name}" for name, count in counts.most_common()))
    return 1 if counts["absent"] else 0


def figures(model: dict[str, Any], key: str) -> set[float]:
    """Returns every number that claims take from this source."""
    return {
        float(claim[end])
        for claims in model["claims"].values()
        for claim in claims
        if claim.get("source") == key
        for end in ("value", "low", "high")
        if isinstance(claim.get(end), int | float) and not isinstance(claim[end], bool)
    }


def look_up(folder: Path, source: dict[str, Any], wanted: set[float]) -> str | set[float]:
    """Returns 'held', why the file cannot be read, or the figures that it lacks."""
    clones = [folder / source["repo"].replace("/", "+"), folder / source["repo"]]
    clone = next((one for one in clones if one.is_dir()), None)
    if clone is None:
        return "without a clone"
    inner = clone / "repo" if (clone / "repo").is_dir() else clone
    name = f"{source['commit']}:{source['path']}"
    shown = subprocess.run(["git", "-C", str(inner), "show", name], capture_output=True)
    if shown.returncode:
        return "not in the clone"
    return wanted - numbers(text_of(shown.stdout)) or "held"


def text_of(data: bytes) -> str:
    """Returns a file's text, of a picture what is written into its chunks."""
    if not data.startswith(PNG):
        return data.decode("utf-8", "replace")
    text, at = "", len(PNG)
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + size]
        if kind == b"zTXt":
            body = zlib.decompress(body.split(b"\0", 1)[1][1:])
        if kind in (b"tEXt", b"iTXt", b"zTXt"):
            text += body.decode("utf-8", "replace") + "\n"
        at += 12 + size
    return text


def numbers(text: str) -> set[float]:
    """Returns every number of a text, however it is joined to words; 3.1000001 is 3.1 too."""
    found = re.findall(r"(?<![\w.])\d+(?:\.\d+)?", re.sub(r"[_e]", " ", text))
    return {value for one in found for value in (float(one), round(float(one), 2))}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
