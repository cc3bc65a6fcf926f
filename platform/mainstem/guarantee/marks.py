"""The marks that both drawings bear: the shield, the name GARAN with its tick, codes and bullets."""

from __future__ import annotations

import math
from collections.abc import Sequence

import segno

from mainstem.guarantee import lettering
from mainstem.guarantee.canvas import Canvas, Point
from mainstem.guarantee.lettering import STRONG

BLUE, YELLOW, INK, WHITE = "#003399", "#ffed00", "#000000", "#ffffff"
"""Pantone Reflex Blue C, Pantone Yellow C, black and white, as the annexes give them in RGB."""
QUIET_MODULES = 4


def shield(canvas: Canvas, corner: Point, width: float, height: float) -> None:
    """The blue shield that hangs from the upper edge: twelve stars round a smaller one."""
    x, y = corner
    right, middle = x + width, x + width / 2
    shoulder, foot, tip = (y + height * part for part in (0.81, 0.92, 0.99))
    outline = [
        (x, y), (right, y), (right, shoulder),
        *_curve((right, shoulder), (right, shoulder + height * 0.05), (right - width * 0.06, foot)),
        *_curve((middle + width * 0.06, tip), (middle, tip + height * 0.02), (middle - width * 0.06, tip)),
        *_curve((x + width * 0.06, foot), (x, shoulder + height * 0.05), (x, shoulder)),
    ]  # fmt: skip
    canvas.shape(outline, fill=BLUE)
    centre = (middle, y + height * 0.545)
    for hour in range(12):
        turn = math.radians(hour * 30)
        at = (
            centre[0] + math.sin(turn) * width * 0.396,
            centre[1] - math.cos(turn) * width * 0.396,
        )
        canvas.shape(_star(at, width * 0.068), fill=YELLOW)
    _sign(canvas, centre, width)


def _sign(canvas: Canvas, centre: Point, width: float) -> None:
    """The open shield in the middle, whose line ends in a bar."""
    x, y, unit = centre[0], centre[1], width / 33.8
    points = [
        (5.9, -3.2), (6.1, -5.2), (1.7, -7.1),
        *_curve((1.7, -7.1), (0.2, -7.7), (-1.5, -7.1)),
        (-7.2, -4.5), (-6.7, 0.3),
        *_curve((-6.7, 0.3), (-6.3, 3.7), (-3.2, 5.8)),
        (0.1, 8.1), (3.3, 5.8),
        *_curve((3.3, 5.8), (6.3, 3.6), (6.9, 0.2)),
        (-0.1, 0.2),
    ]  # fmt: skip
    drawn = [(x + across * unit, y + down * unit) for across, down in points]
    canvas.shape(drawn, line=WHITE, thick=unit)


def garan(canvas: Canvas, base: Point, wide: float, *, between: float) -> None:
    """The name GARAN, so wide, and its tick: `between` is from where one begins to the other's middle."""
    size = wide / lettering.width("GARAN", 1, STRONG)
    canvas.words(base, "GARAN", size, weight=STRONG, fill=INK)
    tick(canvas, (base[0] + between, base[1] - size * 0.205), size * 0.191)


def tick(canvas: Canvas, centre: Point, radius: float) -> None:
    """A white tick that reaches beyond its black disc."""
    canvas.disc(centre, radius, fill=INK)
    x, y = centre
    drawn = [
        (-0.72, 0.0), (-0.18, 0.0), (0.1, 0.24), (0.86, -0.62), (1.3, -0.56),
        (1.32, -0.4), (0.3, 0.72), (0.04, 0.76), (-0.18, 0.66), (-0.84, 0.2),
    ]  # fmt: skip
    outline = [(x + across * radius, y + down * radius) for across, down in drawn]
    canvas.shape(outline, fill=WHITE, line=INK, thick=radius * 0.07)


def code(canvas: Canvas, corner: Point, size: float, url: str) -> None:
    """The QR code of an address, of this size without the quiet zone around it."""
    made = segno.make(url, error="m", micro=False, boost_error=False)
    canvas.modules(corner, size, [[int(dark) for dark in row] for row in made.matrix])


def _star(centre: Point, radius: float) -> list[Point]:
    """A star of five points, one of them up."""
    return [
        (
            centre[0] + math.sin(math.radians(turn * 36)) * reach,
            centre[1] - math.cos(math.radians(turn * 36)) * reach,
        )
        for turn in range(10)
        for reach in [radius if turn % 2 == 0 else radius * 0.382]
    ]


def _curve(start: Point, towards: Point, end: Point, steps: int = 8) -> Sequence[Point]:
    """Points of a quadratic curve."""
    return [
        (
            (1 - t) ** 2 * start[0] + 2 * (1 - t) * t * towards[0] + t**2 * end[0],
            (1 - t) ** 2 * start[1] + 2 * (1 - t) * t * towards[1] + t**2 * end[1],
        )
        for t in (step / steps for step in range(steps + 1))
    ]
