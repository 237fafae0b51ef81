"""The figures and pictures that two READMEs show, written from what was measured and rendered.

`render check` compares both with settings/measured/ and the pictures' manifest; with `--fix` it
writes what differs. No torch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import card_live
from .durable import write_whole
from .plan import ROOT
from .reference.record import FILE, lines

AGAIN = "Run: python -m render check --fix"
CARD, README = Path("render/reference/README.md"), Path("README.md")
_FENCE = re.compile(
    r"(?s)(`python -m render measure (?P<model>\S+?)(?: --sweep quality --size (?P<size>\d+))?`:"
    r"\n\n```\n)(?P<table>.*?)(\n```)"
)
_BLOCK = re.compile(r"(?s)(<!-- (bars|sizes|parity|training) -->\n).*?(?=<!-- end of \2 -->)")
_SHOWN = re.compile(
    r'(?<=src="docs/content/renders/inference-steps/)[^"]+(?="[^>]* alt="(?P<steps>\d+) steps")'
)
_PROMPT = "balloon"  # the README's row of pictures


def quality_lines(found: dict[str, Any]) -> Iterator[str]:
    """A quality measurement as lines: a row per setting, then what the judge is worth."""
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
    if "cpu_seconds" in found:
        yield f"one picture at the sweet spot: {found['cpu_seconds']} s of CPU time"
    yield f"autoencoder: {found['autoencoder_psnr_db']} dB"


def problems(root: Path = ROOT) -> list[str]:
    """One line for each README that shows other figures or pictures than there are."""
    return [
        f"{path}: expected the figures and pictures that were last made, got others. {AGAIN}"
        for path, text in _written(root).items()
        if text != (root / path).read_text("utf-8")
    ]


def fix(root: Path = ROOT) -> list[Path]:
    """Writes both READMEs anew where they differ, and returns those."""
    changed = []
    for path, text in _written(root).items():
        if text != (root / path).read_text("utf-8"):
            write_whole(root / path, text.encode())
            changed.append(path)
    return changed


def _written(root: Path) -> dict[Path, str]:
    card = (root / CARD).read_text("utf-8")
    card = _FENCE.sub(lambda match: _table(root, match), card)
    told = {"bars": bars, "training": trainings}
    told |= {"sizes": card_live.sizes, "parity": card_live.parity}
    card = _BLOCK.sub(
        lambda match: match[1] + "".join(f"{x}\n" for x in told[match[2]](root)), card
    )
    return {CARD: card, README: _SHOWN.sub(_picture(root), (root / README).read_text("utf-8"))}


def _table(root: Path, match: re.Match[str]) -> str:
    found = _quality(root, match["model"], match["size"])
    text = "\n".join(line.rstrip() for line in quality_lines(found)) if found else match["table"]
    return match[1] + text + match[5]


def _quality(root: Path, model: str, size: str | None = None) -> dict[str, Any] | None:
    """A finished measurement; None while one is missing or under way."""
    name = f"quality-{size}.json" if size else "quality.json"
    try:
        found = json.loads((root / "settings/measured" / model / name).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if "autoencoder_psnr_db" in found else None


def trainings(root: Path) -> Iterator[str]:
    """What each model's training came to, where a file tells it."""
    for path in sorted((root / CARD).parent.glob(f"*/{FILE}")):
        yield from (f"`{path.parent.name}`:", "", "```")
        yield from (line.rstrip() for line in lines(path.parent))
        yield from ("```", "")


def bars(root: Path) -> Iterator[str]:
    """The table of what was asked of weights from a CPU and from a GPU, and what was measured."""
    base, turbo = _quality(root, "postcards"), _quality(root, "postcards-turbo")
    yield "| | asked of a CPU's weights | asked of a GPU's | measured |"
    yield "| --- | --- | --- | --- |"
    if base is None or turbo is None:
        return
    for what, cpu, gpu, got, form in _rows(base, turbo):
        yield f"| {what} | {_held(cpu, got, form)} | {_held(gpu, got, form)} | {form.format(got)} |"


def _held(bar: tuple[str, float] | None, got: float, form: str) -> str:
    if bar is None:
        return "report"
    sign, limit = bar
    kept = got >= limit if sign == "≥" else got <= limit
    return f"{sign} {limit:g}{form.partition('}')[2]}" + ("" if kept else ": missed")


def _rows(base: dict[str, Any], turbo: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    from .reference.shares import fidelity

    rows = base["rows"]
    spot, few, unseen, last = (
        rows[id] for id in ("sweet-spot", "few-steps", "never-trained", "converged")
    )
    # Seeds stand outermost: the first pictures are the prompts of the shorter row, at one seed.
    same = fidelity(spot["hits"][: len(last["hits"])])["mean"]
    mean, every = spot["fidelity"]["mean"], spot["fidelity"]["all"]
    yield "mean fidelity", ("≥", 0.92), ("≥", 0.98), mean, "{:.3f}"
    yield "all four factors", ("≥", 0.75), ("≥", 0.93), every, "{:.3f}"
    what = f"all four, combinations never trained on (mean {unseen['fidelity']['mean']:.3f})"
    yield what, None, ("≥", 0.8), unseen["fidelity"]["all"], "{:.3f}"
    yield "Fréchet", ("≤", 12), ("≤", 4), spot["frechet_ratio"], "{:.2f}"
    decibels = base["autoencoder_psnr_db"]
    yield "autoencoder on held-out scenes", ("≥", 31), ("≥", 34), decibels, "{} dB"
    below = mean - turbo["rows"]["sweet-spot"]["fidelity"]["mean"]
    yield "turbo at 4 steps below base at 25 (mean)", ("≤", 0.05), ("≤", 0.02), below, "{:.3f}"
    ratio = few["frechet_ratio"] / spot["frechet_ratio"]
    yield "base at 4 steps over base at 25, Fréchet", ("≥", 1.5), ("≥", 2), ratio, "{:.2f}"
    moved = abs(last["fidelity"]["mean"] - same)
    what = "base from 25 to 100 steps changes the mean (64 prompts, one seed) by"
    yield what, ("≤", 0.03), ("≤", 0.01), moved, "{:.3f}"


def _picture(root: Path) -> Any:
    """Gives the file of the README's prompt at so many steps; the old one where there is none."""
    path = root / "docs/content/renders/inference-steps/manifest.json"
    cells = json.loads(path.read_text("utf-8"))["cells"] if path.is_file() else []
    files = {
        cell["axes"]["num_inference_steps"]: cell["file"]
        for cell in cells
        if cell["axes"].get("prompt") == _PROMPT and cell["settings"].get("model") == "postcards"
    }
    return lambda match: files.get(int(match["steps"]), match[0])
