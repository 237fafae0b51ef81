"""The weather in front of everything: fog, rain, snow."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .canvas import Canvas, mix, tinted
from .scenes import pick, spread


def draw_weather(c: Canvas) -> None:
    """Paints what falls or drifts; clear and cloudy skies have nothing in front."""
    weather, n = c.scene.weather, c.side
    if weather == "fog":
        y = np.linspace(0, 1, n)[:, None]
        bank = 0.30 + 0.50 * np.exp(-(((y - c.scene.horizon - 0.05) / 0.24) ** 2))
        mask = Image.fromarray((np.repeat(bank, n, axis=1) * 255).astype(np.uint8))
        c.overlay(
            mask, mix(c.haze, tinted((222, 226, 230), [a * 0.55 + 0.45 for a in c.ambient]), 0.6)
        )
    elif weather == "rain":
        lean = pick(c.rng, (-0.05, -0.035, 0.035, 0.05))
        mask, pen = c.mask()
        for _ in range(60):
            x, y, length = (
                spread(c.rng, -0.1, 1.1),
                spread(c.rng, -0.1, 1),
                spread(c.rng, 0.07, 0.14),
            )
            ends = c.px((x, y), (x + lean * length / 0.1, y + length))
            pen.line(ends, fill=int(spread(c.rng, 90, 170)), width=max(1, round(c.side * 0.006)))
        c.overlay(mask, tinted((214, 224, 236), [a * 0.5 + 0.5 for a in c.ambient]))
    elif weather == "snow":
        mask, pen = c.mask()
        for _ in range(70):
            x, y = spread(c.rng, 0, 1), spread(c.rng, 0, 1)
            radius = 0.005 + 0.007 * spread(c.rng, 0, 1) ** 2
            pen.ellipse(c.px((x - radius, y - radius), (x + radius, y + radius)), fill=235)
        c.overlay(mask, tinted((250, 252, 255), [a * 0.3 + 0.7 for a in c.ambient]))
