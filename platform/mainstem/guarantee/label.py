"""The label of a producer's guarantee of durability: more than two years, free, for the whole good.

Places and sizes are those of Annex II. Three fields are the good's own: how many years, whose
guarantee it is, and of which model. Whoever guarantees less gets no label.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from mainstem.guarantee import lettering, marks
from mainstem.guarantee.canvas import Canvas, PngCanvas, SvgCanvas
from mainstem.guarantee.lettering import HEAVY, REGULAR, STRONG
from mainstem.guarantee.marks import INK, WHITE
from mainstem.guarantee.words import LABEL_URL, YEARS_OF_GUARANTEE

SIZE = (269.29, 283.46)
MONTHS_MIN = 24
"""As long as the law promises anyhow; the label is for more."""
_LEFT, _END = 6.32, 262.97
_SMALL = 6.6
_PNG_SCALE = 2.2


@dataclass(frozen=True, slots=True)
class Durability:
    """A guarantee that the label may say."""

    half_years: int
    producer: str
    model: str

    def years(self, locale: str) -> str:
        """In years, and halves of them where it must be."""
        whole, half = divmod(self.half_years, 2)
        return f"{whole}{',' if locale[:2] == 'sv' else '.'}5" if half else str(whole)


def durability(months: int, *, producer: str, model: str) -> Durability | None:
    """The guarantee as it is labelled; None where it gets no label.

    Annex II takes whole years, and halves: what is left over is not promised.
    """
    half_years = months // 6
    if half_years * 6 <= MONTHS_MIN or not producer or not model:
        return None
    return Durability(half_years, producer, model)


@lru_cache(maxsize=500)
def label_svg(given: Durability, locale: str, name: str = "durability") -> str:
    """The label for a page."""
    canvas = SvgCanvas()
    _draw(canvas, given, locale)
    title, *words = label_words(given, locale)
    return canvas.svg(SIZE, name=name, title=title, description=" ".join(words))


@lru_cache(maxsize=100)
def label_png(given: Durability, locale: str) -> bytes:
    """The same for mail."""
    canvas = PngCanvas(SIZE, _PNG_SCALE)
    _draw(canvas, given, locale)
    return canvas.png()


def label_words(given: Durability, locale: str) -> list[str]:
    """What the label says to one reader, a line each, its title first."""
    said = YEARS_OF_GUARANTEE[locale[:2].upper()]
    return [
        f"GARAN: {given.producer}, {given.model}",
        f"{said}: {given.years(locale)}.",
        LABEL_URL.removeprefix("https://"),
    ]


def _draw(canvas: Canvas, given: Durability, locale: str) -> None:
    canvas.box((0, 0), SIZE, fill=WHITE)
    canvas.box((3.09, 2.63), (263.11, 165.38), line=INK, thick=0.5)
    canvas.box((3.09, 171.68), (263.11, 108.38), line=INK, thick=0.5)
    marks.garan(canvas, (_LEFT, 48.17), 168.2, between=183.13)
    marks.shield(canvas, (229.14, 0), 33.8, 48.2)
    canvas.shape([(_LEFT, 61.34), (_END, 61.34)], line=INK)
    _whose(canvas, given)
    _how_long(canvas, given.years(locale))
    marks.code(canvas, (199.0, 86.5), 59.2, LABEL_URL)
    _in_every_language(canvas)


def _whose(canvas: Canvas, given: Durability) -> None:
    """Producer to the left and model to the right, smaller where both do not find room."""
    room = (_END - _LEFT - 9) / 9
    long = sum(lettering.width(text, 1) for text in (given.producer, given.model))
    size = 9 * min(1.0, room / long)
    canvas.words((_LEFT, 74.52), given.producer, size)
    canvas.words((_END - lettering.width(given.model, size), 74.52), given.model, size)


def _how_long(canvas: Canvas, years: str) -> None:
    size = 80 * min(1.0, 110 / lettering.width(years, 80, HEAVY))
    canvas.words((115.5 - lettering.width(years, size, HEAVY), 150.57), years, size, weight=HEAVY)
    _calendar(canvas)


def _calendar(canvas: Canvas) -> None:
    canvas.box((121.47, 127.8), (26.36, 22.68), line=INK, thick=0.5, round=1.66)
    for left in (128.31, 137.85):
        canvas.box((left, 124.74), (3.13, 6.19), fill=WHITE, line=INK, thick=0.5, round=0.54)
    canvas.shape([(121.47, 133.96), (147.83, 133.96)], line=INK, thick=0.5)
    wide = lettering.width("365", 12.5, HEAVY)
    canvas.words((134.65 - wide / 2, 146.5), "365", 12.5, weight=HEAVY)


def _in_every_language(canvas: Canvas) -> None:
    for no, line in enumerate(_legend()):
        reached = 6.82
        for text, weight in line:
            canvas.words((reached, 182.52 + no * 9.3), text, _SMALL, weight=weight)
            reached += lettering.width(f"{text} ", _SMALL, weight)


@cache
def _legend() -> list[list[lettering.Run]]:
    """The line below the number in every language, broken between words."""
    runs: list[lettering.Run] = []
    for no, (code, said) in enumerate(YEARS_OF_GUARANTEE.items()):
        if no:
            runs.append(("|", REGULAR))
        runs += [(code, STRONG), (said, REGULAR)]
    return lettering.lines(runs, _SMALL, _END - 6.82)
