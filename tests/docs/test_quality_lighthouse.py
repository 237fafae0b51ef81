"""The runner of Lighthouse: what it keeps of a report, what it demands, how it serves."""

from __future__ import annotations

import gzip
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from browser import served
from lighthouse import FLOORS, METRICS, Host, below, condensed, lacking, middle, said

GOOD = {"performance": 99, "accessibility": 100, "best-practices": 100, "seo": 100}
TIMES = {"lcp": 1600.0, "fcp": 1300.0, "tbt": 12.0, "cls": 0.0, "bytes": 68096.0, "machine": 1500}


def found(**changed: Any) -> dict[str, Any]:
    return {**GOOD, **TIMES, "failed": [], **changed}


def test_a_report_becomes_scores_times_and_what_failed() -> None:
    """Scores are of 100; an audit without weight decides nothing and is left out."""
    refs = [{"id": "color-contrast", "weight": 7}, {"id": "hint", "weight": 0}]
    report = {
        "categories": {name: {"score": 0.961, "auditRefs": refs} for name in FLOORS},
        "audits": {
            **{audit: {"numericValue": 1.23456, "score": 1} for audit in METRICS.values()},
            "color-contrast": {"score": 0},
            "hint": {"score": 0},
        },
        "environment": {"benchmarkIndex": 1200},
    }
    kept = condensed(report)
    assert (kept["performance"], kept["lcp"], kept["machine"]) == (96, 1.235, 1200)
    assert kept["failed"] == [
        f"{name}: color-contrast" for name in ("accessibility", "best-practices", "seo")
    ]


def test_the_median_counts_and_any_failure_is_told() -> None:
    runs = [found(performance=90), found(performance=99, failed=["seo: x"]), found(performance=97)]
    assert middle(runs)["performance"] == 97
    assert middle(runs)["failed"] == ["seo: x"]


@pytest.mark.parametrize(("name", "floor"), FLOORS.items())
def test_a_score_below_its_floor_is_told(name: str, floor: int) -> None:
    assert below(found(**{name: floor})) == []
    assert below(found(**{name: floor - 1})) == [
        f"{name}: expected {floor} or more, got {floor - 1}"
    ]


def test_the_table_marks_what_misses_its_target() -> None:
    text = said({"home": found(performance=97, lcp=1750.0, failed=["seo: x"])}, 3)
    row = "| home | 97* | 100 | 100 | 100 | 1.75 s* | 12 ms | 0.000 | 66 |"
    assert text.splitlines()[-3:] == [row, "", "home: seo: x"]


def test_a_folder_without_the_site_is_told(tmp_path: Path) -> None:
    assert lacking(tmp_path, "chromium", "node").startswith(f"{tmp_path}: expected a built site")


def test_text_is_sent_compressed_and_kept_for_ten_minutes(tmp_path: Path) -> None:
    """As GitHub Pages does; a picture goes as it is, and what is not there is not."""
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html").write_text("<p>words</p>", encoding="utf-8")
    (tmp_path / "a.webp").write_bytes(b"RIFF")
    with served(tmp_path, Host) as base:
        with urllib.request.urlopen(base + "page/") as page:
            assert page.headers["Content-Encoding"] == "gzip"
            assert page.headers["Cache-Control"] == "max-age=600"
            assert gzip.decompress(page.read()) == b"<p>words</p>"
        with urllib.request.urlopen(base + "a.webp") as picture:
            assert picture.headers["Content-Encoding"] is None
        with pytest.raises(urllib.error.HTTPError, match="404") as error:
            urllib.request.urlopen(base + "none")
        error.value.close()
