"""The template engine, and the words that templates need beyond what the catalogue says."""

from __future__ import annotations

import functools
import html
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import badges
import jinja2
from markdown.extensions.toc import slugify  # type: ignore[import-untyped]  # it ships no types
from markup import (
    breakable,
    figure,
    inert,
    parted,
    prose,
    prose_line,
    slug,
    source_label,
    source_url,
)
from markupsafe import Markup
from rows import Picture
from zones import zones

DESCRIPTION_LENGTH = 155
# The bars of the answer tables share one logarithmic scale, so their lengths can be compared.
SCALE_END = 150
# How tools write their own names, where an id cannot say it.
TOOLS = {
    "a1111": "A1111",
    "comfyui": "ComfyUI",
    "draw_things": "Draw Things",
    "forge": "Forge",
    "invokeai": "InvokeAI",
    "sdnext": "SD.Next",
    "stable_diffusion_cpp": "stable-diffusion.cpp",
    "swarmui": "SwarmUI",
}


# What a comparison rendered with one model shows of others: fixed words under every figure.
TRANSFERS = {
    "mechanism": ("It shows how this setting acts; the values at which it acts are this model's."),
    "direction": (
        "It shows which way this setting pushes; how far, and from which value on, is this model's."
    ),
    "none": "It shows what happens with this model and says nothing about others.",
}


def render(template: str, **context: Any) -> str:
    """Fills templates/<template>.md.j2 and leaves no more than one blank line in a row."""
    page = environment().get_template(f"{template}.md.j2").render(context)
    return re.sub(r"\n{3,}", "\n\n", page).strip() + "\n"


@functools.cache
def environment() -> jinja2.Environment:
    """Builds the template engine; whatever a template prints passes `inert` first."""
    engine = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        finalize=inert,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    engine.filters.update(
        agreement=agreement,
        all_guidance=all_guidance,
        anchor=lambda title: slugify(title, "-"),
        answered=answered,
        badge_value=badges.value,
        badge_width=badges.whole_width,
        band=band,
        bar=bar,
        breakable=breakable,
        claimed=claimed,
        description=description,
        first_sentence=first_sentence,
        front_matter=front_matter,
        guidance=guidance,
        json=functools.partial(json.dumps, ensure_ascii=False),
        limits=limits,
        listed=listed,
        parted=parted,
        prose=prose,
        pair=lambda words: " · ".join(word for word in words if word),
        python=repr,
        prose_line=prose_line,
        remark=remark,
        slug=slug,
        span=span,
        stops=stops,
        transfers=transfers,
        zones=zones,
        tool_name=lambda tool: TOOLS.get(tool, tool),
    )
    engine.globals.update(source_url=source_url, source_label=source_label)
    return engine


def band(name: str, limits: Mapping[str, Any]) -> str:
    """Writes a band's heading: Low (1 – 10), or Low (1) where it is one value."""
    ends = dict.fromkeys(figure(limits[end]) for end in ("from", "to"))
    return f"{name.capitalize()} ({' – '.join(ends)})"


def span(low: object, high: object) -> str:
    """Writes a range: 20–50, 4 when both ends are equal, nothing when neither is known."""
    ends = dict.fromkeys(figure(end) for end in (low, high) if end is not None)
    # A dash beside a minus sign cannot be told from it.
    return (" to " if any(end.startswith("-") for end in ends) else "–").join(ends)


def limits(tool: Mapping[str, Any]) -> str:
    """Writes what a tool accepts: 1–150, from 1, up to 150, or nothing."""
    if tool["min"] is None or tool["max"] is None:
        ends = {"from": tool["min"], "up to": tool["max"]}
        return " ".join(f"{word} {figure(end)}" for word, end in ends.items() if end is not None)
    return span(tool["min"], tool["max"])


def listed(value: object) -> str:
    """Writes a value, or several of them."""
    return ", ".join(figure(item) for item in value) if isinstance(value, list) else figure(value)


def guidance(answer: Mapping[str, Any]) -> str:
    """Writes the recommended guidance and, where it is not the usual kind, which kind it is."""
    if answer["guidance"] == "off":
        return "off"
    kinds = {"distilled": " (distilled)", "from-zero": " (counted from 0)"}
    value = figure(answer["guidance_scale"])
    return value and value + kinds.get(answer["guidance"], "")


def all_guidance(answer: Mapping[str, Any]) -> str:
    """Writes the guidance with the true CFG scale, where a model has that alone or both act."""
    shown, true = guidance(answer), answer.get("true_cfg_scale")
    if true is None or true <= 1:
        return shown or ("" if true is None else "off")
    return ", ".join(part for part in (shown, f"true CFG {figure(true)}") if part)


def answered(answer: Mapping[str, Any]) -> str:
    """Writes a model's answer as one sentence."""
    around = span(answer["low"], answer["high"])
    steps = f"{figure(answer['steps'])} steps" if answer["steps"] is not None else ""
    guided = all_guidance(answer)
    parts = [
        steps and steps + (f" ({around})" if around else ""),
        guided if guided.startswith("true") else guided and f"guidance {guided}",
        answer["scheduler"] and f"scheduler {answer['scheduler']}",
    ]
    told = ", ".join(part for part in parts if part) or "no figure is published yet"
    return f"Settings for {answer['name']}: {told}. With every claim and its source."


def claimed(claim: Mapping[str, Any]) -> str:
    """Writes a claim's figure: 25, 20–50, or both as 4 (1–4)."""
    value, around = listed(claim["value"]), span(claim["low"], claim["high"])
    return f"{value} ({around})" if value and around else value or around


def remark(claim: Mapping[str, Any]) -> str:
    """Says under which conditions a claim holds and where it was taken over from."""
    conventions = {
        "cfg": "1 means off",
        "distilled": "distilled guidance",
        "from-zero": "counted from 0: 0 means off",
    }
    parts = [
        claim["scheduler"] and f"with {claim['scheduler']}",
        conventions.get(claim["convention"]),
        claim["note"],
        claim["from"] and f"taken over from {claim['from']}",
    ]
    return "; ".join(part for part in parts if part)


def agreement(spread: Mapping[str, Any]) -> str:
    """Says in one sentence how far the figures for the number of steps lie apart."""
    low, high = figure(spread["low"]), figure(spread["high"])
    if low == high:
        return f"{spread['count']} figures for the number of steps, and all say {low}."
    factor = f", a factor of {spread['high'] / spread['low']:.1f}" if spread["low"] > 0 else ""
    return f"{spread['count']} figures for the number of steps: from {low} to {high}{factor}."


def transfers(word: str) -> str:
    """Says in fixed words how much of a figure holds for other models."""
    return TRANSFERS.get(word, TRANSFERS["none"])


def bar(answer: Mapping[str, Any]) -> str:
    """Places an answer's range and its steps on the bar, as CSS variables in per cent."""
    low, high = answer["low"] or answer["steps"], answer["high"] or answer["steps"]
    places = {"from": low, "to": high, "at": answer["steps"]}
    return ";".join(f"--{name}:{_place(steps):.1f}%" for name, steps in places.items())


def _place(steps: float) -> float:
    return 100 * math.log(min(max(steps, 1), SCALE_END)) / math.log(SCALE_END)


def stops(pictures: Sequence[Picture], root: str) -> str:
    """Writes a slider's pictures as JSON: value, address, alternative text."""
    return json.dumps([[p.value, root + p.src, p.alt] for p in pictures], ensure_ascii=False)


def description(text: str) -> Markup:
    """Shortens a text to a meta description: whole words, escaped for the theme's templates."""
    plain = " ".join(re.sub(r"[`*]", "", text).split())
    if len(plain) > DESCRIPTION_LENGTH:
        plain = plain[:DESCRIPTION_LENGTH].rsplit(" ", 1)[0].rstrip(",;:.") + " …"
    return front_matter(plain)


def front_matter(text: str) -> Markup:
    """Quotes a text for YAML front matter; the theme prints it unescaped, so it is HTML already."""
    return Markup(json.dumps(html.escape(" ".join(text.split())), ensure_ascii=False))


def first_sentence(text: str) -> Markup:
    """Returns the first sentence of a text, without its Markdown links and blocks."""
    line = prose_line(re.split(r"(?<=[.!?])\s", text.strip(), maxsplit=1)[0])
    return Markup(re.sub(r"</?(?:a|p|ul|ol|li|pre|blockquote)\b[^>]*>", "", line))
