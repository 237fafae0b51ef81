"""What a setting's page says about its scale, its names, its partners and its pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from figures import load_manifests
from setting_pages import scale, setting_view
from small import POSTCARDS
from templating import TRANSFERS, all_guidance, render

Plan = Callable[..., dict[str, Any]]
SOURCE = {
    "repo": "maker/tool",
    "path": "a.py",
    "url": f"https://github.com/maker/tool/blob/{'0' * 40}/a.py#L1",
    "kind": "tool-default",
    "states": "0 to 10",
}


def setting(**fields: Any) -> dict[str, Any]:
    """Returns a setting as the catalogue holds it."""
    return {
        "title": "Dial",
        "slug": "dial",
        "group": "quality",
        "type": "number",
        "aliases": ["dial"],
        "summary": "It turns.",
        "file": "settings/dial.yaml",
        "sources": {"tool": SOURCE},
        **fields,
    }


def page(settings: dict[str, dict[str, Any]], name: str = "dial") -> str:
    """Returns the page of one setting among these."""
    return render("setting", setting=setting_view(name, settings, {}), answers=[], measured=[])


def text(html: str) -> str:
    """Returns a page's words without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.replace("<wbr>", "")).split())


BANDS = {
    "low": {"from": 1, "to": 10, "text": "Few.", "evidence": ["tool"]},
    "mid": {"from": 20, "to": 30, "text": "Enough.", "evidence": ["tool"]},
    "high": {"from": 30.5, "to": 100, "text": "Many.", "evidence": ["practice"]},
}


def test_a_gap_between_two_bands_is_drawn_as_between() -> None:
    """What lies there has no name of its own."""
    assert scale(BANDS) == [
        ("low", 1, 10),
        ("between", 10, 20),
        ("mid", 20, 30),
        ("between", 30, 30.5),
        ("high", 30.5, 100),
    ]
    assert "Low between Mid between High 1–10 10–20 20–30" in text(
        page({"dial": setting(values=BANDS)})
    )


def test_between_two_neighbouring_whole_numbers_lies_nothing() -> None:
    """No CLIP layer stands between the first and the second."""
    one, two = {**BANDS["low"], "from": 0, "to": 0}, {**BANDS["mid"], "from": 1, "to": 1}
    assert scale({"low": one, "mid": two}, whole=True) == [("low", 0, 0), ("mid", 1, 1)]
    assert "### Low (0)\n" in page({"dial": setting(type="integer", values={"low": one})})


def test_one_band_is_no_scale() -> None:
    """A row of one cell would say nothing that its heading does not."""
    only = {"mid": BANDS["mid"]}
    assert scale(only) == []
    assert 'class="data scale"' not in page({"dial": setting(values=only)})


def test_a_band_names_the_lines_it_rests_on() -> None:
    """A rule of thumb has none, and says so in its text."""
    built = page({"dial": setting(values=BANDS)})
    assert built.count('<small class="evidence">') == 2


def test_a_tool_is_listed_with_all_its_names_and_where_they_were_read() -> None:
    """The line where there is one, else the words that no version is kept."""
    tools = [
        {"tool": "Tool", "name": "Turn", "also": ["turn_by"], "min": 0, "max": 10, "default": 2,
         "note": "a slider", "source": "tool"},
        {"tool": "Host", "name": "spin", "unpinned": "its manual"},
        {"tool": "Tool", "name": "Push", "when": "at the end", "same_as": "other",
         "source": "tool"},
    ]  # fmt: skip
    other = setting(title="Other", slug="other", aliases=["other"])
    words = text(page({"dial": setting(tools=tools), "other": other}))
    assert "Tool Turn turn&#95;by a slider 0–10 2 maker/tool" in words
    assert "Host spin its manual no fixed version" in words
    assert "Tool Push at the end the control of Other" in words


def test_a_column_that_would_be_empty_vanishes() -> None:
    """A choice has no range in any tool; its column would push the last one out of sight."""
    tool = {"tool": "Tool", "name": "Turn", "source": "tool"}
    words = text(page({"dial": setting(tools=[tool])}))
    assert "Tool Name there Read in" in words
    words = text(page({"dial": setting(tools=[{**tool, "default": "slow"}])}))
    assert "Tool Name there Default Read in" in words


def test_a_repository_is_named_once_in_a_row() -> None:
    """The second link to it says which other file it leads to."""
    second = {**SOURCE, "path": "src/b_c.py"}
    low = {**BANDS["low"], "evidence": ["tool", "second"]}
    sources = {"tool": SOURCE, "second": second}
    built = page({"dial": setting(values={"low": low}, sources=sources)})
    assert "Few. maker/tool , b&#95;c.py" in text(built)
    assert "b&#95;<wbr>c.py" in built


def test_guidance_is_shown_with_its_kind() -> None:
    """3.5 that the network reads is no 3.5 of CFG, and 0 means off."""
    answers = [
        {"model": {"id": "m", "name": "M", "answer": {"guidance": kind, "guidance_scale": value}},
         "value": value}
        for kind, value in (("distilled", 3.5), ("off", 0), ("cfg", 7))
    ]  # fmt: skip
    view = setting_view("guidance_scale", {"guidance_scale": setting()}, {})
    words = text(render("setting", setting=view, answers=answers, measured=[]))
    assert "Value M 3.5 (distilled) M off M 7" in words


@pytest.mark.parametrize(
    ("kind", "scale", "true", "words"),
    [
        (None, None, 4.0, "true CFG 4"),  # Qwen-Image
        ("distilled", 1.0, 6.0, "1 (distilled), true CFG 6"),  # SkyReels
        ("distilled", 3.5, 1.0, "3.5 (distilled)"),  # FLUX.1 [dev]
        (None, None, 1.0, "off"),  # Qwen-Image-Lightning
        ("cfg", 7.0, None, "7"),
    ],
)
def test_a_true_cfg_scale_that_acts_stands_among_the_guidance(
    kind: str | None, scale: float | None, true: float | None, words: str
) -> None:
    """Qwen-Image has that alone: without it its guidance would be blank."""
    answer = {"guidance": kind, "guidance_scale": scale, "true_cfg_scale": true}
    assert all_guidance(answer) == words


def test_a_conversion_shows_its_formula_and_its_examples() -> None:
    """The examples are those that `check` works out."""
    example = {
        "say": "A1111's 2",
        "call": "clip_skip",
        "with": [2, "a1111", "diffusers"],
        "gives": 1,
    }
    one = {"between": "A1111 to diffusers", "formula": "a − 1", "examples": [example]}
    tool = {"tool": "Tool", "name": "Turn", "source": "tool"}
    words = text(page({"dial": setting(tools=[tool], conversions=[one])}))
    assert "A1111 to diffusers: a − 1 . A1111's 2: 1 ." in words


def test_the_other_page_links_back() -> None:
    """Whoever reads either page learns that the two belong together."""
    partner = {"setting": "other", "effect": "Both turn.", "evidence": ["tool"]}
    settings = {
        "dial": setting(works_with=[partner]),
        "other": setting(title="Other", slug="other", aliases=["other"]),
    }
    assert "Other : Both turn. maker/tool" in text(page(settings))
    back = page(settings, "other")
    assert 'Told on their own pages: <a href="../dial/">Dial</a>.' in back
    assert "Both turn" not in back


def test_two_pages_that_tell_of_each_other_need_no_link_back() -> None:
    """Each says its own."""
    settings = {
        "dial": setting(works_with=[{"setting": "other", "effect": "A.", "evidence": ["tool"]}]),
        "other": setting(
            title="Other",
            slug="other",
            works_with=[{"setting": "dial", "effect": "B.", "evidence": ["tool"]}],
        ),
    }
    assert "Told on their own pages" not in page(settings) + page(settings, "other")


def test_evidence_that_is_a_comparison_links_to_its_pictures() -> None:
    """The reader can look instead of believing."""
    show = {"axis": "seed", "values": [1]}
    shown = setting(
        title="Other",
        slug="other",
        comparisons=[{"plan": "turning", "look_for": "x", "show": show}],
    )
    partner = {"setting": "other", "effect": "Both turn.", "evidence": ["plan:turning"]}
    built = page({"dial": setting(works_with=[partner]), "other": shown})
    assert '<a href="../../settings/other/">Other in pictures</a>' in built


@pytest.mark.parametrize(
    ("transfers", "words"),
    [
        ("mechanism",
         "It shows how this setting acts; the values at which it acts are this model's."),
        ("direction",
         "It shows which way this setting pushes; how far, and from which value on, "
         "is this model's."),
        ("none", "It shows what happens with this model and says nothing about others."),
    ],
)  # fmt: skip
def test_a_figure_says_what_it_shows_of_other_models(
    plan: Plan, tmp_path: Path, transfers: str, words: str
) -> None:
    """Fixed words, by what the plan states."""
    manifest = plan("turning", "seed", [1, 2], prompts={"a": "a"})
    path = tmp_path / "renders" / "turning" / "manifest.json"
    path.write_text(json.dumps({**manifest, "transfers": transfers}), encoding="utf-8")
    built = figure(tmp_path)
    rendered = "Rendered with postcards (7.4 M parameters, 128 px, landscapes only). "
    assert rendered + words + " For yours, see Your model ." in text(built)
    assert [word for word in TRANSFERS.values() if word.replace("'", "&#39;") in built
            or word in built] == [words]  # fmt: skip


def figure(tmp_path: Path) -> str:
    """Returns the page of a setting with the plan `turning` as its comparison."""
    show = {"axis": "seed", "values": [1, 2]}
    comparison = {"plan": "turning", "look_for": "x", "show": show}
    settings = {"dial": setting(comparisons=[comparison])}
    view = setting_view("dial", settings, load_manifests(tmp_path / "renders"))
    return render("setting", setting=view, answers=[], measured=[])


def test_each_other_model_has_a_tab_of_its_own(plan: Plan, tmp_path: Path) -> None:
    """A site's owner adds pictures of SDXL with one command and no template."""
    big = {"name": "SDXL", "parameters_m": 2567, "resolution": 1024, "digest": "0"}
    plan("turning", "seed", [1, 2], models=(POSTCARDS, big))
    built = figure(tmp_path)
    assert re.findall(r'<label for="(tab-turning-1-\d)">([^<]+)</label>', built) == [
        ("tab-turning-1-1", "postcards"),
        ("tab-turning-1-2", "SDXL"),
    ]
    assert built.count('<div class="tab">') == 2
    assert built.count(" checked ") == 1


def test_one_model_needs_no_tabs(plan: Plan, tmp_path: Path) -> None:
    """A choice of one is none."""
    plan("turning", "seed", [1, 2])
    assert 'type="radio"' not in figure(tmp_path)
