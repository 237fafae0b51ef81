"""`python -m render measure MODEL --sweep …`: what a model does, in numbers, with provenance.

Writes settings/measured/<model>/<sweep>.json. What is done is kept as it comes (pictures under
.cache/measure, rows of the quality sweep in its file), so that a killed run goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .card import quality_lines
from .errors import RenderError
from .loading import downloaded, pick_device
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
GPU_WIDTH = 64  # rows of a batch: a picture's bits may differ by it, what is measured does not


def measure(
    name: str,
    sweep: str,
    *,
    device: str = "auto",
    width: int | None = None,
    size: int | None = None,
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
        _judged_alone(source)
        file = target / (f"quality-{size}.json" if size else "quality.json")
        card = REFERENCE / f"{source.name}.webp" if out is None and size is None else None
        quality_of(studio_of(source, device, width), file, sheet or card, size)
        return [file]
    metrics.expect_here()
    # What was asked for is looked at before anything is downloaded. What is added to what is
    # there shows once the file is read.
    said = None if add and prompts is None else wanted(prompts, seeds, source)
    source = downloaded(source)
    if sweep == "pairs" and said:
        studio, cache = studio_of(source, device, width), CACHE / target.name
        found = pairs.measure(studio, said.asked(), schedulers or [], cache)
        write(target / "pairs.json", found)
        return [target / "pairs.json"]
    specs = specs_of(sweep, source, schedulers or [])
    score = ClipScore(clip) if clip else None
    strips = (STRIPS if out is None else out / "strips") / target.name
    studio = studio_of(source, device, width)
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


def studio_of(source: ModelSource, device: str, width: int | None = None) -> Studio:
    """A model ready to be measured; ours in single precision wherever that is.

    Sweeps compare pictures that differ by little, and a reader's CPU draws ours in single
    precision. On a GPU a wide batch, as a small network leaves most of one idle.
    """
    device = pick_device(device)
    ours = has_judge(source)
    if device == "cuda" and ours:
        import torch

        torch.backends.cudnn.allow_tf32 = False  # 10 bits of each factor, on unless forbidden
    width = width or (None if device == "cpu" else GPU_WIDTH)
    return Studio(source, device, "float32" if ours else "auto", width=width)


def quality_of(
    studio: Studio, target: Path, sheet: Path | None = None, size: int | None = None
) -> None:
    """Fidelity and Fréchet distance on many prompts, at a few settings; each row kept as it comes.

    `size` is the pictures' side in pixels, by default the model's own.
    """
    from .reference import autoencoder, judge, quality

    source, jury = studio.model, judge.load()
    digests = {
        "weights": source.identity["digest"],
        "judge": folder_digest(REFERENCE / "judge"),
    }
    earlier = _done(target, digests)
    rows: dict[str, Any] = earlier.get("rows", {})
    vae, side = studio.pipe.vae, size or judge.SIZE
    found: dict[str, Any] = {"sweep": "quality", **digests, "environment": studio.environment()}
    found["scheduler"] = type(studio.pipe.scheduler).__name__
    found |= {"size": size} if size else {}
    for row in quality.ROWS[source.name]:
        if row.id not in rows:
            pictures = quality.draw(studio.pipe, row, size)
            rows[row.id] = quality.judge_row(jury, pictures, row)
            write(target, {**found, "rows": rows})
    if studio.device == "cpu":
        found["cpu_seconds"] = cpu_seconds(studio.pipe, source.name, size)
    found["judge_accuracy"] = quality.judge_itself(jury, vae, side)
    psnr = autoencoder.psnr(vae, device=studio.device, size=side)
    found["autoencoder_psnr_db"] = round(psnr, 2)
    if sheet:
        if earlier.get("sheet") is None or earlier["sheet"] != _sha256(sheet):
            quality.sheet(studio.pipe, source.name, sheet)
        found["sheet"] = _sha256(sheet)
    write(target, {**found, "rows": rows})


def cpu_seconds(pipe: Any, name: str, size: int | None = None, rounds: int = 5) -> float:
    """CPU time of one picture at the sweet spot, on all threads: the median of five."""
    from .reference import quality

    row, taken = quality.ROWS[name][0], []
    for _ in range(rounds):
        begun = time.process_time()
        pipe("the sea", **quality.called(row, size))
        taken.append(time.process_time() - begun)
    return round(statistics.median(taken), 2)


def _judged_alone(source: ModelSource) -> None:
    """Refuses a model that our judge knows nothing of, before anything is loaded."""
    from .reference import quality

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


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _done(target: Path, digests: dict[str, str]) -> dict[str, Any]:
    """What an earlier run on the same weights, judged by the same judge, has written."""
    try:
        found = json.loads(target.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RenderError(f"{target}: expected a measurement, got: {error}. Remove it.") from None
    same = all(found.get(key) == value for key, value in digests.items())
    return dict(found) if same else {}


def table(target: Path) -> str:
    """The measurement as lines for a terminal."""
    found = json.loads(target.read_text(encoding="utf-8"))
    lines = {"quality": quality_lines, "pairs": pairs.lines}.get(found["sweep"], _lines)
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
