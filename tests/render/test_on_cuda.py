"""Every kind of picture is made with `--device cuda` too: in bfloat16, on a card that pretends."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from render.models import find_model
from render.pipelines import Studio
from render.plan import load_plan, plan_ids
from tests.prove import PROVE
from tests.render.pretend_cuda import NAME, pretend_cuda

# From noise, around a mask in a part of the picture, and with weights of another precision.
PLANS = plan_ids() if PROVE else ("guidance-scale", "inpaint-padding", "quantization")


@pytest.fixture(scope="module")
def studio():
    with pretend_cuda():
        yield Studio(find_model("postcards"), "cuda", "auto")


@pytest.mark.parametrize("name", PLANS)
def test_a_plans_last_cell_is_made_on_the_card(studio, name):
    plan = load_plan(name)
    cell = [cell for cell in plan.cells() if cell.model.name == plan.models[0].name][-1]
    steps = cell.settings["num_inference_steps"]
    if "captured_step" not in cell.settings:  # a few are enough, but for a start at a late step
        steps = min(steps, 4)
    cell = replace(cell, settings={**cell.settings, "num_inference_steps": steps})
    if cell.model != studio.model:
        studio = Studio(cell.model, "cuda", "auto")
    picture = studio.make(cell, plan)
    assert picture.std() > 5
    told = studio.environment()
    assert (told["device"], told["dtype"]) == (f"cuda ({NAME})", "bfloat16")
    on_card = {p.device.type for p in studio.pipe.unet.parameters()}
    assert on_card == {"cuda"}
    assert torch.cuda.is_available()
