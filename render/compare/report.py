"""Writes a comparison as Markdown, with thumbnails and perceptual distances."""

from __future__ import annotations

import html
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .pairs import Pair, pixels

THUMBNAIL = 128
AMPLIFIED = 8  # how much brighter a thumbnail shows the difference
MOST_ROWS = 60  # GitHub takes 65,536 characters in the text of a pull request
HEAD = """\
| plan | picture | before | after | {extra}ꟻLIP | largest |
| --- | --- | --- | --- | {rule}--- | --- |"""
ALIGNED = "ꟻLIP: mean perceptual error, 0 (equal) to 1. Largest: of all pixels, in 255ths."


def report(pairs: list[Pair], out: Path, links: tuple[str, str] | None = None) -> Path:
    """Writes `out`/report.md and returns its path.

    Its thumbnails lie beside it with the difference as a third, or, given `links` (what stands
    before PLAN/FILE in an address, before and after), are fetched from where the pictures are.
    """
    counts = Counter(pair.kind for pair in pairs)
    said = [f"{counts[kind]} {kind}" for kind in ("changed", "new", "gone", "the same")]
    lines = ["Pictures: " + ", ".join(said) + ".", ""]
    shown = [pair for pair in pairs if pair.kind != "the same"]
    if shown:
        extra, rule = ("", "") if links else (f"difference × {AMPLIFIED} | ", "--- | ")
        lines += [ALIGNED, "", HEAD.format(extra=extra, rule=rule)]
        lines += [_row(pair, out, links) for pair in shown[:MOST_ROWS]]
    if len(shown) > MOST_ROWS:
        lines += ["", f"{len(shown) - MOST_ROWS} more, all nearer than these or on one side only."]
    out.mkdir(parents=True, exist_ok=True)
    path = out / "report.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _row(pair: Pair, out: Path, links: tuple[str, str] | None) -> str:
    sides = {"before": pair.before, "after": pair.after}
    images: list[str] = []
    for i, (side, path) in enumerate(sides.items()):
        if path is None:
            images.append("–")
        elif links:
            images.append(_image(f"{links[i]}/{path.parent.name}/{path.name}", side))
        else:
            images.append(_image(_thumbnail(out, f"{path.stem}-{side}", pixels(path)), side))
    if not links:
        images.append(_difference(pair, out))
    distance = (f"{pair.flip:.4f}", str(pair.largest)) if pair.kind == "changed" else ("–", "–")
    return "| " + " | ".join([_text(pair.plan), _text(pair.name), *images, *distance]) + " |"


def _difference(pair: Pair, out: Path) -> str:
    if pair.before is None or pair.after is None:
        return "–"
    a, b = pixels(pair.before), pixels(pair.after)
    if a.shape != b.shape:
        return f"{a.shape[1]} × {a.shape[0]} became {b.shape[1]} × {b.shape[0]}"
    shown = np.clip(np.abs(a.astype(int) - b.astype(int)) * AMPLIFIED, 0, 255).astype(np.uint8)
    return _image(_thumbnail(out, f"{pair.after.stem}-difference", shown), "difference")


def _thumbnail(out: Path, name: str, shown: np.ndarray) -> str:
    """Writes a small copy and returns its path from the report."""
    image = Image.fromarray(shown)
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    target = out / "thumbnails" / f"{name}.webp"
    target.parent.mkdir(parents=True, exist_ok=True)
    image.save(target, "WEBP", quality=85)
    return f"thumbnails/{target.name}"


def _image(address: str, alt: str) -> str:
    return f'<img src="{html.escape(address)}" width="{THUMBNAIL}" alt="{alt}">'


def _text(text: Any) -> str:
    """Plan text as it stands: nothing in it is Markdown or HTML."""
    signs = {sign: f"&#{ord(sign)};" for sign in "|\\`*_[]<>&@#!\n\r"}
    return str(text).translate(str.maketrans(signs))
