"""What to paste into each tool, for the model finder: export() for every goal, as small JSON.

A file's contents share their lines, which are numbered, as most stand in several contents. The
scheduler is the model's own, and there is no budget: for others the page shows the command that
exports them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finder import GOALS, Table, name, pairs

import recommender

FOLDER = "finder/exports/"
# The names of tools and services, as they write them.
NAMES = {
    "diffusers": "diffusers",
    "diffusers-json": "diffusers, as JSON",
    "comfyui": "ComfyUI",
    "a1111": "A1111",
    "a1111-api": "A1111, its API",
    "forge": "Forge",
    "forge-api": "Forge, its API",
    "invokeai": "InvokeAI",
    "swarmui": "SwarmUI",
    "drawthings": "Draw Things",
    "fooocus": "Fooocus",
    "sdcpp": "stable-diffusion.cpp",
    "mflux": "mflux",
    "replicate": "Replicate",
    "fal": "fal",
    "bfl": "BFL",
    "runware": "Runware",
}


def tools() -> list[list[str]]:
    """Returns every tool that the recommender exports to, by id and name."""
    return [[tool, NAMES.get(tool, tool)] for tool in recommender.TOOLS]


def exports(catalogue: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Returns every file by the name of the sheet that it stands beside."""
    return {name(model, lora): exported(model, lora) for model, lora in pairs(catalogue)}


def exported(model: str, lora: str | None) -> dict[str, Any]:
    """Returns for each goal what each tool takes: [content, notes], or why it takes nothing."""
    loras = (lora,) if lora else ()
    lines = Table()
    goals = []
    for goal in GOALS:
        answer = recommender.recommend(model, goal=goal, loras=loras)
        goals.append([_for_tool(answer, tool, lines) for tool in recommender.TOOLS])
    return {"lines": lines.items, "goals": goals}


def _for_tool(answer: recommender.Recommendation, tool: str, lines: Table) -> list[Any] | str:
    try:
        made = recommender.export(answer, tool)
    except recommender.ExportError as error:
        return str(error)
    content = [lines.number(line) for line in made.content.split("\n")]
    return [content, [lines.number(note) for note in made.notes]]
