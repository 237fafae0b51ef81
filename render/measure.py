"""`python -m render measure MODEL --sweep …`: what a model does, in numbers, with provenance.

Writes settings/measured/<model>/<sweep>.json. What is done is kept as it comes (pictures under
.cache/measure, rows of the quality sweep in its file), so that a killed run goes on where it was.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import RenderError
from .loading import downloaded
from .measured import write
from .models import REFERENCE, ModelSource, find_model, folder_digest, has_judge
from .pipelines import Studio
from .plan import ROOT
from .sweeps import metrics, pairs
from .sweeps.asking import wanted
from .sweeps.clip import ClipScore
from .sweeps.ladders import Bench, measure_all
from .sweeps.specs import catalogue_id, specs_of
from .sweeps.summary import BESIDE

MEASURED = ROOT / "settings" / "measured"
STRIPS = ROOT / "docs" / "content" / "strips"
CACHE = ROOT / ".cache" / "measure"


def measure(
    name: str,
    sweep: str,
    *,
    device: str = "auto",
    schedulers: list[str] | None = None,
    prompts: Path | int | None = None,
    seeds: int | None = None,
    clip: Path | None = None,
    metric: list[str] | None = None,
    weights: Path | None = None,
    out: Path | None = None,
    sheet: Path | None = None,
    add: bool = False,
) -> list[Path]:
    """Measures a sweep of a model and returns the files written.

    `prompts` is a text file with one prompt a line, or how many of our own scenes' to ask for;
    with `add` what a file has already is kept, and only what it lacks of them is measured;
    `clip` a folder with a CLIP model, whose scores then stand beside the other numbers; `metric`
    names learned distances that do too, with `weights` from a folder or where they are kept.
    Strips of pictures go to docs/content/strips, or to `out`/strips.
    """
    learned = _learned(metric or [], weights, sweep)
    source = find_model(name)
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    target = (out or MEASURED) / catalogue_id(source)
    if sweep == "quality":
        return [_quality(source, device, target / "quality.json", sheet)]
    # What was asked for is looked at before anything is downloaded. What is added to what is
    # there shows once the file is read.
    said = None if add and prompts is None else wanted(prompts, seeds, source)
    source = downloaded(source)
    if sweep == "pairs" and said:
        studio, cache = Studio(source, device), CACHE / target.name
        found = pairs.measure(studio, said.asked(), schedulers or [], cache)
        write(target / "pairs.json", found)
        return [target / "pairs.json"]
    specs = specs_of(sweep, source, schedulers or [])
    score = ClipScore(clip) if clip else None
    strips = (STRIPS if out is None else out / "strips") / target.name
    studio = Studio(source, device)
    bench = Bench(studio, score, learned, CACHE / target.name, target, strips)
    return list(measure_all(specs, bench, prompts, seeds, add))


def _learned(names: list[str], weights: Path | None, sweep: str) -> list[Any]:
    """The learned distances asked for: weights that are not here are missed before all else."""
    if names and sweep in ("quality", "pairs"):
        raise RenderError(
            f"--metric {names[0]}: expected a sweep that compares pictures along a ladder, got "
            f"'{sweep}'. Use it with --sweep steps, scheduler, guidance or strength."
        )
    if weights and not names:
        raise RenderError(f"--weights {weights}: expected a metric that they are of, got none.")
    return metrics.beside(names, weights)


def _quality(source: ModelSource, device: str, target: Path, sheet: Path | None) -> Path:
    """Fidelity and Fréchet distance on many prompts, at a few settings."""
    from .reference import autoencoder, judge, quality

    name = source.name
    if not has_judge(source) or name not in quality.ROWS:
        raise RenderError(
            f"{name}: expected one of {', '.join(quality.ROWS)} for the sweep 'quality', got a "
            "model that our judge knows nothing of. Use --sweep steps."
        )
    if not (REFERENCE / "judge" / "config.json").is_file():
        raise RenderError(
            "render/reference/judge: expected the judge's weights, got none. "
            "Run: python -m render train judge"
        )
    studio, jury = Studio(source, device), judge.load()
    digests = {
        "weights": source.identity["digest"],
        "judge": folder_digest(REFERENCE / "judge"),
    }
    rows = _done(target, digests)
    vae = studio.pipe.vae
    found: dict[str, Any] = {"sweep": "quality", **digests, "environment": studio.environment()}
    found["scheduler"] = type(studio.pipe.scheduler).__name__
    for row in quality.ROWS[name]:
        if row.id not in rows:
            pictures = quality.draw(studio.pipe, row)
            if sheet and row.id == "sweet-spot":
                quality.contact_sheet(pictures[:64], sheet)
            rows[row.id] = quality.judge_row(jury, pictures, row)
            write(target, {**found, "rows": rows})
    sweet_spot = quality.ROWS[name][0]
    found["cpu_seconds"] = round(_cpu_seconds(studio.pipe, sweet_spot), 2)
    found["judge_accuracy"] = quality.judge_itself(jury, vae)
    found["autoencoder_psnr_db"] = round(autoencoder.psnr(vae), 2)
    write(target, {**found, "rows": rows})
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


def table(target: Path) -> str:
    """The measurement as lines for a terminal."""
    found = json.loads(target.read_text(encoding="utf-8"))
    lines = {"quality": _quality_lines, "pairs": pairs.lines}.get(found["sweep"], _lines)
    return "\n".join(lines(found))


def _lines(found: dict[str, Any]) -> Iterator[str]:
    """A row per value: quality, change and their 95 % bands; then the sweet spot."""
    drawn = f"{len(found['prompts'])} prompts × {len(found['seeds'])} seeds"
    yield f"{found['model']}, {found['setting']}, {found['scheduler']}: {drawn}"
    columns = [("quality", 8), ("change", 7)]
    columns += [(key, 7) for key in BESIDE if key in found["summary"]["rows"][0]]
    yield f"{'value':>6} {'calls':>6}" + "".join(f" {k:>{n}} {'95 %':>13}" for k, n in columns)
    for raw, row in zip(found["rows"], found["summary"]["rows"], strict=True):
        cells = [f"{row['value']:>6g} {raw['calls']:>6}"]
        for key, width in columns:
            low, high = row.get(f"{key}_95", (None, None))
            cells.append(f"{'–' if low is None else format(row[key], '.3f'):>{width}}")
            cells.append(f"{'' if low is None else f'{low:.3f}–{high:.3f}':>13}")
        yield " ".join(cells)
    if "converged" in found["summary"]:
        yield f"converged: {found['summary']['converged']}"
        yield f"sweet spot: {found['summary']['sweet_spot']}"
        if "range" in (found["summary"]["sweet_spot"] or ()):
            yield "It depends on the prompts: measure more, with --add."
    yield from _unranked(found["metric"])


def _unranked(metric: dict[str, Any]) -> Iterator[str]:
    """A line for each metric that puts a ladder of spoiled pictures in another order."""
    beside = {name: one["ranked"] for name, one in metric.get("beside", {}).items()}
    told = {**metric.get("ranked", {}), **beside}
    for name, shares in told.items():
        for how, share in shares.items():
            if share < 1:
                yield f"{name}: ranks more {how} as more in {share:.0%} of pictures. Doubt it."


def _quality_lines(found: dict[str, Any]) -> Iterator[str]:
    yield f"{'':<14} {'steps':>5} {'mean':>7} {'all four':>9} {'95 %':>15} {'Fréchet':>8}"
    for id, row in found["rows"].items():
        low, high = row["all_95"]
        ratio = f"{row['frechet_ratio']:.2f}" if "frechet_ratio" in row else "–"
        yield (
            f"{id:<14} {row['steps']:>5} {row['fidelity']['mean']:>7.3f} "
            f"{row['fidelity']['all']:>9.3f} {f'{low:.3f}–{high:.3f}':>15} {ratio:>8}"
        )
    for id, shares in found["judge_accuracy"].items():
        yield f"judge, {id}: mean {shares['mean']:.4f}, all four {shares['all']:.4f}"
    yield f"one picture at the sweet spot: {found['cpu_seconds']} s of CPU time"
    yield f"autoencoder: {found['autoencoder_psnr_db']} dB"
