"""What training came to: steps, seconds, rates and curve, published with the weights."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..durable import write_whole
from ..errors import RenderError

POINTS = 200  # of a curve, about
FILE = "training.json"
LARGEST = 16 * 2**20  # bytes of a file of weights


@dataclass
class Record:
    """Kept with every checkpoint."""

    steps: int  # to take in all, as far as is known
    looks: int = 0  # how often they were set from the pace
    step: int = 0
    seconds: float = 0.0
    pictures: int = 0
    flops: list[float] = field(default_factory=list)  # of the first steps, one of each size
    curve: list[list[float]] = field(default_factory=list)  # step, mean loss, learning rate
    marks: list[dict[str, Any]] = field(default_factory=list)  # what was looked at on the way

    def told(self, ceiling: float) -> dict[str, Any]:
        """For the file: rates over all seconds, strips and checkpoints included."""
        seconds = max(self.seconds, 1e-9)
        rate = sum(self.flops) / max(1, len(self.flops)) * self.step / seconds / 1e12
        return {
            "steps": self.step,
            "pictures": self.pictures,
            "seconds": round(self.seconds, 1),
            "pictures_per_second": _rounded(self.pictures / seconds),
            "tflops": _rounded(rate),
            "matmul_tflops": ceiling,
            "share_of_matmul": _rounded(rate / ceiling),
            "curve": self.curve,
            "marks": self.marks,
        }


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def write(folder: Path, preset: str, parts: dict[str, Any]) -> None:
    """Writes what trained a model beside its weights, and refuses weights that are too large.

    The same parts give the same bytes: the file is in the digest that names the weights.
    """
    for path in sorted(folder.rglob("*.safetensors")):
        if path.stat().st_size > LARGEST:
            raise RenderError(
                f"{path}: expected at most {LARGEST:,} bytes, got {path.stat().st_size:,}."
            )
    known = {name: dict(part) for name, part in parts.items() if part}
    machines = [part.pop("machine") for part in known.values()]
    told = {"preset": preset, "machine": machines[-1], "parts": known}
    text = json.dumps(told, separators=(",", ":"), sort_keys=True)
    # A line for each part: a curve is long, and read by programs.
    write_whole(folder / FILE, (text.replace('"parts":{', '"parts":{\n') + "\n").encode())


def lines(folder: Path) -> list[str]:
    """What a model card says of a training, a line for each part; none where there is no file."""
    if not (folder / FILE).is_file():
        return []
    found = json.loads((folder / FILE).read_text("utf-8"))
    machine = found["machine"]
    rows = [f"{found['preset']} preset, {machine['device']}, torch {machine['torch']}"]
    rows += [f"{'':<16}{'steps':>8}{'pictures':>12}{'minutes':>9}{'pictures/s':>12}"
             f"{'TFLOP/s':>9}{'of matmul':>11}"]  # fmt: skip
    for name, one in found["parts"].items():
        rows.append(
            f"{name:<16}{one['steps']:>8,}{one['pictures']:>12,}{one['seconds'] / 60:>9.1f}"
            f"{one['pictures_per_second']:>12,.0f}{one['tflops']:>9.3g}"
            f"{one['share_of_matmul']:>11.1%}"
        )
    return rows
