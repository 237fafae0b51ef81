"""Compares the published pictures with the plans. Needs neither torch nor Pillow."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from recommender.authoring import manifest_problem

from . import manifest
from .budget import most_bytes, together
from .lock import ALONE, FILE
from .models import REFERENCE
from .plan import PLANS, ROOT, Plan

LOCKS = (FILE, ALONE)  # of a run that works here now, or was killed: nobody needs to remove them


def check(plan: Plan, out: Path, asked: Sequence[str] = ()) -> list[str]:
    """Returns one line per thing that is wrong with a plan's pictures; none when all is well.

    `asked` is what the command was given beside the plan, for the one that mends.
    """
    path = plan.folder / f"{plan.id}.yaml"
    where = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    name = plan.id if plan.folder == PLANS else str(path)
    mend = f"Run: python -m render run {shlex.quote(name)}"
    again = " ".join([mend, *map(shlex.quote, asked)])
    folder = out / plan.id
    if (folder / "manifest.json").is_file() and (
        problem := manifest_problem(folder / "manifest.json")
    ):
        return [f"{problem} {again}"]
    recorded = manifest.read_cells(folder)
    guests = {i: e for i, e in recorded.items() if manifest.is_guest(plan, e)}
    own = {i: e for i, e in recorded.items() if i not in guests}
    guest_problems = [
        f"{where}: {entry['file']} ({entry['settings']['model']}): damaged or missing. "
        f"{mend} {_that_made(entry, folder)} --out {shlex.quote(str(out))}"
        for entry in guests.values()
        if not manifest.valid(folder, entry)
    ]
    return [
        *(f"{where}: {line}" for line in _pictures(plan, folder, own, again)),
        *guest_problems,
        *(f"{where}: {line} {again}" for line in _beside(plan, folder, recorded)),
        *_strays(plan, folder, recorded),
    ]


def _pictures(plan: Plan, folder: Path, own: dict[str, Any], again: str) -> Iterator[str]:
    """What is wrong with the pictures of a plan's own cells."""
    cells = {cell.id: cell for cell in plan.cells()}
    missing = [i for i in cells if i not in own or not (folder / own[i]["file"]).is_file()]
    there = {i: own[i] for i in cells if i in own and i not in missing}
    damaged = [i for i, entry in there.items() if not manifest.valid(folder, entry)]
    stale = [i for i in own if i not in cells]
    for i in damaged:
        yield (
            f"{own[i]['file']} ({cells[i].name}): damaged, its bytes are not those that were "
            "rendered."
        )
    if missing or stale or damaged:
        counts = (_count(missing, "missing"), _count(stale, "stale"), _count(damaged, "damaged"))
        yield " and ".join(part for part in counts if part) + f". {again}"
    for i, entry in own.items():
        limit = most_bytes(entry["width"], entry["height"])
        if i in cells and entry["bytes"] > limit:
            yield f"{cells[i].name}: expected at most {limit} bytes, got {entry['bytes']}."


def _beside(plan: Plan, folder: Path, recorded: dict[str, Any]) -> Iterator[str]:
    """What is missing of the files beside the pictures: maps of differences, source pictures."""
    for name in sorted(_maps(recorded)):
        if not (folder / name).is_file():
            yield f"the map {name} is missing."
    for name, content in plan.sources().items():
        if recorded and not (folder / manifest.source_file(content)).is_file():
            yield f"the source picture {name} is missing."


def _strays(plan: Plan, folder: Path, recorded: dict[str, Any]) -> Iterator[str]:
    """The files that nothing names."""
    named = {entry["file"] for entry in recorded.values()} | {manifest.FILE, *LOCKS}
    named |= _maps(recorded) | {manifest.source_file(one) for one in plan.sources().values()}
    for path in sorted(folder.glob("*")):
        if path.name not in named:
            yield f"{path.name} in the pictures of {plan.id}: no cell asks for it. Remove it."


def _maps(recorded: dict[str, Any]) -> set[str]:
    return {told["map"] for e in recorded.values() if "map" in (told := e.get("measured", {}))}


def _that_made(entry: dict[str, Any], folder: Path) -> str:
    """The arguments that name a guest; where a folder of somebody's lies is not recorded."""
    name = str(entry["settings"]["model"])
    told = manifest.read_models(folder).get(name, {})
    place = name if (REFERENCE / name).is_dir() else f"path/to/{name}"
    if "repo" in told:
        place = f"{told['repo']}@{told.get('revision')}"
    words = ["--model", place]
    words += ["--prompts", str(told["prompts"])] if "prompts" in told else []
    return shlex.join(words + (["--backend", "fake"] if told.get("backend") == "fake" else []))


def _count(found: list[str], what: str) -> str:
    if not found:
        return ""
    return f"1 picture is {what}" if len(found) == 1 else f"{len(found)} pictures are {what}"


def command(
    plans: list[Plan], out: Path, asked: Sequence[str], whole: bool, published: bool, fix: bool
) -> int:
    """Prints every problem of the pictures; of the `whole` guide also those without a plan.

    Of what is `published`, the measurements are worked out again, and what two READMEs show is
    compared; with `fix` both are written anew. Measurements and the pages' live models are compared
    with the weights.
    """
    problems = [problem for plan in plans for problem in check(plan, out, asked)]
    if whole:
        strays = {p.parent.name for p in out.glob(f"*/{manifest.FILE}")} - {p.id for p in plans}
        problems += [
            f"{name}: pictures without a plan. Remove the folder." for name in sorted(strays)
        ]
    if published:
        from . import card, measured, weights
        from .export import files as live

        for path in measured.summarise_again() if fix else ():
            print(f"{path}: summed up anew")
        for path in card.fix() if fix else ():
            print(f"{path}: written anew")
        problems += [line for plan in plans for line in weights.drawn_elsewhere(plan, out)]
        problems += measured.check() + weights.check() + live.check() + card.problems()
        problems += together(plans, [out, out.parent / "strips"])
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return 1
    print(f"{len(plans)} plans, {sum(len(plan.cells()) for plan in plans)} pictures, no problems.")
    return 0
