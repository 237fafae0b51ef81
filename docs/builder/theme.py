"""Mends in the built site what the theme's scripts get wrong, without a copy of the theme."""

from __future__ import annotations

import re
from pathlib import Path

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
# lunr names the states of its word list by their edges, letters and numbers run together, and mixes
# two up where letters are digits: a search for "Krea 2" then stops with an error and finds nothing.
_STATE = "o=this.edges[s];e=e+s+o.id}"


class ThemeError(ValueError):
    """The theme's script has changed."""


def search_on_demand(site: Path) -> None:
    """Makes the theme's script fetch the search index when the search is opened.

    Raises ThemeError where the script is not the one this was written for.
    """
    for bundle in site.glob("assets/javascripts/bundle.*.min.js"):
        text = bundle.read_text(encoding="utf-8")
        mended, count = _AT_ONCE.subn(r"\1(!1)", text)
        if count != 1:
            raise ThemeError(
                f"{bundle.name}: expected 1 place that fetches the search index, got {count}. "
                "Hint: the theme has changed; look for 'search_index' in its script."
            )
        bundle.write_text(mended, encoding="utf-8")


def start_late(site: Path) -> None:
    """Makes the theme's script start on a page that is parsed already.

    Raises ThemeError where the script is not the one this was written for.
    """
    for bundle in site.glob("assets/javascripts/bundle.*.min.js"):
        text = bundle.read_text(encoding="utf-8")
        mended, count = _PARSED.subn(_STARTED, text)
        if count != 1:
            raise ThemeError(
                f"{bundle.name}: expected 1 place that waits for the page, got {count}. "
                "Hint: the theme has changed; look for 'DOMContentLoaded' in its script."
            )
        bundle.write_text(mended, encoding="utf-8")


def search_by_digits(site: Path) -> None:
    """Makes the worker that searches tell every two states of its word list apart.

    Raises ThemeError where the script is not the one this was written for.
    """
    for worker in site.glob("assets/javascripts/workers/search.*.min.js"):
        text = worker.read_text(encoding="utf-8")
        if text.count(_STATE) != 1:
            raise ThemeError(
                f"{worker.name}: expected 1 place that names states, got {text.count(_STATE)}. "
                "Hint: the theme has changed; look for 'TokenSet.prototype.toString' in its script."
            )
        mended = text.replace(_STATE, _STATE.replace("o.id", 'o.id+","'))
        worker.write_text(mended, encoding="utf-8")
