"""Adds to a setting what its page needs: figures, its scale, links to settings and sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from curves import charts
from figures import Figure, build_figure
from live import Kit, live_of
from rows import Picture

GROUPS = {
    "quality": "Quality and time",
    "guidance": "Guidance",
    "sampling": "Sampling",
    "size": "Size and number",
    "prompt": "Prompt",
    "input": "Starting from a picture",
    "adapters": "LoRA, ControlNet and other adapters",
    "refine": "Second passes",
    "speed": "Memory and speed",
    "video": "Video",
    "output": "Output",
}
# The settings most people open, before the others of their group.
FIRST = (
    "num_inference_steps",
    "guidance_scale",
    "scheduler",
    "seed",
    "width",
    "height",
    "negative_prompt",
    "strength",
    "lora_scale",
    "controlnet_conditioning_scale",
    "num_images_per_prompt",
)
BANDS = ("low", "mid", "high")
_PLAN = "plan:"
_TOOL = dict.fromkeys(("when", "min", "max", "default", "note", "same_as", "source", "unpinned"))

Settings = Mapping[str, Mapping[str, Any]]


def setting_view(
    setting_id: str,
    settings: Settings,
    manifests: Mapping[str, Mapping[str, Any]],
    curves: Mapping[str, Mapping[str, Any]] | None = None,
    kit: Kit | None = None,
) -> dict[str, Any]:
    """Returns a setting with everything its page prints; absent parts are empty, never missing."""
    setting = settings[setting_id]
    built = [build_figure(one, manifests) for one in setting.get("comparisons", [])]
    live = live_of(setting_id, [figure for figure in built if figure], manifests, kit)
    figures = _one_slider_a_plan([one for one in built if one], live.plan if live else None)
    sources, bands = setting.get("sources", {}), setting.get("values", {})
    choices = setting.get("choices", [])
    return {
        **dict.fromkeys(("what_it_does", "cost", "unit")),
        **dict.fromkeys(("mistakes", "tips", "conversions"), ()),
        **setting,
        "id": setting_id,
        # Whatever order the catalogue keeps, a scale is read from its low end.
        "values": {
            band: _with_sources(bands[band], setting, settings) for band in BANDS if band in bands
        },
        "scale": scale(bands, whole=setting["type"] == "integer"),
        "choices": [_with_sources(choice, setting, settings) for choice in choices],
        "figures": figures,
        "live": live,
        "charts": charts(setting.get("curves", []), curves or {}),
        "thumbnails": spread(figures[0].first.rows[0].pictures) if figures else (),
        "works_with": [
            {**_with_sources(item, setting, settings), **_linked(item["setting"], settings)}
            for item in setting.get("works_with", [])
        ],
        "told_elsewhere": told_elsewhere(setting_id, settings),
        "tools": [_tool(tool, sources, settings) for tool in setting.get("tools", [])],
        "told": {
            "range": any("min" in tool or "max" in tool for tool in setting.get("tools", [])),
            "default": any("default" in tool for tool in setting.get("tools", [])),
        },
        "words": " ".join(names(setting_id, setting)),
        "sources": list(sources.values()),
    }


def names(setting_id: str, setting: Mapping[str, Any]) -> list[str]:
    """Lists every name a reader may look for: the setting's own, and what tools call it."""
    told = [(one["name"], *one.get("also", ())) for one in setting.get("tools", [])]
    of_tools = (name for names_there in told for name in names_there)
    return list(dict.fromkeys([setting_id, *setting.get("aliases", ()), *of_tools]))


def scale(
    bands: Mapping[str, Mapping[str, Any]], *, whole: bool = False
) -> list[tuple[str, float, float]]:
    """Lists a scale from its low end: each band, and the gaps as "between".

    Between two neighbouring `whole` numbers there is nothing.
    """
    least = 1 if whole else 0
    parts: list[tuple[str, float, float]] = []
    for name in BANDS:
        if name in bands:
            here = bands[name]
            if parts and here["from"] - parts[-1][2] > least:
                parts.append(("between", parts[-1][2], here["from"]))
            parts.append((name, here["from"], here["to"]))
    return parts if len(parts) > 1 else []


def told_elsewhere(setting_id: str, settings: Settings) -> list[dict[str, Any]]:
    """Lists the settings whose pages speak of this one while its own does not speak of them."""
    own = {item["setting"] for item in settings[setting_id].get("works_with", [])}
    return [
        _linked(other, settings)
        for other, setting in settings.items()
        if other != setting_id
        and other not in own
        and any(item["setting"] == setting_id for item in setting.get("works_with", []))
    ]


def _with_sources(
    item: Mapping[str, Any], setting: Mapping[str, Any], settings: Settings
) -> dict[str, Any]:
    """Adds to a text the sources it rests on, and the pages whose pictures bear it out."""
    evidence = item.get("evidence", [])
    sources = setting.get("sources", {})
    read_in = [sources[key] for key in evidence if key in sources]
    plans = [key.removeprefix(_PLAN) for key in evidence if key.startswith(_PLAN)]
    return {
        **item,
        "read_in": read_in,
        "read_again": _after_the_first(read_in),
        "shown_on": [_linked(owner, settings) for plan in plans for owner in _of(plan, settings)],
    }


def _after_the_first(sources: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Returns the sources whose repository an earlier one has named already."""
    repositories = [source.get("repo") for source in sources]
    return [
        source
        for index, source in enumerate(sources)
        if source.get("repo") and source["repo"] in repositories[:index]
    ]


def _of(plan: str, settings: Settings) -> list[str]:
    """Returns the setting whose page shows a plan, as a list of one or none."""
    return [
        setting_id
        for setting_id, setting in settings.items()
        if any(one["plan"] == plan for one in setting.get("comparisons", []))
    ][:1]


def _tool(
    tool: Mapping[str, Any], sources: Mapping[str, Any], settings: Settings
) -> dict[str, Any]:
    return {
        **_TOOL,
        "also": (),
        **tool,
        "source": sources.get(tool.get("source") or ""),
        "shared": _linked(tool["same_as"], settings) if "same_as" in tool else None,
    }


def _linked(setting_id: str, settings: Settings) -> dict[str, Any]:
    """Returns what a link to a setting's page needs; one without a page has no slug."""
    known = settings.get(setting_id, {"title": setting_id, "slug": None})
    return {"title": known["title"], "slug": known["slug"]}


def _one_slider_a_plan(figures: Sequence[Figure], live: str | None) -> list[Figure]:
    """Leaves the slider to a plan's first figure: a second one would drag the same pictures.

    The plan whose pictures are drawn live has one above all figures.
    """
    seen = {live}
    kept = []
    for figure in figures:
        kept.append(figure.without_slider() if figure.plan in seen else figure)
        seen.add(figure.plan)
    return kept


def grouped(settings: Iterable[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Sorts settings into their groups, in the order in which a reader meets them."""
    everything = sorted(settings, key=lambda setting: weight(setting["id"], FIRST))
    groups = {title: [s for s in everything if s["group"] == key] for key, title in GROUPS.items()}
    return [(title, members) for title, members in groups.items() if members]


def weight(name: str, first: Sequence[str]) -> tuple[int, str]:
    """Orders names for a reader: the ones asked for most, then the rest as in a dictionary."""
    return (first.index(name) if name in first else len(first), name)


def spread(pictures: Sequence[Picture]) -> tuple[Picture, ...]:
    """Picks the first, the middle and the last: neighbours can be alike."""
    count = len(pictures)
    return tuple(pictures[i] for i in sorted({0, count // 2, count - 1}))
