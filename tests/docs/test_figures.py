"""A comparison becomes a figure of the pictures that exist, or none."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from figures import Figure, ManifestError, build_figure, command, load_manifests
from small import POSTCARDS, TURBO

ROOT = Path(__file__).parents[2]
STEPS = {
    "plan": "steps",
    "look_for": "the stars",
    "show": {"axis": "num_inference_steps", "values": [4, 25, 50]},
}
Plan = Callable[..., dict[str, Any]]


def built(tmp_path: Path, comparison: dict[str, Any] = STEPS) -> Figure | None:
    return build_figure(comparison, load_manifests(tmp_path / "renders"))


def test_a_row_shows_the_asked_values_in_their_order(plan: Plan, tmp_path: Path) -> None:
    """The plan may hold more pictures, in another order."""
    plan("steps", "num_inference_steps", [50, 4, 25, 75])
    figure = built(tmp_path)
    assert figure is not None
    captions = [picture.caption for picture in figure.first.rows[0].pictures]
    assert captions == [f"num_inference_steps = {steps}" for steps in (4, 25, 50)]


def test_a_value_is_found_however_its_number_is_written(plan: Plan, tmp_path: Path) -> None:
    """A plan writes 7.0 where a page's author writes 7."""
    plan("guidance", "guidance_scale", [1.0, 7.0, 7.5])
    show = {"axis": "guidance_scale", "values": [7, 1]}
    figure = built(tmp_path, {"plan": "guidance", "look_for": "x", "show": show})
    assert figure is not None
    captions = [picture.caption for picture in figure.first.rows[0].pictures]
    assert captions == ["guidance_scale = 7", "guidance_scale = 1"]


def test_a_picture_without_its_file_is_left_out(plan: Plan, tmp_path: Path) -> None:
    """The page shows the others; `render check` is what fails."""
    manifest = plan("steps", "num_inference_steps", [4, 25, 50], prompts={"a": "a"})
    (tmp_path / "renders" / "steps" / manifest["cells"][1]["file"]).unlink()
    figure = built(tmp_path)
    assert figure is not None
    assert [picture.value for picture in figure.first.rows[0].pictures] == [4, 50]


def test_without_pictures_there_is_no_figure(plan: Plan, tmp_path: Path) -> None:
    """Neither an unrendered plan nor one without the asked values leaves an empty frame."""
    assert built(tmp_path) is None
    plan("steps", "num_inference_steps", [7])
    assert built(tmp_path) is None


def test_the_first_prompt_is_shown_and_the_others_fold_away(plan: Plan, tmp_path: Path) -> None:
    """Each prompt is a row of its own."""
    plan("steps", "num_inference_steps", [4, 25, 50], prompts={"a": "first", "b": "second"})
    figure = built(tmp_path)
    assert figure is not None
    assert [row.prompt for row in figure.first.rows] == ["first"]
    assert [row.prompt for row in figure.first.more] == ["second"]


def test_several_models_get_a_row_each(plan: Plan, tmp_path: Path) -> None:
    """Rows follow the manifest's order of models and say which model drew them."""
    plan("steps", "num_inference_steps", [4, 25, 50], models=(POSTCARDS, TURBO))
    figure = built(tmp_path)
    assert figure is not None
    assert [row.model_name for row in figure.first.rows] == ["postcards", "postcards-turbo"]
    assert figure.first.several_models


def test_a_comparison_can_keep_to_one_model(plan: Plan, tmp_path: Path) -> None:
    """`where` names settings that every picture must have."""
    plan("steps", "num_inference_steps", [4, 25, 50], models=(POSTCARDS, TURBO))
    figure = built(tmp_path, {**STEPS, "where": {"model": "postcards-turbo"}})
    assert figure is not None
    assert [row.model_name for row in figure.first.rows] == ["postcards-turbo"]
    assert not figure.first.several_models


def test_where_a_plan_varies_more_a_row_keeps_to_one_combination(
    plan: Plan, tmp_path: Path
) -> None:
    """Pictures side by side differ in one setting only."""
    manifest = plan("steps", "num_inference_steps", [4, 25, 50], prompts={"a": "a"})
    again = [
        {**cell, "axes": {**cell["axes"], "guidance_scale": scale}}
        for scale in (7, 1)
        for cell in manifest["cells"]
    ]
    path = tmp_path / "renders" / "steps" / "manifest.json"
    path.write_text(json.dumps({**manifest, "cells": again}), encoding="utf-8")
    figure = built(tmp_path)
    assert figure is not None
    assert len(figure.first.rows) == 1
    assert len(figure.first.rows[0].stops) == 3


def test_words_as_values_stand_in_quotes(plan: Plan, tmp_path: Path) -> None:
    """A caption can be pasted into a program."""
    plan("samplers", "scheduler", ["DDIM", "Euler"])
    show = {"axis": "scheduler", "values": ["Euler"]}
    figure = built(tmp_path, {"plan": "samplers", "look_for": "x", "show": show})
    assert figure is not None
    assert figure.first.rows[0].pictures[0].caption == 'scheduler = "Euler"'


def test_many_numeric_values_make_a_slider_in_rising_order(plan: Plan, tmp_path: Path) -> None:
    """It starts where the middle picture of the row stands."""
    plan("steps", "num_inference_steps", [50, 25, 4, 3, 2, 1, 8])
    figure = built(tmp_path)
    assert figure is not None
    assert [stop.value for stop in figure.first.slider[0].stops] == [1, 2, 3, 4, 8, 25, 50]
    assert figure.first.slider[0].stops[figure.first.start].value == 25


def test_a_few_values_make_no_slider(plan: Plan, tmp_path: Path) -> None:
    """Three pictures side by side are seen at a glance."""
    plan("steps", "num_inference_steps", [4, 25, 50])
    figure = built(tmp_path)
    assert figure is not None
    assert figure.first.slider == ()


def test_the_models_are_named_with_what_they_can_do(plan: Plan, tmp_path: Path) -> None:
    """Our own models know landscapes only; a stranger's model, on a tab of its own, does not."""
    big = {"name": "SDXL", "parameters_m": 2567, "resolution": 1024, "digest": "0"}
    plan("steps", "num_inference_steps", [4, 25, 50], models=(POSTCARDS, big))
    figure = built(tmp_path)
    assert figure is not None
    assert [(panel.label, panel.rendered_with) for panel in figure.panels] == [
        ("postcards", "postcards (7.4 M parameters, 128 px, landscapes only)"),
        ("SDXL", "SDXL (2567 M parameters, 1024 px)"),
    ]


def test_our_own_models_share_a_tab_to_be_compared(plan: Plan, tmp_path: Path) -> None:
    """A reader sees the few-step model under the ordinary one without a click."""
    plan("steps", "num_inference_steps", [4, 25, 50], models=(POSTCARDS, TURBO))
    figure = built(tmp_path)
    assert figure is not None
    assert [panel.label for panel in figure.panels] == ["postcards and postcards-turbo"]


def test_a_model_from_a_hub_is_named_by_its_repository(plan: Plan, tmp_path: Path) -> None:
    """Its size is unknown until it is downloaded, and then not said."""
    manifest = plan("steps", "num_inference_steps", [4, 25, 50])
    manifest["models"] = {"postcards": {"repo": "example/big", "revision": "0" * 40}}
    path = tmp_path / "renders" / "steps" / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    figure = built(tmp_path)
    assert figure is not None
    assert figure.first.rendered_with == "example/big"


def test_a_damaged_manifest_is_named(tmp_path: Path) -> None:
    """The message says which file and what to do."""
    path = tmp_path / "renders" / "steps" / "manifest.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(ManifestError) as raised:
        built(tmp_path)
    assert str(raised.value) == (
        f"{path}: expected a manifest written by `python -m render run`, "
        "got one that cannot be read (KeyError('cells')). Render the plan again."
    )


GRID = {
    "plan": "grid",
    "look_for": "x",
    "show": {
        "axis": "num_inference_steps",
        "values": [25, 4],
        "by": "scheduler",
        "by_values": ["heun", "euler"],
    },
}


def rewritten(tmp_path: Path, plan: str, change: Callable[[dict[str, Any]], None]) -> None:
    path = tmp_path / "renders" / plan / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def test_a_grid_has_a_row_for_each_value_of_its_second_axis(plan: Plan, tmp_path: Path) -> None:
    """Rows and columns stand in the order that the page's author wrote."""
    plan("grid", "num_inference_steps", [4, 25, 50, 75], prompts={"a": "a"})

    def second_axis(manifest: dict[str, Any]) -> None:
        cells = []
        for name in ("euler", "ddim", "heun"):
            recipe = {"scheduler": {"class": f"{name.title()}DiscreteScheduler"}}
            for cell in manifest["cells"]:
                axes = {**cell["axes"], "scheduler": name}
                cells.append({**cell, "axes": axes, "recipe": recipe})
        manifest["cells"] = cells

    rewritten(tmp_path, "grid", second_axis)
    figure = built(tmp_path, GRID)
    assert figure is not None
    assert [(row.label, [p.value for p in row.pictures]) for row in figure.first.rows] == [
        ('scheduler = "heun"', [25, 4]),
        ('scheduler = "euler"', [25, 4]),
    ]
    assert [p.caption for p in figure.first.rows[0].pictures] == ["25", "4"]  # the row names it
    assert figure.first.slider == ()
    assert figure.first.made_with == "seed 7"  # the rows have a scheduler each


def test_scheduler_seed_and_the_command_are_said_of_every_comparison(
    plan: Plan, tmp_path: Path
) -> None:
    plan("steps", "num_inference_steps", [4, 25, 50], prompts={"a": "a"})

    def drawn_with(manifest: dict[str, Any]) -> None:
        for cell in manifest["cells"]:
            cell["recipe"] = {"scheduler": {"class": "EulerDiscreteScheduler", "config": {}}}

    rewritten(tmp_path, "steps", drawn_with)
    figure = built(tmp_path)
    assert figure is not None
    assert figure.first.made_with == "scheduler EulerDiscreteScheduler, seed 7"
    assert figure.first.command == "python -m render run steps --out again"


@pytest.mark.parametrize(
    ("guest", "words"),
    [
        (
            {"name": "big", "repo": "owner/big", "revision": "a" * 40, "prompts": "photo"},
            f"--model owner/big@{'a' * 40} --prompts photo",
        ),
        ({"name": "my model", "digest": "b" * 32}, "--model 'path/to/my model'"),
    ],
)
def test_a_guests_command_names_its_model_and_its_prompts(
    plan: Plan, tmp_path: Path, guest: dict[str, Any], words: str
) -> None:
    """One command makes a big model's pictures again: of the hub, or of a folder of theirs."""
    plan("steps", "num_inference_steps", [4, 25, 50], models=(POSTCARDS, guest))
    figure = built(tmp_path)
    assert figure is not None
    assert figure.panels[1].command == f"python -m render run steps {words} --out again"


def test_the_printed_command_renders_every_picture_of_a_page(tmp_path: Path) -> None:
    """The command line's own parser reads it, and by its folder not one picture is there yet."""
    from render.__main__ import _parser
    from render.estimate import estimate
    from render.plan import load_plan

    manifests = load_manifests(ROOT / "docs" / "content" / "renders")
    assert len(manifests) > 20
    for plan, manifest in manifests.items():
        words = shlex.split(command(manifest, list(manifest["models"].values())))
        assert words[:3] == ["python", "-m", "render"]
        options = _parser().parse_args(words[3:])
        plans = [load_plan(name, options.model) for name in options.plans]
        assert [one.id for one in plans] == [plan]
        assert estimate(plans, tmp_path / options.out).wanted == len(plans[0].cells())


def test_what_was_measured_stands_under_a_picture_and_its_map_in_a_row_below(
    plan: Plan, tmp_path: Path
) -> None:
    """Differences that no eye sees are a figure and an enlarged picture."""
    plan("steps", "num_inference_steps", [4, 25, 50], prompts={"a": "a"})

    def measured(manifest: dict[str, Any]) -> None:
        manifest["difference"] = {"to": {"num_inference_steps": 50}, "times": 8}
        told = {"mean": 1.254, "largest": 30, "bytes": 3210, "map": "difference-x.webp", "times": 8}
        manifest["cells"][0]["measured"] = told
        manifest["cells"][2]["measured"] = {"mean": 0.0, "largest": 0}

    rewritten(tmp_path, "steps", measured)
    figure = built(tmp_path)
    assert figure is not None
    row = figure.first.rows[0]
    assert [picture.note for picture in row.pictures] == [
        *("3.2 kB, mean change 1.25", "", "no change"),
    ]
    assert [one.src for one in row.maps] == ["renders/steps/difference-x.webp"]
    assert row.maps[0].alt == (
        "Where the picture at num_inference_steps = 4 differs, 8 times enlarged"
    )
    assert figure.against == "num_inference_steps = 50"
