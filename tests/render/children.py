"""Runs of the studio in forked children: a warm start, any fault, and what was made told by a log.

For a process of one thread that has imported what a run needs: `python -m tests.render.prove`.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import render.run  # noqa: F401 - Pillow and NumPy, before any child is forked
from render import fake, provenance, store
from render.__main__ import main
from render.images import decode, encode
from render.manifest import read_cells, valid
from render.plan import digest, load_plan
from tests.render.faults import Faults

PLAN = """\
title: A plan for faults
transfers: none
models: [postcards]
settings: {{num_inference_steps: 2, width: 32, height: 32}}
prompts:
  a: {{prompt: "a castle", seed: 1}}
axes:
  guidance_scale: [{values}]
"""


def warm(place: Path) -> None:
    """Loads, before any child is forked, what each would load by itself."""
    [cell, *_] = load_plan(str(Scene(place).plan), fake=0.0).cells()
    decode(encode(fake.paint(cell)))


@dataclass
class Scene:
    """A plan of `count` cells and its folder, in a place of its own."""

    place: Path
    count: int = 12
    backend: str = "fake"
    name: str = "faults"
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.place.mkdir(parents=True, exist_ok=True)
        self.log = self.place / f"{self.name}.log"
        values = ", ".join(str(1 + i / 4) for i in range(self.count))
        self.plan.write_text(PLAN.format(values=values))

    @property
    def plan(self) -> Path:
        return self.place / f"{self.name}.yaml"

    @property
    def out(self) -> Path:
        return self.place / "out"

    @property
    def folder(self) -> Path:
        return self.out / self.name

    def arguments(self, command: str = "run") -> list[str]:
        return [command, str(self.plan), "--backend", self.backend, "--out", str(self.out)]

    def start(self, command: str = "run", *, at: int = 0, fault: str = "kill") -> int:
        """Forks a run; what it says on stderr goes to a file named after its process."""
        child = os.fork()
        if child:
            return child
        code = 70
        try:
            words = os.open(self.place / f"{os.getpid()}.words", os.O_WRONLY | os.O_CREAT)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(words, 2)
            faults = Faults(self.out, self.log, at, fault)
            paint = fake.paint

            def painted(cell):
                faults.note(f"paint {cell.id}")
                return paint(cell)

            fake.paint = painted
            store.PAUSE = 0.0  # a manifest for each picture: the most points to fail at
            faults.install()
            code = main(self.arguments(command))
        except BaseException:
            traceback.print_exc()
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)

    def end(self, child: int) -> tuple[int, str]:
        """Waits for a run: its exit status (negative for a signal) and its complaints."""
        _, status = os.waitpid(child, 0)
        words = self.place / f"{child}.words"
        text = words.read_text() if words.is_file() else ""
        words.unlink(missing_ok=True)
        return os.waitstatus_to_exitcode(status), text

    def run(self, command: str = "run", **options) -> tuple[int, str]:
        return self.end(self.start(command, **options))

    def noted(self, what: str) -> list[str]:
        lines = self.log.read_text().splitlines() if self.log.is_file() else []
        return [line.split(" ", 1)[1] for line in lines if line.startswith(f"{what} ")]

    def wrong(self) -> list[str]:
        """What a reader would meet that is not whole: pictures, and entries of the manifest."""
        found = [
            path.name
            for path in self.folder.glob("*.webp")
            if (told := provenance.read(path.read_bytes())) is None
            or f"{digest(told['recipe'])}.webp" != path.name
        ]
        manifest = self.folder / "manifest.json"
        entries = read_cells(self.folder)
        if manifest.is_file() and not entries:
            found.append(manifest.name)
        found += [id for id, entry in entries.items() if not valid(self.folder, entry)]
        return found

    def lost(self) -> list[str]:
        """Pictures that were in place once and are not any more."""
        names = {Path(path) for path in self.noted("replace") if path.endswith(".webp")}
        return [path.name for path in names if not path.is_file()]

    def redone(self) -> int:
        """Pictures made more than once."""
        return sum(count - 1 for count in Counter(self.noted("paint")).values())

    def finished(self) -> list[str]:
        """What is wrong with a folder that should hold every picture, a manifest, nothing else."""
        names = {path.name for path in self.folder.iterdir()} if self.folder.is_dir() else set()
        pictures = {name for name in names if name.endswith(".webp")}
        problems = [f"stray {name}" for name in names - pictures - {"manifest.json"}]
        if len(pictures) != self.count:
            problems.append(f"{len(pictures)} pictures of {self.count}")
        code, words = self.run("check")
        return problems + ([f"check: {words}"] if code else [])
