"""Which answers changed from release to release: worked out from what was kept, told in a feed."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import api
import pytest
from api_changes import ChangesError, brief, changelog, changes, feed, write_release
from small import ROOT

CHANGELOG = """\
# Changelog

## Unreleased

### Recommendations

* Slow needs fewer steps,
  as its authors say now.

## [0.2.0] - 2026-03-01

### Added

* Something else.

### Recommendations

* Quick was measured.

## 0.1.0 (2026-01-31)

### Recommendations

* First answers.
"""


def usual(**steps: int) -> dict[str, dict[str, Any]]:
    return {id: {"steps": count, "scheduler": None} for id, count in steps.items()}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    write_release("0.1.0", usual(quick=4, gone=9), api.dumps, tmp_path)
    write_release("0.2.0", usual(quick=8, slow=50), api.dumps, tmp_path)
    return tmp_path


def test_a_release_tells_what_changed_since_the_one_before(project: Path) -> None:
    """Figures come from the answers that were kept, reasons from the changelog."""
    found = changes(usual(quick=8, slow=30), project)
    assert found["versions"][0] == {
        "version": "0.2.0",
        "date": "2026-03-01",
        "notes": ["Quick was measured."],
        "added": ["slow"],
        "removed": ["gone"],
        "changed": [{"model": "quick", "field": "steps", "before": 4, "after": 8}],
    }
    assert found["versions"][1]["added"] == ["gone", "quick"]
    assert [release["version"] for release in found["versions"]] == ["0.2.0", "0.1.0"]


def test_what_is_not_released_yet_is_compared_with_the_newest_release(project: Path) -> None:
    """A reader of the site sees what the next release will change."""
    assert changes(usual(quick=8, slow=30), project)["unreleased"] == {
        "notes": ["Slow needs fewer steps, as its authors say now."],
        "added": [],
        "removed": [],
        "changed": [{"model": "slow", "field": "steps", "before": 50, "after": 30}],
    }


def test_before_the_first_release_every_model_is_new(tmp_path: Path) -> None:
    """Nothing is compared with nothing; a folder without a changelog says no reasons."""
    found = changes(usual(quick=4), tmp_path)
    assert found == {
        "unreleased": {"notes": [], "added": ["quick"], "removed": [], "changed": []},
        "versions": [],
    }


def test_a_release_without_its_answers_stops_the_build_and_says_how_to_keep_them(
    project: Path,
) -> None:
    """Nobody can forget it: the changelog names the release, and its answers are asked for."""
    text = CHANGELOG.replace("## Unreleased", "## Unreleased\n\n## 0.3.0 - 2026-04-01")
    (project / "CHANGELOG.md").write_text(text, encoding="utf-8")
    with pytest.raises(ChangesError) as caught:
        changes(usual(quick=8), project)
    assert str(caught.value) == (
        "docs/content/api/v1/answers/0.3.0.json: expected the answers of release 0.3.0, which "
        "CHANGELOG.md names. Run: python docs/builder/api.py release 0.3.0"
    )


def test_a_heading_without_a_date_is_refused(tmp_path: Path) -> None:
    """A feed needs the day of each release."""
    (tmp_path / "CHANGELOG.md").write_text("## 0.2.0\n", encoding="utf-8")
    with pytest.raises(ChangesError) as caught:
        changelog(tmp_path / "CHANGELOG.md")
    assert str(caught.value) == (
        "CHANGELOG.md: '## 0.2.0': expected '## 1.2.3 - YYYY-MM-DD' or '## Unreleased'."
    )


def test_the_answers_of_a_release_are_kept_once(project: Path) -> None:
    """What was released does not change any more; a version is no path."""
    with pytest.raises(ChangesError) as again:
        write_release("0.2.0", usual(quick=1), api.dumps, project)
    assert str(again.value) == (
        "docs/content/api/v1/answers/0.2.0.json: these answers are kept already."
    )
    with pytest.raises(ChangesError) as odd:
        write_release("../0.3.0", usual(), api.dumps, project)
    assert str(odd.value) == "release: expected a version such as 1.2.3, got '../0.3.0'."


def test_the_feed_has_an_entry_for_each_release(project: Path) -> None:
    """RSS 2.0, with the reasons and the figures of each."""
    text = feed(changes(usual(quick=8), project), "https://guide.example/")
    channel = ElementTree.fromstring(text).find("channel")
    assert channel is not None
    assert channel.findtext("link") == "https://guide.example/"
    items = channel.findall("item")
    assert [item.findtext("title") for item in items] == ["Sweetspot 0.2.0", "Sweetspot 0.1.0"]
    assert items[0].findtext("pubDate") == "Sun, 01 Mar 2026 00:00:00 GMT"
    assert items[0].findtext("guid") == "sweetspot-0.2.0"
    assert items[0].findtext("description") == (
        "Quick was measured. quick: steps 4 → 8. New: 1 model. Gone: 1 model."
    )


def test_a_feed_keeps_hostile_words_as_words(project: Path) -> None:
    """A note is text, whatever stands in it."""
    release = {"version": "1.0.0", "date": "2026-01-01", "notes": ["<b>&]]>"], "changed": []}
    text = feed({"versions": [{**release, "added": [], "removed": []}]}, "https://x.example/")
    assert ElementTree.fromstring(text).findtext("channel/item/description") == "<b>&]]>"


def test_the_changelog_of_this_checkout_can_be_read() -> None:
    """Its *Recommendations* reach the API."""
    found = changelog(ROOT / "CHANGELOG.md")
    assert all(entry["notes"] for entry in found.values())


def test_an_answer_in_short_has_what_lists_show() -> None:
    """The fields that a release keeps."""
    fields = ("steps", "low", "high", "guidance", "guidance_scale", "true_cfg_scale",
              "scheduler", "shift")  # fmt: skip
    assert tuple(brief(dict.fromkeys((*fields, "why")))) == fields
