"""What each tool is given fits what its own source says it takes.

The schemas in export/schemas.json are facts rewritten as data; `$comment` says where each stands.
They share nothing with the code under test, so a range that is wrong in one of the two fails here.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from recommender import TOOLS, catalogue, export, recommend
from recommender._export import Exported, ExportError

FACTS = json.loads((Path(__file__).parent / "export/schemas.json").read_text(encoding="utf-8"))
SCHEMAS: dict[str, dict[str, Any]] = FACTS["schemas"]
# SwarmUI's values are texts; these are the numbers in them (T2IParamTypes.cs#L419-L907).
SWARM_RANGES: dict[str, list[float]] = FACTS["swarmui_ranges"]
SWARM_TEXTS = {"prompt", "negativeprompt", "sampler", "scheduler"}


@cache
def exports(tool: str, strength: float | None = None) -> dict[str, Exported | ExportError]:
    """Returns what every model gives for a tool; any other error ends the test."""
    found: dict[str, Exported | ExportError] = {}
    for id in catalogue().models:
        try:
            found[id] = export(
                recommend(id, strength=strength),
                tool,
                prompt="a harbour",
                negative_prompt="fog",
                seed=7,
            )
        except ExportError as error:
            found[id] = error
    return found


@pytest.mark.parametrize("tool", TOOLS)
def test_every_model_can_be_exported_or_is_refused_in_one_line(tool: str) -> None:
    found = exports(tool)
    assert found.keys() == catalogue().models.keys()
    refusals = [error for error in found.values() if isinstance(error, ExportError)]
    assert len(refusals) < len(found)
    assert all("\n" not in str(error) and str(error).endswith((".", "?")) for error in refusals)
    made = [one for one in found.values() if isinstance(one, Exported)]
    assert all(one.content and one.tool == tool for one in made)
    assert all(note and "\n" not in note for one in made for note in one.notes)


@pytest.mark.parametrize("strength", [None, 0.4])
@pytest.mark.parametrize("tool", sorted(SCHEMAS))
def test_every_export_fits_the_tools_own_schema(tool: str, strength: float | None) -> None:
    validator = Draft202012Validator(SCHEMAS[tool])
    for id, one in exports(tool, strength).items():
        if isinstance(one, Exported):
            assert one.form == "json"
            wrong = [error.message for error in validator.iter_errors(json.loads(one.content))]
            assert wrong == [], (id, wrong)


def test_every_form_that_is_json_has_a_schema() -> None:
    forms = {one.tool: one.form for tool in TOOLS for one in exports(tool).values()
             if isinstance(one, Exported)}  # fmt: skip
    assert {tool for tool, form in forms.items() if form == "json"} == SCHEMAS.keys()
    assert {tool for tool, form in forms.items() if form == "command"} == {"sdcpp", "mflux"}


def test_every_value_of_a_swarmui_preset_is_one_of_its_parameters_and_in_range() -> None:
    for id, one in exports("swarmui").items():
        if isinstance(one, Exported):
            (preset,) = json.loads(one.content).values()
            for key, value in preset["param_map"].items():
                if key not in SWARM_TEXTS:
                    low, high = SWARM_RANGES[key]
                    assert low <= float(value) <= high, (id, key, value)


def test_the_schemas_refuse_what_the_tools_refuse() -> None:
    """A schema that accepts everything would prove nothing."""
    wrong = {
        "comfyui": {"3": {"class_type": "KSampler", "inputs": {"steps": 0}}},
        "a1111-api": {"prompt": "", "seed": 1, "cfg_scale": 0},
        "forge-api": {"prompt": "", "seed": 1, "distilled_cfg_scale": 31},
        "invokeai": {"cfg_scale": 0.5},
        "swarmui": {"x": {"description": "", "preview_image": "", "param_map": {"steps": 4}}},
        "drawthings": {"width": 1000},
        "fooocus": {"default_performance": "Fast"},
        "replicate": {"input": {"prompt": "", "num_inference_steps": 51}},
        "fal": {"prompt": "", "shift": 11},
        "bfl": {"prompt": "", "guidance": 1},
        "runware": [{"taskType": "imageInference"}],
        "diffusers-json": {"call": {}, "scheduler": {"class": "Euler"}},
    }
    assert wrong.keys() == SCHEMAS.keys()
    for tool, data in wrong.items():
        assert not Draft202012Validator(SCHEMAS[tool]).is_valid(data), tool
