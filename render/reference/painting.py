"""Draws a `Scene`: sky, light, terrain, subject, weather, from back to front.

Drawn at twice the size and averaged down, so every edge is anti-aliased at any size.
"""

from __future__ import annotations

from PIL import Image

from .canvas import Canvas, mix
from .scenes import Scene
from .sky import draw_clouds, draw_sky
from .subjects import SUBJECTS
from .terrain import TERRAINS
from .weather import draw_weather

OVERSAMPLE = 2


def paint(scene: Scene, size: int = 128) -> Image.Image:
    """Returns the scene as an RGB picture of `size` x `size` pixels."""
    canvas = Canvas(scene, size * OVERSAMPLE)
    draw_sky(canvas)
    draw_clouds(canvas)
    ground = TERRAINS[scene.terrain](canvas)
    _draw_subject(canvas, ground)
    draw_weather(canvas)
    return canvas.image.resize((size, size), Image.Resampling.BOX)


def _draw_subject(c: Canvas, ground) -> None:
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
    SUBJECTS[scene.subject](c, x, y, scale)
