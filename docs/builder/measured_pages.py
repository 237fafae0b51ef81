"""The pages on measurements: sweet spots, published orderings, folklore, time and cost."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from measured import MeasurementError, Sweep, load_measured, steps_sweeps
from measured_folklore import folklore
from measured_known import Known, Shown, shown
from measured_orderings import converging, orderings
from measured_plots import race_plot
from measured_time import full_size, savings, timings
from templating import render

ROOT = Path(__file__).resolve().parents[2]
_SPOILED = {
    "webp_90": "saving it as WebP at quality 90",
    "jpeg_75": "saving it as JPEG at quality 75",
    "brighter_2_percent": "making it 2 % brighter",
    "shifted_1px": "shifting it by a pixel",
}


def load_known(
    catalogue: Mapping[str, Any], manifests: Mapping[str, Mapping[str, Any]], content: Path
) -> Known:
    """Reads every measurement of this checkout, or of the one that SWEETSPOT_ROOT names."""
    root = Path(os.environ.get("SWEETSPOT_ROOT") or ROOT)
    folder = root / "settings" / "measured"
    return Known(
        sweeps=load_measured(folder),
        quality=dict(_read(folder, "quality.json")),
        pairs=dict(_read(folder, "pairs.json")),
        trained=dict(_read(root / "render" / "reference", "training.json")),
        times=[data for _, data in _read(folder, "time-*.json")],
        manifests=manifests,
        catalogue=catalogue,
        content=content,
    )


def _read(folder: Path, pattern: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields other measurements, such as quality.json, each with its model's id."""
    for path in sorted(folder.glob(f"*/{pattern}")):
        try:
            yield path.parent.name, json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise MeasurementError(f"{path}: cannot be read: {error}. Measure it again.") from None


def measured_pages(known: Known) -> dict[str, str]:
    """Returns the pages on measurements by uri; none where no steps were measured."""
    ladders = {model: steps_sweeps(sweeps) for model, sweeps in known.sweeps.items()}
    models = [
        (
            {"id": id, "name": known.name(id)},
            [spot_row(known, one) for one in ladder.values()],
        )
        for id, ladder in ladders.items()
        if ladder
    ]
    if not models:
        return {}
    first = next(own for model in ladders if (own := known.own(model)))
    spots = {
        "first": shown(known, first),
        "sweep": first,
        "models": models,
        "scale": scale_of(first),
    }
    race = race_of(known)
    lines = timings(known.sweeps, known.name, known.scheduler)
    times = {"lines": lines, "savings": savings(), "sizes": full_size(known.times, known.name)}
    return {
        "measured/index.md": render("measured", **spots),
        "measured/published.md": render(
            "measured_published", orderings=orderings(known), race=race
        ),
        "measured/folklore.md": render("measured_folklore", rows=folklore(known)),
        "measured/time.md": render("measured_time", **times),
    }


def race_of(known: Known) -> Shown | None:
    """Returns the figure in which the samplers that settle run against each other."""
    for model, sweeps in known.sweeps.items():
        named = {known.scheduler(id): one for id, one in converging(steps_sweeps(sweeps)).items()}
        if len(named) > 1:
            title = f"{known.name(model)}: change against network calls"
            plot = race_plot(f"{model}-race", title, named, "change")
            words = (
                "Change is the FLIP distance to the same sampler's own picture at 200 steps, with "
                "the same prompts and seeds. Shaded: 95 % over prompts."
            )
            return Shown(plot, words, title)
    return None


def scale_of(sweep: Sweep) -> list[tuple[str, float]]:
    """Returns how far harmless changes of a sweep's pictures lie, in words."""
    found = sweep.data.get("metric", {}).get("scale") or {}
    return [(words, found[key]) for key, words in _SPOILED.items() if key in found]


def spot_row(known: Known, sweep: Sweep) -> dict[str, Any]:
    """Returns a line of the table of sweet spots."""
    spot = sweep.sweet_spot or {}
    row = sweep.row(spot["steps"]) if spot.get("steps") else None
    return {
        "scheduler": sweep.scheduler,
        "name": known.scheduler(sweep.scheduler),
        **{key: spot.get(key) for key in ("low", "steps", "high", "range", "stable")},
        "calls": row.calls if row else None,
        "quality": row.quality if row else None,
        "change": row.change if row else None,
        "still": sweep.data["summary"].get("converged"),
    }
