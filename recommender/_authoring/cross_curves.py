"""What computed figures and the pages that show them must agree on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .cross_parts import problem
from .entry import Entry
from .plain import did_you_mean
from .problems import Problem
from .yaml_text import Location


def curve_problems(
    settings: Iterable[Entry], curves: dict[str, Entry], all_ids: set[tuple[str, str]]
) -> Iterator[Problem]:
    """A figure that a page shows exists, and stands on one page alone; each has its page.

    A tree without figures (an sdist, or the catalogue's own compiler) has none to ask.
    """
    known = [id for kind, id in sorted(all_ids) if kind == "curve"]
    owners: dict[str, Entry] = {}
    for entry in settings:
        for index, shown in enumerate(entry.data.get("curves", [])):
            here: Location = ("curves", index, "curve")
            name = shown["curve"]
            if known and name not in known:
                message = f"expected a figure of docs/content/curves, got '{name}'."
                yield problem(entry, here, message + did_you_mean(name, known))
            owner = owners.setdefault(name, entry)
            if owner is not entry:
                message = f"expected a figure of its own, got '{name}', which {owner.file} shows."
                yield problem(entry, here, message)
    for id, curve in curves.items():
        if id not in owners:
            message = "expected a setting that shows this figure, got none."
            yield problem(curve, (), message)
