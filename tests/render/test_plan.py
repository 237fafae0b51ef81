"""How plans become cells, and what is refused before any model is loaded."""

from __future__ import annotations

import pytest

from recommender import CatalogueError
from render.__main__ import main
from render.errors import RenderError
from render.estimate import unknown_words
from render.plan import load_plan


def refused(studio, old: str, new: str) -> str:
    studio.plan.write_text(studio.plan.read_text().replace(old, new))
    with pytest.raises(RenderError) as raised:
        load_plan(str(studio.plan)).cells()
    return str(raised.value).replace(str(studio.plan), "PLAN")


def test_cells_are_every_model_prompt_and_value(studio):
    cells = load_plan(str(studio.plan)).cells()
    places = [(cell.axes["prompt"], cell.axes["guidance_scale"]) for cell in cells]
    assert places == [("castle", 1.0), ("castle", 3.0), ("sea", 1.0), ("sea", 3.0)]
    assert len({cell.id for cell in cells}) == 4


def test_excluded_places_have_no_cell(studio):
    text = studio.plan.read_text() + "exclude:\n- {prompt: sea, guidance_scale: 1.0}\n"
    studio.plan.write_text(text)
    assert len(load_plan(str(studio.plan)).cells()) == 3


def test_a_setting_no_pipeline_takes_is_named(studio):
    message = refused(studio, "settings: {", "settings: {guidence: 2, ")
    assert message.startswith("PLAN: guidence: expected a setting the renderer knows.")


def test_a_value_outside_the_settings_range_is_named(studio):
    message = refused(studio, "num_inference_steps: 2", "num_inference_steps: 0")
    assert message == "PLAN: num_inference_steps: expected at least 1, got 0."


def test_an_unknown_scheduler_is_named_with_the_nearest(studio):
    message = refused(studio, "settings: {", "settings: {scheduler: eulr, ")
    assert message == (
        "PLAN: scheduler: expected an id of settings/schedulers/, got 'eulr'. Did you mean 'euler'?"
    )


def test_a_controlnet_that_is_nowhere_is_told_with_its_plan(studio):
    message = refused(studio, "settings: {", "controlnet: nowhere\nsettings: {")
    assert message == (
        "test: controlnet: nowhere: expected a diffusers folder, or REPO@<40 hexadecimal digits>."
    )


def test_a_plan_that_would_write_a_mountain_of_pictures_is_refused(studio):
    seeds = ", ".join(str(i) for i in range(150))
    steps = ", ".join(str(i) for i in range(1, 151))
    axes = f"axes:\n  seed: [{seeds}]\n  num_inference_steps: [{steps}]\n"
    axes += "exclude:\n- {prompt: sea, seed: 0, num_inference_steps: 150}\n"
    message = refused(studio, "axes:\n  guidance_scale: [1.0, 3.0]\n", axes)
    assert message == "test: expected at most 20000 cells, got 44999."


def test_bad_yaml_is_one_clear_line_and_exit_code_2(studio, capsys):
    studio.plan.write_text("title: [unfinished\n")
    assert main(["run", str(studio.plan), "--out", str(studio.out)]) == 2
    message = capsys.readouterr().err
    assert "test.yaml:" in message
    assert "Traceback" not in message


def test_an_unknown_plan_is_answered_with_the_nearest_name(capsys):
    assert main(["check", "inference-step"]) == 2
    assert capsys.readouterr().err == (
        "inference-step: expected a plan of render/plans/ or a file *.yaml, got none of that name. "
        "Did you mean 'inference-steps'?\n"
    )


def test_a_word_the_model_never_read_is_a_warning_in_the_plan(studio, capsys, tmp_path):
    """The picture is drawn all the same: the tokenizer falls back to pieces."""
    plan = load_plan("inference-steps")
    assert unknown_words(plan) == set()
    plan.data["prompts"]["zebra"] = {"prompt": "a zebra by the sea", "seed": 1}
    assert unknown_words(plan) == {"zebra"}


def test_a_model_the_plan_was_not_written_for_runs_at_its_own_size_and_guidance():
    """128 px and guidance 3 suit postcards; schnell runs at 1024 px without guidance."""
    plan = load_plan("inference-steps", ["black-forest-labs/FLUX.1-schnell@" + "0" * 40])
    settings = plan.cells()[0].settings
    assert (settings["width"], settings["height"], settings["guidance_scale"]) == (1024, 1024, 0.0)
    assert settings["num_inference_steps"] == 1  # the axis is the plan's


def test_a_model_nobody_knows_runs_at_its_pipelines_defaults(studio, model):
    plan = load_plan("inference-steps", [str(model)])
    assert not {"width", "height", "guidance_scale"} & set(plan.cells()[0].settings)


def test_more_than_three_axes_are_counted(studio) -> None:
    axes = "axes:\n  guidance_scale: [1.0, 3.0]\n  eta: [0.0]\n  width: [128]\n  height: [128]\n"
    studio.plan.write_text(
        studio.plan.read_text().replace("axes:\n  guidance_scale: [1.0, 3.0]\n", axes)
    )
    with pytest.raises(CatalogueError) as raised:
        load_plan(str(studio.plan))
    assert str(raised.value).endswith("axes: expected at most 3 items, got 4.")
