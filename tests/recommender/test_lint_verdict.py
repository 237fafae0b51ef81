"""The last line of lint: how much slower steps and guidance make a picture, in one sentence."""

from __future__ import annotations

from typing import Any

import pytest

from recommender._lint.engine import judged

LIGHTNING = "sdxl-lightning-4step"


@pytest.mark.parametrize(
    ("model", "settings", "said"),
    [
        (
            LIGHTNING,
            {"steps": 30, "cfg_scale": 7},
            "SDXL-Lightning 4-step at 30 steps, guidance 7: "
            "15× too slow (steps 7.5×, guidance 2×).",
        ),
        (LIGHTNING, {"steps": 30}, "SDXL-Lightning 4-step at 30 steps: 7.5× too slow."),
        (
            LIGHTNING,
            {"steps": 4, "cfg_scale": 7},
            "SDXL-Lightning 4-step at 4 steps, guidance 7: 2× too slow.",
        ),
        (LIGHTNING, {"cfg_scale": 7}, "SDXL-Lightning 4-step at guidance 7: 2× too slow."),
        (LIGHTNING, {"steps": 30, "strength": 0.5},
         "SDXL-Lightning 4-step at 15 steps: 3.8× too slow."),
        (
            "sdxl",
            {"steps": 30, "cfg_scale": 7, "loras": ["sdxl-lightning-4step-lora"]},
            "Stable Diffusion XL base 1.0 with SDXL-Lightning 4-step at 30 steps, guidance 7: "
            "15× too slow (steps 7.5×, guidance 2×).",
        ),
    ],
)  # fmt: skip
def test_time_lost_to_steps_and_guidance_multiplies(
    model: str, settings: dict[str, Any], said: str
) -> None:
    assert judged(settings, model).verdict == said


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        (LIGHTNING, {"steps": 4, "cfg_scale": 1}),
        ("sdxl", {"steps": 1}),  # too few is no time lost
        ("sdxl", {"steps": 30, "width": 4096, "height": 4096}),  # somebody may want it large
        (None, {"steps": 500, "cfg_scale": 7}),  # nobody knows what this model needs
    ],
)
def test_where_no_time_is_lost_nothing_is_said(model: str | None, settings: dict[str, Any]) -> None:
    assert judged(settings, model).verdict == ""
