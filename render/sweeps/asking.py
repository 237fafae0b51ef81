"""What a measurement asks for: prompts and seeds, and the scenes that our own prompts describe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import RenderError
from ..models import ModelSource, has_judge
from .jury import Jury, scenes_asked
from .pictures import Asked
from .specs import PROMPTS, SEEDS


@dataclass(frozen=True)
class Wanted:
    """Prompts and seeds, every prompt with every seed; scenes by prompt where they are our own."""

    prompts: tuple[str, ...]
    seeds: tuple[int, ...]
    scenes: Mapping[str, Any] = field(default_factory=dict)

    def asked(self) -> Asked:
        """All of it."""
        return Asked(self.prompts, self.seeds)

    def jury(self, prompts: Sequence[str], seeds: int) -> Jury | None:
        """Our judge of some of the prompts, where it knows what they describe."""
        if not self.scenes:
            return None
        unknown = [prompt for prompt in prompts if prompt not in self.scenes]
        if unknown:
            raise RenderError(
                f"'{unknown[0]}': expected one of our own prompts, as this file has a judge's "
                "figures, got another. Measure it into a file of its own, with --out."
            )
        return Jury([self.scenes[prompt] for prompt in prompts], seeds)


def wanted(
    prompts: Path | int | None,
    seeds: int | None,
    source: ModelSource,
    found: dict[str, Any] | None = None,
) -> Wanted:
    """What to measure: of a file, of our own prompts, or else what an earlier run asked for."""
    there = (tuple(found["prompts"]), tuple(found["seeds"])) if found else None
    some = tuple(range(seeds or SEEDS)) if seeds or not there else there[1]
    if isinstance(prompts, Path):
        said = tuple(dict.fromkeys(_lines_of(prompts)))
        if not said:
            raise RenderError(f"{prompts}: expected a prompt on every line, got none.")
        return Wanted(said, some)
    if prompts is None and found and there and found["judge"] is None:
        return Wanted(there[0], some)
    if not has_judge(source):
        raise RenderError(
            f"{source.name}: expected --prompts FILE, got none. Our own prompts describe scenes "
            "that only the reference models were trained on."
        )
    count = prompts or (len(there[0]) if there else PROMPTS)
    own = dict(zip(*scenes_asked(max(count, len(there[0]) if there else 0)), strict=True))
    return Wanted(tuple(own)[:count], some, own)


def _lines_of(path: Path) -> Iterator[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise RenderError(f"{path}: expected text in UTF-8, got something else.") from None
    yield from (line.strip() for line in lines if line.strip())
