"""The bench's table and its command; torch is loaded only to measure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..durable import write_whole
from ..errors import RenderError
from ..plan import load_plan
from . import beyond
from .full import summary
from .full.pieces import architectures, finished, plan
from .full.runs import RUNS
from .paces import record


def table(found: dict[str, Any]) -> str:
    """The measurement as lines for a terminal."""
    if "runs" in found:
        return summary.table(found)
    rows = {"sweep, full batches": found.get("sweep"), "sweep with a tail": found.get("tail")}
    rows |= {f"sweep, {name}": row for name, row in found.get("sizes", {}).items()}
    rows |= found.get("plans", {})
    lines = [
        f"{'':<20}{'cells':>6}{'naive s':>9}{'batched s':>11}{'engine s':>10}{'naive ÷':>9}"
        f"{'batched ÷':>11}{'padding':>9}{'shared':>8}{'off naive':>14}{'moved by mates':>22}"
    ]
    for name, row in rows.items():
        if row and "seconds" in row:
            lines.append(f"{name:<20}{_figures(row)}")
        elif row:
            lines.append(f"{name:<20}{row}")
    lines += [told] if (told := beyond.line(rows)) else []
    lines.append(f"width {found['width']}, {json.dumps(found['machine'])}")
    return "\n".join([*lines, *LEGEND])


LEGEND = (
    "naive ÷, batched ÷: their seconds by the engine's. Then for plain batching and the engine:",
    "off naive: the largest difference to the naive pictures, in grey levels of 255;",
    "moved by mates: how many of a third of the pictures change when made without the rest.",
)


def _figures(row: dict[str, Any]) -> str:
    seconds, counted = row["seconds"], row["counters"]
    computed = max(1, counted["denoiser_rows"] + counted["padding_rows"])
    asked = max(1, counted["denoiser_rows"] + counted["shared_rows"])
    off = f"{row['max_pixel_difference_of_batched']}, {row['max_pixel_difference']}"
    moved = row.get("moved_by_mates")
    told = f"{moved['batched']}, {moved['engine']} of {moved['pictures']}" if moved else ""
    return (
        f"{row['cells']:>6}{seconds['naive']:>9.2f}{seconds['batched']:>11.2f}"
        f"{seconds['engine']:>10.2f}{row['ratio']:>9.2f}{row['ratio_to_batched']:>11.2f}"
        f"{counted['padding_rows'] / computed:>9.0%}{counted['shared_rows'] / asked:>8.0%}"
        f"{off:>14}{told:>22}"
    )


def command(options: Any) -> int:
    """Prints the table; writes the JSON where asked, row by row."""
    if options.plan:
        return _plan(options)
    if options.show:
        found, told = _read(options.show)
        print(told)
        _record(found, options.record)
        return 0
    plans = [load_plan(name) for name in options.plans]  # a wrong name ends it here
    before = _before(options.json) if options.resume else None
    from .bench import bench

    def write(found: dict[str, Any]) -> None:
        if options.json:
            write_whole(options.json, (json.dumps(found, indent=1) + "\n").encode())

    found = bench(
        *(options.device, options.quick, options.width, options.dry_run, plans, before),
        *(options.minutes, options.run, write),
    )
    write(found)
    print(table(found))
    for path in _record(found, options.record):
        print(f"wrote {path}")
    return 0


def _plan(options: Any) -> int:
    """Prints what would be timed of the full-size models, and loads no torch for it."""
    before = (_before(options.json) if options.resume else None) or {}
    done = finished(before.get("done", {}))
    runs = {name: run for name, run in RUNS.items() if name in options.run or not options.run}
    print(plan(architectures(), runs, 60 * options.minutes, done))
    return 0


def _record(found: dict[str, Any], folder: Path | None) -> list[Path]:
    """The files of seconds, where full-size models were timed and a folder is named."""
    return record(found, architectures(), folder) if folder and "runs" in found else []


def _before(path: Path | None) -> dict[str, Any] | None:
    """What an earlier bench wrote; None where it had not begun to."""
    if path is None:
        raise RenderError("--resume: expected --json FILE beside it, got none.")
    return _read(path)[0] if path.is_file() else None


def _read(path: Path) -> tuple[dict[str, Any], str]:
    """What an earlier bench wrote, and its table."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return found, table(found)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise RenderError(
            f"{path}: expected what `render bench --json` wrote, got something else."
        ) from None
