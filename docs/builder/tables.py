"""Gives a hand-written page's tables what the generated ones have: a box that scrolls, and a name.

The theme would do it in the reader's browser, where everything below the table moves.
"""

from __future__ import annotations

import html
import re

_HEADING_OR_TABLE = re.compile(r"<h[1-6][^>]*>(.*?)</h[1-6]>|<table>(.*?)</table>", re.DOTALL)
_TAG = re.compile(r"<a class=\"headerlink\".*?</a>|<[^>]+>", re.DOTALL)


def boxed(content: str, title: str) -> str:
    """Puts every bare table of a page into a box named like the heading above it."""
    heading = title

    def replaced(match: re.Match[str]) -> str:
        nonlocal heading
        if match[2] is None:
            heading = html.unescape(_TAG.sub("", match[1])).strip()
            return match[0]
        return (
            f'<div class="scroll" role="region" aria-label="{html.escape(heading)}" tabindex="0">'
            f'<table class="data">{match[2]}</table></div>'
        )

    return _HEADING_OR_TABLE.sub(replaced, content)
