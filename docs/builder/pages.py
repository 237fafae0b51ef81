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
from pathlib import Path, PurePosixPath
from typing import Any

import explore
from curves import CURVES, CurveError, load_curves
from family_pages import family_pages, related
from figures import ManifestError, load_manifests
from known_models import WELL_KNOWN
from live import Kit, load_kit
from measured import MeasurementError
from measured_known import Known
from measured_pages import load_known, measured_pages
from model_pages import finished, model_view
from ruler import ruler_page
from scheduler_pages import families, scheduler_views
from setting_pages import grouped, setting_view, weight
from templating import render
from training import training_view
from vendor import collect
from zones import worse_from

import recommender

RENDERS = Path(__file__).resolve().parents[1] / "content" / "renders"
# What stops a build: a file that somebody or some command must write again.
UNREADABLE = (CurveError, ManifestError, MeasurementError)
_RELATIVE = re.compile(r'(\s(?:href|src)=")(?![a-z]+:|[#/])([^"])')
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
    kit: Kit | None = None,
) -> dict[str, Page]:
    """Returns every generated page by its uri; `answer` gives a model's recommendation."""
    sweeps = measured_sweeps or Known()
    settings = {
        setting_id: setting_view(setting_id, catalogue["settings"], manifests, curves, kit)
        for setting_id in catalogue["settings"]
    }
    measured = catalogue.get("measured", {})
    models = [
        {
            **model_view(model_id, model, _scaled(answer(model_id), measured, model_id), settings),
            "quality": finished(measured.get(model_id, {}).get("quality")),
            "training": training_view(model_id, model["name"], sweeps.trained.get(model_id)),
        }
        for model_id, model in catalogue["models"].items()
    ]
    models = related(sorted(models, key=_model_order), catalogue["schedulers"])
    groups = grouped(settings.values())
    pages = {
        "settings/index.md": Page(render("settings", groups=groups, count=len(settings))),
        "models/index.md": Page(render("models", models=models, tables=_parted(models))),
        **{uri: Page(page) for uri, page in family_pages(models, settings).items()},
        **_scheduler_pages(catalogue, sweeps),
        **{uri: Page(page) for uri, page in measured_pages(sweeps).items()},
    }
    in_order = [member for _, members in groups for member in members]
    pages["explore.md"] = Page(explore.page(manifests, in_order))
    for setting in in_order:
        shown = sweeps.of_setting(setting["id"])
        answers = known(setting["id"], models)
        page = render("setting", setting=setting, answers=answers, measured=shown)
        pages[f"settings/{setting['slug']}.md"] = Page(page, setting["file"])
    for model in models:
        page = render(
            "model", model=model, measured=sweeps.of_model(model["id"]), settings=settings
        )
        pages[f"models/{model['id']}.md"] = Page(page, model["file"])
    return pages


def _scaled(
    answer: Mapping[str, Any], measured: Mapping[str, Any], model_id: str
) -> Mapping[str, Any]:
    """Adds to an answer where more steps begin to do harm, which only a measurement tells."""
    return {**answer, "worse": worse_from(measured.get(model_id, {}), answer)}


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


def _model_order(model: Mapping[str, Any]) -> tuple[Any, ...]:
    """Orders models for a reader: the well known, then those for pictures, then video and audio."""
    first = weight(model["id"], WELL_KNOWN)[0]
    return (first, _moves(model), model["family"], model["name"].casefold())


# Rows of a table of models, at least: about four screens of a phone.
TABLE = 24


def _moves(model: Mapping[str, Any]) -> bool:
    return any(word in model["modality"] for word in ("video", "audio", "3d"))


def _parted(models: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Parts the ordered models into tables: a browser lays out only those near the screen."""
    parts: list[tuple[str, list[Mapping[str, Any]]]] = []
    for model in models:
        later = "Video, sound and 3D" if _moves(model) else "Pictures"
        kind = "Best known" if model["id"] in WELL_KNOWN else later
        of_kind, members = parts[-1] if parts else ("", [])
        whole = len(members) >= TABLE and members[-1]["family"] != model["family"]
        if kind != of_kind or (whole and kind != "Best known"):
            parts.append((kind, members := []))
        members.append(model)
    return {_title(kind, members): members for kind, members in parts}


def _title(kind: str, members: Sequence[Mapping[str, Any]]) -> str:
    """Names a table by its first and last family."""
    first, last = members[0]["family"], members[-1]["family"]
    return kind if kind == "Best known" else f"{kind}: {first} to {last}"


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
    kit = load_kit(collect())
    built = build_pages(catalogue, _answer, manifests, load_curves(curves), measured_sweeps, kit)
    return {**built, "steps-ruler.md": Page(ruler_page())}


def models_of(built: Iterable[str]) -> list[str]:
    """Returns the ids of all models, ordered for a reader, as their pages were built."""
    ids = (uri.removeprefix("models/").removesuffix(".md") for uri in built if "models/" in uri[:7])
    return [id for id in ids if id != "index" and "/" not in id]


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


def staged(uri: str, markdown: str) -> str:
    """Returns a page whose HTML names other pages and pictures as seen from its own file.

    MkDocs leaves addresses in HTML alone, so they are written as seen from the page's folder.
    Zensical takes them, like those in Markdown, as seen from the file.
    """
    path = PurePosixPath(uri)
    if path.stem == "index":
        return markdown
    inner = _RELATIVE.sub(rf"\g<1>{path.stem}/\2", markdown)
    return inner.replace(f'="{path.stem}/../', '="')


def main() -> int:
    """Stages the pages below a folder as plain Markdown files."""
    parser = argparse.ArgumentParser(prog="pages.py", description="Stages the generated pages.")
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder to write to")
    parser.add_argument("--renders", type=Path, default=RENDERS, help="the folder of pictures")
    arguments = parser.parse_args()
    try:
        pages = generate(arguments.renders)
        texts = {uri: staged(uri, page.markdown) for uri, page in pages.items()}
        for uri, text in {**texts, **explore.generate(arguments.renders)}.items():
            path = arguments.out / uri
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except (*UNREADABLE, recommender.SweetspotError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Wrote {len(pages)} pages to {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
