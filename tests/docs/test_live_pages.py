"""Which pages draw live, with what, and what they say it costs to fetch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from figures import build_figure, load_manifests
from live import MODELS, Kit, fields, live_of, load_kit, table
from live_page import embed_live
from live_site import RENDERS, need_runtime
from vendor import collect

import recommender

# Which pictures of each page's plan cannot be drawn: 75 and 100 steps have no table.
DRAWN = {
    "num_inference_steps": (52, 2),
    "guidance_scale": (11, 0),
    "scheduler": (8, 0),
    "schedule_type": (5, 0),
    "timestep_spacing": (3, 0),
    "eta": (3, 0),
    "seed": (12, 0),
    "negative_prompt": (3, 0),
    "guidance_rescale": (5, 0),
    "guidance_interval": (6, 0),
    "variation_strength": (10, 0),
    "aspect_ratio": (6, 0),
    "strength": (10, 0),
    "width": (6, 0),
    "height": (6, 0),
}


@pytest.fixture(scope="module")
def kit() -> Kit:
    """The committed models, with the runtime where it is installed."""
    found = load_kit(collect())
    assert found is not None
    return found


@pytest.fixture(scope="module")
def manifests() -> dict[str, dict[str, Any]]:
    """Every plan's pictures."""
    return load_manifests(RENDERS)


@pytest.mark.parametrize("setting", DRAWN)
def test_a_setting_is_drawn_live_from_its_own_pictures(
    kit: Kit, manifests: dict[str, dict[str, Any]], setting: str
) -> None:
    """Each stop of its slider says what makes the same picture here; few have nothing to say."""
    comparisons = recommender.catalogue().settings[setting]["comparisons"]
    figures = [figure for one in comparisons if (figure := build_figure(one, manifests))]
    live = live_of(setting, figures, manifests, kit)
    assert live is not None
    stops, lacking = DRAWN[setting]
    assert (len(live.sets), live.sets.count(None)) == (stops, lacking)
    assert live.sets[live.start] is not None
    assert live_of(setting, figures, manifests, None) is None


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "euler-trailing"),
        ({"scheduler": "ddim", "eta": 0.0}, "ddim"),
        ({"scheduler": "ddim", "eta": 1.0}, "ddim_eta-1"),
        ({"scheduler": "euler", "timestep_spacing": "linspace"}, "euler"),
        ({"scheduler": "euler", "schedule_type": "karras"}, "euler_karras"),
        ({"scheduler": "heun", "schedule_type": "karras"}, None),
    ],
)
def test_settings_that_name_a_scheduler_together_have_one_table(
    kit: Kit, asked: dict[str, Any], found: str | None
) -> None:
    """Under other names the same table; without one it cannot be drawn."""
    assert table(asked, kit.manifest, "postcards") == found


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 100},
        {"num_inference_steps": 75},
        {"scheduler": "lms"},
        {"guidance_rescale": 1.05},
        {"guidance_end": 0.33},
        {"strength": 0.5},
        {"strength": 0.5, "source_image": "another.png"},
        {"strength": 0.05, "source_image": "cabin-by-day.png", "num_inference_steps": 19},
        {"strength": 0.5, "source_image": "cabin-by-day.png", "guidance_rescale": 0.5},
        {"clip_skip": 1},
    ],
)
def test_what_no_control_can_hold_is_not_drawn(kit: Kit, wrong: dict[str, Any]) -> None:
    """Values between the steps, step counts without a table, what was not exported."""
    assert fields({"model": "postcards", **wrong}, kit) is None


def test_a_page_says_what_is_fetched_and_it_is_little(kit: Kit) -> None:
    """From the files themselves: 14 MB to a first picture, 9 MB more for the other model."""
    need_runtime()
    for file in [kit.manifest["decoder"], kit.manifest["models"]["postcards"]["unet"]]:
        assert (MODELS / file["file"]).stat().st_size == file["bytes"]
    assert 10 < float(kit.megabytes("postcards-turbo")) <= 14
    assert 5 < float(kit.more("postcards")) <= 9


def test_without_exported_models_a_page_has_no_live_part(tmp_path: Path) -> None:
    """The words around it stand."""
    page = "Before.\n\n<!-- live: picture -->\n\n<!-- live: parity -->\n\nAfter.\n"
    assert embed_live(page, "../", models=tmp_path) == "Before.\n\n\n\n\n\nAfter.\n"
