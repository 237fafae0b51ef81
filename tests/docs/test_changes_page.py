"""The page of changed answers says what the feed says."""

from __future__ import annotations

from changes_page import changes_page

NAMES = {"a": "Model A", "b": "Model B"}
CHANGED = {"model": "a", "field": "guidance_scale", "before": None, "after": 3.5}
RELEASE = {
    "notes": ["A's card **says** so."],
    "added": ["b"],
    "removed": ["gone"],
    "changed": [CHANGED],
}
NOTHING = {"notes": [], "added": [], "removed": [], "changed": []}


def test_a_release_lists_each_changed_figure_with_its_model_and_why() -> None:
    """A model that is gone has no page to lead to."""
    versions = [{"version": "1.1.0", "date": "2026-01-02", **RELEASE}]
    page = changes_page({"unreleased": NOTHING, "versions": versions}, NAMES)
    assert "## 1.1.0 (2026-01-02)" in page
    assert "<li>A's card <strong>says</strong> so.</li>" in page
    assert (
        '<tr><th scope="row"><a href="../models/a/">Model A</a></th><td>guidance scale</td>'
        '<td>none</td><td class="value">3.5</td></tr>'
    ) in page
    assert "Gone: 1 model</summary>\n<p>gone</p>" in page


def test_a_release_without_a_change_says_so_and_the_first_has_only_new_models() -> None:
    """Newest first."""
    versions = [{"version": "1.0.0", "date": "2026-01-01", **NOTHING, "added": ["a", "b"]}]
    page = changes_page({"unreleased": NOTHING, "versions": versions}, NAMES)
    since, first = page.split("## 1.0.0 (2026-01-01)")
    assert "## Since the last release" in since
    assert "No answer changed." in since
    assert "All are new: 2 models" in first


def test_before_the_first_release_everything_is_new() -> None:
    """Nothing was kept that it could differ from."""
    page = changes_page({"unreleased": {**NOTHING, "added": ["a"]}, "versions": []}, NAMES)
    assert "## Before the first release" in page
    assert "All are new: 1 model<" in page
