"""`python -m render measure MODEL --sweep quality`: what a model does, in numbers, with provenance.

Writes settings/measured/<model>/<sweep>.json. Rows that are done are kept as they come, so that a
killed run goes on where it was; a row counts as done for the same weights and judge alone.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from pathlib import Path
from typing import Any

from .errors import RenderError
from .manifest import write_whole
from .models import REFERENCE, find_model, folder_digest
from .pipelines import Studio
from .plan import ROOT

MEASURED = ROOT / "settings" / "measured"
SWEEPS = ("quality",)


def measure(name: str, sweep: str, *, device: str, out: Path | None, sheet: Path | None) -> Path:
    """Measures one sweep of a model and returns the file written."""
    source = find_model(name)
    from .reference import autoencoder, judge, quality

    if source.folder is None or source.folder.parent != REFERENCE or name not in quality.ROWS:
        raise RenderError(
            f"{name}: expected one of {', '.join(quality.ROWS)} for the sweep 'quality', got a "
            "model that our judge knows nothing of."
        )
    if not (REFERENCE / "judge" / "config.json").is_file():
        raise RenderError(
            "render/reference/judge: expected the judge's weights, got none. "
            "Run: python -m render train judge"
        )
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    studio, jury = Studio(source, device), judge.load()
    digests = {
        "weights": source.identity["digest"],
        "judge": folder_digest(REFERENCE / "judge"),
    }
    target = (out or MEASURED) / name / f"{sweep}.json"
    rows = _done(target, digests)
    vae = studio.pipe.vae
    found: dict[str, Any] = {"sweep": sweep, **digests, "environment": studio.environment()}
    found["scheduler"] = type(studio.pipe.scheduler).__name__
    for row in quality.ROWS[name]:
        if row.id not in rows:
            pictures = quality.draw(studio.pipe, row)
            if sheet and row.id == "sweet-spot":
                quality.contact_sheet(pictures[:64], sheet)
            rows[row.id] = quality.judge_row(jury, pictures, row)
            _write(target, {**found, "rows": rows})
    sweet_spot = quality.ROWS[name][0]
    found["cpu_seconds"] = round(_cpu_seconds(studio.pipe, sweet_spot), 2)
    found["judge_accuracy"] = quality.judge_itself(jury, vae)
    found["autoencoder_psnr_db"] = round(autoencoder.psnr(vae), 2)
    _write(target, {**found, "rows": rows})
    return target


def _cpu_seconds(pipe: Any, row: Any, rounds: int = 5) -> float:
    """CPU time of one picture at a row's settings, on all threads: the median of five."""
    taken = []
    for _ in range(rounds):
        begun = time.process_time()
        pipe("the sea", num_inference_steps=row.steps, guidance_scale=row.guidance_scale)
        taken.append(time.process_time() - begun)
    return statistics.median(taken)


def _done(target: Path, digests: dict[str, str]) -> dict[str, Any]:
    """The rows of an earlier run on the same weights, judged by the same judge."""
    try:
        found = json.loads(target.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RenderError(f"{target}: expected a measurement, got: {error}. Remove it.") from None
    same = all(found.get(key) == value for key, value in digests.items())
    rows: dict[str, Any] = found.get("rows", {}) if same else {}
    return rows


def _write(target: Path, found: dict[str, Any]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, (json.dumps(found, indent=1, sort_keys=True) + "\n").encode())


def table(target: Path) -> str:
    """The measurement as lines for a terminal."""
    found = json.loads(target.read_text(encoding="utf-8"))
    lines = [f"{'':<14} {'steps':>5} {'mean':>7} {'all four':>9} {'95 %':>15} {'Fréchet':>8}"]
    for id, row in found["rows"].items():
        low, high = row["all_95"]
        ratio = f"{row['frechet_ratio']:.2f}" if "frechet_ratio" in row else "–"
        lines.append(
            f"{id:<14} {row['steps']:>5} {row['fidelity']['mean']:>7.3f} "
            f"{row['fidelity']['all']:>9.3f} {f'{low:.3f}–{high:.3f}':>15} {ratio:>8}"
        )
    for id, shares in found["judge_accuracy"].items():
        lines.append(f"judge, {id}: mean {shares['mean']:.4f}, all four {shares['all']:.4f}")
    lines.append(f"one picture at the sweet spot: {found['cpu_seconds']} s of CPU time")
    lines.append(f"autoencoder: {found['autoencoder_psnr_db']} dB")
    return "\n".join(lines)
