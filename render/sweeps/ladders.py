"""Measures ladders one after another, each into its file or added to what the file holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..measured import read, write
from ..pipelines import Studio
from . import join, ladder, metrics
from .asking import Wanted, wanted
from .pictures import Asked, calls_of
from .sources import with_sources
from .specs import Spec
from .strips import write_strips


@dataclass(frozen=True)
class Bench:
    """What ladders are measured with, and the folders that their files go to."""

    studio: Studio
    clip: Any
    learned: Sequence[Any]
    cache: Path
    target: Path
    strips: Path


def measure_all(
    specs: Sequence[Spec], bench: Bench, prompts: Path | int | None, seeds: int | None, add: bool
) -> Iterator[Path]:
    """Yields the file of each ladder; with `add` only what a file lacks is drawn."""
    for spec in specs:
        file = bench.target / f"{spec.id}.json"
        there = read(file) if add and file.is_file() else None
        told = wanted(prompts, seeds, bench.studio.model, there)
        if there is not None:
            write(file, _added(spec, bench, told, there, file))
        else:
            measure_one(spec, bench, told, file)
        yield file


def measure_one(spec: Spec, bench: Bench, told: Wanted, file: Path) -> None:
    """Measures one ladder from nothing, into its file."""
    asked = asked_of(spec, bench.cache, told)
    found, drawn = _measured(spec, bench, told, asked)
    found["strips"] = write_strips(spec, drawn, asked, bench.strips)
    write(file, found)


def asked_of(spec: Spec, cache: Path, told: Wanted) -> Asked:
    """All that is wanted, with the source pictures that the sweep starts from."""
    return _asked(spec, cache, told.prompts, told.seeds, told.prompts)


def _added(
    spec: Spec, bench: Bench, told: Wanted, found: dict[str, Any], file: Path
) -> dict[str, Any]:
    """A measurement with what it lacks of the prompts and seeds; its strips stay as they are."""
    every = (*found["prompts"], *(one for one in told.prompts if one not in found["prompts"]))
    for prompts, seeds in join.lacking(found, told.prompts, told.seeds):
        asked = _asked(spec, bench.cache, prompts, seeds, every)
        # Before anything is drawn: hours of it would be of no use.
        join.expect_alike(found, _announced(spec, bench, told, asked, found), f"--add {file}")
        more, _ = _measured(spec, bench, told, asked)
        found = join.joined(found, more, f"--add {file}")
    return found


def _measured(spec: Spec, bench: Bench, told: Wanted, asked: Asked) -> Any:
    jury = told.jury(asked.prompts, len(asked.seeds))
    options = {"jury": jury, "clip": bench.clip, "learned": bench.learned}
    return ladder.measure(spec, bench.studio, asked, bench.cache, **options)


def _asked(
    spec: Spec, cache: Path, prompts: Sequence[str], seeds: Sequence[int], every: Sequence[str]
) -> Asked:
    """Prompts and seeds, with the source pictures that image-to-image gives each of `every`."""
    asked = Asked(tuple(prompts), tuple(seeds))
    if spec.sweep != "strength":
        return asked
    return with_sources(asked, cache / "sources", [every.index(one) for one in prompts])


def _announced(
    spec: Spec, bench: Bench, told: Wanted, asked: Asked, found: dict[str, Any]
) -> dict[str, Any]:
    """What a run that is still to be drawn will say of itself."""
    jury = told.jury(asked.prompts, len(asked.seeds))
    rungs = [
        {"value": value, "calls": calls_of(spec, bench.studio, asked, value)}
        for value in spec.values
    ]
    return {
        **ladder.described(spec, bench.studio, asked),
        "judge": jury.digest if jury else None,
        "clip": bench.clip.digest if bench.clip else None,
        "metric": metrics.named(bench.learned if found["reference"] else ()),
        **({} if found.get("failed") else {"rows": rungs}),
    }
