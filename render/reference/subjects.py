"""The nine things that can stand in a scene. Each is drawn around (x, y): y is where it meets the
ground, `s` its height. Windows and lanterns glow when it is dark."""

from __future__ import annotations

import math

from .canvas import Canvas, mix
from .scenes import spread

GLOW = (255, 214, 120)
RED, CREAM = (206, 50, 46), (248, 240, 226)


def _window(c: Canvas):
    return GLOW if c.scene.time != "day" else (70, 84, 104)


def sailboat(c: Canvas, x: float, y: float, s: float) -> None:
    hull, white, red = c.lit((196, 62, 48)), c.lit((255, 252, 244)), c.lit((232, 88, 60))
    mast = y - s * 1.02
    c.polygon(
        [(x - s * 0.03, mast), (x - s * 0.03, y - s * 0.2), (x - s * 0.42, y - s * 0.2)], white
    )
    c.polygon(
        [(x + s * 0.02, mast + s * 0.08), (x + s * 0.02, y - s * 0.2), (x + s * 0.34, y - s * 0.2)],
        red,
    )
    c.box(x - s * 0.03, mast, x + s * 0.01, y - s * 0.1, c.lit((96, 66, 48)))
    c.polygon(
        [
            (x - s * 0.44, y - s * 0.14),
            (x + s * 0.44, y - s * 0.14),
            (x + s * 0.3, y + s * 0.04),
            (x - s * 0.3, y + s * 0.04),
        ],
        hull,
    )
    c.box(
        x - s * 0.36, y + s * 0.05, x + s * 0.36, y + s * 0.08, mix(hull, c.lit((38, 92, 140)), 0.5)
    )


def lighthouse(c: Canvas, x: float, y: float, s: float) -> None:
    s *= 1.3
    rock = c.lit((84, 80, 84))
    if c.scene.terrain != "sea":
        c.ellipse(x, y, s * 0.26, s * 0.06, rock)
    low, high = s * 0.13, s * 0.085
    bands = 5
    for i in range(bands):
        a, b = i / bands, (i + 1) / bands
        wa, wb = low + (high - low) * a, low + (high - low) * b
        ya, yb = y - s * 0.78 * a, y - s * 0.78 * b
        colour = c.lit(RED if i % 2 == 0 else CREAM)
        c.polygon([(x - wa, ya), (x + wa, ya), (x + wb, yb), (x - wb, yb)], colour)
    lamp = GLOW if c.scene.time != "day" else (250, 236, 190)
    c.box(x - s * 0.11, y - s * 0.80, x + s * 0.11, y - s * 0.77, c.lit((60, 60, 70)))
    c.box(x - s * 0.06, y - s * 0.89, x + s * 0.06, y - s * 0.80, lamp)
    c.polygon(
        [(x - s * 0.085, y - s * 0.89), (x + s * 0.085, y - s * 0.89), (x, y - s * 1.0)],
        c.lit((150, 38, 40)),
    )


def cabin(c: Canvas, x: float, y: float, s: float) -> None:
    wall, roof = c.lit((132, 88, 58)), c.lit((176, 62, 44))
    w = s * 0.46
    if c.scene.weather == "snow":
        roof = c.lit((236, 240, 248))
    c.box(x + w * 0.4, y - s * 0.86, x + w * 0.62, y - s * 0.5, c.lit((110, 96, 92)))
    c.box(x - w, y - s * 0.42, x + w, y + s * 0.02, wall)
    c.polygon([(x - w * 1.24, y - s * 0.4), (x + w * 1.24, y - s * 0.4), (x, y - s * 0.84)], roof)
    c.box(x - w * 0.6, y - s * 0.32, x - w * 0.16, y - s * 0.1, _window(c))
    c.box(x + w * 0.2, y - s * 0.3, x + w * 0.56, y + s * 0.02, c.lit((74, 48, 36)))


def pines(c: Canvas, x: float, y: float, s: float) -> None:
    for i, dx in enumerate((-0.62, 0.66, -0.24, 0.3, 0.02)):
        tall = s * (0.78 + 0.12 * i) * spread(c.rng, 0.9, 1.1)
        cx, base = x + dx * s * 0.95, y + 0.012 * i
        green = c.lit(mix((24, 78, 56), (44, 110, 66), 0.2 * i))
        c.box(cx - tall * 0.035, base - tall * 0.14, cx + tall * 0.035, base, c.lit((84, 58, 44)))
        for k in range(3):
            foot, width = base - tall * (0.1 + 0.27 * k), tall * (0.27 - 0.06 * k)
            c.polygon([(cx - width, foot), (cx + width, foot), (cx, foot - tall * 0.42)], green)
            if c.scene.weather == "snow":
                c.polygon(
                    [
                        (cx - width * 0.4, foot - tall * 0.25),
                        (cx + width * 0.4, foot - tall * 0.25),
                        (cx, foot - tall * 0.42),
                    ],
                    c.lit((236, 242, 250)),
                )


def cacti(c: Canvas, x: float, y: float, s: float) -> None:
    for dx, scale, flip in ((-0.62, 0.72, 1), (0.58, 0.82, -1), (0.0, 1.12, 1)):
        cx, tall = x + dx * s * 0.85, s * scale
        green = c.lit((54, 128, 72))
        r = tall * 0.075
        c.box(cx - r, y - tall * 0.9, cx + r, y + 0.01, green)
        c.ellipse(cx, y - tall * 0.9, r, r, green)
        for side, height in ((flip, 0.42), (-flip, 0.3)):
            ax = cx + side * tall * 0.24
            c.box(
                min(cx, ax),
                y - tall * height - r * 0.7,
                max(cx, ax),
                y - tall * height + r * 0.7,
                green,
            )
            c.box(
                ax - r * 0.75,
                y - tall * (height + 0.26),
                ax + r * 0.75,
                y - tall * height + r * 0.7,
                green,
            )
            c.ellipse(ax, y - tall * (height + 0.26), r * 0.75, r * 0.75, green)


def balloon(c: Canvas, x: float, y: float, s: float) -> None:
    y = c.scene.horizon * 0.56
    r = s * 0.52
    stripes = (RED, (250, 190, 60), CREAM, (250, 190, 60), RED)
    for i, colour in enumerate(stripes):  # gores, from the outside in
        width = r * (1 - 0.36 * i) if i < 3 else 0
        if width > 0:
            c.ellipse(x, y, width, r * 1.06, c.lit(colour))
            c.polygon(
                [
                    (x - width * 0.86, y + r * 0.5),
                    (x + width * 0.86, y + r * 0.5),
                    (x + width * 0.22, y + r * 1.36),
                    (x - width * 0.22, y + r * 1.36),
                ],
                c.lit(colour),
            )
    c.box(x - r * 0.2, y + r * 1.5, x + r * 0.2, y + r * 1.84, c.lit((122, 80, 48)))
    for side in (-1, 1):
        c.draw.line(
            c.px((x + side * r * 0.2, y + r * 1.3), (x + side * r * 0.17, y + r * 1.55)),
            fill=(60, 50, 50),
            width=max(1, c.side // 200),
        )
    if c.dark:
        c.ellipse(x, y + r * 1.32, r * 0.14, r * 0.12, GLOW)


def windmill(c: Canvas, x: float, y: float, s: float) -> None:
    s *= 1.15
    c.polygon(
        [
            (x - s * 0.2, y),
            (x + s * 0.2, y),
            (x + s * 0.13, y - s * 0.62),
            (x - s * 0.13, y - s * 0.62),
        ],
        c.lit((240, 230, 212)),
    )
    c.polygon(
        [(x - s * 0.17, y - s * 0.6), (x + s * 0.17, y - s * 0.6), (x, y - s * 0.8)],
        c.lit((120, 72, 52)),
    )
    c.box(x - s * 0.045, y - s * 0.16, x + s * 0.045, y, c.lit((96, 62, 44)))
    c.box(x - s * 0.04, y - s * 0.42, x + s * 0.04, y - s * 0.32, _window(c))
    hub_y, turn = y - s * 0.62, spread(c.rng, 0.15, math.pi / 2 - 0.15)
    blade = c.lit((112, 74, 52)) if not c.dark else c.lit((210, 196, 180))
    for k in range(4):
        a = turn + k * math.pi / 2
        ux, uy = math.cos(a), math.sin(a)
        vx, vy = -uy * s * 0.1, ux * s * 0.1
        tip_x, tip_y = x + ux * s * 0.5, hub_y + uy * s * 0.5
        root_x, root_y = x + ux * s * 0.08, hub_y + uy * s * 0.08
        c.polygon(
            [
                (root_x, root_y),
                (tip_x, tip_y),
                (tip_x + vx, tip_y + vy),
                (root_x + vx, root_y + vy),
            ],
            blade,
        )


def castle(c: Canvas, x: float, y: float, s: float) -> None:
    s *= 1.15
    stone, dark, roof = c.lit((168, 160, 156)), c.lit((124, 116, 118)), c.lit((72, 84, 148))
    c.box(x - s * 0.36, y - s * 0.36, x + s * 0.36, y + s * 0.02, stone)
    for i in range(5):  # battlements
        left = x - s * 0.36 + i * s * 0.16
        c.box(left, y - s * 0.43, left + s * 0.08, y - s * 0.35, stone)
    for dx, tall in ((-0.42, 0.66), (0.42, 0.66), (0.0, 0.84)):
        cx = x + dx * s
        c.box(cx - s * 0.11, y - s * tall, cx + s * 0.11, y + s * 0.02, dark if dx else stone)
        c.polygon(
            [
                (cx - s * 0.15, y - s * tall),
                (cx + s * 0.15, y - s * tall),
                (cx, y - s * (tall + 0.26)),
            ],
            roof,
        )
        c.box(
            cx - s * 0.035, y - s * (tall - 0.16), cx + s * 0.035, y - s * (tall - 0.28), _window(c)
        )
    c.box(x - s * 0.07, y - s * 0.2, x + s * 0.07, y + s * 0.02, c.lit((70, 48, 40)))


def tent(c: Canvas, x: float, y: float, s: float) -> None:
    s *= 0.95
    side, front = c.lit((214, 92, 44)), c.lit((240, 132, 60))
    if c.scene.time != "day":
        front = mix(front, GLOW, 0.7)  # a lantern inside
    c.polygon(
        [
            (x - s * 0.62, y + s * 0.03),
            (x - s * 0.1, y - s * 0.58),
            (x + s * 0.34, y - s * 0.58),
            (x + s * 0.72, y + s * 0.03),
        ],
        side,
    )
    c.polygon(
        [(x - s * 0.62, y + s * 0.03), (x - s * 0.1, y - s * 0.58), (x + s * 0.26, y + s * 0.03)],
        front,
    )
    c.polygon(
        [(x - s * 0.26, y + s * 0.03), (x - s * 0.13, y - s * 0.3), (x + s * 0.02, y + s * 0.03)],
        c.lit((110, 48, 34)),
    )


SUBJECTS = {
    f.__name__: f
    for f in (sailboat, lighthouse, cabin, pines, cacti, balloon, windmill, castle, tent)
}
