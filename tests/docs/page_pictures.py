"""Which page of a built site shows how many pictures: `python tests/docs/page_pictures.py SITE`.

Counted are the different rendered files that a page names, behind a slider and in folded rows too,
and the figures drawn from numbers. What a page fetches later, as the explorer does, is not.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_PICTURE = re.compile(r"(?:renders|strips)/[\w./-]+\.(?:webp|png|avif|jpe?g)")
_DRAWN = re.compile(r'<svg[^>]*\brole="?img\b')


def counts(site: Path) -> list[tuple[str, int, int]]:
    """Returns page, pictures and drawn figures for every page of a site, most pictures first."""
    found = []
    for path in sorted(site.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        page = path.relative_to(site).as_posix().removesuffix("index.html") or "/"
        found.append((page, len(set(_PICTURE.findall(text))), len(_DRAWN.findall(text))))
    return sorted(found, key=lambda one: (-one[1], -one[2], one[0]))


def table(site: Path) -> str:
    """Returns the pages that show anything, a line each, and how many show nothing."""
    every = counts(site)
    lines = ["pictures  drawn  page"]
    lines += [f"{pictures:8}  {drawn:5}  {page}" for page, pictures, drawn in every
              if pictures or drawn]  # fmt: skip
    bare = sum(1 for _, pictures, drawn in every if not pictures and not drawn)
    return "\n".join([*lines, f"{bare} of {len(every)} pages show none."])


if __name__ == "__main__":
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "index.html").is_file():
        sys.exit("expected a built site. Run: make site; python tests/docs/page_pictures.py site")
    print(table(Path(sys.argv[1])))
