"""Colours: written as CSS writes them, as light on a screen, and how far two of them stand apart.

The tokens are written in OKLCH, whose lightness is what an eye calls light: so a palette may choose any
hue, and a colour that is too pale is mended by making it darker alone.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

_OKLCH = re.compile(r"oklch\(\s*([\d.]+)\s+([\d.]+)\s+([\d.]+)\s*\)")
_HEX = re.compile(r"#[0-9a-f]{6}")


class Oklch(NamedTuple):
    """Lightness from 0 to 1, chroma from 0 to about .4, and hue in degrees."""

    lightness: float
    chroma: float
    hue: float

    @property
    def css(self) -> str:
        """As a style sheet writes it."""
        return f"oklch({self.lightness:.4f} {self.chroma:.4f} {self.hue:.2f})"


class Rgb(NamedTuple):
    """Red, green and blue as shares of light, from 0 to 1, before any gamma."""

    red: float
    green: float
    blue: float

    @property
    def luminance(self) -> float:
        """How bright it is (WCAG 2.2, relative luminance)."""
        return 0.2126 * self.red + 0.7152 * self.green + 0.0722 * self.blue

    @property
    def hex(self) -> str:
        """As #8a3324."""
        return "#" + "".join(f"{round(255 * _gamma(part)):02x}" for part in self)


def contrast(one: Rgb, other: Rgb) -> float:
    """How far two colours stand apart, from 1 to 21 (WCAG 2.2, contrast ratio)."""
    bright, dark = sorted((one.luminance, other.luminance), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def read(text: str) -> Rgb:
    """A colour as a style sheet writes it: `#8a3324` or `oklch(.44 .1 32)`."""
    if _HEX.fullmatch(text):
        return Rgb(*(_light(int(text[at : at + 2], 16) / 255) for at in (1, 3, 5)))
    found = _OKLCH.fullmatch(text)
    assert found, f"no colour is written {text}"
    return shown(Oklch(*map(float, found.groups())))


def shown(colour: Oklch) -> Rgb:
    """The colour as a screen shows it: one that it cannot show loses chroma until it can."""
    low, high = 0.0, colour.chroma
    if _fits(_linear(colour)):
        low = high
    while high - low > 0.0002:
        middle = (low + high) / 2
        fits = _fits(_linear(colour._replace(chroma=middle)))
        low, high = (middle, high) if fits else (low, middle)
    return Rgb(*(min(max(part, 0.0), 1.0) for part in _linear(colour._replace(chroma=low))))


def oklch(colour: Rgb) -> Oklch:
    """The same colour by lightness, chroma and hue."""
    red, green, blue = colour
    l_, m_, s_ = (
        math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue),
        math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue),
        math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue),
    )
    lightness = 0.2104542553 * l_ + 0.7936177850 * m_ - 0.0040720468 * s_
    a = 1.9779984951 * l_ - 2.4285922050 * m_ + 0.4505937099 * s_
    b = 0.0259040371 * l_ + 0.7827717662 * m_ - 0.8086757660 * s_
    return Oklch(lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


def _linear(colour: Oklch) -> tuple[float, float, float]:
    a = colour.chroma * math.cos(math.radians(colour.hue))
    b = colour.chroma * math.sin(math.radians(colour.hue))
    l_ = (colour.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    m_ = (colour.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s_ = (colour.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * l_ - 3.3077115913 * m_ + 0.2309699292 * s_,
        -1.2684380046 * l_ + 2.6097574011 * m_ - 0.3413193965 * s_,
        -0.0041960863 * l_ - 0.7034186147 * m_ + 1.7076147010 * s_,
    )


def _fits(light: tuple[float, float, float]) -> bool:
    return all(-0.0001 <= part <= 1.0001 for part in light)


def _light(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _gamma(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else float(1.055 * part ** (1 / 2.4) - 0.055)
