"""The sky: its gradient and glow, sun or moon, stars, clouds."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .canvas import Canvas, mix
from .scenes import Scene, spread


def draw_sky(c: Canvas) -> None:
    """Paints everything above and behind the land but the clouds."""
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


def draw_clouds(c: Canvas) -> None:
    """Paints as many clouds as the weather has, each a shaded and a lit layer of puffs."""
    count = {"clear": 0, "cloudy": 5, "rain": 6, "snow": 2, "fog": 0}[c.scene.weather]
    bright = mix(c.low, (255, 255, 255), 0.55 if not c.dark else 0.12)
    shade = (
        mix(c.middle, c.top, 0.35) if c.scene.weather != "rain" else mix(c.top, (40, 44, 56), 0.5)
    )
    for _ in range(count):
        x, y = spread(c.rng, 0, 1), spread(c.rng, 0.04, c.scene.horizon * 0.62)
        width = spread(c.rng, 0.13, 0.24)
        puffs = [
            (
                x + spread(c.rng, -1, 1) * width,
                y + spread(c.rng, -0.02, 0.02),
                spread(c.rng, 0.4, 1.0),
            )
            for _ in range(7)
        ]
        for drop, colour in (
            (0.014, shade),
            (-0.004, bright if c.scene.weather != "rain" else mix(bright, shade, 0.55)),
        ):
            mask, pen = c.mask()
            for px, py, scale in puffs:
                rx, ry = width * 0.42 * scale, width * 0.19 * scale
                box = c.px((px - rx, py + drop - ry), (px + rx, py + drop + ry))
                pen.ellipse(box, fill=225)
            c.overlay(mask.filter(ImageFilter.GaussianBlur(c.side * 0.006)), colour)
