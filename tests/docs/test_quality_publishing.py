"""Publishing: the same bytes from every build, cards without a network, a size that is told."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import cards
import pytest
from html_pages import elements
from PIL import Image
from size import table
from small import ROOT, run_mkdocs

from tests.prove import PROVE


def test_a_card_shows_title_and_description() -> None:
    """1200 by 630, drawn of what Pillow carries; another title is another picture."""
    drawn = cards.card("FLUX.1 [dev]", "28 steps – guidance 3.5", "Sweetspot")
    with Image.open(io.BytesIO(drawn)) as picture:
        assert (picture.format, picture.size) == ("PNG", (1200, 630))
    assert len(drawn) < 60_000
    assert drawn == cards.card("FLUX.1 [dev]", "28 steps - guidance 3.5", "Sweetspot")
    assert drawn != cards.card("FLUX.1 [pro]", "28 steps - guidance 3.5", "Sweetspot")


def test_a_title_and_a_description_too_long_for_a_card_end_in_dots() -> None:
    assert cards.card("word " * 80, "word " * 400, "Sweetspot") != b""


def test_the_card_of_a_page_is_named_by_its_whole_address() -> None:
    """A network fetches it from elsewhere; quotes in a title stay a title."""
    named = cards.tags("https://example.org/g/assets/cards/a.png", 'the "a"', "b & c")
    assert 'property="og:image" content="https://example.org/g/assets/cards/a.png"' in named
    assert 'property="og:title" content="the &quot;a&quot;"' in named
    assert 'property="og:description" content="b &amp; c"' in named


def test_a_build_that_is_not_published_draws_no_card(small_guide: Path) -> None:
    assert not (small_guide / "assets" / "cards").exists()
    assert not any(e.get("property") for e in elements(small_guide / "index.html"))


def test_the_size_of_a_site_is_told_by_folder(tmp_path: Path) -> None:
    """In files and megabytes, the largest first."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a").write_bytes(bytes(3_000_000))
    (tmp_path / "index.html").write_bytes(bytes(100_000))
    assert table(tmp_path).splitlines()[2:] == [
        "| whole site | 2 | 3.1 |",
        "| models | 1 | 3.0 |",
        "| (top) | 1 | 0.1 |",
    ]


@pytest.mark.skipif(not PROVE, reason="make prove: the whole guide is built twice more")
def test_two_builds_of_the_whole_guide_with_cards_are_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In two folders, with other hash seeds and time zones; test_site.py does it for the small."""
    found = []
    for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo")):
        site = tmp_path / seed
        options = {"PYTHONHASHSEED": seed, "TZ": zone, "SOCIAL_CARDS": "1"}
        run_mkdocs(ROOT, "--site-dir", str(site), SITE_URL="https://example.org/g/", **options)
        found.append(
            {
                path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in site.rglob("*")
                if path.is_file()
            }
        )
    assert found[0] == found[1]
    assert "assets/cards/models/flux-1-dev.png" in found[0]
