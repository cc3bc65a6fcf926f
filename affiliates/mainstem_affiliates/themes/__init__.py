"""Themes: named palettes and typefaces that can be read, and what a page loads of one."""

from mainstem_affiliates.themes.colour import contrast
from mainstem_affiliates.themes.theme import (
    CONTRAST_MIN,
    PALETTES,
    TYPEFACES,
    USUAL,
    VERSION,
    Palette,
    Theme,
    Typeface,
    is_readable,
    named,
    nearest_accent,
    sheet,
    sheet_url,
    swatch,
    swatch_url,
    theme_of,
)
from mainstem_affiliates.themes.tokens import PAIRS, colours, declared_in, weakest

__all__ = [
    "CONTRAST_MIN",
    "PAIRS",
    "PALETTES",
    "TYPEFACES",
    "USUAL",
    "VERSION",
    "Palette",
    "Theme",
    "Typeface",
    "colours",
    "contrast",
    "declared_in",
    "is_readable",
    "named",
    "nearest_accent",
    "sheet",
    "sheet_url",
    "swatch",
    "swatch_url",
    "theme_of",
    "weakest",
]
