"""What a page waits for before it is first painted: itself and one style sheet.

A phone on a slow line pays a round trip for every file that stands in the way, so the sheets that
all pages share are joined, and the theme's script (35 kB packed) comes afterwards.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

FOLDER = "assets/stylesheets"  # where the theme's lie: a host keeps what is there for a year
THEME_SHEET = re.compile(rf"{FOLDER}/(?:main|palette)\.\w+\.min\.css")
# It begins with fixed text: behind `\s*` it would be tried at every space of a page.
_LINKED = re.compile(rf'<link rel="stylesheet" href="[^"]*{THEME_SHEET.pattern}">')
# A string may hold what looks like a comment: the theme's content:"/* ".
_COMMENT = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|/\*.*?\*/""", re.DOTALL)
_INDENT = re.compile(r"\s*\n\s*")
# An address would count from another folder than the one its sheet was written for.
_ADDRESS = re.compile(r"""url\((?!\s*["']?(?:data:|#))[^)]*\)|@import\b[^;]*""")
_SCRIPT = re.compile(r'<script src="([^"]*assets/javascripts/bundle\.\w+\.min\.js)"></script>')
# The browser says when something is painted, at the earliest after the frame that shows the parsed
# page. One that keeps its times to itself, as some do against fingerprints, is not waited for long.
# That scripts run is said before, or the search would appear on a page that is being read.
_AFTERWARDS = (
    '<script>{{document.documentElement.className="js";'
    "let start=()=>{{start=()=>{{}};document.body.append(Object.assign("
    'document.createElement("script"),{{src:"{address}"}}))}};'
    "requestAnimationFrame(()=>new PerformanceObserver(()=>start())"
    '.observe({{type:"paint",buffered:true}}));setTimeout(()=>start(),3000)}}</script>'
)


class PaintError(ValueError):
    """What is to be joined or moved is not what this was written for."""


def joined(sheets: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """Returns address and text of one style sheet for many, given by name and in their order.

    Raises PaintError where one names a file of its own.
    """
    parts = []
    for name, text in sheets:
        if found := _ADDRESS.search(text):
            hint = "Hint: only data: and #id may be joined."
            raise PaintError(f"{name}: {found[0]}: expected no address. {hint}")
        parts.append(_INDENT.sub("\n", _COMMENT.sub(r"\1", text)).strip())
    whole = "\n".join(parts) + "\n"
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{FOLDER}/sweetspot.{digest}.css", whole


def paint_first(html: str) -> str:
    """Takes the theme's own style sheets out of a page, and its script out of the way.

    Raises PaintError where they are not found.
    """
    *before, last = _LINKED.split(html)
    sheets, html = len(before), "".join(part.rstrip() for part in before) + last
    html, scripts = _SCRIPT.subn(lambda found: _AFTERWARDS.format(address=found[1]), html)
    if (sheets, scripts) != (2, 1):
        raise PaintError(
            f"the theme's page: expected 2 style sheets and 1 script, got {sheets} and {scripts}. "
            "Hint: the theme has changed; look for 'stylesheets' and 'bundle' in its base.html."
        )
    return html
