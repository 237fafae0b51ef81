"""Mends in the built site what the theme's script does too early, without a copy of the theme."""

from __future__ import annotations

import re
from pathlib import Path

# The theme fetches its search index on every page, and from a folder on disk only when the search
# is opened. The second is right for both: the index is as large as twenty pages.
_AT_ONCE = re.compile(r'([\w$]+)\(location\.protocol!=="file:"\)(?=,[\w$]+\("search"\)\))')


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
