"""The design tokens as colours: what a theme makes of them, in the light and in the dark.

They are read from the style sheet that pages load, so that what is computed here is what is seen there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from mainstem.paths import STATIC
from mainstem_affiliates.themes import colour
from mainstem_affiliates.themes.colour import Rgb

_DECLARED = re.compile(r"^\s*--([a-z-]+):\s*([^;]+);", re.MULTILINE)
_VARIABLE = re.compile(r"var\(--([a-z-]+)\)")
_PRODUCT = re.compile(r"calc\(([\d.]+) \* ([\d.]+)\)")
_COLOUR = re.compile(r"#[0-9a-f]{6}|oklch\([^()]+\)")

_GROUNDS = ("paper", "raised", "sunken", "accent-wash")
_WASHED = ("good", "wait", "bad", "live", "still")
PAIRS = (
    *(
        (text, ground)
        for text in ("ink", "ink-soft", "accent", "accent-deep")
        for ground in _GROUNDS
    ),
    *(("on-accent", ground) for ground in ("accent", "accent-deep")),
    *(
        (text, ground)
        for text in _WASHED
        for ground in ("paper", "raised", "sunken", f"{text}-wash")
    ),
    *(("bad-deep", ground) for ground in ("paper", "raised")),
)
"""Which text stands on which ground, on the pages of a storefront."""


class Shades(NamedTuple):
    """A token in the light and in the dark."""

    light: Rgb
    dark: Rgb


@cache
def declared() -> Mapping[str, str]:
    """What the tokens are where no theme says otherwise."""
    return dict(_DECLARED.findall((STATIC / "css" / "tokens.css").read_text()))


def declared_in(css: str) -> dict[str, str]:
    """The tokens that a style sheet sets."""
    return dict(_DECLARED.findall(css))


def colours(theme: Mapping[str, str]) -> dict[str, Shades]:
    """Every token that is a colour, where a theme declares these."""
    said = {**declared(), **theme}
    return {name: shades for name, text in said.items() if (shades := _shades(text, said))}


def weakest(theme: Mapping[str, str]) -> float:
    """The least contrast that any text has on its ground."""
    found = colours(theme)
    return min(
        colour.contrast(found[text][at], found[ground][at])
        for text, ground in PAIRS
        for at in (0, 1)
    )


def _shades(text: str, said: Mapping[str, str]) -> Shades | None:
    if not text.startswith("light-dark("):
        return None
    plain = _VARIABLE.sub(lambda found: said[found[1]], text)
    plain = _PRODUCT.sub(lambda found: f"{float(found[1]) * float(found[2]):.6f}", plain)
    shades = _COLOUR.findall(plain)
    return Shades(*map(colour.read, shades)) if len(shades) == 2 else None
