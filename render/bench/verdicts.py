"""What `python -m render invariance` prints, writes and ends with; torch is loaded to measure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .. import widths
from ..durable import write_whole
from ..errors import RenderError
from ..widths import BITWISE, failures


def failed(found: dict[str, Any]) -> list[str]:
    """Every check that should have been bitwise and was not."""
    return [
        f"{name}: width {width}: {check}"
        for name, model in found["models"].items()
        for width, row in model["widths"].items()
        for check in failures(row)
    ]


def table(found: dict[str, Any]) -> str:
    lines = [
        f"{'':<16}{'width':>6}  {'bitwise':<50}{'alone':>9}{'PSNR dB':>9}{'compiled':>10}{'s':>8}"
    ]
    for name, model in found["models"].items():
        for width, row in model["widths"].items():
            held = ", ".join(check for check in BITWISE if row.get(check))
            far = _number(row.get("alone_max_abs"), ".1e", 9)
            far += _number(row.get("alone_psnr"), ".1f", 9)
            far += _number(row.get("compiled_max_abs"), ".1e", 10)
            lines.append(
                f"{name:<16}{width:>6}  {held:<50}{far}{_number(row.get('rows_seconds'), '.1f', 8)}"
            )
            notes = ("rows_error", "no_graph", "compiled_error")
            lines += [f"{'':<24}{row[note]}" for note in notes if note in row]
    lines += [f"left out: {piece}" for piece in found.get("left_out", ())]
    lines += [f"second process: {found[key]}" for key in ("second_process",) if key in found]
    lines += [f"NOT BITWISE: {line}" for line in failed(found)]
    return "\n".join([*lines, json.dumps(found["machine"])])


def _number(value: float | None, form: str, room: int) -> str:
    return f"{'' if value is None else format(value, form):>{room}}"


def command(options: Any) -> int:
    """Exit status 1 when a check that should be bitwise is not, or could not be made."""
    from .suite import digests, plan, suite

    if options.plan:
        print(plan(options.compile, options.minutes))
        return 0
    if options.digests:
        for row in digests(options.device, options.digests):
            print(json.dumps(row), flush=True)
        return 0
    before = _before(options.json) if options.resume else None

    def write(found: dict[str, Any]) -> None:
        if options.json:
            write_whole(options.json, (json.dumps(found, indent=1) + "\n").encode())
        if options.record and found["machine"]["device"].startswith("cuda"):
            widths.write(found, options.record)

    found = suite(options.device, options.compile, options.minutes, before, write)
    print(table(found))
    rows = [row for model in found["models"].values() for row in model["widths"].values()]
    unmade = "second_process" in found or any(k.endswith("_error") for row in rows for k in row)
    return 1 if failed(found) or unmade else 0


def _before(path: Path | None) -> dict[str, Any] | None:
    """What an earlier run wrote; None where it had not begun to."""
    if path is None:
        raise RenderError("--resume: expected --json FILE beside it, got none.")
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        table(found)
        return found
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise RenderError(
            f"{path}: expected what `render invariance --json` wrote, got something else."
        ) from None
