"""One command lists how many pictures every page of a built site shows."""

from __future__ import annotations

from pathlib import Path

from page_pictures import counts, table


def test_a_picture_counts_once_on_a_page_and_a_drawn_figure_beside_it(tmp_path: Path) -> None:
    """Named twice, behind a slider or below another address; icons are no figures."""
    pages = {
        "index.html": '<img src="assets/logo.png"><svg viewBox="0 0 24 24"></svg>',
        "settings/seed/index.html": (
            '<img src="../../renders/seed/a.webp"><a href="../../renders/seed/a.webp">'
            '<i data-stops=\'["../../renders/seed/b.webp"]\'></i><svg role="img"></svg>'
        ),
        "models/x/index.html": '<img src="../../strips/x/steps.webp">',
        "404.html": "",
    }
    for name, text in pages.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert counts(tmp_path) == [
        ("settings/seed/", 2, 1),
        ("models/x/", 1, 0),
        ("/", 0, 0),
        ("404.html", 0, 0),
    ]
    assert table(tmp_path).splitlines() == [
        "pictures  drawn  page",
        "       2      1  settings/seed/",
        "       1      0  models/x/",
        "2 of 4 pages show none.",
    ]
