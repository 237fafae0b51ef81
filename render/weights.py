"""What was measured or drawn with other weights than lie here, and the command that makes it anew.

Pictures say it by their recipe (`check`), the pages' live models by their manifest
(`export.files`); here is the rest. No torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from . import manifest
from .again import stale, works
from .export.choices import MODELS
from .models import find_model
from .plan import ROOT, Plan

BROWSER = Path("docs/content/assets/models/browser.json")
ANSWERS = Path("tests/docs/live.json")
# What holds for the weights by name, and the command that makes it of others.
NAMED = {
    ANSWERS: f"python -m render export --vectors {ANSWERS}",
    BROWSER: f"PYTHONPATH=.:docs/builder python tests/docs/live_precision.py --record {BROWSER}",
}


def check(root: Path = ROOT) -> list[str]:
    """One line for each thing that is of other weights; none when all is well."""
    lines = [line for name in MODELS for line in (*_measured(name, root), *_sheet(name, root))]
    return lines + _named(root)


def _measured(name: str, root: Path) -> Iterator[str]:
    every = works(name, root=root)
    if old := [work.file.name for work in every if stale(work)]:
        yield (
            f"settings/measured/{name}: {len(old)} of {len(every)} files are of other weights, or "
            f"by another judge, than render/reference/ holds: {old[0]}"
            + (" and others" if old[1:] else "")
            + f". Run: python -m render measure {name} --again"
        )


def _sheet(name: str, root: Path) -> Iterator[str]:
    """The model's contact sheet is that of its quality measurement."""
    path = root / "render" / "reference" / f"{name}.webp"
    measured = root / "settings" / "measured" / name / "quality.json"
    told = json.loads(measured.read_text("utf-8")).get("sheet") if measured.is_file() else None
    there = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    if told != there:
        yield (
            f"render/reference/{name}.webp: expected the contact sheet that "
            f"settings/measured/{name}/quality.json names, got {'another' if there else 'none'}. "
            f"Run: python -m render measure {name} --sweep quality"
        )


def _named(root: Path) -> list[str]:
    """The page's known answers, and how near its worker comes to diffusers."""
    now = {name: find_model(name).identity["digest"] for name in MODELS}
    told = {
        path: json.loads((root / path).read_text("utf-8")).get("models")
        for path in NAMED
        if (root / path).is_file()
    }
    return [
        f"{path}: expected what these weights give, got that of others. Run: {NAMED[path]}"
        for path, models in told.items()
        if models != now
    ]


def drawn_elsewhere(plan: Plan, out: Path) -> list[str]:
    """A line where pictures of the guide come from another device than a CPU.

    Anybody must be able to make them again and hold them against these: `render audit` does.
    """
    entries = manifest.read_cells(out / plan.id).values()
    strange = [e["file"] for e in entries if not e["environment"]["device"].startswith("cpu")]
    if not strange:
        return []
    return [
        f"render/plans/{plan.id}.yaml: drawn on a GPU, which few can repeat: {strange[0]}"
        + (f" and {len(strange) - 1} more" if strange[1:] else "")
        + f". Run: python -m render run {plan.id} --device cpu "
        "--strict-environment"
    ]
