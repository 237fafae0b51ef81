"""Draws a `Scene`: sky, light, terrain, subject, weather, from back to front.

Drawn at twice the size and averaged down, so every edge is anti-aliased at any size.
Coordinates are fractions of the side, y grows downwards; colours are 0-255 triples.
"""

from __future__ import annotations

import math
import random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .scenes import Scene, pick, spread

Colour = tuple[float, float, float]
OVERSAMPLE = 2

#        sky: top, middle, horizon                                    light            ambient (tints the land)
SKIES = {
    "dawn": ((116, 122, 190), (226, 160, 180), (255, 222, 190), (255, 236, 205), (0.80, 0.70, 0.78)),
    "day": ((52, 122, 214), (120, 182, 240), (206, 232, 250), (255, 250, 225), (1.00, 1.00, 1.00)),
    "sunset": ((88, 42, 110), (222, 92, 76), (255, 176, 72), (255, 214, 96), (0.66, 0.44, 0.42)),
    "twilight": ((16, 38, 84), (34, 92, 132), (136, 172, 160), (236, 236, 205), (0.34, 0.44, 0.54)),
    "night": ((6, 8, 32), (16, 22, 62), (36, 46, 98), (240, 240, 228), (0.27, 0.31, 0.48)),
}
GROUNDS = {
    "sea": (38, 92, 140),
    "mountains": (110, 108, 128),
    "hills": (86, 150, 72),
    "dunes": (226, 178, 108),
    "canyon": (196, 96, 62),
    "snowfield": (226, 234, 246),
}


def paint(scene: Scene, size: int = 128) -> Image.Image:
    """Returns the scene as an RGB picture of `size` x `size` pixels."""
    canvas = Canvas(scene, size * OVERSAMPLE)
    _sky(canvas)
    _clouds(canvas)
    ground_y = _TERRAINS[scene.terrain](canvas)
    _subject(canvas, ground_y)
    _weather(canvas)
    return canvas.image.resize((size, size), Image.Resampling.BOX)


class Canvas:
    """A picture in progress, with the scene's palette at hand."""

    def __init__(self, scene: Scene, side: int) -> None:
        self.scene, self.side = scene, side
        self.rng = random.Random(f"brush-{scene.seed}")
        self.top, self.middle, self.low, self.light, self.ambient = SKIES[scene.time]
        if scene.weather in ("rain", "snow", "fog"):
            # Bad weather greys the sky and softens the light.
            grey = 0.45 if scene.weather == "rain" else 0.32
            overcast = tuple(c * 0.62 + 30 for c in _scaled((190, 196, 205), self.ambient))
            self.top, self.middle, self.low = (
                mix(c, overcast, grey) for c in (self.top, self.middle, self.low)
            )
        self.haze = mix(self.low, self.middle, 0.25)
        self.dark = scene.time in ("night", "twilight")
        self.image = Image.new("RGB", (side, side))
        self.draw = ImageDraw.Draw(self.image)

    def lit(self, colour: Colour, distance: float = 0.0) -> Colour:
        """A surface's colour under this light, `distance` 0 (near) to 1 (lost in the haze)."""
        return mix(_scaled(colour, self.ambient), self.haze, 0.78 * distance)

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


# --- sky ------------------------------------------------------------------------------------------


def _sky(c: Canvas) -> None:
    scene, n = c.scene, c.side
    y = np.linspace(0, 1, n)[:, None] / scene.horizon
    stops = np.clip(y, 0, 1)
    top, middle, low = (np.array(colour) for colour in (c.top, c.middle, c.low))
    upper = top + (middle - top) * np.clip(stops / 0.6, 0, 1)
    sky = upper + (low - upper) * np.clip((stops - 0.6) / 0.4, 0, 1)
    picture = np.repeat(sky[:, None, :], n, axis=1)

    sun_x, sun_y = sun_position(scene)
    veil = {"clear": 1.0, "cloudy": 0.8, "fog": 0.45, "rain": 0.3, "snow": 0.45}[scene.weather]
    grid = (np.arange(n) + 0.5) / n
    d2 = (grid[None, :] - sun_x) ** 2 + (grid[:, None] - sun_y) ** 2
    wide = 0.05 if not c.dark else 0.02
    glow = 0.55 * np.exp(-d2 / wide) + 0.35 * np.exp(-d2 / 0.008)
    picture += (np.array(c.light) - picture) * (glow * veil)[..., None]
    c.image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    c.draw = ImageDraw.Draw(c.image)

    if c.dark and scene.weather in ("clear", "cloudy"):
        _stars(c, 46 if scene.time == "night" else 16)
    if veil > 0.4:
        disc = mix(c.low, mix(c.light, (255, 255, 255), 0.35), min(1.0, veil + 0.1))
        radius = 0.052 if not c.dark else 0.043
        c.ellipse(sun_x, sun_y, radius, radius, disc)


def _stars(c: Canvas, count: int) -> None:
    for _ in range(count):
        x, y = spread(c.rng, 0, 1), spread(c.rng, 0, c.scene.horizon * 0.9)
        radius = spread(c.rng, 0.0035, 0.0075)
        brightness = spread(c.rng, 0.5, 1.0)
        c.ellipse(x, y, radius, radius, mix(c.middle, (255, 255, 245), brightness))


def sun_position(scene: Scene) -> tuple[float, float]:
    """Where the sun or moon stands: low at dawn and sunset, high by day and at night."""
    lowest, highest = {
        "dawn": (0.80, 0.55),
        "day": (0.45, 0.20),
        "sunset": (0.92, 0.68),
        "twilight": (0.50, 0.25),
        "night": (0.50, 0.22),
    }[scene.time]
    return scene.sun_x, scene.horizon * (lowest + (highest - lowest) * scene.sun_y)


def _clouds(c: Canvas) -> None:
    count = {"clear": 0, "cloudy": 5, "rain": 6, "snow": 2, "fog": 0}[c.scene.weather]
    bright = mix(c.low, (255, 255, 255), 0.55 if not c.dark else 0.12)
    shade = mix(c.middle, c.top, 0.35) if c.scene.weather != "rain" else mix(c.top, (40, 44, 56), 0.5)
    for _ in range(count):
        x, y = spread(c.rng, 0, 1), spread(c.rng, 0.04, c.scene.horizon * 0.62)
        width = spread(c.rng, 0.13, 0.24)
        puffs = [
            (x + spread(c.rng, -1, 1) * width, y + spread(c.rng, -0.02, 0.02), spread(c.rng, 0.4, 1.0))
            for _ in range(7)
        ]
        for drop, colour in ((0.014, shade), (-0.004, bright if c.scene.weather != "rain" else mix(bright, shade, 0.55))):
            mask, pen = c.mask()
            for px, py, scale in puffs:
                rx, ry = width * 0.42 * scale, width * 0.19 * scale
                box = c.px((px - rx, py + drop - ry), (px + rx, py + drop + ry))
                pen.ellipse(box, fill=225)
            c.overlay(mask.filter(ImageFilter.GaussianBlur(c.side * 0.006)), colour)


# --- terrain --------------------------------------------------------------------------------------
# Each returns ground(x) -> y, the surface on which a subject at x stands.


def _ridge(rng: random.Random, base: float, height: float, waves: tuple[float, ...], sharp: bool = False):
    """A skyline y(x): a sum of sines, or of folded sines where peaks are sharp."""
    terms = [(f * spread(rng, 0.8, 1.2), spread(rng, 0, math.tau), 0.62**i) for i, f in enumerate(waves)]
    total = sum(weight for _, _, weight in terms)

    def y(x: float) -> float:
        if sharp:
            s = sum(w * (1 - 2 * abs(math.sin(f * x * math.pi + p))) for f, p, w in terms) / total
        else:
            s = sum(w * math.sin(f * x * math.tau + p) for f, p, w in terms) / total
        return base - height * (0.5 + 0.5 * s)

    return y


def _fill_below(c: Canvas, y, colour: Colour, steps: int = 96) -> None:
    xs = [i / steps for i in range(steps + 1)]
    c.polygon([(x, y(x)) for x in xs] + [(1, 1.01), (0, 1.01)], colour)


def _sea(c: Canvas):
    scene, horizon = c.scene, c.scene.horizon
    deep = c.lit(GROUNDS["sea"])
    far = mix(mix(deep, c.low, 0.55), c.haze, 0.2)
    rows = 40
    for i in range(rows):
        t = i / rows
        y0 = horizon + (1 - horizon) * t
        c.box(0, y0, 1, y0 + (1 - horizon) / rows + 0.01, mix(far, deep, t**0.6))
    shine = {"clear": 1.0, "cloudy": 0.75, "fog": 0.3, "rain": 0.2, "snow": 0.3}[scene.weather]
    glint = mix(far, mix(c.light, (255, 255, 255), 0.15), 0.85 * shine)
    sun_x, _ = sun_position(scene)
    for _ in range(70):  # the path of light below the sun
        t = spread(c.rng, 0, 1) ** 1.3
        y = horizon + 0.012 + (0.98 - horizon) * t
        x = sun_x + (spread(c.rng, -1, 1) + spread(c.rng, -1, 1)) * (0.03 + 0.085 * t)
        half = 0.008 + 0.026 * t
        c.box(x - half, y, x + half, y + 0.003 + 0.007 * t, glint)
    crest = mix(deep, c.low, 0.28)
    for _ in range(26):
        t = spread(c.rng, 0, 1)
        y, x = horizon + (1 - horizon) * (0.08 + 0.9 * t), spread(c.rng, 0, 1)
        half = 0.015 + 0.04 * t
        c.box(x - half, y, x + half, y + 0.003 + 0.004 * t, crest)
    return lambda x: horizon + 0.10


def _mountains(c: Canvas):
    rock, snow = GROUNDS["mountains"], (240, 244, 252)
    horizon = c.scene.horizon
    snowy = 0.55 if c.scene.weather == "snow" else 0.34
    for base, height, distance in ((0.06, 0.34, 0.62), (0.14, 0.27, 0.32)):
        ridge = _ridge(c.rng, horizon + base, height, (1.3, 2.9, 6.1), sharp=True)
        _fill_below(c, ridge, c.lit(rock, distance))
        _snowcap(c, ridge, horizon + base, height, snowy, c.lit(snow, distance))
    meadow = mix(GROUNDS["hills"], (70, 84, 70), 0.5)
    if c.scene.weather == "snow":
        meadow = mix(meadow, snow, 0.7)
    near = _ridge(c.rng, horizon + 0.19, 0.06, (0.7, 1.6))
    _fill_below(c, near, c.lit(meadow, 0.05))
    return near


def _snowcap(c: Canvas, ridge, base: float, height: float, share: float, colour: Colour) -> None:
    """Snow from the summit down, with a ragged lower edge."""
    line = base - height * (1 - share)
    xs = [i / 96 for i in range(97)]
    ragged = [(x, ridge(x), line + 0.02 * math.sin(x * 61) + 0.014 * math.sin(x * 143)) for x in xs]
    for (x0, y0, l0), (x1, y1, l1) in zip(ragged, ragged[1:]):
        if y0 < l0 or y1 < l1:
            c.polygon([(x0, y0), (x1, y1), (x1, max(l1, y1)), (x0, max(l0, y0))], colour)


def _hills(c: Canvas):
    horizon, green = c.scene.horizon, GROUNDS["hills"]
    if c.scene.weather == "snow":
        green = mix(green, (236, 242, 248), 0.45)
    shades = ((0.03, 0.10, 0.55, 1.12), (0.11, 0.10, 0.28, 1.0), (0.21, 0.10, 0.0, 0.86))
    for base, height, distance, tone in shades:
        ridge = _ridge(c.rng, horizon + base, height, (0.8, 1.7))
        _fill_below(c, ridge, c.lit(tuple(min(255, v * tone) for v in green), distance))
        if distance == 0.28:
            ground = ridge
    return lambda x: ground(x) + 0.02


def _dunes(c: Canvas):
    horizon, sand = c.scene.horizon, GROUNDS["dunes"]
    shadow = mix(sand, (120, 70, 60), 0.5)
    for base, height, distance in ((0.03, 0.07, 0.5), (0.12, 0.11, 0.22), (0.26, 0.13, 0.0)):
        crest = _ridge(c.rng, horizon + base, height, (0.7, 1.5))
        _fill_below(c, crest, c.lit(sand, distance))
        # The lee side: a darker face that widens away from the crest.
        slope = spread(c.rng, 0.3, 0.7)
        xs = [i / 64 for i in range(65)]
        lee = [(x, crest(x) + 0.012 + 0.09 * max(0.0, math.sin(x * 5 + slope * 9)) ** 1.5) for x in xs]
        c.polygon([(x, crest(x)) for x in xs] + lee[::-1], c.lit(shadow, distance))
        if distance == 0.22:
            ground = crest
    return lambda x: ground(x) + 0.04


def _canyon(c: Canvas):
    horizon, rock = c.scene.horizon, GROUNDS["canyon"]
    for base, distance, count in ((0.02, 0.5, 3), (0.07, 0.18, 2)):
        for _ in range(count):
            x, width, tall = spread(c.rng, -0.05, 1.05), spread(c.rng, 0.09, 0.2), spread(c.rng, 0.14, 0.30)
            y = horizon + base
            tall *= 1.0 - 0.35 * (distance < 0.3)
            face = c.lit(rock, distance)
            c.polygon([(x - width, y), (x - width * 0.72, y - tall), (x + width * 0.66, y - tall), (x + width, y)], face)
            for k in (0.25, 0.5, 0.75):  # strata
                w = width * (1 - 0.3 * k)
                c.box(x - w, y - tall * k - 0.008, x + w * 0.97, y - tall * k + 0.004, mix(face, c.lit((120, 52, 44), distance), 0.5))
        c.box(0, horizon + base - 0.002, 1, 1, c.lit(mix(rock, (226, 160, 110), 0.45), distance * 0.7))
    near = _ridge(c.rng, horizon + 0.2, 0.05, (0.9, 2.1))
    _fill_below(c, near, c.lit(mix(rock, (150, 80, 60), 0.4)))
    return near


def _snowfield(c: Canvas):
    horizon, white = c.scene.horizon, GROUNDS["snowfield"]
    far = _ridge(c.rng, horizon + 0.01, 0.05, (1.1, 2.3))
    _fill_below(c, far, c.lit(mix(white, (170, 190, 220), 0.6), 0.45))
    for base, height, distance in ((0.06, 0.04, 0.25), (0.16, 0.06, 0.05), (0.30, 0.06, 0.0)):
        drift = _ridge(c.rng, horizon + base, height, (0.7, 1.4))
        _fill_below(c, drift, c.lit(mix(white, (188, 206, 236), 0.75), distance))
        _fill_below(c, lambda x, d=drift: d(x) + 0.022, c.lit(white, distance))
        if distance == 0.05:
            ground = drift
    return lambda x: ground(x) + 0.02


_TERRAINS = {
    "sea": _sea,
    "mountains": _mountains,
    "hills": _hills,
    "dunes": _dunes,
    "canyon": _canyon,
    "snowfield": _snowfield,
}


# --- subjects and weather -------------------------------------------------------------------------


def _subject(c: Canvas, ground) -> None:
    from .subjects import DRAW

    scene = c.scene
    if scene.subject == "none":
        return
    x, scale = scene.subject_x, 0.27 * scene.subject_scale
    y = ground(x)
    if scene.terrain == "sea" and scene.subject not in ("sailboat", "balloon"):
        # What needs land stands on an islet.
        shore = c.lit((92, 84, 78) if scene.subject == "lighthouse" else (176, 150, 110))
        c.ellipse(x, y + 0.012, scale * 0.72, 0.036, mix(shore, (20, 30, 50), 0.35))
        c.ellipse(x, y + 0.002, scale * 0.66, 0.034, shore)
    DRAW[scene.subject](c, x, y, scale)


def _weather(c: Canvas) -> None:
    weather, n = c.scene.weather, c.side
    if weather == "fog":
        y = np.linspace(0, 1, n)[:, None]
        bank = 0.30 + 0.50 * np.exp(-(((y - c.scene.horizon - 0.05) / 0.24) ** 2))
        mask = Image.fromarray((np.repeat(bank, n, axis=1) * 255).astype(np.uint8))
        c.overlay(mask, mix(c.haze, _scaled((222, 226, 230), [a * 0.55 + 0.45 for a in c.ambient]), 0.6))
    elif weather == "rain":
        lean = pick(c.rng, (-0.05, -0.035, 0.035, 0.05))
        mask, pen = c.mask()
        for _ in range(60):
            x, y, length = spread(c.rng, -0.1, 1.1), spread(c.rng, -0.1, 1), spread(c.rng, 0.07, 0.14)
            ends = c.px((x, y), (x + lean * length / 0.1, y + length))
            pen.line(ends, fill=int(spread(c.rng, 90, 170)), width=max(1, round(c.side * 0.006)))
        c.overlay(mask, _scaled((214, 224, 236), [a * 0.5 + 0.5 for a in c.ambient]))
    elif weather == "snow":
        mask, pen = c.mask()
        for _ in range(70):
            x, y = spread(c.rng, 0, 1), spread(c.rng, 0, 1)
            radius = 0.005 + 0.007 * spread(c.rng, 0, 1) ** 2
            pen.ellipse(c.px((x - radius, y - radius), (x + radius, y + radius)), fill=235)
        c.overlay(mask, _scaled((250, 252, 255), [a * 0.3 + 0.7 for a in c.ambient]))


# --- colour ---------------------------------------------------------------------------------------


def mix(a: Colour, b: Colour, t: float) -> Colour:
    """The colour a share `t` of the way from a to b."""
    return tuple(x + (y - x) * t for x, y in zip(a, b))  # type: ignore[return-value]


def _scaled(colour: Colour, factors) -> Colour:
    return tuple(min(255.0, x * f) for x, f in zip(colour, factors))  # type: ignore[return-value]


def rgb(colour: Colour) -> tuple[int, int, int]:
    return tuple(max(0, min(255, round(v))) for v in colour)  # type: ignore[return-value]
