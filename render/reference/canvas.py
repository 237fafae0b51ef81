"""A picture in progress: shapes in fractions of its side, colours in the scene's light.

Coordinates run from 0 to 1 and y grows downwards; colours are 0-255 triples.
"""

from __future__ import annotations

import random

from PIL import Image, ImageDraw

from .scenes import Scene

Colour = tuple[float, float, float]

# Sky at the top, in the middle and at the horizon; the light's colour; what it makes of the land.
SKIES = {
    "dawn": (
        (116, 122, 190),
        (226, 160, 180),
        (255, 222, 190),
        (255, 236, 205),
        (0.80, 0.70, 0.78),
    ),
    "day": ((52, 122, 214), (120, 182, 240), (206, 232, 250), (255, 250, 225), (1.00, 1.00, 1.00)),
    "sunset": ((88, 42, 110), (222, 92, 76), (255, 176, 72), (255, 214, 96), (0.66, 0.44, 0.42)),
    "twilight": ((16, 38, 84), (34, 92, 132), (136, 172, 160), (236, 236, 205), (0.34, 0.44, 0.54)),
    "night": ((6, 8, 32), (16, 22, 62), (36, 46, 98), (240, 240, 228), (0.27, 0.31, 0.48)),
}


class Canvas:
    """A picture in progress, with the scene's palette at hand."""

    def __init__(self, scene: Scene, side: int) -> None:
        self.scene, self.side = scene, side
        self.rng = random.Random(f"brush-{scene.seed}")
        self.top, self.middle, self.low, self.light, self.ambient = SKIES[scene.time]
        if scene.weather in ("rain", "snow", "fog"):
            # Bad weather greys the sky and softens the light.
            grey = 0.45 if scene.weather == "rain" else 0.32
            overcast = tuple(c * 0.62 + 30 for c in tinted((190, 196, 205), self.ambient))
            self.top, self.middle, self.low = (
                mix(c, overcast, grey) for c in (self.top, self.middle, self.low)
            )
        self.haze = mix(self.low, self.middle, 0.25)
        self.dark = scene.time in ("night", "twilight")
        self.image = Image.new("RGB", (side, side))
        self.draw = ImageDraw.Draw(self.image)

    def lit(self, colour: Colour, distance: float = 0.0) -> Colour:
        """A surface's colour under this light, `distance` 0 (near) to 1 (lost in the haze)."""
        return mix(tinted(colour, self.ambient), self.haze, 0.78 * distance)

    def px(self, *points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x * self.side, y * self.side) for x, y in points]

    def polygon(self, points, colour: Colour) -> None:
        self.draw.polygon(self.px(*points), fill=rgb(colour))

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        self.draw.ellipse(self.px((x - rx, y - ry), (x + rx, y + ry)), fill=rgb(colour))

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Colour) -> None:
        self.draw.rectangle(self.px((x0, y0), (x1, y1)), fill=rgb(colour))

    def overlay(self, mask: Image.Image, colour: Colour) -> None:
        """Paints a colour through a greyscale mask."""
        self.image.paste(Image.new("RGB", self.image.size, rgb(colour)), mask=mask)
        self.draw = ImageDraw.Draw(self.image)

    def mask(self) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        mask = Image.new("L", self.image.size)
        return mask, ImageDraw.Draw(mask)


def mix(a: Colour, b: Colour, t: float) -> Colour:
    """The colour a share `t` of the way from a to b."""
    return tuple(x + (y - x) * t for x, y in zip(a, b, strict=True))  # type: ignore[return-value]


def tinted(colour: Colour, factors) -> Colour:
    """A colour under a light that lets this share of red, green and blue through."""
    return tuple(min(255.0, x * f) for x, f in zip(colour, factors, strict=True))  # type: ignore[return-value]


def rgb(colour: Colour) -> tuple[int, int, int]:
    return tuple(max(0, min(255, round(v))) for v in colour)  # type: ignore[return-value]
