"""Draws the cards that chat programs and social networks show beside a link, without a network.

Only when publishing (SOCIAL_CARDS=1): hundreds of pictures that no page of the guide shows. The
letters are those that Pillow carries; Material's own plugin fetches a font first.
"""

from __future__ import annotations

import html
import io
import textwrap
import unicodedata

from PIL import Image, ImageDraw, ImageFont

SIZE = (1200, 630)  # what the networks ask for
NIGHT, SAND, GLOW = "#221d45", "#f5efe3", "#ffc24d"
LEFT = 80
# The font has the letters of ASCII alone.
SIGNS = str.maketrans({"–": "-", "—": "-", "−": "-", "×": "x", "·": "-", "’": "'", "…": "..."})


def card(title: str, description: str, site_name: str) -> bytes:
    """Returns a PNG with a page's title above its description."""
    title, description = _plain(title), _plain(description)
    image = Image.new("RGB", SIZE, NIGHT)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, SIZE[1] - 12, SIZE[0], SIZE[1]), fill=GLOW)
    draw.text((LEFT, 70), site_name, font=ImageFont.load_default(34), fill=GLOW)
    lines, size = _fitted(title)
    draw.multiline_text(
        (LEFT, 150), "\n".join(lines), font=ImageFont.load_default(size), fill="white", spacing=14
    )
    below = 150 + len(lines) * (size + 22) + 30
    words = textwrap.wrap(
        description, 58, max_lines=max(1, (560 - below) // 46), placeholder=" ..."
    )
    draw.multiline_text(
        (LEFT, below), "\n".join(words), font=ImageFont.load_default(34), fill=SAND, spacing=12
    )
    packed = io.BytesIO()
    image.quantize(16).save(packed, "PNG")
    return packed.getvalue()


def tags(address: str, title: str, description: str) -> str:
    """Returns the elements of a page's head that name its card."""
    return (
        '<meta property="og:type" content="website">'
        f'<meta property="og:title" content="{html.escape(title)}">'
        f'<meta property="og:description" content="{html.escape(description)}">'
        f'<meta property="og:image" content="{address}">'
        f'<meta property="og:image:width" content="{SIZE[0]}">'
        f'<meta property="og:image:height" content="{SIZE[1]}">'
        '<meta name="twitter:card" content="summary_large_image">'
    )


def _plain(text: str) -> str:
    """Returns a text in letters that the font has; a letter with an accent loses the accent."""
    apart = unicodedata.normalize("NFKD", text.translate(SIGNS))
    return apart.encode("ascii", "ignore").decode("ascii")


def _fitted(title: str) -> tuple[list[str], int]:
    """Returns a title in lines, and the largest size at which they fit."""
    for size in (88, 72, 60, 48):
        font = ImageFont.load_default(size)
        lines = textwrap.wrap(title, 1900 // size)
        if len(lines) <= 2 and all(font.getlength(line) <= SIZE[0] - 2 * LEFT for line in lines):
            return lines, size
    return textwrap.wrap(title, 40, max_lines=3, placeholder=" ..."), 48
