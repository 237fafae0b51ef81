"""Samplers go by each tool's own names; what a tool has not is left to it, and named."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from typing import Any

import pytest

from recommender import Recommendation, export, recommend

SDXL = replace(recommend("sdxl-base-1-0"), scheduler="EulerAncestralDiscreteScheduler")


def data(found: Recommendation, tool: str) -> Any:
    return json.loads(export(found, tool).content)


def ksampler(found: Recommendation) -> dict[str, Any]:
    inputs: dict[str, Any] = data(found, "comfyui")["3"]["inputs"]
    return inputs


def option(line: str, name: str) -> str:
    words = shlex.split(line)
    return words[words.index(name) + 1]


def test_a_sampler_goes_by_the_catalogues_names() -> None:
    body = data(SDXL, "a1111-api")
    assert body["sampler_name"] == "Euler a"
    assert ksampler(SDXL)["sampler_name"] == "euler_ancestral"
    assert data(SDXL, "invokeai")["scheduler"] == "euler_a"


def test_a_schedule_in_a_samplers_name_becomes_a_schedule_of_its_own() -> None:
    karras = replace(SDXL, scheduler="dpmpp-2m-karras")
    body = data(karras, "a1111-api")
    assert (body["sampler_name"], body["scheduler"]) == ("DPM++ 2M", "Karras")
    inputs = ksampler(karras)
    assert (inputs["sampler_name"], inputs["scheduler"]) == ("dpmpp_2m", "karras")
    assert data(karras, "invokeai")["scheduler"] == "dpmpp_2m_k"
    assert data(karras, "drawthings")["sampler"] == 0
    line = export(karras, "sdcpp").content
    assert (option(line, "--sampling-method"), option(line, "--scheduler")) == ("dpm++2m", "karras")


def test_a_sampler_that_a_tool_has_not_is_named_and_left_to_the_tool() -> None:
    lcm = replace(SDXL, scheduler="LCMScheduler")
    one = export(lcm, "a1111-api")
    assert "sampler_name" not in json.loads(one.content)
    assert "sampler: A1111 has no LCM (LCMScheduler); its own stays." in one.notes
    assert data(lcm, "forge-api")["sampler_name"] == "LCM"
    unknown = export(replace(SDXL, scheduler="MysteryScheduler"), "a1111-api")
    assert (
        "sampler: MysteryScheduler has no counterpart known here; A1111's own stays."
        in unknown.notes
    )


@pytest.mark.parametrize(
    ("asked", "sampler", "schedule"),
    [
        ("DPM++ 2M Karras", "DPM++ 2M", "Karras"),
        ("DPM++ 2M SDE Karras", "DPM++ 2M SDE", "Karras"),
        ("DPM++ 3M SDE", "DPM++ 3M SDE", "Automatic"),
        ("DPM++ SDE Karras", "DPM++ SDE", "Karras"),
        ("UniPC Karras", "UniPC", "Karras"),
    ],
)
def test_a_sampler_that_was_asked_for_arrives_under_its_own_name(
    asked: str, sampler: str, schedule: str
) -> None:
    found = export(recommend("sdxl", scheduler=asked), "a1111")
    assert f"Sampler: {sampler}, Schedule type: {schedule}," in found.content
    assert not any("no place" in note for note in found.notes)
