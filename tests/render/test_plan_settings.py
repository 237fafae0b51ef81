"""What a plan may ask for, in lists, ranges and grids, and the words in which it is refused."""

from __future__ import annotations

import pytest

from recommender import CatalogueError
from render.__main__ import main
from render.errors import RenderError
from render.estimate import estimate
from render.plan import load_plan


def loaded(studio, axes: str, settings: str = "", prompt: str = "", more: str = ""):
    """The test's plan with other axes and settings; `prompt` goes into both prompts."""
    text = studio.plan.read_text().replace("  guidance_scale: [1.0, 3.0]\n", f"  {axes}\n")
    text = text.replace("settings: {", "settings: {" + settings)
    text = text.replace("seed: 1}", f"seed: 1{prompt}}}").replace("seed: 2}", f"seed: 2{prompt}}}")
    studio.plan.write_text(text + more)
    return load_plan(str(studio.plan))


def refused(studio, *args: str, **more: str) -> str:
    with pytest.raises((RenderError, CatalogueError)) as raised:
        loaded(studio, *args, **more).cells()
    return str(raised.value).splitlines()[0].replace(str(studio.plan), "PLAN")


def values(plan, axis: str) -> list:
    return list(dict.fromkeys(cell.axes[axis] for cell in plan.cells()))


def test_a_range_holds_both_its_ends_and_adds_in_decimals(studio):
    plan = loaded(studio, "guidance_scale: {from: 0.1, to: 0.5, step: 0.1}")
    assert values(plan, "guidance_scale") == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_a_range_of_whole_numbers_stays_whole(studio):
    plan = loaded(studio, "num_inference_steps: {from: 2, to: 9, step: 3}")
    found = values(plan, "num_inference_steps")
    assert found == [2, 5, 8]
    assert {type(value) for value in found} == {int}


@pytest.mark.parametrize(
    "span",
    [
        "{from: 5, to: 1, step: 1}",
        "{from: 1, to: 5, step: 0}",
        "{from: 1, to: 5}",
        "[]",
        "{from: a, to: b, step: 1}",
    ],
)
def test_a_range_that_leads_nowhere_is_refused(studio, span):
    message = refused(studio, f"num_inference_steps: {span}")
    assert message.startswith(
        "PLAN:9: axes.num_inference_steps: expected a list of values, or from, to and step that "
        "rise, got "
    )


def test_a_range_of_a_million_values_is_refused_before_they_are_made(studio):
    assert refused(studio, "guidance_scale: {from: 0, to: 1, step: 0.000001}") == (
        "PLAN:9: axes.guidance_scale: expected at most 20000 values, got the keys from, to, step."
    )


def test_axes_that_multiply_beyond_counting_are_refused_at_once(studio):
    spans = "guidance_scale: {from: 0, to: 19, step: 0.001}"
    spans += "\n  seed: {from: 0, to: 19999, step: 1}\n  strength: [0.5]"
    assert refused(studio, spans) == "test: expected at most 20000 cells, got 760040000."


def test_a_scheduler_times_steps_grid_is_two_axes(studio):
    plan = loaded(
        studio, "scheduler: [euler, ddim, heun]\n  num_inference_steps: {from: 2, to: 4, step: 1}"
    )
    assert len(plan.cells()) == 2 * 3 * 3


def test_an_exclusion_may_list_values(studio):
    plan = loaded(
        studio,
        "num_inference_steps: {from: 1, to: 9, step: 1}",
        more="exclude:\n- {prompt: sea, num_inference_steps: [1, 2, 3]}\n",
    )
    assert len(plan.cells()) == 9 + 6


def test_schedule_and_spacing_become_part_of_the_schedulers_configuration(studio):
    plan = loaded(
        studio,
        "schedule_type: [karras, exponential]",
        "scheduler: dpmpp-2m, timestep_spacing: leading, ",
    )
    specs = [cell.recipe["scheduler"] for cell in plan.cells()[:2]]
    assert [spec["class"] for spec in specs] == ["DPMSolverMultistepScheduler"] * 2
    assert specs[0]["config"]["use_karras_sigmas"] is True
    assert specs[1]["config"]["use_exponential_sigmas"] is True
    assert {spec["config"]["timestep_spacing"] for spec in specs} == {"leading"}


def test_a_sampler_without_the_schedule_is_named(studio):
    message = refused(studio, "schedule_type: [karras]", "scheduler: ddim, ")
    assert message.startswith(
        "test: tiny-sd at prompt = castle, schedule_type = karras: schedule_type: expected a "
        "scheduler that has karras (EulerDiscreteScheduler, HeunDiscreteScheduler, "
    )
    assert message.endswith("), got DDIMScheduler.")


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        (
            "schedule_type: [karas]",
            "PLAN: schedule_type: expected an id of settings/schedules/ that diffusers has, got "
            "'karas'. Did you mean 'karras'?",
        ),
        (
            "timestep_spacing: [traling]",
            "PLAN: timestep_spacing: expected linspace or leading or trailing, got 'traling'. Did "
            "you mean 'trailing'?",
        ),
        ("eta: [-1]", "PLAN: eta: expected 0 to 100, got -1."),
        ("eta: [much]", "PLAN: eta: expected a number, got 'much'."),
        ("clip_skip: [0.5]", "PLAN: clip_skip: expected a whole number, got 0.5."),
        ("clip_skip: [.nan]", "PLAN: clip_skip: expected a number, got '.nan'."),
        ("scheduler: [1]", "PLAN: scheduler: expected an id of settings/schedulers/, got '1'."),
        (
            "scheduler: [true]",
            "PLAN: scheduler: expected an id of settings/schedulers/, got 'True'.",
        ),
        ("negative_prompt: [1]", "PLAN: negative_prompt: expected text, got 1. Quote it."),
        ("width: [130]", "PLAN: width: expected a multiple of 8, got 130. Take 128 or 136."),
        ("height: [64, 65]", "PLAN: height: expected a multiple of 8, got 65. Take 64 or 72."),
        (
            "num_inference_steps: [5000]",
            "test: tiny-sd at prompt = castle, num_inference_steps = 5000: num_inference_steps: "
            "expected at most 1000, the timesteps that the model was trained with, got 5000.",
        ),
        ("eta: [0.5, 1, 0.5]", "PLAN: axes.eta: expected each value once, got 0.5 again."),
        ("eta: [1, 1.0]", "PLAN: axes.eta: expected each value once, got 1 again."),
        (
            "scheduler: [euler, ddim, euler]",
            "PLAN: axes.scheduler: expected each value once, got 'euler' again.",
        ),
        ("guidance_end: [1.5]", "PLAN: guidance_end: expected 0 to 1, got 1.5."),
        ("prompt: [a]", "PLAN: axes: expected prompts under `prompts`, got an axis of that name."),
        (
            "captured_step: [3]",
            "test: tiny-sd at prompt = castle, captured_step = 3: captured_step: expected at most "
            "num_inference_steps (2), got 3.",
        ),
        (
            "strength: [0.5]",
            "test: tiny-sd at prompt = castle, strength = 0.5: strength: expected a source_image "
            "beside it, got none.",
        ),
        (
            "variation_strength: [0.5]",
            "test: tiny-sd at prompt = castle, variation_strength = 0.5: variation_strength: "
            "expected a variation_seed beside it, got none.",
        ),
        (
            "mask_blur: [4]",
            "test: tiny-sd at prompt = castle, mask_blur = 4: mask_blur: expected a mask_image "
            "beside it, got none.",
        ),
        (
            "lora_scale: [1.0]",
            "test: tiny-sd at prompt = castle, lora_scale = 1.0: lora_scale: expected loras beside "
            "it, got none.",
        ),
    ],
)
def test_what_cannot_be_rendered_is_refused_before_a_model_is_loaded(studio, axes, message):
    assert refused(studio, axes) == message


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            "exclude: [{scheduller: euler}]",
            "exclude: expected scheduler or prompt or model, got 'scheduller'. "
            "Did you mean 'scheduler'?",
        ),
        (
            "exclude: [{scheduler: [euler, hen]}]",
            "exclude.scheduler: expected a value of that axis, got 'hen'. Did you mean 'heun'?",
        ),
        (
            "exclude: [{prompt: see}]",
            "exclude.prompt: expected a value of that axis, got 'see'. Did you mean 'sea'?",
        ),
        (
            "exclude: [{model: tiny-ds}]",
            "exclude.model: expected a value of that axis, got 'tiny-ds'. Did you mean 'tiny-sd'?",
        ),
        (
            "overrides: {tiny_sd: {seed: 3}}",
            "overrides: expected a model of the plan, got 'tiny_sd'. Did you mean 'tiny-sd'?",
        ),
        (
            "difference: {to: {scheduler: eulr}}",
            "difference.to.scheduler: expected a value of that axis, got 'eulr'. "
            "Did you mean 'euler'?",
        ),
        (
            "difference: {to: {guidance_scale: 3.0}}",
            "difference.to: expected scheduler or prompt, got 'guidance_scale'.",
        ),
    ],
)
def test_a_rule_that_holds_for_no_cell_is_named_with_the_nearest(studio, more, message):
    assert refused(studio, "scheduler: [euler, heun]", more=more + "\n") == f"PLAN: {message}"


def test_rules_may_speak_of_what_another_model_or_prompt_set_takes_the_place_of(studio, model):
    more = "exclude: [{prompt: sea, guidance_scale: 1.0}]\noverrides: {tiny-sd: {eta: 1}}\n"
    loaded(studio, "guidance_scale: [1.0, 3.0]", more=more)
    guest = "a/b@" + "0" * 40
    assert len(load_plan(str(studio.plan), [guest]).cells()) == 3
    assert len(load_plan(str(studio.plan), prompts="photo").cells()) == 2 * 5


def test_a_plan_that_excludes_every_cell_is_refused(studio, capsys):
    more = "exclude: [{model: tiny-sd}]\n"
    assert refused(studio, "eta: [0.5]", more=more) == (
        "test: exclude: expected a cell that is left, got none."
    )
    assert main(["run", str(studio.plan), "--out", str(studio.out), "--backend", "fake"]) == 2
    assert not studio.out.exists()


def test_all_that_is_wrong_with_the_plans_of_a_run_is_said_at_once(studio, capsys):
    other = studio.plan.with_name("other.yaml")
    other.write_text(studio.plan.read_text().replace("width: 64", "width: 65, sed: 1"))
    more = "overrides: {nobody: {eta: -1}}\nexclude: [{eta: 1}]\n"
    text = studio.plan.read_text().replace("height: 64", "height: 30")
    studio.plan.write_text(text + more)
    assert main(["plan", str(studio.plan), str(other)]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"{studio.plan}: height: expected a multiple of 8, got 30. Take 24 or 32.",
        f"{studio.plan}: eta: expected 0 to 100, got -1.",
        f"{studio.plan}: overrides: expected a model of the plan, got 'nobody'.",
        f"{studio.plan}: exclude: expected guidance_scale or prompt or model, got 'eta'.",
        f"{other}: width: expected a multiple of 8, got 65. Take 64 or 72.",
        f"{other}: sed: expected a setting the renderer knows. Did you mean 'seed'?",
    ]


def test_what_is_wrong_with_cells_is_said_once_for_all_that_have_it(studio, capsys):
    plan = loaded(studio, "strength: [0.5, 0.6]", "captured_step: 3, ")
    with pytest.raises(RenderError) as raised:
        plan.cells()
    where = "test: tiny-sd at prompt = castle, strength = 0.5"
    assert str(raised.value).splitlines() == [
        f"{where}: strength: expected a source_image beside it, got none.",
        f"{where}: captured_step: expected at most num_inference_steps (2), got 3.",
    ]


def test_cells_that_are_one_picture_are_counted_as_one_to_render(studio):
    text = studio.plan.read_text().replace('"the sea", seed: 2', '"a castle", seed: 1')
    studio.plan.write_text(text)
    found = estimate([load_plan(str(studio.plan))], studio.out)
    assert (found.cells, found.wanted) == (4, 2)


def test_a_weighted_phrase_is_written_into_the_prompt_as_tools_write_it(studio):
    plan = loaded(studio, "prompt_weight: [0.5, 1.3]", prompt=", weighted: ea")
    plan.data["prompts"].pop("castle")
    cells = plan.cells()
    assert [c.settings["prompt"] for c in cells] == ["the s(ea:0.5)", "the s(ea:1.3)"]
    assert cells[0].recipe["settings"]["prompt_weighting"] == "a1111"


def test_a_phrase_that_is_not_in_the_prompt_cannot_be_weighted(studio):
    message = refused(studio, "prompt_weight: [0.5]", prompt=", weighted: dragon")
    assert message == (
        "test: tiny-sd at prompt = castle, prompt_weight = 0.5: weighted: expected a phrase that "
        "stands once in 'a castle'."
    )
