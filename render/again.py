"""`python -m render measure MODEL --again`: what was measured, of the weights that lie here now.

Each file of settings/measured/MODEL is measured as it was: sampler, prompts, seeds and what was
held fixed. Results wait in a folder of their own until all are there: one file of new weights
beside others of old ones leaves the catalogue unsound, and nothing could be asked any more. Then
all of them, their strips, the contact sheet and the line that pins the weights are put in place.

What waits is kept, so a run that was stopped goes on, on another machine too. A GPU draws; how long
a picture takes is a figure of CPUs, added by a run on one before anything is put in place.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .durable import write_whole
from .errors import RenderError
from .lock import alone_in
from .measured import write
from .models import REFERENCE, ModelSource, find_model, folder_digest
from .plan import ROOT

WAITING = ROOT / ".cache" / "measured-again"
SHEET = "sheet.webp"
ORDER = (
    "quality",
    "steps",
    "guidance",
    "strength",
    "pairs",
)  # sweeps of a model; time is of random weights


@dataclass(frozen=True)
class Work:
    """A file to be measured again: as it stands, and where its successor waits."""

    source: ModelSource
    file: Path
    found: dict[str, Any]
    waiting: Path

    @property
    def digests(self) -> dict[str, str]:
        """What the successor must be of: the weights, and the judge where one judged."""
        told = {"weights": self.source.identity["digest"]}
        judged = self.found.get("judge") is not None
        return told | ({"judge": folder_digest(REFERENCE / "judge")} if judged else {})

    def successor(self) -> dict[str, Any]:
        """What waits of these weights, whole or not; empty where nothing does."""
        try:
            told: dict[str, Any] = json.loads(self.waiting.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return told if all(told.get(key) == value for key, value in self.digests.items()) else {}

    def lacks(self) -> str | None:
        """What is still to be made of it: pictures or times."""
        told = self.successor()
        if self.found["sweep"] == "quality":
            if not told.keys() >= {"judge_accuracy", "autoencoder_psnr_db"}:
                return "pictures"
            return None if "cpu_seconds" in told else "times"
        if not told:
            return "pictures"
        return "times" if self.found.get("timing") and not told["timing"] else None


def works(name: str, out: Path | None = None, root: Path = ROOT) -> list[Work]:
    """Every measurement of a model whose folder lies here, the quickest to say something first."""
    source = find_model(name)
    if source.folder is None:
        raise RenderError(f"{name}: expected a folder, whose weights may change, got a revision.")
    files = sorted((root / "settings" / "measured" / source.name).glob("*.json"))
    waiting = (out or WAITING) / source.name
    every = [(path, json.loads(path.read_text(encoding="utf-8"))) for path in files]
    found = [Work(source, p, told, waiting / p.name) for p, told in every if told["sweep"] in ORDER]
    if not found:
        raise RenderError(
            f"{name}: expected a model that was measured, got one of which settings/measured/ has "
            f"nothing. Run: python -m render measure {name}"
        )
    for work in found:
        if work.found.get("clip") or work.found.get("metric", {}).get("beside"):
            raise RenderError(
                f"{work.file.name}: expected a measurement by the judge and ꟻLIP, got one with "
                "further scores, whose weights --again does not know. Measure it with --sweep."
            )
    return sorted(found, key=lambda one: (ORDER.index(one.found["sweep"]), one.file.name))


def stale(work: Work) -> bool:
    """True for a measurement of other weights, or by another judge, than lie here."""
    return any(work.found.get(key) != value for key, value in work.digests.items())


def again(
    name: str,
    *,
    device: str = "auto",
    width: int | None = None,
    out: Path | None = None,
    root: Path = ROOT,
) -> Iterator[str]:
    """Makes what is stale; yields a line for each file, and at the end what is to be done next.

    One run at a time: what another has put in place is no longer stale.
    """
    with alone_in(out or WAITING):
        yield from _made(name, device, width, out, root)


def _made(name: str, device: str, width: int | None, out: Path | None, root: Path) -> Iterator[str]:
    wanted = [work for work in works(name, out, root) if stale(work)]
    if not wanted:
        yield f"{name}: every measurement is of the weights that lie here."
        return
    from .remeasure import Remeasure

    bench = Remeasure(wanted[0].source, device, width, (out or WAITING))
    for i, work in enumerate(wanted, 1):
        lacking = work.lacks()
        if lacking == "pictures":
            bench.draw(work)
            lacking = work.lacks()
        if lacking == "times" and bench.on_cpu:
            bench.time(work)
        yield f"{i} of {len(wanted)}: {work.waiting}"
    if left := [work for work in wanted if work.lacks()]:
        yield (
            f"{len(left)} of {len(wanted)} still lack times, which a CPU gives. Run: "
            f"python -m render measure {name} --again --device cpu"
            + (f" --out {out}" if out else "")
        )
        return
    yield from put_in_place(wanted, root)


def put_in_place(wanted: list[Work], root: Path = ROOT) -> Iterator[str]:
    """Puts what waits where it belongs, pins the weights, and empties the folder."""
    source, folder = wanted[0].source, wanted[0].waiting.parent
    strips = root / "docs" / "content" / "strips"
    for work in wanted:
        told = work.successor()
        for strip in told.get("strips", []):
            content = (folder.parent / "strips" / strip["file"]).read_bytes()
            write_whole(strips / strip["file"], content)
        named = {strip["file"] for strip in told.get("strips", [])}
        for strip in work.found.get("strips", []):
            if strip["file"] not in named:
                (strips / strip["file"]).unlink(missing_ok=True)
    if (folder / SHEET).is_file():
        card = root / "render" / "reference" / f"{source.name}.webp"
        write_whole(card, (folder / SHEET).read_bytes())
    for work in wanted:
        write(work.file, work.successor())
    pin(source.name, source.identity["digest"], root)
    shutil.rmtree(folder)
    yield f"wrote {len(wanted)} files in settings/measured/{source.name}, and pinned the weights"


def pin(model: str, digest: str, root: Path = ROOT) -> None:
    """Writes a model's `weights` line anew: what measurements of it must be of."""
    for path in (root / "settings" / "models").glob(f"*/{model}.yaml"):
        text = path.read_text(encoding="utf-8")
        written = re.sub(r"(?m)^weights: .*$", f"weights: {digest}", text)
        write_whole(path, written.encode())


def as_it_was(specs: list[Any], found: dict[str, Any]) -> Any:
    """The ladder of a file: its sampler's of now, with what was held fixed then."""
    [spec] = specs
    return replace(spec, own=bool(found["own"]), fixed=found["fixed"])
