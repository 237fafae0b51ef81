"""What the explorer looks up: places by name and value, settings, curves measured alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import explore
import pages
import pytest
from explore_curves import curve_files
from figures import load_manifests
from live import Kit
from measured import load_measured
from measured_known import Known
from measured_pages import load_known
from setting_pages import setting_view
from small import POSTCARDS, ROOT, TURBO
from sweeps import sweep, write

import recommender

Plan = Callable[..., dict[str, Any]]
CONTENT = ROOT / "docs" / "content"


def looked_up(
    renders: Path, plan: str = "steps", known: Known | None = None, kit: Kit | None = None
) -> dict[str, Any]:
    """Returns the JSON that the page fetches of a plan."""
    (one,) = (one for one in explore.explorable(load_manifests(renders), []) if one.id == plan)
    found: dict[str, Any] = json.loads(explore.plan_json(one, known or Known(), kit))
    return found


def test_a_picture_is_found_by_what_it_differs_in(plan: Plan, tmp_path: Path) -> None:
    """Model and prompt first, then the plan's axes, numbers in rising order."""
    plan("steps", "num_inference_steps", [50, 4], models=(POSTCARDS, TURBO))
    data = looked_up(tmp_path / "renders")
    assert [(dim["name"], dim["values"]) for dim in data["dims"]] == [
        ("model", ["postcards", "postcards-turbo"]),
        ("num_inference_steps", ["4", "50"]),
        ("prompt", ["harbour", "winter"]),
    ]
    assert data["dims"][2]["texts"] == ["a lighthouse by the sea", "a snowy night"]
    at, file, alt, width, height = data["cells"][0]
    assert (at, width, height) == ([0, 1, 0], 128, 128)
    assert alt == "a lighthouse by the sea, num_inference_steps 50, drawn by postcards"
    assert (tmp_path / data["root"] / file).is_file()


def test_a_plan_opens_at_its_own_axis_and_its_prompts(plan: Plan, tmp_path: Path) -> None:
    """Where nobody asks for other axes; A and B are the two ends."""
    plan("steps", "num_inference_steps", [4, 25, 50])
    data = looked_up(tmp_path / "renders")
    assert (data["x"], data["y"], data["ends"]) == ("num_inference_steps", "prompt", ["4", "50"])


def test_one_picture_alone_is_no_comparison(plan: Plan, tmp_path: Path) -> None:
    """There is nothing to choose."""
    plan("steps", "num_inference_steps", [4], prompts={"a": "a"})
    assert explore.explorable(load_manifests(tmp_path / "renders"), []) == []


def test_settings_are_told_once_or_by_the_prompt_that_decides_them(
    plan: Plan, tmp_path: Path
) -> None:
    """A plan gives each prompt a seed and each model a guidance of its own."""
    manifest = plan("steps", "num_inference_steps", [4, 50], models=(POSTCARDS, TURBO))
    for cell in manifest["cells"]:
        cell["settings"]["seed"] = 10 if cell["axes"]["prompt"] == "harbour" else 4
        turbo = cell["settings"]["model"] == "postcards-turbo"
        cell["settings"]["guidance_scale"] = 1.0 if turbo else 3.0
        cell["settings"]["width"] = 128
    (tmp_path / "renders" / "steps" / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    data = looked_up(tmp_path / "renders")
    assert data["settings"] == {"width": "128"}
    assert data["by"] == {
        "prompt": {
            "harbour": {"prompt": "a lighthouse by the sea", "seed": "10"},
            "winter": {"prompt": "a snowy night", "seed": "4"},
        },
        "model": {"postcards": {"guidance_scale": "3"}, "postcards-turbo": {"guidance_scale": "1"}},
    }


def test_the_live_page_is_offered_for_what_it_draws(plan: Plan, tmp_path: Path) -> None:
    """With the scheduler's table that draws it; not for other steps, settings, models or builds."""
    big = {**POSTCARDS, "name": "big"}
    plan("steps", "num_inference_steps", [4, 75], models=(POSTCARDS, big), prompts={"a": "a"})
    plan("spacing", "timestep_spacing", ["leading", "trailing"], prompts={"a": "a"})
    plan("strength", "strength", [0.5, 1.0], prompts={"a": "a"})
    renders = tmp_path / "renders"
    made(
        json.loads((renders / "spacing" / "manifest.json").read_text()), renders, scheduler="euler"
    )
    manifest = json.loads((CONTENT / "assets" / "models" / "manifest.json").read_text())
    kit = Kit(manifest, {})

    def tables(plan: str, kit: Kit | None = kit) -> list[list[str]]:
        return [cell[5:] for cell in looked_up(renders, plan, kit=kit)["cells"]]

    assert tables("steps") == [["euler-trailing"], [], [], []]
    assert tables("spacing") == [["euler_leading"], ["euler-trailing"]]
    assert tables("strength") == [[], []]
    assert tables("steps", None) == [[]] * 4


def known(folder: Path, **how: Any) -> Known:
    """One measurement of postcards with its own scheduler."""
    write(folder, sweep("euler", own=True, **how))
    return Known(sweeps=load_measured(folder))


def made(manifest: dict[str, Any], renders: Path, **settings: Any) -> None:
    """Writes a plan's manifest again with these settings in every picture."""
    for cell in manifest["cells"]:
        cell["settings"].update(settings)
    path = renders / manifest["plan"] / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")


def test_a_curve_stands_beside_pictures_made_as_it_was_measured(plan: Plan, tmp_path: Path) -> None:
    """Every value of the plan has its place on the drawing, but those beyond its ends."""
    renders = tmp_path / "renders"
    manifest = plan("steps", "num_inference_steps", [1, 7, 100, 150])
    made(manifest, renders, guidance_scale=3.0)
    (curve,) = looked_up(renders, known=known(tmp_path / "measured"))["curves"]
    assert (curve["axis"], curve["where"]) == ("num_inference_steps", {"model": "postcards"})
    assert curve["src"] == "curve-postcards-steps-euler.json"
    assert curve["places"] == {"1": 46.0, "7": 209.1, "100": 432.0}


@pytest.mark.parametrize("other", [{"guidance_scale": 7.0}, {"guidance_scale": 3.0, "eta": 1.0}])
def test_no_curve_stands_beside_pictures_made_otherwise(
    plan: Plan, tmp_path: Path, other: dict[str, Any]
) -> None:
    """Another guidance, or a setting that the measurement did not have."""
    renders = tmp_path / "renders"
    made(plan("steps", "num_inference_steps", [1, 100]), renders, **other)
    assert looked_up(renders, known=known(tmp_path / "measured"))["curves"] == []


def test_a_curve_is_a_file_with_its_words_and_numbers(tmp_path: Path) -> None:
    """Without the strip of pictures: the reader has two of their own."""
    files = curve_files(known(tmp_path / "measured"))
    data = json.loads(files["explore/curve-postcards-steps-euler.json"])
    assert data["svg"].startswith('<svg class="drawing"')
    assert data["rows"]["8"] == "fidelity 1.000, change 0.109"
    assert data["words"].startswith("postcards with euler, guidance_scale 3; 16 prompts × 2 seeds")


def views() -> list[dict[str, Any]]:
    """This checkout's settings, as their pages show them."""
    settings = recommender.catalogue().settings
    manifests = load_manifests(CONTENT / "renders")
    return [setting_view(setting, settings, manifests) for setting in settings]


def test_every_published_comparison_is_in_the_explorer_in_little_room() -> None:
    """At most 40 kB each, and no picture is copied: the addresses are those of the pages."""
    files = explore.generate(pages.RENDERS)
    plans = {path.parent.name for path in (CONTENT / "renders").glob("*/manifest.json")}
    assert {f"explore/{plan}.json" for plan in plans} <= set(files)
    assert max(len(text.encode()) for text in files.values()) < 40_000
    for plan in plans:
        data = json.loads(files[f"explore/{plan}.json"])
        assert all((CONTENT / data["root"] / cell[1]).is_file() for cell in data["cells"])
        assert all(f"explore/{curve['src']}" in files for curve in data["curves"])


def test_every_link_of_a_setting_page_names_pictures_that_are_there() -> None:
    """Plan, axes and values are those of the file that the explorer fetches."""
    files = explore.generate(pages.RENDERS)
    panels = [panel for one in views() for figure in one["figures"] for panel in figure.panels]
    asked = [parse_qs(panel.explore, keep_blank_values=True) for panel in panels if panel.explore]
    assert len(asked) > 20
    for query in asked:
        data = json.loads(files[f"explore/{query.pop('plan')[0]}.json"])
        values = {dim["name"]: dim["values"] for dim in data["dims"]}
        assert {query.pop("x")[0], *query.pop("y", [])} <= set(values)
        for name, (value,) in query.items():
            assert value in values[name.removeprefix("a.").removeprefix("b.")], (name, value)


def test_the_measured_curves_belong_to_the_plans_they_were_measured_like() -> None:
    """Steps, guidance and strength of our own models, and each scheduler by its own curve."""
    manifests = load_manifests(CONTENT / "renders")
    measured = load_known(recommender.catalogue(), manifests, CONTENT)
    plans = explore.explorable(manifests, views())
    having = {}
    for plan in plans:
        curves = json.loads(explore.plan_json(plan, measured))["curves"]
        if curves:
            having[plan.id] = [one["src"].removeprefix("curve-")[:-5] for one in curves]
    assert having == {
        "inference-steps": ["postcards-steps-euler-trailing", "postcards-turbo-steps-lcm"],
        "guidance-scale": ["postcards-guidance"],
        "guidance-turbo": ["postcards-turbo-guidance"],
        "scheduler": [
            f"postcards-steps-{id}"
            for id in (
                "euler",
                "euler-ancestral",
                "heun",
                "ddim",
                "dpmpp-2m",
                "dpmpp-2m-karras",
                "unipc",
                "pndm",
            )
        ],
        "strength": ["postcards-strength"],
    }
