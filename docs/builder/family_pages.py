"""The families of models: what their members share, what differs, and who was made from whom."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markup import figure
from templating import all_guidance, render, span

Model = Mapping[str, Any]
# What a family's table says of each member, where its members differ in it.
COLUMNS = (
    *("Steps", "Range", "Guidance", "Scheduler", "Size in pixels", "Distilled"),
    *("Kind", "Predicts", "Network", "Pipeline in diffusers", "Licence"),
)
# The columns whose words a phone has room for, and the setting that each is about.
SETTINGS = {"Steps": "num_inference_steps", "Guidance": "guidance_scale", "Scheduler": "scheduler"}
MOST = 6


def related(models: Sequence[Model], schedulers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Adds to every model its links: its scheduler's page, its base, its offspring, its family."""
    names = {model["id"]: model["name"] for model in models}
    families = {family["id"]: family for family in grouped(models)}
    pages = scheduler_pages_by_class(schedulers)
    return [
        {
            **model,
            "scheduler_page": pages.get(model["answer"]["scheduler"]),
            "base_name": names.get(model.get("base")),
            "offspring": [
                {"id": other["id"], "name": other["name"]}
                for other in models
                if other.get("base") == model["id"]
            ],
            "relatives": families.get(model["family"]),
        }
        for model in models
    ]


def scheduler_pages_by_class(schedulers: Mapping[str, Any]) -> dict[str, str]:
    """Returns for each class of diffusers the page of the sampler that it usually is."""

    def rank(key: str) -> tuple[bool, int, str]:
        one = schedulers[key]
        return one.get("usual", False), -len(one.get("flags", {})), key

    ids = sorted(schedulers, key=rank)
    return {schedulers[key]["class"]: key for key in ids if schedulers[key].get("class")}


def grouped(models: Iterable[Model]) -> list[dict[str, Any]]:
    """Lists the families of two members or more, by name."""
    members: dict[str, list[Model]] = {}
    for model in models:
        members.setdefault(model["family"], []).append(model)
    return [
        {
            "id": family,
            "name": spelled(family, [model["name"] for model in of_family]),
            "members": of_family,
            "count": len(of_family),
        }
        for family, of_family in sorted(members.items())
        if len(of_family) > 1
    ]


def spelled(family: str, names: Iterable[str]) -> str:
    """Returns a family's id as the names of its members mostly spell it: flux-1 is FLUX.1."""
    letters = map(re.escape, family.replace("-", ""))
    # "SD15" is no SD 1, but CogView4 is a CogView.
    end = r"(?!\d)" if family[-1].isdigit() else ""
    pattern = re.compile(r"(?<!\w)" + "[ .-]?".join(letters) + end, re.IGNORECASE)
    found = [match.group() for name in names if (match := pattern.search(name))]
    counted = Counter(found)
    return min(counted, key=lambda one: (-counted[one], one)) if counted else family


def family_pages(models: Sequence[Model], settings: Mapping[str, Any]) -> dict[str, str]:
    """Returns the index of families and a page for each, as Markdown by uri."""
    families = [family_view(family) for family in grouped(models)]
    heads = {
        label: settings[key]["slug"] for label, key in SETTINGS.items() if key in settings
    }  # fmt: skip
    pages = {"models/families/index.md": render("families", families=families)}
    for one in families:
        uri = f"models/families/{one['id']}.md"
        pages[uri] = render("family", family=one, heads=heads)
    return pages


def family_view(family: Mapping[str, Any]) -> dict[str, Any]:
    """Adds to a family what its members share and a table of what differs."""
    rows = [(model, told(model)) for model in family["members"]]
    shared, differing = [], []
    for label in COLUMNS:
        values = {row[label] for _, row in rows}
        if len(values) > 1:
            differing.append(label)
        elif values != {""}:
            shared.append((label, values.pop()))
    columns = differing[:MOST]
    steps = [model["answer"]["steps"] for model, _ in rows if model["answer"]["steps"] is not None]
    return {
        **family,
        "shared": shared,
        "columns": columns,
        "rows": [(model, [row[label] for label in columns]) for model, row in rows],
        "steps": span(min(steps), max(steps)) if steps else "",
    }


def told(model: Model) -> dict[str, str]:
    """Says a model's answer and its facts in the words of the columns."""
    answer, facts = model["answer"], dict(model["facts"])
    size = facts.get("Native size", "")
    return {
        **dict.fromkeys(COLUMNS, ""),
        **{label: figure(text) for label, text in facts.items() if label in COLUMNS},
        "Steps": figure(answer["steps"]),
        "Range": span(answer["low"], answer["high"]),
        "Guidance": all_guidance(answer),
        "Scheduler": figure(answer["scheduler"]),
        "Size in pixels": figure(size),
    }
