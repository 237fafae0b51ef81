"""Fills in the page on live drawing: its picture, what was compared with Python, what was timed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from figures import load_manifests
from live import BESIDE, MODELS, STEPS, Kit, live_on, load_kit
from pages import RENDERS
from templating import render
from vendor import collect

PLAN = "inference-steps"
PART = re.compile(r"<!-- live: (picture|words|parity|times) -->")


def embed_live(markdown: str, root: str, renders: Path = RENDERS, models: Path = MODELS) -> str:
    """Fills in `<!-- live: PART -->` in a hand-written page; with nothing where none is known."""
    if not PART.search(markdown):
        return markdown
    kit, manifests = load_kit(collect(), models), load_manifests(renders)

    def html(match: re.Match[str]) -> str:
        part = match[1]
        if kit is None:
            return ""
        if part == "picture":
            return _picture(manifests, kit, root)
        told = _read(models / f"{part}.json") if part != "words" else _words(kit, models)
        drawn = _read(models / "browser.json")
        return render(f"live_{part}", told=told, kit=kit, drawn=drawn) if told else ""

    return PART.sub(html, markdown)


def _picture(manifests: Mapping[str, Any], kit: Kit, root: str) -> str:
    """The large picture: it begins with the model that needs the fewest steps."""
    default = kit.manifest["default"]
    shown = live_on(PLAN, STEPS, manifests[PLAN], kit, [default]) if PLAN in manifests else None
    if shown is None:
        return ""
    other = next((name for name in kit.manifest["models"] if name != default), default)
    shown = replace(shown, main=other, settings={**BESIDE, **shown.settings})
    return render("live", live=shown, root=root, large=True)


def _words(kit: Kit, models: Path) -> list[str]:
    words: list[str] = _read(models / kit.manifest["vocabulary"]["file"])["words"]
    return words


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
