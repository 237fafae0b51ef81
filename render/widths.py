"""Which widths of a batch keep a picture's bits on a GPU, as `render invariance --record` found.

One file for each GPU's name in `bench/widths/`; of a GPU without one nothing is known, and nothing
changes. No torch here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .bench.paces import gpu_id
from .durable import write_whole

RECORDS = Path(__file__).parent / "bench" / "widths"
BITWISE = ("slots", "mates", "padding", "repeated", "graph", "process")


def failures(row: dict[str, Any]) -> list[str]:
    """The checks of a row that should have been bitwise and were not."""
    return [check for check in BITWISE if row.get(check) is False]


def chosen(device: str, asked: int | None, default: int) -> tuple[int, list[str]]:
    """The width to render with on a device, `cuda (NVIDIA H200)`, and what to say of it.

    The default, or where it failed there the widest that held below it. What was asked for stays.
    """
    failed = _failed(device)
    width = default if asked is None else asked
    if width not in failed:
        return width, []
    why = f"width {width} did not keep a picture's bits on {device} ({', '.join(failed[width])})"
    held = [w for w in _held(device) if w < width]
    if asked is not None:
        told = f"--width {width}: expected one that does, such as {max(held, default=1)}: {why}."
        return width, [told]
    width = max(held, default=1)
    return width, [f"rendering at width {width}: {why}."]


def doubts(device: str, width: int) -> list[str]:
    """What to say of CUDA graphs at a width: those that gave other bits when it was recorded."""
    failed = _read(device).get("graphs", {}).get(str(width), [])
    if not failed:
        return []
    told = f"--profile graphs: at width {width} other bits were seen on {device}"
    return [f"{told} ({', '.join(failed)}). Each graph is checked before it is used."]


def write(found: dict[str, Any], folder: Path) -> None:
    """Writes down what a suite found: by width the checks that failed, of all its models."""
    device = found["machine"]["device"]
    told: dict[str, Any] = {"device": device, "torch": found["machine"]["torch"]}
    told |= {"models": sorted(found["models"]), "widths": {}, "graphs": {}}
    for width in whole(found):
        rows = {name: model["widths"][width] for name, model in sorted(found["models"].items())}
        bad = [(name, check) for name, row in rows.items() for check in failures(row)]
        told["widths"][width] = [f"{name}: {check}" for name, check in bad if check != "graph"]
        told["graphs"][width] = [name for name, check in bad if check == "graph"]
    write_whole(folder / f"{gpu_id(device)}.json", (json.dumps(told, indent=1) + "\n").encode())


def whole(found: dict[str, Any]) -> list[str]:
    """The widths of which every model has a row that a second process has seen too."""
    models = [model["widths"] for model in found["models"].values()]
    first = models[0] if models else {}
    return [w for w in first if all("process" in model.get(w, {}) for model in models)]


def _read(device: str) -> dict[str, Any]:
    path = RECORDS / f"{gpu_id(device)}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _failed(device: str) -> dict[int, list[str]]:
    return {int(w): checks for w, checks in _read(device).get("widths", {}).items() if checks}


def _held(device: str) -> list[int]:
    return [int(w) for w, checks in _read(device).get("widths", {}).items() if not checks]
