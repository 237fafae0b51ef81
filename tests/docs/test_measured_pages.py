"""Measured curves on pages: drawn, told in words and as a table; the pages on measurements."""

from __future__ import annotations

import copy
import json
import re
import struct
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import api_markdown
import pages
import pytest
import sweeps
from measured import load_measured
from measured_folklore import compressed
from measured_known import Known
from measured_scales import WIDTH

import recommender

MEASURED = [f"measured/{name}.md" for name in ("folklore", "index", "published", "time")]


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("content")


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory, knowledge: Path, content: Path) -> Known:
    """Euler as the model's own, DDIM, a Heun that never loses; pictures under Euler's curve."""
    folder = tmp_path_factory.mktemp("measured")
    model = {"model": "stable-diffusion-v1-5"}
    sweeps.write(folder, sweeps.sweep("ddim", **model))
    sweeps.write(folder, sweeps.sweep("euler", own=True, **model), content / "strips")
    sweeps.write(folder, sweeps.sweep("heun", order=2, extra=2, **model))
    where = {"kind": "guidance", "values": (0.0, 1.0, 3.0, 20.0), "reference": {"value": 3.0}}
    sweeps.write(folder, sweeps.sweep("euler", **where, **model))
    catalogue = copy.deepcopy(dict(recommender.catalogue(knowledge)))
    return Known(load_measured(folder), catalogue=catalogue, content=content)


@pytest.fixture(scope="module")
def built(known: Known) -> dict[str, pages.Page]:
    return pages.build_pages(known.catalogue, _answer, {}, measured_sweeps=known)


def _answer(model_id: str) -> dict[str, Any]:
    return {
        **dict.fromkeys(("low", "high", "guidance_scale", "true_cfg_scale", "shift", "scheduler")),
        "name": model_id,
        "steps": 25,
        "guidance": "off",
        "basis": "author",
        "why": ("The authors say so.",),
        "settings": {},
    }


def figures(page: pages.Page) -> list[str]:
    return re.findall(r'<figure class="plot">.*?\n</figure>', page.markdown, flags=re.DOTALL)


def test_curves_stand_on_the_pages_of_setting_scheduler_and_model(
    built: dict[str, pages.Page],
) -> None:
    """A setting shows each model's own scheduler; a scheduler its own; a model all that vary."""
    count = {uri: len(figures(page)) for uri, page in built.items() if figures(page)}
    assert count == {
        "measured/index.md": 1,
        "measured/published.md": 1,
        "models/stable-diffusion-v1-5.md": 2,
        "schedulers/euler.md": 1,
        "settings/guidance-scale.md": 1,
        "settings/inference-steps.md": 1,
    }


def test_without_measurements_there_is_no_page_and_no_heading(known: Known) -> None:
    bare = pages.build_pages(known.catalogue, _answer, {})
    assert [uri for uri in bare if uri.startswith("measured/")] == []
    written = "".join(page.markdown for page in bare.values())
    assert "## Measured\n" not in written and "## Measured Curves" not in written


def test_a_drawing_is_told_in_words_and_repeated_as_a_table(built: dict[str, pages.Page]) -> None:
    """Title and description name the drawing; the table holds every value."""
    figure = figures(built["settings/inference-steps.md"])[0]
    ids = re.search(r'role="img" aria-labelledby="(\S+) (\S+)"', figure)
    assert ids is not None
    title = re.search(f'<title id="{ids[1]}">(.*?)</title>', figure)
    told = re.search(f'<desc id="{ids[2]}">(.*?)</desc>', figure)
    assert title is not None
    assert told is not None
    assert title[1] == "Example Base, Euler: every number of steps"
    assert told[1] == (
        "Prompt fidelity: 0.000 at 1, 1.000 at 100, highest 1.000 at 8. "
        "Change: 0.875 at 1, 0.009 at 100, lowest 0.009 at 100. "
        "Low end 6, sweet spot 10, high end 20."
    )
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>', figure)
    assert rows == [f"{steps}" for steps in sweeps.STEPS]
    assert '<th scope="col">Change per added step</th></tr>' in figure
    last = [row.split(">")[-1] for row in re.findall(r"(.*)</td></tr>", figure)]
    assert last[:3] == ["", "−0.4375", "−0.1458"]  # 0.875 ÷ steps: half of it, then a sixth
    assert '<th scope="col">Calls</th><th scope="col">CPU seconds</th>' in figure
    seconds = re.findall(r'<tr><th scope="row">.*?</td><td class="number">(.*?)</td>', figure)
    assert seconds[:2] == ["0.14", "≈ 0.18"]
    assert "≈ was not timed: it lies on the line through the 3 that were, 0.100 s + " in figure
    guided = figures(built["settings/guidance-scale.md"])[0]
    assert "CPU seconds" not in guided
    assert "Change per added step" not in guided


def test_nothing_is_drawn_outside_its_paper(built: dict[str, pages.Page]) -> None:
    """Points, bands and marks of every figure lie inside the box that the drawing has."""
    for page in built.values():
        for figure in figures(page):
            box = re.search(r'viewBox="0 0 (\S+) (\S+)"', figure)
            assert box is not None
            assert float(box[1]) == WIDTH
            for path in re.findall(r' d="(M[^"]*)"', figure):
                for across, down in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path):
                    assert 0 <= float(across) <= float(box[1])
                    assert 0 <= float(down) <= float(box[2])


def test_a_curve_takes_its_colours_from_the_page(built: dict[str, pages.Page]) -> None:
    """No colour stands in the drawing, so both themes can read it."""
    for page in built.values():
        for figure in figures(page):
            assert 'stroke="currentColor"' in figure
            assert not re.search(r"#[0-9a-f]{3,8}\b(?!;)", figure.replace("&#", "")), figure


def test_pictures_stand_under_the_curve_where_their_values_are(
    built: dict[str, pages.Page],
) -> None:
    """The marked values first; none touches its neighbour; each has words and a size."""
    figure = figures(built["settings/inference-steps.md"])[0]
    shown = re.findall(r'--wide:(\d+)/span (\d+).*?alt="(.*?)" width="(\d+)"', figure)
    values = [alt.rsplit(" ", 1)[1] for _, _, alt, _ in shown]
    assert {"1", "10", "20", "100"} <= set(values)
    ends = [(int(start), int(start) + int(span)) for start, span, _, _ in shown]
    assert all(end <= start for (_, end), (start, _) in pairwise(ends))
    assert all(start >= 1 and end <= 101 for start, end in ends)
    assert shown[0][2:] == ("scene 0, at 1", str(128 * len(sweeps.STEPS)))
    assert '<div class="under">' not in figures(built["settings/guidance-scale.md"])[0]


def test_the_rule_page_prints_the_margins_of_the_measurement(built: dict[str, pages.Page]) -> None:
    page = built["measured/index.md"].markdown
    assert (
        "the fewest steps at which fidelity lies no more than 0.05 below the plateau, and from "
        "there on the change to the picture at 200 steps stays at or below 0.1. Both"
    ) in page
    assert "first 3 neighbouring rungs whose mean fidelity lies within 0.01 of the best 3’s" in page
    assert "drawn again, 1,000 times" in page
    assert "by more than one rung in over 10 % of the draws" in page
    assert "saving it as WebP at quality 90 is 0.047, making it 2 % brighter is 0.098." in page
    assert '<td>6</td><td class="value">10</td><td>20</td><td>20</td>' in page


def test_the_rule_page_knows_no_figure_of_its_own(tmp_path: Path, known: Known) -> None:
    """Another rule, as the studio would write it, is another page."""
    found = sweeps.sweep("euler")
    found["summary"]["rule"] |= {"plateau": 4, "alike": 0.02, "draws": 2500, "stable": 0.85}
    sweeps.write(tmp_path, found)
    page = pages.build_pages(
        known.catalogue, _answer, {}, measured_sweeps=Known(load_measured(tmp_path))
    )["measured/index.md"].markdown
    assert "first 4 neighbouring rungs whose mean fidelity lies within 0.02 of the best 4’s" in page
    assert "drawn again, 2,500 times, their seeds with them" in page
    assert "by more than one rung in over 15 % of the draws" in page


def test_an_unsettled_reference_leaves_no_sweet_spot(tmp_path: Path, known: Known) -> None:
    moving = {**sweeps.REFERENCE, "change": [0.2] * sweeps.COUNT}
    sweeps.write(tmp_path, sweeps.sweep("euler", reference=moving))
    moved = Known(load_measured(tmp_path), catalogue=known.catalogue)
    page = pages.build_pages(known.catalogue, _answer, {}, measured_sweeps=moved)[
        "measured/index.md"
    ].markdown
    assert "none: its picture at 200 steps still moves" in page
    assert "The picture it is compared with still moves, so no sweet spot is given." in page


def test_a_hostile_prompt_is_text(tmp_path: Path, known: Known) -> None:
    """A measurement may come from a stranger's pull request."""
    evil = "</desc><script>alert(1)</script>{{ 7 * 7 }}"
    prompts = [f"{evil} {i}" for i in range(sweeps.PROMPTS)]
    sweeps.write(tmp_path, sweeps.sweep("euler", prompts=prompts), tmp_path / "strips")
    named = Known(load_measured(tmp_path), catalogue=known.catalogue, content=tmp_path)
    for page in pages.build_pages(known.catalogue, _answer, {}, measured_sweeps=named).values():
        assert "<script>" not in page.markdown
        assert "{{ 7" not in page.markdown


def test_every_page_on_measurements_is_there_and_describes_itself(
    built: dict[str, pages.Page],
) -> None:
    assert sorted(uri for uri in built if uri.startswith("measured/")) == MEASURED
    said = [re.search(r"^description: .+$", built[uri].markdown, re.MULTILINE) for uri in MEASURED]
    assert len({match[0] for match in said if match}) == len(MEASURED)


def test_a_disagreement_stays_visible(built: dict[str, pages.Page]) -> None:
    """Papers have Heun lose at 5 calls; here it wins, and the page says so twice."""
    page = built["measured/published.md"].markdown
    assert page.count('<span class="verdict disagrees">Disagrees</span>') == 2
    assert "Heun less Euler" not in page.split("## By 100 calls")[0]
    assert page.count('<span class="verdict not-measured">Not measured</span>') == 8
    assert "diff-sampler, README</a>" in page


def test_folklore_says_where_it_was_tested_and_where_not(built: dict[str, pages.Page]) -> None:
    page = built["measured/folklore.md"].markdown
    assert "Held on Example Base. Not tested on SDXL, FLUX or Qwen-Image." in page
    assert "SenseFlow, README</a>" in page


def test_the_savings_are_a_table_that_needs_no_script(built: dict[str, pages.Page]) -> None:
    page = built["measured/time.md"].markdown
    row = re.search(r'<tr><th scope="row">50</th>(.*?)</tr>', page)
    assert row is not None
    assert re.findall(r">([^<]*) %<", row[1]) == ["40", "50", "60", "76", "84", "92"]


def test_a_twin_has_the_table_and_no_cut_pictures(built: dict[str, pages.Page]) -> None:
    """A strip holds every value; under one value's name its address would mislead."""
    figure = figures(built["settings/inference-steps.md"])[0]
    twin = api_markdown.markdown(figure)
    assert "| 8 | 16 |" in twin
    assert "![" not in twin


def test_a_picture_is_compared_without_what_its_file_says_of_it() -> None:
    def webp(*chunks: tuple[bytes, bytes]) -> bytes:
        body = b"".join(
            kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
            for kind, data in chunks
        )
        return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body

    picture = (b"VP8 ", b"pixels!")
    assert compressed(webp(picture)) == b"pixels!"
    assert compressed(webp((b"VP8X", b"x" * 10), picture, (b"EXIF", b"said"))) == b"pixels!"


def trained(known: Known) -> str:
    """A model's page with the file that a training of a few steps wrote."""
    found = json.loads((Path(__file__).parent / "training.json").read_text("utf-8"))
    model = "stable-diffusion-v1-5"
    found["parts"][model] = found["parts"].pop("postcards")
    told = replace(known, trained={model: found})
    made = pages.build_pages(known.catalogue, _answer, {}, measured_sweeps=told)
    return made[f"models/{model}.md"].markdown


def test_a_model_that_was_trained_here_shows_how(known: Known) -> None:
    """Each part's steps, pictures, time and rates, and the loss as a curve and as a table."""
    _, _, page = trained(known).partition("## How It Was Trained\n")
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', page)
    cells = {name: re.findall(r'<td class="number">(.*?)</td>', row) for name, row in rows}
    assert cells["autoencoder"][:3] == ["4", "16", "0.0"]
    assert cells["autoencoder"][-1].endswith(" dB")
    assert cells["stable-diffusion-v1-5"][:2] == ["4", "10"]
    assert [name for name in cells if name.isdigit()] == ["1", "2", "3", "4"]
    told = re.search(r'<desc id="stable-diffusion-v1-5-training-told">(.*?)</desc>', page)
    assert told is not None
    assert told[1] == f"Loss {cells['1'][0][:5]} at step 1, {cells['4'][0][:5]} at step 4."
    line = re.search(r'<path class="line s0" d="M([^"]*)"/>', page)
    assert line is not None
    assert len(line[1].split("L")) == 4


def test_a_model_without_a_training_of_its_own_says_nothing_of_one(
    built: dict[str, pages.Page],
) -> None:
    assert not [uri for uri, page in built.items() if "How It Was Trained" in page.markdown]
