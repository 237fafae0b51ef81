"""The table of samplers and the page of each: written from the catalogue's figures alone."""

from __future__ import annotations

import copy
from typing import Any

import pages
import pytest
import scheduler_pages

import recommender

KNOWN = recommender.catalogue()


@pytest.fixture(scope="module")
def built() -> dict[str, pages.Page]:
    return pages._scheduler_pages(KNOWN)


def test_every_sampler_has_a_page_that_is_edited_in_its_file(built: dict[str, pages.Page]) -> None:
    for id in KNOWN.schedulers:
        assert built[f"schedulers/{id}.md"].source == f"settings/schedulers/{id}.yaml"
    assert len(built) == len(KNOWN.schedulers) + 1


def test_every_sampler_stands_in_one_family_of_the_table(built: dict[str, pages.Page]) -> None:
    rows = built["schedulers.md"].markdown.count("<tr id=")
    assert rows == len(KNOWN.schedulers) + len(KNOWN["schedules"])
    groups = scheduler_pages.families(scheduler_pages.scheduler_views(KNOWN))
    assert [len(members) for _, members in groups] == [35, 7, 14, 5, 10]


@pytest.mark.parametrize(
    ("id", "said"),
    [
        ("heun", "Heun is a deterministic sampler of order 2: 20 steps call the network 39 times. "
         "It adds no noise of its own, so more steps come closer to one picture."),
        ("euler-ancestral", "Euler a is an ancestral sampler of order 1: 20 steps call the network "
         "20 times. It adds fresh noise at every step, so more steps keep changing the picture."),
        ("seeds-3", "SEEDS-3 is an SDE sampler of order 3: 20 steps call the network 58 times. It "
         "adds noise at every step, so more steps keep changing the picture. "
         "diffusers has no class for it."),
        ("dpm-adaptive", "DPM adaptive is a deterministic sampler of order 3: it chooses its own "
            "number of network calls. It adds no noise of its own. diffusers has no class for it."),
    ],
)  # fmt: skip
def test_a_sentence_says_what_it_is(id: str, said: str) -> None:
    assert scheduler_pages.sentence(KNOWN.schedulers[id]) == said


def test_the_line_of_python_sets_class_and_flags(built: dict[str, pages.Page]) -> None:
    assert scheduler_pages.python(KNOWN.schedulers["dpmpp-2m-karras"]) == (
        "pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config, "
        "algorithm_type='dpmsolver++', solver_order=2, use_karras_sigmas=True)"
    )
    assert "## In diffusers" not in built["schedulers/res-2s.md"].markdown


def test_each_tool_s_sampler_and_schedule_stand_in_a_row(built: dict[str, pages.Page]) -> None:
    page = built["schedulers/dpmpp-2m-karras.md"].markdown
    assert '<tr><th scope="row">A1111</th><td>DPM++ 2M</td><td>Karras</td></tr>' in page
    assert '<tr><th scope="row">SwarmUI</th><td>dpmpp&#95;2m</td><td>karras</td></tr>' in page
    assert '<tr><th scope="row">Draw Things</th><td>DPM++ 2M Karras</td><td></td></tr>' in page


@pytest.mark.parametrize(
    ("id", "traps"),
    [
        ("euler", [
            "One step alone starts at timestep 0 with `leading` or `linspace` spacing, where the "
            "network expects less noise than it is given. That is how it comes: `linspace`. "
            "With `trailing` it starts at 999.",
            "With `trailing` spacing, 61, 103, 121 and 122 steps (of those up to 200) make one "
            "step too many, at timestep -1: 1000 ÷ (1000 ÷ steps) is rounded up past the number "
            "of steps."]),
        ("unipc", [
            "One step alone starts at timestep 500 with `leading` spacing, where the network "
            "expects less noise than it is given. With `trailing` it starts at 999.",
            "With `trailing` spacing, 61, 103, 121 and 122 steps (of those up to 200) make one "
            "step too many, at timestep -1: 1000 ÷ (1000 ÷ steps) is rounded up past the number "
            "of steps."]),
        ("lcm", ["More than 50 steps are refused."]),
        ("minimax-h3", ["Fewer than 2 steps are refused."]),
        ("flow-match-euler", []),
    ],
)  # fmt: skip
def test_the_traps_are_the_measured_ones(id: str, traps: list[str]) -> None:
    assert scheduler_pages.traps(KNOWN.schedulers[id]) == traps


def test_the_models_whose_sources_name_it_are_linked(built: dict[str, pages.Page]) -> None:
    page = built["schedulers/euler-ancestral.md"].markdown
    assert '<a href="../../models/sdxl-turbo/">SDXL Turbo</a>' in page
    assert "## Models That Name It" not in built["schedulers/seeds-2.md"].markdown


def test_an_empty_section_vanishes() -> None:
    """A sampler of which little is known leaves no heading without text behind."""
    bare: dict[str, Any] = {
        "schedulers": {
            "bare": {
                "name": "Bare",
                "order": 1,
                "calls_per_step": "1N",
                "kind": "sde",
                "file": "settings/schedulers/bare.yaml",
            }
        },
        "models": {},
    }
    page = pages._scheduler_pages(copy.deepcopy(bare))["schedulers/bare.md"].markdown
    assert [line for line in page.splitlines() if line.startswith("#")] == ["# Bare"]
    assert "## Schedules" not in pages._scheduler_pages(bare)["schedulers.md"].markdown
