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

from .durable import write_whole
from .errors import RenderError
from .loading import downloaded
from .models import REFERENCE, ModelSource, find_model, folder_digest, has_judge
from .pipelines import Studio
from .plan import ROOT
from .sweeps import ladder, metrics, pairs
from .sweeps.clip import ClipScore
from .sweeps.commands import PROMPTS, SEEDS
from .sweeps.jury import Jury, scenes_asked
from .sweeps.pictures import Asked
from .sweeps.sources import with_sources
from .sweeps.specs import Spec, catalogue_id, specs_of
from .sweeps.strips import write_strips
from .sweeps.summary import BESIDE

MEASURED = ROOT / "settings" / "measured"
STRIPS = ROOT / "docs" / "content" / "strips"
CACHE = ROOT / ".cache" / "measure"
Said = tuple[Asked, Jury | None]


def measure(
    name: str,
    sweep: str,
    *,
    device: str = "auto",
    schedulers: list[str] | None = None,
    prompts: Path | int = PROMPTS,
    seeds: int = SEEDS,
    clip: Path | None = None,
    metric: list[str] | None = None,
    weights: Path | None = None,
    out: Path | None = None,
    sheet: Path | None = None,
) -> list[Path]:
    """Measures a sweep of a model and returns the files written.

    `prompts` is a text file with one prompt a line, or how many of our own scenes' to ask for;
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
    said = _asked(prompts, seeds, source)
    source = downloaded(source)
    if sweep == "pairs":
        studio, cache = Studio(source, device), CACHE / target.name
        _write(target / "pairs.json", pairs.measure(studio, said[0], schedulers or [], cache))
        return [target / "pairs.json"]
    specs = specs_of(sweep, source, schedulers or [])
    beside = {"clip": ClipScore(clip) if clip else None, "learned": learned}
    strips = (STRIPS if out is None else out / "strips") / target.name
    return list(_ladders(specs, Studio(source, device), said, beside, target, strips))


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


def _ladders(
    specs: list[Spec],
    studio: Studio,
    said: Said,
    beside: dict[str, Any],
    target: Path,
    strips: Path,
) -> Iterator[Path]:
    cache = CACHE / target.name
    for spec in specs:
        asked, jury = said
        if spec.sweep == "strength":
            asked = with_sources(asked, cache / "sources")
        found, drawn = ladder.measure(spec, studio, asked, cache, jury=jury, **beside)
        found["strips"] = write_strips(spec, drawn, asked, strips)
        _write(target / f"{spec.id}.json", found)
        yield target / f"{spec.id}.json"


def _asked(prompts: Path | int, seeds: int, source: ModelSource) -> Said:
    """The prompts to ask, and our judge where it knows what they describe."""
    if isinstance(prompts, Path):
        asked = tuple(dict.fromkeys(_lines_of(prompts)))
        if not asked:
            raise RenderError(f"{prompts}: expected a prompt on every line, got none.")
        return Asked(asked, tuple(range(seeds))), None
    if not has_judge(source):
        raise RenderError(
            f"{source.name}: expected --prompts FILE, got none. Our own prompts describe scenes "
            "that only the reference models were trained on."
        )
    said, scenes = scenes_asked(prompts)
    return Asked(tuple(said), tuple(range(seeds))), Jury(scenes, seeds)


def _lines_of(path: Path) -> Iterator[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise RenderError(f"{path}: expected text in UTF-8, got something else.") from None
    yield from (line.strip() for line in lines if line.strip())


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
    lines = {"quality": _quality_lines, "pairs": pairs.lines}.get(found["sweep"], _lines)
    return "\n".join(lines(found))


def _lines(found: dict[str, Any]) -> Iterator[str]:
    """A row per value: quality, change and their 95 % bands; then the sweet spot."""
    yield f"{found['model']}, {found['setting']}, {found['scheduler']}"
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
    yield from _unranked(found["metric"])


def _unranked(metric: dict[str, Any]) -> Iterator[str]:
    """A line for each metric that puts a ladder of spoiled pictures in another order."""
    told = {**metric["ranked"], **{k: one["ranked"] for k, one in metric.get("beside", {}).items()}}
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
