"""The six terrains. Each paints its land and returns ground(x): where a subject stands."""

from __future__ import annotations

import itertools
import math
import random

from .canvas import Canvas, Colour, mix
from .scenes import spread
from .sky import sun_position

GROUNDS = {
    "sea": (38, 92, 140),
    "mountains": (110, 108, 128),
    "hills": (86, 150, 72),
    "dunes": (226, 178, 108),
    "canyon": (196, 96, 62),
    "snowfield": (226, 234, 246),
}


def _ridge(
    rng: random.Random, base: float, height: float, waves: tuple[float, ...], sharp: bool = False
):
    """A skyline y(x): a sum of sines, or of folded sines where peaks are sharp."""
    terms = [
        (f * spread(rng, 0.8, 1.2), spread(rng, 0, math.tau), 0.62**i) for i, f in enumerate(waves)
    ]
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


def sea(c: Canvas):
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


def mountains(c: Canvas):
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
    for (x0, y0, l0), (x1, y1, l1) in itertools.pairwise(ragged):
        if y0 < l0 or y1 < l1:
            c.polygon([(x0, y0), (x1, y1), (x1, max(l1, y1)), (x0, max(l0, y0))], colour)


def hills(c: Canvas):
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


def dunes(c: Canvas):
    horizon, sand = c.scene.horizon, GROUNDS["dunes"]
    shadow = mix(sand, (120, 70, 60), 0.5)
    for base, height, distance in ((0.03, 0.07, 0.5), (0.12, 0.11, 0.22), (0.26, 0.13, 0.0)):
        crest = _ridge(c.rng, horizon + base, height, (0.7, 1.5))
        _fill_below(c, crest, c.lit(sand, distance))
        # The lee side: a darker face that widens away from the crest.
        slope = spread(c.rng, 0.3, 0.7)
        xs = [i / 64 for i in range(65)]
        lee = [
            (x, crest(x) + 0.012 + 0.09 * max(0.0, math.sin(x * 5 + slope * 9)) ** 1.5) for x in xs
        ]
        c.polygon([(x, crest(x)) for x in xs] + lee[::-1], c.lit(shadow, distance))
        if distance == 0.22:
            ground = crest
    return lambda x: ground(x) + 0.04


def canyon(c: Canvas):
    horizon, rock = c.scene.horizon, GROUNDS["canyon"]
    for base, distance, count in ((0.02, 0.5, 3), (0.07, 0.18, 2)):
        for _ in range(count):
            x, width, tall = (
                spread(c.rng, -0.05, 1.05),
                spread(c.rng, 0.09, 0.2),
                spread(c.rng, 0.14, 0.30),
            )
            y = horizon + base
            tall *= 1.0 - 0.35 * (distance < 0.3)
            face = c.lit(rock, distance)
            c.polygon(
                [
                    (x - width, y),
                    (x - width * 0.72, y - tall),
                    (x + width * 0.66, y - tall),
                    (x + width, y),
                ],
                face,
            )
            for k in (0.25, 0.5, 0.75):  # strata
                w = width * (1 - 0.3 * k)
                c.box(
                    x - w,
                    y - tall * k - 0.008,
                    x + w * 0.97,
                    y - tall * k + 0.004,
                    mix(face, c.lit((120, 52, 44), distance), 0.5),
                )
        c.box(
            0, horizon + base - 0.002, 1, 1, c.lit(mix(rock, (226, 160, 110), 0.45), distance * 0.7)
        )
    near = _ridge(c.rng, horizon + 0.2, 0.05, (0.9, 2.1))
    _fill_below(c, near, c.lit(mix(rock, (150, 80, 60), 0.4)))
    return near


def snowfield(c: Canvas):
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


TERRAINS = {f.__name__: f for f in (sea, mountains, hills, dunes, canyon, snowfield)}
