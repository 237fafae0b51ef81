"""What the page for addresses that do not exist knows: every page by all its names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from setting_pages import names as setting_names
from templating import environment

LIST = "assets/near.json"
# What the theme writes on the page, to be replaced.
_THEME_SAYS = "<h1>404 - Not found</h1>"
_NO_LETTER = re.compile(r"[\W_]+")


def near_pages(catalogue: Mapping[str, Any], others: Iterable[tuple[str, str]]) -> str:
    """Writes address, title and names of every page as JSON; `others` are address and title."""
    told: list[list[str]] = []
    for key, one in catalogue["settings"].items():
        names = [one["slug"], one["title"], *setting_names(key, one)]
        told.append(_entry(f"settings/{one['slug']}/", one["title"], names))
    for key, one in catalogue["models"].items():
        hub = str(one.get("hub_id") or "").rsplit("/", 1)[-1]
        names = [key, one["name"], hub, *one.get("aliases", ())]
        told.append(_entry(f"models/{key}/", one["name"], names))
    for key, one in catalogue["schedulers"].items():
        names = [key, one["name"], one.get("class") or "", *one.get("aliases", ())]
        names += one.get("names", {}).values()
        told.append(_entry(f"schedulers/{key}/", one["name"], names))
    for address, title in others:
        told.append(_entry(address, title, [title, address.rstrip("/").rsplit("/", 1)[-1]]))
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n"


def _entry(address: str, title: str, names: Iterable[str]) -> list[str]:
    plain = (_NO_LETTER.sub("", name.lower()) for name in names)
    return [address, title, *dict.fromkeys(name for name in plain if name)]


def suggesting(page: str, site_url: str) -> str:
    """Puts links and suggestions on the theme's page for addresses that do not exist.

    That page is shown at any depth, so its addresses begin at the host: `site_url` says below which
    path the site lies.
    """
    root = (urlsplit(site_url).path.rstrip("/") or "") + "/"
    text = environment().get_template("not_found.html.j2").render(root=root, list=LIST)
    return page.replace(_THEME_SAYS, text)
