"""A set of prompts, such as for photographs, takes the place of a plan's own."""

from __future__ import annotations

import pytest

from render.errors import RenderError
from render.plan import load_plan


def test_another_prompt_set_takes_the_place_of_the_plans_own():
    plan = load_plan("guidance-scale", prompts="photo")
    assert {cell.axes["prompt"] for cell in plan.cells()} == {
        *("hands", "text", "faces", "fabric", "crowds"),
    }
    assert plan.cells()[0].axes["guidance_scale"] == 0.0


def test_a_plan_whose_prompts_bring_a_picture_keeps_them():
    with pytest.raises(RenderError) as raised:
        load_plan("strength", prompts="photo")
    assert str(raised.value) == (
        "strength: --prompts: expected a plan whose prompts stand alone, got one with "
        "source_image. Leave --prompts out for it."
    )


def test_an_unknown_prompt_set_is_answered_with_the_nearest_name():
    with pytest.raises(RenderError) as raised:
        load_plan("guidance-scale", prompts="foto")
    assert str(raised.value) == (
        "--prompts: expected a set of render/prompts/ (photo), got 'foto'. Did you mean 'photo'?"
    )
