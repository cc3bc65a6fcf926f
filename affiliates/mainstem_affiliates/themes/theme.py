"""A theme: a palette, a typeface and perhaps an accent colour of a shop's own, as one style sheet.

Its address says all of it, so a browser may keep it for ever, and no page needs a style of its own.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mainstem_affiliates.themes import colour, tokens
from mainstem_affiliates.themes.colour import Oklch

CONTRAST_MIN = 4.5
"""What text must stand out by to be read (WCAG 2.2, 1.4.3)."""

_CHROMA_MAX = 0.13  # Beyond it reds and blues clip on older screens.
_DARKEST = 0.2
_NAME = re.compile(r"([a-z]{1,20})\.([a-z]{1,20})(?:\.([0-9a-f]{6}))?\.css")


@dataclass(frozen=True, slots=True)
class Palette:
    """Hues that go together."""

    name: str
    accent_hue: float
    accent_chroma: float
    paper_hue: float
    paper_chroma: float
    radius: float
    typeface: str


@dataclass(frozen=True, slots=True)
class Typeface:
    """How headings are set."""

    name: str
    heading: str
    weight: int


def _data() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("palettes.toml").read_text("utf-8"))


PALETTES = {key: Palette(**said) for key, said in _data()["palette"].items()}
TYPEFACES = {key: Typeface(**said) for key, said in _data()["typeface"].items()}
USUAL = "linseed"


@dataclass(frozen=True, slots=True)
class Theme:
    """What a storefront looks like. `accent` is a colour of its own, `#8a3324`, or empty."""

    palette: str
    typeface: str
    accent: str = ""

    @property
    def file(self) -> str:
        """The name of its style sheet, which says all of it."""
        own = f".{self.accent[1:]}" if self.accent else ""
        return f"{self.palette}.{self.typeface}{own}.css"

    def declarations(self) -> dict[str, str]:
        """The tokens that it sets."""
        palette, typeface = PALETTES[self.palette], TYPEFACES[self.typeface]
        own = _own(self.accent) if self.accent else {}
        return {
            "accent-hue": f"{palette.accent_hue}",
            "accent-chroma": f"{palette.accent_chroma}",
            "paper-hue": f"{palette.paper_hue}",
            "paper-chroma": f"{palette.paper_chroma}",
            "heading": f"var(--{typeface.heading})",
            "heading-weight": f"{typeface.weight}",
            "radius": f"{palette.radius}rem",
            **own,
        }


def theme_of(palette: str, typeface: str = "", accent: str = "") -> Theme | None:
    """The theme of these names; None where the palette is a module's own and none of ours."""
    if palette not in PALETTES:
        return None
    return Theme(palette, typeface if typeface in TYPEFACES else PALETTES[palette].typeface, accent)


def named(file: str) -> Theme | None:
    """The theme whose style sheet is called so; None for none that can be read."""
    found = _NAME.fullmatch(file)
    if found is None or found[1] not in PALETTES or found[2] not in TYPEFACES:
        return None
    accent = f"#{found[3]}" if found[3] else ""
    return Theme(found[1], found[2], accent) if is_readable(found[1], accent) else None


@lru_cache(maxsize=500)
def is_readable(palette: str, accent: str) -> bool:
    """Whether text in this accent, and on it, can be read on everything that the palette colours."""
    theme = Theme(palette, PALETTES[palette].typeface, accent)
    return tokens.weakest(theme.declarations()) >= CONTRAST_MIN


@lru_cache(maxsize=500)
def nearest_accent(palette: str, accent: str) -> str:
    """The accent itself where it can be read, or else the nearest darker one of its hue that can."""
    if is_readable(palette, accent):
        return accent
    wanted = colour.oklch(colour.read(accent))
    pale, dark = wanted.lightness, _DARKEST
    while pale - dark > 0.002:
        middle = (pale + dark) / 2
        good = is_readable(palette, colour.shown(wanted._replace(lightness=middle)).hex)
        pale, dark = (pale, middle) if good else (middle, dark)
    return colour.shown(wanted._replace(lightness=dark)).hex


@lru_cache(maxsize=200)
def sheet(theme: Theme) -> bytes:
    """The style sheet of a theme."""
    lines = "".join(f"    --{name}: {value};\n" for name, value in theme.declarations().items())
    return f"@layer themes {{\n  :root {{\n{lines}  }}\n}}\n".encode()


@lru_cache(maxsize=50)
def swatch(palette: str) -> bytes:
    """What a palette looks like in small: its paper, its accent and its ink, in the light."""
    found = tokens.colours(Theme(palette, PALETTES[palette].typeface).declarations())
    paper, sunken, accent, ink = (
        found[name].light.hex for name in ("paper", "sunken", "accent", "ink")
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 64">'
        f'<rect width="96" height="64" fill="{paper}"/><rect y="46" width="96" height="18" fill="{sunken}"/>'
        f'<rect x="8" y="10" width="44" height="7" rx="2" fill="{ink}"/>'
        f'<rect x="8" y="23" width="30" height="13" rx="3" fill="{accent}"/>'
        f'<circle cx="74" cy="24" r="14" fill="{accent}"/></svg>'
    ).encode()


def swatch_url(palette: str) -> str:
    """Where the swatch of a palette is."""
    return f"/theme/{VERSION}/{palette}.svg"


def _own(accent: str) -> dict[str, str]:
    """The tokens of an accent of a shop's own: as it is in the light, its hue made light in the dark."""
    own = colour.oklch(colour.read(accent))
    chroma = min(own.chroma, _CHROMA_MAX)
    deep = Oklch(max(own.lightness - 0.08, 0.1), chroma, own.hue)
    in_dark, deep_in_dark = Oklch(0.76, chroma, own.hue), Oklch(0.84, chroma, own.hue)
    return {
        "accent-hue": f"{own.hue:.2f}",
        "accent-chroma": f"{chroma:.4f}",
        "accent": f"light-dark({accent}, {in_dark.css})",
        "accent-deep": f"light-dark({deep.css}, {deep_in_dark.css})",
    }


VERSION = hashlib.sha256(
    b"".join(
        path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.*")) if path.is_file()
    )
).hexdigest()[:12]
"""Stands in the address of every style sheet: another release may draw the same theme otherwise."""


def sheet_url(theme: Theme) -> str:
    """Where the style sheet of a theme is."""
    return f"/theme/{VERSION}/{theme.file}"
