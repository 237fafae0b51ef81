"""What `render compare` says of two folders of renders."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from render.__main__ import main
from render.compare.pairs import compare
from render.images import decode, encode


def folder(path: Path, cells: dict[str, np.ndarray]) -> Path:
    """Renders of the plan `steps`, by what stands on its axis."""
    entries = []
    for name, picture in cells.items():
        content = encode(picture)
        file = path / "steps" / f"{abs(hash((name, content))):016x}.webp"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        settings = {"model": "tiny"}
        entries.append({"file": file.name, "axes": {"prompt": name}, "settings": settings})
    (path / "steps" / "manifest.json").write_text(json.dumps({"cells": entries}))
    return path


def shade(level: int, spot: int = 0) -> np.ndarray:
    picture = np.full((64, 64, 3), level, np.uint8)
    picture[16:48, 16:48] += np.uint8(spot)
    return picture


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    before = {"same": shade(40, 9), "near": shade(90), "far": shade(90), "gone": shade(1, 90)}
    after = {"same": shade(40, 9), "near": shade(90, 8), "far": shade(90, 120), "<b>|new": shade(7)}
    return folder(tmp_path / "before", before), folder(tmp_path / "after", after)


def test_pictures_are_paired_by_place_and_the_farthest_comes_first(sides):
    pairs = compare(*sides)
    assert [(pair.name.split()[-1], pair.kind) for pair in pairs] == [
        ("far", "changed"),
        ("near", "changed"),
        ("<b>|new", "new"),
        ("gone", "gone"),
        ("same", "the same"),
    ]
    far, near, *others = (pair.flip for pair in pairs)
    assert 1 > far > 3 * near > 0
    assert others == [0, 0, 0]
    assert pairs[0].largest > 100 > pairs[1].largest > 0


def test_the_report_shows_before_after_and_a_brighter_difference(sides, tmp_path, capsys):
    out = tmp_path / "report"
    assert main(["compare", *map(str, sides), "--report", str(out)]) == 0
    printed = "Pictures: 2 changed, 1 new, 1 gone, 1 the same.\n" + f"wrote {out / 'report.md'}\n"
    assert capsys.readouterr().out == printed
    lines = (out / "report.md").read_text().splitlines()
    assert lines[4] == "| plan | picture | before | after | difference × 8 | ꟻLIP | largest |"
    assert len(lines) == 10
    shown = sorted(path.stem.split("-")[1] for path in (out / "thumbnails").iterdir())
    assert shown == ["after"] * 3 + ["before"] * 3 + ["difference"] * 2
    difference = decode(next((out / "thumbnails").glob("*-difference.webp")).read_bytes())
    assert difference[2, 2].max() < 40 < difference[32, 32].min()


def test_names_from_plans_cannot_leave_their_cell(sides, tmp_path):
    main(["compare", *map(str, sides), "--report", str(tmp_path / "report")])
    text = (tmp_path / "report" / "report.md").read_text()
    assert "tiny: prompt &#60;b&#62;&#124;new" in text
    assert "<b>" not in text


def test_given_addresses_the_pictures_are_shown_from_where_they_are(sides, tmp_path):
    out = tmp_path / "report"
    links = ["https://example.org/old", "https://example.org/new"]
    main(["compare", *map(str, sides), "--report", str(out), "--links", *links])
    text = (out / "report.md").read_text()
    far = next(line for line in text.splitlines() if "prompt far" in line)
    file = {name: path.name for name, path in zip(("b", "a"), paths(sides, "far"), strict=True)}
    assert f'<img src="https://example.org/old/steps/{file["b"]}" width="128" alt="before">' in far
    assert f'<img src="https://example.org/new/steps/{file["a"]}" width="128" alt="after">' in far
    assert not (out / "thumbnails").exists()


def paths(sides, name: str) -> tuple[Path, Path]:
    pair = next(pair for pair in compare(*sides) if pair.name.endswith(name))
    return pair.before, pair.after


def test_what_cannot_be_read_is_told_in_one_line(sides, tmp_path, capsys):
    assert main(["compare", str(tmp_path / "nowhere"), str(sides[1])]) == 2
    message = f"{tmp_path / 'nowhere'}: expected a folder of renders, got none.\n"
    assert capsys.readouterr().err == message
    broken = sides[0] / "steps" / "manifest.json"
    broken.write_text("[]")
    assert main(["compare", *map(str, sides)]) == 2
    assert f"{broken}: expected a manifest of renders, got: " in capsys.readouterr().err
