"""Writes every generated page of the guide as Markdown, from the catalogue and the manifests.

Pure: nothing here knows which engine builds the site. `python docs/builder/pages.py OUT` stages the
same pages to disk for another one.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curves import CURVES, CurveError, load_curves
from figures import ManifestError, load_manifests
from measured import MeasurementError
from measured_known import Known
from measured_pages import load_known, measured_pages
from scheduler_pages import families, scheduler_views
from setting_pages import grouped, setting_view, weight
from templating import render
from zones import worse_from

import recommender

RENDERS = Path(__file__).resolve().parents[1] / "content" / "renders"
# The models most people ask about; a setting's page answers for these before it links to all.
WELL_KNOWN = (
    "flux-1-schnell",
    "flux-1-dev",
    "z-image-turbo",
    "qwen-image",
    "stable-diffusion-3-5-large",
    "sdxl-base-1-0",
    "sdxl-turbo",
    "stable-diffusion-v1-5",
)
BASES = {
    "author": "authors",
    "tool-default": "a tool's default",
    "community": "community",
    "family": "its base model",
    "measured": "measured",
}
STEPS = "num_inference_steps"
# What stops a build: a file that somebody or some command must write again.
UNREADABLE = (CurveError, ManifestError, MeasurementError)
FIGURE = re.compile(r"<!-- (figure|pictures): ([a-z0-9_]+) -->")


@dataclass(frozen=True)
class Page:
    """One page: its Markdown, and the file of the repository that a reader would edit."""

    markdown: str
    source: str | None = None


def build_pages(
    catalogue: Mapping[str, Any],
    answer: Callable[[str], Mapping[str, Any]],
    manifests: Mapping[str, Mapping[str, Any]],
    curves: Mapping[str, Mapping[str, Any]] | None = None,
    measured_sweeps: Known | None = None,
) -> dict[str, Page]:
    """Returns every generated page by its uri; `answer` gives a model's recommendation."""
    sweeps = measured_sweeps or Known()
    settings = {
        setting_id: setting_view(setting_id, catalogue["settings"], manifests, curves)
        for setting_id in catalogue["settings"]
    }
    measured = catalogue.get("measured", {})
    models = [
        {
            **model_view(model_id, model, _scaled(answer(model_id), measured, model_id), settings),
            "quality": finished(measured.get(model_id, {}).get("quality")),
        }
        for model_id, model in catalogue["models"].items()
    ]
    models.sort(key=_model_order)
    groups = grouped(settings.values())
    pages = {
        "settings/index.md": Page(render("settings", groups=groups)),
        "models/index.md": Page(render("models", models=models)),
        **_scheduler_pages(catalogue, sweeps),
        **{uri: Page(page) for uri, page in measured_pages(sweeps).items()},
    }
    for setting in (member for _, members in groups for member in members):
        shown = sweeps.of_setting(setting["id"])
        answers = known(setting["id"], models)
        page = render("setting", setting=setting, answers=answers, measured=shown)
        pages[f"settings/{setting['slug']}.md"] = Page(page, setting["file"])
    for model in models:
        page = render("model", model=model, measured=sweeps.of_model(model["id"]))
        pages[f"models/{model['id']}.md"] = Page(page, model["file"])
    return pages


def _scaled(
    answer: Mapping[str, Any], measured: Mapping[str, Any], model_id: str
) -> Mapping[str, Any]:
    """Adds to an answer where more steps begin to do harm, which only a measurement tells."""
    return {**answer, "worse": worse_from(measured.get(model_id, {}), answer)}


def finished(quality: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Returns a measurement that ran to its end: the judge's own accuracy is written last."""
    return quality if quality and "judge_accuracy" in quality else None


def _scheduler_pages(catalogue: Mapping[str, Any], sweeps: Known | None = None) -> dict[str, Page]:
    """Returns the table of samplers and a page for each."""
    views = scheduler_views(catalogue)
    schedules = [
        {"flags": {}, "names": {}, "note": None, **one, "id": key}
        for key, one in catalogue.get("schedules", {}).items()
    ]
    table = {"families": families(views), "count": len(views), "schedules": schedules}
    pages = {"schedulers.md": Page(render("schedulers", **table))}
    for one in views:
        shown = sweeps.of_scheduler(one["id"]) if sweeps else []
        page = render("scheduler", item=one, measured=shown)
        pages[f"schedulers/{one['id']}.md"] = Page(page, one["file"])
    return pages


def model_view(
    model_id: str,
    model: Mapping[str, Any],
    answer: Mapping[str, Any],
    settings: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Adds to a model its answer and its claims with their sources, ready to print."""
    first = (STEPS, "guidance_scale", "true_cfg_scale", "scheduler")
    told = {name: list(of_setting) for name, of_setting in model.get("claims", {}).items()}
    measured = measured_views(answer)
    if measured:
        told.setdefault(STEPS, [])
    claims = [
        {
            "setting": settings.get(setting_id, {"title": setting_id, "slug": None}),
            "claims": [
                *(measured if setting_id == STEPS else ()),
                *(claim_view(claim, model) for claim in told[setting_id]),
            ],
        }
        for setting_id in sorted(told, key=lambda name: weight(name, first))
    ]
    return {
        "aliases": [],
        "hub_id": None,
        **model,
        "id": model_id,
        "answer": {**answer, "basis": BASES.get(answer["basis"], answer["basis"])},
        "claims": claims,
        "spread": spread(model.get("claims", {}).get(STEPS, [])),
        "facts": facts(model),
    }


def measured_views(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the measurement that an answer rests on, as a line among the claims, if it does."""
    return [
        {
            **dict.fromkeys(("convention", "from", "scheduler")),
            **{key: answer[key] for key in ("low", "high")},
            "value": answer["steps"],
            "kind": BASES["measured"],
            "note": source["states"].partition(", ")[2],
            "source": {"repo": "this guide", "path": source["where"], "url": source["url"]},
        }
        for source in answer.get("sources", ())
        if source["kind"] == "measured"
    ]


def claim_view(claim: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    """Adds to a claim who says it and where."""
    return {
        **dict.fromkeys(("value", "low", "high", "scheduler", "convention", "note", "from")),
        **claim,
        "kind": BASES[claim["kind"]],
        "source": model.get("sources", {}).get(claim.get("source")),
    }


def _model_order(model: Mapping[str, Any]) -> tuple[Any, ...]:
    """Orders models for a reader: the well known, then those for pictures, then video and audio."""
    moves = any(word in model["modality"] for word in ("video", "audio", "3d"))
    return (*weight(model["id"], WELL_KNOWN)[:1], moves, model["family"], model["name"].casefold())


def facts(model: Mapping[str, Any]) -> list[tuple[str, object]]:
    """Lists what is known about a model beside its settings."""
    size = model.get("native_resolution")
    told = {
        "Also known as": ", ".join(model.get("aliases", [])),
        "Hugging Face": model.get("hub_id"),
        "Made from": model.get("base"),
        "Kind": model.get("modality"),
        "Pipeline in diffusers": model.get("pipeline"),
        "Network": model.get("architecture"),
        "Predicts": model.get("prediction"),
        "Distilled": {"few-step": "to few steps", "guidance": "guidance only"}.get(
            model["distillation"]
        ),
        "Parameters (billions)": model.get("parameters_b"),
        "Native size": f"{size[0]} × {size[1]}" if size else None,
        "Released": model.get("released"),
        "Licence": model.get("licence"),
    }
    return [(label, text) for label, text in told.items() if text]


def spread(claims: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Says how far apart the figures for one setting lie, or None where there are not two."""
    ends = [claim[key] for claim in claims for key in ("low", "value", "high") if key in claim]
    numbers = [end for end in ends if isinstance(end, int | float)]
    if len(claims) < 2 or not numbers:
        return None
    return {"count": len(claims), "low": min(numbers), "high": max(numbers)}


def known(setting_id: str, models: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Picks the well-known models that have an answer for a setting, each with its value."""
    by_id = {model["id"]: model for model in models}
    answered = [by_id[model_id] for model_id in WELL_KNOWN if model_id in by_id]
    return [
        {"model": model, "value": model["answer"]["settings"][setting_id]}
        for model in answered
        if model["answer"]["settings"].get(setting_id) is not None
    ]


def generate(renders: Path = RENDERS, curves: Path = CURVES) -> dict[str, Page]:
    """Builds the pages of this checkout."""
    catalogue, manifests = recommender.catalogue(), load_manifests(renders)
    measured_sweeps = load_known(catalogue, manifests, renders.parent)
    return build_pages(catalogue, _answer, manifests, load_curves(curves), measured_sweeps)


def embed_figures(markdown: str, root: str, renders: Path = RENDERS) -> str:
    """Puts a setting's first figure where a hand-written page says `<!-- figure: SETTING -->`.

    `<!-- pictures: SETTING -->` puts its first row there and nothing else. A figure without
    pictures leaves nothing behind. `root` leads from the page to the site's root.
    """

    def html(match: re.Match[str]) -> str:
        view = setting_view(match[2], recommender.catalogue().settings, load_manifests(renders))
        whole = match[1] == "figure"
        figures = view["figures"][:1]
        return "".join(render("figure", figure=one, root=root, whole=whole) for one in figures)

    return FIGURE.sub(html, markdown)


def _answer(model_id: str) -> dict[str, Any]:
    return recommender.recommend(model_id).to_dict()


def main() -> int:
    """Stages the pages below a folder as plain Markdown files."""
    parser = argparse.ArgumentParser(prog="pages.py", description="Stages the generated pages.")
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder to write to")
    parser.add_argument("--renders", type=Path, default=RENDERS, help="the folder of pictures")
    arguments = parser.parse_args()
    try:
        pages = generate(arguments.renders)
        for uri, page in pages.items():
            path = arguments.out / uri
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page.markdown, encoding="utf-8")
    except (*UNREADABLE, recommender.SweetspotError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Wrote {len(pages)} pages to {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
