"""A setting is found under any name that any tool gives it."""

from __future__ import annotations

import json

import pytest

from recommender import catalogue, find_setting
from recommender._names import loose
from recommender._settings import command, nearest_names


def names() -> list[tuple[str, str | None, str]]:
    """Lists every name with its setting and the tool that uses it, None for none."""
    settings = catalogue().settings.items()
    own = [
        (setting_id, None, name)
        for setting_id, setting in settings
        for name in (setting_id, setting["title"], *setting["aliases"])
    ]
    return own + [
        (setting_id, tool["tool"], name)
        for setting_id, setting in settings
        for tool in setting.get("tools", [])
        for name in (tool["name"], *tool.get("also", []))
    ]


def test_every_name_of_every_tool_finds_its_setting() -> None:
    """Each of them, with the tool that uses it."""
    lost = [
        (setting_id, tool, name)
        for setting_id, tool, name in names()
        if loose(name)
        and (setting_id, tool) not in {(match.setting, match.tool) for match in find_setting(name)}
    ]
    assert lost == []
    assert len(names()) > 1000


def test_a_name_has_one_owner_within_a_tool() -> None:
    """Save for controls that two settings share and that say so."""
    owners: dict[tuple[str, str], set[str]] = {}
    for setting_id, setting in catalogue().settings.items():
        for tool in setting.get("tools", []):
            if "same_as" not in tool:
                for name in (tool["name"], *tool.get("also", [])):
                    owners.setdefault((tool["tool"], loose(name)), set()).add(setting_id)
    assert {key: found for key, found in owners.items() if len(found) > 1 and key[1]} == {}


def test_sample_steps_means_inference_steps() -> None:
    """With the tool that calls it so, and the page to read on."""
    found = find_setting("sample_steps")
    assert [(match.setting, match.tool) for match in found] == [
        ("num_inference_steps", None),
        ("num_inference_steps", "stable-diffusion.cpp"),
    ]
    assert found[0].title == "Inference Steps"
    assert found[0].page == "settings/inference-steps/"


def test_a_word_that_tools_use_differently_shows_all_its_owners() -> None:
    """A scheduler is a sampler in one tool and a list of noise levels in another."""
    found = {(match.setting, match.tool) for match in find_setting("Scheduler")}
    assert {("scheduler", "InvokeAI"), ("schedule_type", "ComfyUI")} <= found


@pytest.mark.parametrize("spelling", ["CFG Scale", "cfg_scale", "cfgScale", "CFG-SCALE"])
def test_spelling_does_not_matter(spelling: str) -> None:
    """Case, blanks and lines are nothing to go by."""
    assert "guidance_scale" in {match.setting for match in find_setting(spelling)}


@pytest.mark.parametrize("name", ["", "…", "--", "no such setting", "x" * 100_000])
def test_an_unknown_name_finds_nothing(name: str) -> None:
    """No error, whatever was typed."""
    assert find_setting(name) == ()


def test_explain_prints_what_a_name_means(capsys: pytest.CaptureFixture[str]) -> None:
    """Summary, range, other names, tools and page."""
    assert command("clip skip", as_json=False) == 0
    told = capsys.readouterr().out
    for line in (
        "CLIP Skip (clip_skip)",
        "range    0 to 24",
        "page     settings/clip-skip/",
    ):
        assert line in told.splitlines()
    assert "ComfyUI               CLIPSetLastLayer.stop_at_clip_layer  -24 to -1" in told
    assert max(len(line) for line in told.splitlines() if "  " not in line) <= 78


def test_explain_shows_every_owner_of_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    """Shortly, as there are several."""
    assert command("scheduler", as_json=False) == 0
    told = capsys.readouterr().out
    assert told.startswith("'scheduler' means 2 settings:\n\nScheduler (scheduler)\n")
    assert "\nSchedule Type (schedule_type)\n" in told
    assert "aliases" not in told


def test_explain_as_json_is_data(capsys: pytest.CaptureFixture[str]) -> None:
    """The same, for programs."""
    assert command("sample_steps", as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    owner = told["owners"][0]
    assert (told["name"], owner["setting"]) == ("sample_steps", "num_inference_steps")
    assert owner["called_so_by"] == ["stable-diffusion.cpp"]
    assert {"tool": "ComfyUI", "name": "KSampler.steps"}.items() <= next(
        tool.items() for tool in owner["tools"] if tool["tool"] == "ComfyUI"
    )


def test_explain_suggests_what_may_have_been_meant(capsys: pytest.CaptureFixture[str]) -> None:
    """One line, and the exit code of a question without an answer."""
    assert command("stepps", as_json=False) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "No setting called 'stepps'. Did you mean 'steps'?\n"
    assert command("\x1b[31mqqqqqqqqqq", as_json=False) == 1
    assert capsys.readouterr().err == "No setting called '\\x1b[31mqqqqqqqqqq'.\n"


def test_large_numbers_are_written_out(capsys: pytest.CaptureFixture[str]) -> None:
    """A seed's limit is no power of ten."""
    command("seed", as_json=False)
    assert "0 to 4294967295" in capsys.readouterr().out


def test_suggestions_are_names_people_know() -> None:
    """At most three, the nearest first."""
    assert nearest_names("guidence scale")[0] in ("Guidance Scale", "guidance_scale")
    assert len(nearest_names("scale")) <= 3
