"""Mends in the built site what the theme's scripts get wrong, without a copy of the theme."""

from __future__ import annotations

import re
from pathlib import Path

BUNDLE, WORKER = "bundle.*.min.js", "workers/search.*.min.js"

# The theme fetches its search index on every page, and from a folder on disk only when the search
# is opened. The second is right for both: the index is as large as twenty pages.
_AT_ONCE = re.compile(r'([\w$]+)\(location\.protocol!=="file:"\)(?=,[\w$]+\("search"\)\))')
# The theme waits for the page to be parsed, and for ever where it is started after that, as it is
# here (see first_paint.py).
_PARSED = re.compile(
    r'[\w$]+\(document,"DOMContentLoaded",\{once:!0\}\)'
    r"\.subscribe\(\(\)=>([\w$]+\.next\(document\))\)"
)
# In a task of its own, as the event is: two short ones hold a reader's finger up less than one.
_STARTED = r'document.readyState==="loading"?\g<0>:setTimeout(()=>\1)'
# A browser that keeps nothing refuses the very name of its storage, and the theme's scripts end
# there, without search and menu. They get a storage that forgets.
_KEEPS = "<script>__md_scope="
_FORGETS = (
    '<script>for(const name of["localStorage","sessionStorage"])try{window[name]}catch{'
    "const kept=new Map;Object.defineProperty(window,name,{value:{getItem:k=>kept.get(k)??null,"
    "setItem:(k,v)=>kept.set(k,v),removeItem:k=>kept.delete(k)}})};__md_scope="
)
# lunr names the states of its word list by their edges, letters and numbers run together, and mixes
# two up where letters are digits: a search for "Krea 2" then stops with an error and finds nothing.
_STATE = re.compile(r"(o=this\.edges\[s\];e=e\+s\+o\.id)\}")


class ThemeError(ValueError):
    """The theme's script has changed."""


def search_on_demand(site: Path) -> None:
    """Makes the theme's script fetch the search index when the search is opened.

    Raises ThemeError where the script is not the one this was written for.
    """
    _mend(site, BUNDLE, _AT_ONCE, r"\1(!1)", "fetches the search index", "search_index")


def start_late(site: Path) -> None:
    """Makes the theme's script start on a page that is parsed already.

    Raises ThemeError where the script is not the one this was written for.
    """
    _mend(site, BUNDLE, _PARSED, _STARTED, "waits for the page", "DOMContentLoaded")


def search_by_digits(site: Path) -> None:
    """Makes the worker that searches tell every two states of its word list apart.

    Raises ThemeError where the script is not the one this was written for.
    """
    _mend(site, WORKER, _STATE, r'\1+","}', "names states", "TokenSet.prototype.toString")


def without_storage(html: str) -> str:
    """Lets a page work in a browser that keeps nothing.

    Raises ThemeError where the theme's first script is not the one this was written for.
    """
    if (count := html.count(_KEEPS)) != 1:
        raise ThemeError(
            f"the theme's page: expected 1 place that asks for the storage, got {count}. "
            "Hint: the theme has changed; look for '__md_scope' in its base.html."
        )
    return html.replace(_KEEPS, _FORGETS)


def _mend(
    site: Path, script: str, place: re.Pattern[str], mended: str, does: str, sign: str
) -> None:
    """Writes `mended` over the one place of a script that `does` something, found by a `sign`."""
    for path in site.glob(f"assets/javascripts/{script}"):
        text, count = place.subn(mended, path.read_text(encoding="utf-8"))
        if count != 1:
            raise ThemeError(
                f"{path.name}: expected 1 place that {does}, got {count}. "
                f"Hint: the theme has changed; look for '{sign}' in its script."
            )
        path.write_text(text, encoding="utf-8")
