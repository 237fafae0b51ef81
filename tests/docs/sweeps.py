"""Writes measurements of the shape that `python -m render measure` writes, from stated formulas.

No picture is rendered: change falls as 1 ÷ calls^order, and a picture's factors come right one
after the other. The summary is the studio's own, so that pages meet what it really says.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image

from render.sweeps.summary import summarise

STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100)
PROMPTS, SEEDS = 16, 2
COUNT = PROMPTS * SEEDS
REFERENCE = {"value": 200, "against": 100, "change": [0.01] * COUNT}
CATALOGUE = {
    "models": {
        "postcards": {"name": "postcards", "distillation": "none"},
        "postcards-turbo": {"name": "postcards turbo", "distillation": "few-step"},
    },
    "schedulers": {
        "ddim": {"name": "DDIM", "kind": "deterministic"},
        "euler": {"name": "Euler", "kind": "deterministic"},
        "euler-ancestral": {"name": "Euler a", "kind": "ancestral"},
        "heun": {"name": "Heun", "kind": "deterministic"},
        "dpmpp-2m": {"name": "DPM++ 2M", "kind": "deterministic"},
    },
}


def sweep(
    scheduler: str = "euler",
    *,
    model: str = "postcards",
    kind: str = "steps",
    values: tuple[float, ...] = STEPS,
    order: float = 1.0,
    extra: int = 1,
    stochastic: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """One measurement: `extra` network calls a step beyond the first, an error of this order."""
    names = {"steps": "num_inference_steps", "guidance": "guidance_scale", "strength": "strength"}
    rows = []
    for value in values:
        passes = extra * (value - 1) + 1 if kind == "steps" else 25
        error = [(0.8 + 0.01 * (i // SEEDS)) / passes**order for i in range(COUNT)]
        row = {"value": value, "calls": int(2 * passes), "hits": hits(passes), "ssim": None}
        row["change"] = None if stochastic else [round(one, 5) for one in error]
        rows.append(row)
    found = {
        "sweep": kind,
        "setting": names[kind],
        "scheduler": scheduler,
        "scheduler_class": "Scheduler",
        "model": model,
        "weights": "0" * 32,
        "judge": "1" * 32,
        "metric": {"change": "flip", "scale": {"webp_90": 0.047, "brighter_2_percent": 0.098}},
        "fixed": {"guidance_scale": 3.0} if kind == "steps" else {},
        "prompts": [f"scene {i}" for i in range(PROMPTS)],
        "seeds": list(range(SEEDS)),
        "reference": None if stochastic else REFERENCE,
        "rows": rows,
        "timing": [
            {"value": n, "calls": 2 * n, "cpu_seconds": 0.1 + 0.02 * 2 * n, "seconds": 1.0}
            for n in (1, 12, 50)
        ],
        **more,
    }
    return {**found, "summary": summarise(found)}


def hits(passes: float) -> str:
    """A picture's factors come right one by one: all by 6 calls, the last prompt's by 8."""
    digits = []
    for picture in range(COUNT):
        done = 8 if picture // SEEDS == PROMPTS - 1 else 6
        digits.append("0137f"[min(4, int(4 * passes / done))])
    return "".join(digits)


def write(folder: Path, found: dict[str, Any], strips: Path | None = None) -> dict[str, Any]:
    """Writes a measurement below settings/measured, and a strip of pictures below `strips`."""
    stem = f"steps-{found['scheduler']}" if found["sweep"] == "steps" else found["sweep"]
    target = folder / found["model"] / f"{stem}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    if strips is not None:
        values = [row["value"] for row in found["rows"]]
        file = f"{found['model']}/{stem}-0.webp"
        (strips / file).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16 * len(values), 16), "#808080").save(strips / file)
        found = {**found, "strips": [{"file": file, "prompt": 0, "seed": 0, "values": values}]}
    target.write_text(json.dumps(found), encoding="utf-8")
    return found
