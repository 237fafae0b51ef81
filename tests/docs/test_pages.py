"""The pages written from the catalogue: which there are, what stands on them, in which order."""

from __future__ import annotations

import copy
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pages
import pytest
from figures import load_manifests
from small import ROOT

import recommender

SENTENCE = (
    "It shows how this setting acts; the values at which it acts are this model's. "
    'For yours, see <a href="../../models/"><em>Your model</em></a>.'
)


@pytest.fixture(scope="module")
def catalogue(knowledge: Path) -> dict[str, Any]:
    return copy.deepcopy(dict(recommender.catalogue(knowledge)))


def answer(model_id: str) -> dict[str, Any]:
    """Stands for no recommendation: the fixture's own is asked for by the built guide."""
    return {
        "name": model_id,
        "steps": 4,
        "low": 1,
        "high": 4,
        "guidance": "off",
        "guidance_scale": 0.0,
        "true_cfg_scale": None,
        "shift": None,
        "scheduler": None,
        "basis": "author",
        "why": ("The authors say so.",),
        "settings": {"num_inference_steps": 4},
    }


@pytest.fixture(scope="module")
def built(catalogue: dict[str, Any], small_renders: Path) -> dict[str, pages.Page]:
    return pages.build_pages(catalogue, answer, load_manifests(small_renders))


def headings(markdown: str) -> list[str]:
    lines = re.findall(r"^#+ .*$", markdown, flags=re.MULTILINE)
    return [line.replace("&#91;", "[").replace("&#93;", "]") for line in lines]


def test_every_setting_and_model_has_a_page_and_an_index(built: dict[str, pages.Page]) -> None:
    """Nothing in the catalogue is out of reach."""
    assert sorted(built) == [
        "explore.md",
        "models/families/example.md",
        "models/families/index.md",
        "models/flux-1-schnell.md",
        "models/index.md",
        "models/quick-lora.md",
        "models/stable-diffusion-v1-5.md",
        "schedulers.md",
        "schedulers/euler-even.md",
        "schedulers/euler.md",
        "settings/guidance-scale.md",
        "settings/index.md",
        "settings/inference-steps.md",
        "settings/output-format.md",
    ]


def test_a_page_is_edited_where_it_is_written(built: dict[str, pages.Page]) -> None:
    """The edit link opens the YAML; a page made from many files has none."""
    assert built["settings/inference-steps.md"].source == "settings/num_inference_steps.yaml"
    assert built["models/flux-1-schnell.md"].source == "settings/models/example/flux-1-schnell.yaml"
    assert built["settings/index.md"].source is None


def test_a_setting_page_keeps_its_order(built: dict[str, pages.Page]) -> None:
    """The answer first, then pictures, then words; the scale from its low end."""
    assert headings(built["settings/inference-steps.md"].markdown) == [
        "# Inference Steps",
        "## Your Model",
        "## Visual Comparison",
        "## What It Does",
        "## Value Ranges",
        "### Low (1 – 10)",
        "### Mid (20 – 30)",
        "### High (40 – 100)",
        "## Called Elsewhere",
        "### From One Tool to Another",
        "## Works With",
        "## Common Mistakes",
        "## Tips",
        "## Time and Cost",
        "## Sources { data-search-exclude }",
    ]


def test_an_empty_section_vanishes(catalogue: dict[str, Any]) -> None:
    """Without pictures, mistakes, costs and the rest no heading is left behind."""
    without_pictures = pages.build_pages(catalogue, answer, {})
    assert headings(without_pictures["settings/guidance-scale.md"].markdown) == [
        "# Guidance Scale",
        "## What It Does",
        "## Called Elsewhere",
        "## Works With",
        "## Tips",
        "## Sources { data-search-exclude }",
    ]


def test_a_missing_picture_leaves_no_placeholder(catalogue: dict[str, Any]) -> None:
    """No words stand in for a picture."""
    for page in pages.build_pages(catalogue, answer, {}).values():
        assert "pending" not in page.markdown.lower()
        images = re.findall(r'<img src="([^"]*)"', page.markdown)
        assert [src for src in images if "/badges/" not in src] == []


def test_a_figure_says_what_drew_it_and_what_it_does_not_show(
    built: dict[str, pages.Page],
) -> None:
    """The fixed sentence stands under each figure."""
    one = "Rendered with postcards (7.4 M parameters, 128 px, landscapes only), seed 7. " + SENTENCE
    two = (
        "Rendered with postcards (7.4 M parameters, 128 px, landscapes only) and "
        "postcards-turbo (7.5 M parameters, 128 px, landscapes only), seed 7. " + SENTENCE
    )
    assert built["settings/guidance-scale.md"].markdown.count(one) == 1
    assert built["settings/inference-steps.md"].markdown.count(two) == 1


def test_a_claim_links_to_its_line_at_its_commit(built: dict[str, pages.Page]) -> None:
    """What a reader checks is what the author of the claim read."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    link = f"https://github.com/example/quick/blob/{commit}/README.md&#35;L3"
    assert link in built["models/flux-1-schnell.md"].markdown


def test_a_model_page_says_how_far_the_figures_lie_apart(built: dict[str, pages.Page]) -> None:
    """A reader sees at once whether the sources agree."""
    page = built["models/stable-diffusion-v1-5.md"].markdown
    assert "2 figures for the number of steps: from 20 to 50, a factor of 2.5." in page


def test_a_measurement_stands_first_among_the_claims_of_a_model_page(
    catalogue: dict[str, Any],
) -> None:
    """With its range, what it was measured on, and a link to the file."""
    where = "settings/measured/flux-1-schnell/steps-flow-match-euler.json"
    source = {
        "kind": "measured",
        "where": where,
        "url": f"https://example.org/{where}",
        "states": "3 (2–4) steps, 16 prompts × 2 seeds",
    }

    def measured(model_id: str) -> dict[str, Any]:
        found = {"steps": 3, "low": 2, "basis": "measured", "sources": (source,)}
        return {**answer(model_id), **found}

    page = pages.build_pages(catalogue, measured, {})["models/flux-1-schnell.md"].markdown
    rows = re.findall(r"<tr><td class=\"value\">.*?</tr>", page)
    assert rows[0] == (
        '<tr><td class="value">3 (2–4)</td><td>measured</td><td class="where">'
        f'<a href="https://example.org/{where}" rel="noopener">this guide · '
        'steps-flow-match-euler.json</a></td><td class="note">16 prompts × 2 seeds</td></tr>'
    )


def test_a_model_page_gives_the_line_of_python(built: dict[str, pages.Page]) -> None:
    """The answer can be had in a program as well."""
    assert 'recommend("flux-1-schnell").steps  # 4' in built["models/flux-1-schnell.md"].markdown


def test_a_model_page_shows_a_true_cfg_scale_and_a_shift(
    catalogue: dict[str, Any], small_renders: Path
) -> None:
    """Of Qwen-Image nothing else would say how hard it is guided."""

    def guided(model_id: str) -> dict[str, Any]:
        own = {"guidance": None, "guidance_scale": None, "true_cfg_scale": 4.0, "shift": 3.1}
        return {**answer(model_id), **own}

    made = pages.build_pages(catalogue, guided, load_manifests(small_renders))
    page = made["models/flux-1-schnell.md"].markdown
    assert "<dt>True CFG</dt><dd>4</dd>" in page
    assert "<dt>Shift</dt><dd>3.1</dd>" in page
    assert "<td>true CFG 4</td>" in made["models/index.md"].markdown


def test_the_index_shows_a_setting_by_its_own_pictures(built: dict[str, pages.Page]) -> None:
    """Three pictures of its first comparison, no drawing that stands for them."""
    page = built["settings/index.md"].markdown
    card = re.search(r'<a class="card" href="inference-steps/" .*?</a>', page, flags=re.DOTALL)
    assert card is not None
    assert card[0].count("<img ") == 3


def test_every_page_describes_itself_in_its_own_words(built: dict[str, pages.Page]) -> None:
    """Search engines show the description; two alike help nobody."""
    found = [re.search(r"^description: .+$", p.markdown, re.MULTILINE) for p in built.values()]
    descriptions = [match[0] for match in found if match]
    assert len(set(descriptions)) == len(built)


def test_pages_are_the_same_bytes_each_time(
    built: dict[str, pages.Page], catalogue: dict[str, Any], small_renders: Path
) -> None:
    """No clock and no hash order has a say."""
    assert pages.build_pages(catalogue, answer, load_manifests(small_renders)) == built


def stage(*arguments: str) -> subprocess.CompletedProcess[str]:
    script = str(ROOT / "docs" / "builder" / "pages.py")
    return subprocess.run(
        [sys.executable, script, *arguments], capture_output=True, text=True, check=False
    )


def test_the_pages_can_be_staged_to_disk(
    tmp_path: Path, knowledge: Path, small_renders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another engine builds the same Markdown."""
    monkeypatch.setenv("SWEETSPOT_ROOT", str(knowledge))
    done = stage(str(tmp_path / "out"), "--renders", str(small_renders))
    assert (done.returncode, done.stdout) == (0, f"Wrote 15 pages to {tmp_path / 'out'}\n")
    assert (tmp_path / "out" / "settings" / "inference-steps.md").is_file()


@pytest.mark.parametrize(
    ("uri", "written"),
    [
        (
            "settings/steps.md",
            '<a href="../models/x/"><img src="../a.webp"><a href="#end">',
        ),
        (
            "models/index.md",
            '<a href="../../models/x/"><img src="../../a.webp"><a href="#end">',
        ),
    ],
)
def test_a_staged_page_names_others_as_seen_from_its_file(uri: str, written: str) -> None:
    """Zensical moves such addresses with the page; an index stands where its file does."""
    html = '<a href="../../models/x/"><img src="../../a.webp"><a href="#end">'
    assert pages.staged(uri, html) == written


def test_a_staged_page_names_the_pages_below_it() -> None:
    assert pages.staged("schedulers.md", '<a href="ddim/">') == '<a href="schedulers/ddim/">'


def test_a_damaged_manifest_stops_the_staging_with_one_line(
    tmp_path: Path, knowledge: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2 and no traceback."""
    monkeypatch.setenv("SWEETSPOT_ROOT", str(knowledge))
    manifest = tmp_path / "renders" / "steps" / "manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("[", encoding="utf-8")
    done = stage(str(tmp_path / "out"), "--renders", str(tmp_path / "renders"))
    assert done.returncode == 2
    assert done.stderr.startswith(f"{manifest}: expected a manifest written by")
    assert "Traceback" not in done.stderr
