"""The notice of the legal guarantee: what every seller of goods shows before the order and sends after.

Places and sizes are those of Annex I on its sheet of A4, in points from the upper left.
"""

from __future__ import annotations

from functools import cache

from mainstem.guarantee import lettering, marks
from mainstem.guarantee.canvas import Canvas, PngCanvas, Point, SvgCanvas
from mainstem.guarantee.lettering import REGULAR, STRONG, Run
from mainstem.guarantee.marks import BLUE, INK, WHITE
from mainstem.guarantee.words import Notice, notice_of

SIZE = (595.28, 841.89)
_LEFT, _RIGHT = 36.0, 364.7
_COLUMN, _NARROW = 290.0, 194.0
_SIZE, _LINE = 14.0, 16.8
_PNG_SCALE = 1.5
"""Some 890 pixels across: sharp in a column of 536."""


@cache
def notice_svg(locale: str, name: str = "legal-guarantee") -> str:
    """The notice for a page. `name` tells it from another on the same page."""
    canvas = SvgCanvas()
    said = notice_of(locale)
    _draw(canvas, said)
    title, *words = notice_words(locale)
    return canvas.svg(SIZE, name=name, title=title.capitalize(), description=" ".join(words))


@cache
def notice_png(locale: str) -> bytes:
    """The same for mail."""
    canvas = PngCanvas(SIZE, _PNG_SCALE)
    _draw(canvas, notice_of(locale))
    return canvas.png()


@cache
def notice_words(locale: str) -> list[str]:
    """All that the notice says, a paragraph each, its title first."""
    said = notice_of(locale)
    return [
        " ".join(said.title).replace("- ", ""),
        " ".join(said.promise),
        said.claims, *(f"• {one}" for one in said.examples),
        said.liable, *(f"• {one}" for one in said.remedies),
        said.periods,
        f"{said.scan} {said.shown_url}",
        " ".join(said.doing),
        *(f"{no}. {step}" for no, step in enumerate(said.steps, 1)),
        said.commercial,
    ]  # fmt: skip


def _draw(canvas: Canvas, said: Notice) -> None:
    canvas.box((0, 0), SIZE, fill=WHITE)
    _head(canvas, said)
    _rights(canvas, said)
    _elsewhere(canvas, said)
    _steps(canvas, said)
    _commercial(canvas, said)


def _head(canvas: Canvas, said: Notice) -> None:
    canvas.box((0, 0), (SIZE[0], 127.56), fill=BLUE)
    canvas.box((34.4, 0), (106.6, 132.0), fill=WHITE)
    canvas.shape([(34.4, 125), (141.0, 125), (141.0, 134), (92, 152), (84, 152), (34.4, 134)], fill=WHITE)  # fmt: skip
    marks.shield(canvas, (35.4, 0), 104.6, 148.0)
    room = SIZE[0] - 183.4 - 24
    size = min(43.0, *(43.0 * room / lettering.width(one, 43, STRONG) for one in said.title))
    for line, base in zip(said.title, (77.66, 119.66), strict=True):
        canvas.words((183.43, base), line, size, weight=STRONG, fill=WHITE)


def _rights(canvas: Canvas, said: Notice) -> None:
    """The left column: what is promised, when it may be claimed, and what must be offered."""
    canvas.box((36.5, 171.05), (283.3, 101.05), line=BLUE)
    promise = [(said.promise[0], STRONG), (said.promise[1], REGULAR)]
    set_in = lettering.lines(promise, 20, 274)
    _set(canvas, set_in, (39.83, 195.26 + (4 - len(set_in)) * 12), 20, 24, fill=BLUE)
    base = _paragraph(canvas, said.claims, (_LEFT, 303.1), _COLUMN)
    base = _bullets(canvas, said.examples, base + 8.5)
    base = _paragraph(canvas, said.liable, (_LEFT, base + 8.5), _COLUMN)
    _bullets(canvas, said.remedies, base + 8.5)


def _elsewhere(canvas: Canvas, said: Notice) -> None:
    """The right column: other countries, and the code that leads to their rules."""
    base = _paragraph(canvas, said.periods, (_RIGHT, 182.3), _NARROW)
    _paragraph(canvas, said.scan, (_RIGHT, max(base + 17, 301.9)), _NARROW)
    marks.code(canvas, (402.4, 384.0), 112.4, said.url)
    size = min(12.0, 12 * _NARROW / lettering.width(said.shown_url, 12, STRONG))
    canvas.words((_RIGHT + 2.5, 517.6), said.shown_url, size, weight=STRONG, fill=BLUE)


def _steps(canvas: Canvas, said: Notice) -> None:
    canvas.shape([(36, 568.44), (558.8, 568.44)], line=INK)
    canvas.words((36, 599.19), said.doing[0], 24, weight=STRONG)
    canvas.words((35.9, 621.44), said.doing[1], 18, weight=STRONG)
    for no, (step, base) in enumerate(zip(said.steps, (647.5, 676.6), strict=True), 1):
        canvas.disc((50.1, base - 5.4), 9.92, fill=INK)
        centred = 50.1 - lettering.width(str(no), _SIZE, STRONG) / 2
        canvas.words((centred, base - 0.4), str(no), _SIZE, weight=STRONG, fill=WHITE)
        canvas.words((63.7, base), step, _SIZE)
    canvas.shape([(36, 689.99), (558.8, 689.99)], line=INK)


def _commercial(canvas: Canvas, said: Notice) -> None:
    canvas.box((36, 738.43), (145.6, 42.2), fill="#f1f1f2")
    marks.garan(canvas, (42.6, 770.74), 110.2, between=121.6)
    _paragraph(canvas, said.commercial, (195.6, 716.55), 364)


def _bullets(canvas: Canvas, items: tuple[str, str], base: float) -> float:
    for item in items:
        marks.tick(canvas, (46.6, base - 4.3), 6.33)
        base = _paragraph(canvas, item, (61.2, base), _COLUMN - 25) + 5.0
    return base


def _paragraph(canvas: Canvas, text: str, at: Point, room: float) -> float:
    """A paragraph from this base line on; the base line that follows it."""
    return _set(canvas, lettering.lines([(text, REGULAR)], _SIZE, room), at, _SIZE, _LINE)


def _set(
    canvas: Canvas,
    set_in: list[list[Run]],
    at: Point,
    size: float,
    pitch: float,
    *,
    fill: str = INK,
) -> float:
    x, base = at
    for line in set_in:
        reached = x
        for text, weight in line:
            canvas.words((reached, base), text, size, weight=weight, fill=fill)
            reached += lettering.width(f"{text} ", size, weight)
        base += pitch
    return base
