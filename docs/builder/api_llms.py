"""Writes llms.txt: the guide for language models, with every model's answer in one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from api_markdown import escaped
from templating import guidance, span

ABOUT = """\
# Sweetspot

> Settings for diffusion models, with evidence: how many steps, how much guidance, which scheduler \
and size suit a model, whose figures say so, and what each setting does.

An answer stands behind each model below: steps (with the sensible range), guidance, scheduler as \
diffusers calls it, and what the steps rest on. "Unknown" means that nobody published a figure; do \
not guess one. A step-distilled model runs at its authors' figure, whatever a tool's default says. \
Every page has a Markdown twin at its address plus `index.md`. The data are CC0."""

PAGES = {
    "": "Start: what this guide answers, and how to ask it",
    "how-this-guide-is-made/": "How this guide is made: sources, the rule, and its limits",
    "words/": "Words: every term once",
    "schedulers/": "Schedulers: every sampler and its names in every tool",
    "api/": "For programs: Python, command line, JSON over HTTP",
}
DATA = {
    "recommendations.json": "every model's answer for the goals draft, balanced and final",
    "models.json": "all models, each with its usual answer and its aliases",
    "settings.json": "all settings, with the names tools give them",
    "schedulers.json": "all samplers",
    "changes.json": "which answers changed from release to release",
    "openapi.json": "the description of these files",
}


def llms(
    known: Mapping[str, Any], usual: Mapping[str, Mapping[str, Any]], address: str = ""
) -> str:
    """Returns the sheet: links start at `address`, `usual` holds every model's usual answer."""
    root = f"{address.rstrip('/')}/"
    pages = [f"- [{title.partition(': ')[0]}]({root}{uri}index.md): {title.partition(': ')[2]}"
             for uri, title in PAGES.items()]  # fmt: skip
    settings = [
        f"- [{escaped(one['title'])}]({root}settings/{one['slug']}/index.md): {_first(one)}"
        for one in sorted(known["settings"].values(), key=lambda one: str(one["slug"]))
    ]
    models = [
        f"- [{escaped(known['models'][id]['name'])}]({root}models/{id}/index.md): {line(answer)}"
        for id, answer in sorted(usual.items())
    ]
    data = [f"- [{name}]({root}api/v1/{name}): {said}" for name, said in DATA.items()]
    parts = {"Guide": pages, "Settings": settings, "Models": models, "Data": data}
    listed = [f"## {title}\n\n" + "\n".join(lines) for title, lines in parts.items()]
    return "\n\n".join([ABOUT, *listed]) + "\n"


def line(answer: Mapping[str, Any]) -> str:
    """Returns an answer in one line."""
    around = span(answer["low"], answer["high"])
    steps = f"{answer['steps']} steps" if answer["steps"] is not None else "steps unknown"
    told = [
        steps + (f" ({around})" if around else ""),
        guidance(answer) and f"guidance {guidance(answer)}",
        answer["true_cfg_scale"] is not None and f"true CFG {answer['true_cfg_scale']:g}",
        answer["scheduler"] and escaped(answer["scheduler"]),
        answer["basis"] and f"basis: {answer['basis']}",
    ]
    return ", ".join(part for part in told if part)


def _first(setting: Mapping[str, Any]) -> str:
    return escaped(re.split(r"(?<=[.!?])\s", setting["summary"].strip(), maxsplit=1)[0])
