"""What a drawing is made with: a few shapes and words, set down as SVG or as PNG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Protocol

from markupsafe import escape
from PIL import Image, ImageDraw

from mainstem.guarantee import lettering
from mainstem.guarantee.lettering import FAMILY, REGULAR

Point = tuple[float, float]
COLOURS = 24
"""As many as four colours and the edges between them need."""


class Canvas(Protocol):
    """Shapes and words in the units of the annexes' own drawings, from the upper left."""

    def shape(
        self, points: Sequence[Point], *, fill: str = "", line: str = "", thick: float = 1
    ) -> None:
        """A surface, or a line where nothing fills it."""

    def box(
        self,
        corner: Point,
        size: Point,
        *,
        fill: str = "",
        line: str = "",
        thick: float = 1,
        round: float = 0,
    ) -> None:
        """A rectangle."""

    def disc(self, centre: Point, radius: float, *, fill: str) -> None:
        """A filled circle."""

    def words(
        self, at: Point, text: str, size: float, *, weight: int = REGULAR, fill: str = "#000000"
    ) -> None:
        """Words from here on, along their base line."""

    def modules(self, corner: Point, size: float, matrix: Sequence[Sequence[int]]) -> None:
        """The dark squares of a code."""


class SvgCanvas:
    """Writes SVG whose letters are text: they can be read, found and enlarged."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def shape(
        self, points: Sequence[Point], *, fill: str = "", line: str = "", thick: float = 1
    ) -> None:
        path = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points) + ("Z" if fill else "")
        self._parts.append(f'<path d="{path}"{_paint(fill, line, thick)}/>')

    def box(
        self,
        corner: Point,
        size: Point,
        *,
        fill: str = "",
        line: str = "",
        thick: float = 1,
        round: float = 0,
    ) -> None:
        curved = f' rx="{_n(round)}"' if round else ""
        self._parts.append(
            f'<rect x="{_n(corner[0])}" y="{_n(corner[1])}" width="{_n(size[0])}"'
            f' height="{_n(size[1])}"{curved}{_paint(fill, line, thick)}/>'
        )

    def disc(self, centre: Point, radius: float, *, fill: str) -> None:
        x, y = centre
        self._parts.append(
            f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"{_paint(fill, "", 0)}/>'
        )

    def words(
        self, at: Point, text: str, size: float, *, weight: int = REGULAR, fill: str = "#000000"
    ) -> None:
        heavy = f' font-weight="{weight}"' if weight != REGULAR else ""
        colour = f' fill="{fill}"' if fill != "#000000" else ""
        self._parts.append(
            f'<text x="{_n(at[0])}" y="{_n(at[1])}" font-size="{_n(size)}"{heavy}{colour}>'
            f"{escape(text)}</text>"
        )

    def modules(self, corner: Point, size: float, matrix: Sequence[Sequence[int]]) -> None:
        scale = size / len(matrix)
        rows = "".join(
            f"M{start} {y}h{length}v1h-{length}z"
            for y, row in enumerate(matrix)
            for start, length in _runs(row)
        )
        self._parts.append(
            f'<path transform="translate({_n(corner[0])} {_n(corner[1])}) scale({scale:.4f})"'
            f' shape-rendering="crispEdges" d="{rows}"/>'
        )

    def svg(self, size: Point, *, name: str, title: str, description: str) -> str:
        """The whole drawing. `name` tells its parts from those of another on the page."""
        width, height = (_n(side) for side in size)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
            f' aria-labelledby="{name}-title" aria-describedby="{name}-words"'
            f' font-family="{FAMILY}, Arial, sans-serif">'
            f'<title id="{name}-title">{escape(title)}</title>'
            f'<desc id="{name}-words">{escape(description)}</desc>'
            f"{''.join(self._parts)}</svg>"
        )


class PngCanvas:
    """Paints pixels, twice as fine as they are kept, so that edges come out smooth."""

    FINER = 2

    def __init__(self, size: Point, scale: float) -> None:
        self._scale = scale * self.FINER
        self._image = Image.new("RGB", (self._px(size[0]), self._px(size[1])), "#ffffff")
        self._draw = ImageDraw.Draw(self._image)

    def shape(
        self, points: Sequence[Point], *, fill: str = "", line: str = "", thick: float = 1
    ) -> None:
        at = [(x * self._scale, y * self._scale) for x, y in points]
        if fill:
            self._draw.polygon(at, fill=fill)
        if line:
            ends = [*at, at[0]] if fill else at
            self._draw.line(ends, fill=line, width=max(self._px(thick), 1), joint="curve")

    def box(
        self,
        corner: Point,
        size: Point,
        *,
        fill: str = "",
        line: str = "",
        thick: float = 1,
        round: float = 0,
    ) -> None:
        (x, y), (width, height) = corner, size
        self._draw.rounded_rectangle(
            [x * self._scale, y * self._scale, (x + width) * self._scale, (y + height) * self._scale],
            radius=round * self._scale,
            fill=fill or None,
            outline=line or None,
            width=max(self._px(thick), 1),
        )  # fmt: skip

    def disc(self, centre: Point, radius: float, *, fill: str) -> None:
        x, y = centre
        self._draw.ellipse(
            [side * self._scale for side in (x - radius, y - radius, x + radius, y + radius)],
            fill=fill,
        )

    def words(
        self, at: Point, text: str, size: float, *, weight: int = REGULAR, fill: str = "#000000"
    ) -> None:
        self._draw.text(
            (at[0] * self._scale, at[1] * self._scale),
            text,
            font=lettering.font(weight, self._px(size)),
            fill=fill,
            anchor="ls",
        )

    def modules(self, corner: Point, size: float, matrix: Sequence[Sequence[int]]) -> None:
        side = self._px(size / len(matrix))  # whole pixels: a code with blurred edges is not read
        left, top = self._px(corner[0]), self._px(corner[1])
        for y, row in enumerate(matrix):
            for start, length in _runs(row):
                self._draw.rectangle(
                    [
                        left + start * side, top + y * side,
                        left + (start + length) * side - 1, top + (y + 1) * side - 1,
                    ],
                    fill="#000000",
                )  # fmt: skip

    def png(self) -> bytes:
        """The picture, in as few colours as it has."""
        size = (self._image.width // self.FINER, self._image.height // self.FINER)
        small = self._image.resize(size, Image.Resampling.BOX)
        kept = io.BytesIO()
        small.quantize(COLOURS, Image.Quantize.FASTOCTREE).save(kept, "PNG", compress_level=9)
        return kept.getvalue()

    def _px(self, units: float) -> int:
        return round(units * self._scale)


def _runs(row: Sequence[int]) -> list[tuple[int, int]]:
    """Where dark modules begin, and how many follow."""
    found: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if dark and found and sum(found[-1]) == x:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        elif dark:
            found.append((x, 1))
    return found


def _paint(fill: str, line: str, thick: float) -> str:
    drawn = f' stroke="{line}" stroke-width="{_n(thick)}"' if line else ""
    return f' fill="{fill or "none"}"{drawn}'


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
