"""What MkDocs runs: adds the generated pages, their place in the menu and their edit links.

The only file that imports MkDocs, so another engine replaces this file and no other.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import api
import badges
import cards
import changes_page
import checker
import explore
import finder_files
import first_paint
import glossary
import near
import pages
import ruler
import theme
import vendor
import wheel
from api_changes import ChangesError
from api_docs import fill
from api_markdown import markdown as plain_markdown
from live_page import embed_live
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from tables import boxed

import recommender

# What Material leaves out (a name for its search dialog, a way into its menu for the keyboard) and
# what it does unasked (a request to GitHub's API for the number of stars on every first visit).
REPAIRS = (
    (
        'md-icon" for="__drawer">',
        'md-icon" for="__drawer" tabindex="0"><span class="sr-only">Menu</span>',
    ),
    (' role="dialog"', ' role="dialog" aria-label="Search"'),
    (' data-md-component="source"', ""),
)
CELLS = re.compile(r"(</(?:td|th|dt|dd)>)(<(?:td|th|dt|dd)\b)")
WORDS = "words.md"
# Elements found on many pages. A page asks for the scripts of those that it holds.
ELEMENTS = ("steps-slider", "table-filter", "time-calculator")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Takes the clock out of the build: two builds of one commit are the same bytes."""
    os.environ.setdefault("SOURCE_DATE_EPOCH", "315532800")
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Adds every generated page, the catalogue itself and the API."""
    try:
        # Read afresh, so that `mkdocs serve` shows edits; the pages then read the same one.
        catalogue = json.dumps(dict(recommender.catalogue(fresh=True)), sort_keys=True)
        generated = pages.generate()
        looked_up = explore.generate(pages.RENDERS)
        published = api.generate(config.site_url or "", config.repo_url or "")
        found = finder_files.generate(pages.models_of(generated))
        found |= badges.badges()
        found[ruler.FILE] = finder_files.dumps(ruler.ruler_data())
        generated[changes_page.URI] = _changes(published)
    except (*pages.UNREADABLE, ChangesError, recommender.SweetspotError) as error:
        raise PluginError(str(error)) from None
    for file in files.documentation_pages():
        file.edit_uri = f"docs/content/{file.src_uri}"
    for uri, page in generated.items():
        file = File.generated(config, uri, content=page.markdown)
        file.edit_uri = page.source
        files.append(file)
    texts = {"catalogue.json": catalogue, **looked_up, **found, **published}
    for uri, text in texts.items():
        files.append(File.generated(config, uri, content=text))
    _add_vendored(files, config)
    _join_sheets(files, config)
    listed = near.near_pages(recommender.catalogue(), _titles(config.nav or [], files))
    files.append(File.generated(config, near.LIST, content=listed))
    config.nav = _menu(config.nav or [], {file.src_uri for file in files}, generated)
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fills in the figures and tables that a hand-written page asks for."""
    root = "../" * page.url.count("/")
    whole = pages.embed_figures(markdown, root)
    whole = checker.fill(whole, root, config.extra.get("file_reader"))
    whole = ruler.fill(whole, root)
    whole = embed_live(whole, root)
    return fill(whole, config.site_url or "")


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Puts the tables of a hand-written page into boxes that scroll, and parts all cells.

    The search drops the tags of a table: without the space two cells would be one word to it.
    """
    return CELLS.sub(r"\1 \2", boxed(html, page.title or config.site_name))


@event_priority(-100)  # after every plugin that still changes what a page holds
def on_env(env: Any, *, config: MkDocsConfig, files: Files) -> None:
    """Adds a Markdown twin beside every page."""
    for file in list(files.documentation_pages()):
        if file.page is not None and file.page.content is not None:
            text = plain_markdown(file.page.content)
            # Under its own name MkDocs would take it for a page to build.
            twin = File.generated(config, f"{file.dest_uri}.twin", content=text)
            twin.dest_uri = file.dest_uri.removesuffix(".html") + ".md"
            files.append(twin)


def on_post_page(output: str, *, page: Page, config: MkDocsConfig) -> str:
    """Repairs what the theme gets wrong, names the page's other forms, explains its words."""
    root = "../" * page.url.count("/")
    # The space keeps the theme from taking them for translations and asking for their sitemaps.
    links = (
        '<link rel="alternate " type="text/markdown" href="index.md">'
        f'<link rel="alternate " type="application/rss+xml" href="{root}api/v1/changes.xml">'
    )
    links += "".join(_own(root + path) for path in page.meta.get("assets", ()))
    held = [name for name in ELEMENTS if f"<{name}" in output]
    links += "".join(_own(f"{root}assets/js/{name}.js") for name in held)
    links += _card(page, config)
    whole = _repaired(output).replace("</head>", links + "</head>", 1)
    source = Path(config.docs_dir, WORDS)
    if page.file.src_uri == WORDS or not source.is_file():
        return whole
    return glossary.explain(whole, glossary.read(source.read_text(encoding="utf-8")), root)


def _own(address: str) -> str:
    """Links a style sheet or script that a page names, as `assets` in its front matter."""
    if address.endswith(".css"):
        return f'<link rel="stylesheet" href="{address}">'
    # Behind the style sheets: what an element does is of use once the page is seen.
    return f'<script type="module" fetchpriority="low" src="{address}"></script>'


def _join_sheets(files: Files, config: MkDocsConfig) -> None:
    """Joins the style sheets that all pages share, the theme's first, and publishes no other copy.

    mkdocstrings names one of its own for all pages; the page that needs it has it as an asset.
    """
    theirs = sorted(uri for uri in files.src_uris if first_paint.THEME_SHEET.fullmatch(uri))
    own = [uri for uri in map(str, config.extra_css) if files.get_file_from_path(uri)]
    shared = [files.src_uris[uri] for uri in (*theirs, *own)]
    try:
        address, text = first_paint.joined((one.src_uri, one.content_string) for one in shared)
    except first_paint.PaintError as error:
        raise PluginError(str(error)) from None
    maps = [files.get_file_from_path(f"{uri}.map") for uri in theirs]
    for one in (*shared, *filter(None, maps)):
        files.remove(one)
    files.append(File.generated(config, address, content=text))
    config.extra_css = [address]


def _card(page: Page, config: MkDocsConfig) -> str:
    """Draws a page's card where the guide is published (SOCIAL_CARDS=1); returns what names it."""
    if os.environ.get("SOCIAL_CARDS") != "1":
        return ""
    if not config.site_url:
        raise PluginError("SOCIAL_CARDS: a card needs its whole address. Set SITE_URL too")
    title = page.title or config.site_name
    description = page.meta.get("description") or config.site_description or ""
    uri = f"assets/cards/{page.url.strip('/') or 'index'}.png"
    path = Path(config.site_dir) / uri
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cards.card(title, description, config.site_name))
    return cards.tags(f"{config.site_url.rstrip('/')}/{uri}", title, description)


def on_post_template(output: str, *, template_name: str, config: MkDocsConfig) -> str:
    """Repairs the same on the page for addresses that do not exist, and suggests others there."""
    if template_name == "404.html":
        output = near.suggesting(output, config.site_url or "")
    return _repaired(output) if template_name.endswith(".html") else output


def on_post_build(*, config: MkDocsConfig) -> None:
    """Mends the theme: no index before the search is opened, its word list, when it starts."""
    try:
        theme.search_on_demand(Path(config.site_dir))
        theme.search_by_digits(Path(config.site_dir))
        theme.start_late(Path(config.site_dir))
    except theme.ThemeError as error:
        raise PluginError(str(error)) from None


def _changes(published: dict[str, str]) -> pages.Page:
    names = {key: model["name"] for key, model in recommender.catalogue().models.items()}
    told = json.loads(published[f"{api.PREFIX}changes.json"])
    return pages.Page(changes_page.changes_page(told, names), "CHANGELOG.md")


def _add_vendored(files: Files, config: MkDocsConfig) -> None:
    """Adds others' JavaScript, or says what the site is built without."""
    there = vendor.collect()
    for uri, path in there.files.items():
        files.append(File.generated(config, uri, abs_src_path=str(path)))
    licences = vendor.notice(there)
    files.append(File.generated(config, f"{vendor.FOLDER}/README.txt", content=licences))
    if files.get_file_from_path(checker.PAGE):
        _add_wheel(files, config, there)
    if there.missing:
        print(vendor.LACKING.format(names=" and ".join(there.missing)), file=sys.stderr)


def _add_wheel(files: Files, config: MkDocsConfig, there: vendor.Vendored) -> None:
    """Adds the library itself, where a page of this build can run it."""
    try:
        reader = checker.reader(there.files)
    except wheel.WheelError as error:
        raise PluginError(str(error)) from None
    config.extra["file_reader"] = reader
    if reader:
        files.append(File.generated(config, reader.address, abs_src_path=str(reader.wheel)))


def _repaired(output: str) -> str:
    for found, repaired in REPAIRS:
        output = output.replace(found, repaired)
    try:
        return theme.without_storage(first_paint.paint_first(output))
    except (first_paint.PaintError, theme.ThemeError) as error:
        raise PluginError(str(error)) from None


def _menu(menu: list[Any], there: set[str], generated: dict[str, pages.Page]) -> list[Any]:
    """Puts the pages of all settings behind the menu's entry for their index.

    Hundreds of models do not belong in a menu that every page repeats: their index lists them. A
    menu names only the pages that are there: a guide may be built from a part of them.
    """
    whole: list[Any] = []
    for entry in menu:
        title, uri = next(iter(entry.items()))
        if isinstance(uri, list):
            section = [one for one in uri if _uri(one) in there]
            whole += [{title: section}] if section else []
            continue
        if uri not in there:
            continue
        behind = [other for other in generated if other.startswith("settings/") and other != uri]
        behind = behind if uri == "settings/index.md" else []
        # An index is first in its section, so that the section's title opens it.
        whole.append({title: [uri, *behind]} if behind else entry)
    return whole


def _titles(menu: list[Any], files: Files) -> list[tuple[str, str]]:
    """Lists address and title of the pages that the menu names, and of the families of models."""
    of_menu: dict[str, str] = {}
    for entry in menu:
        title, uri = next(iter(entry.items()))
        for one in uri if isinstance(uri, list) else [entry]:
            named = {title: one} if isinstance(one, str) else one
            of_menu.update({_uri(named): next(iter(named))})
    urls = {file.src_uri: file.url for file in files.documentation_pages()}
    families = {uri: Path(uri).stem for uri in urls if uri.startswith("models/families/")}
    titles = {**of_menu, **{uri: f"{stem} family" for uri, stem in families.items()}}
    titles["models/families/index.md"] = "Families of models"
    return [(urls[uri], titles[uri]) for uri in urls if uri in titles and uri[:-3] != "index"]


def _uri(entry: Any) -> str:
    return str(next(iter(entry.values())) if isinstance(entry, dict) else entry)
