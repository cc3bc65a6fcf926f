"""Themes: whatever a shop chooses can be read, in the light and in the dark, by everybody."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.paths import STATIC
from mainstem.setup import RESOURCES
from mainstem_affiliates import themes
from mainstem_affiliates.themes import CONTRAST_MIN, PALETTES, TYPEFACES, Theme, colour, tokens

HEX = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


def test_contrast_is_what_the_guidelines_say_it_is() -> None:
    black, white = colour.read("#000000"), colour.read("#ffffff")
    assert colour.contrast(black, white) == pytest.approx(21)
    assert colour.contrast(white, colour.read("#767676")) == pytest.approx(4.54, abs=0.01)
    assert colour.contrast(white, colour.read("#777777")) == pytest.approx(4.48, abs=0.01)


@given(HEX)
def test_a_colour_comes_back_from_oklch_as_it_was(text: str) -> None:
    assert colour.shown(colour.oklch(colour.read(text))).hex == text


@pytest.mark.parametrize("palette", PALETTES)
def test_every_text_of_a_palette_can_be_read_in_the_light_and_in_the_dark(palette: str) -> None:
    found = themes.colours(Theme(palette, PALETTES[palette].typeface).declarations())
    weak = {
        f"{text} on {ground} in the {mode}": round(ratio, 2)
        for text, ground in themes.PAIRS
        for at, mode in ((0, "light"), (1, "dark"))
        if (ratio := colour.contrast(found[text][at], found[ground][at])) < CONTRAST_MIN
    }
    assert weak == {}


def test_the_pairs_name_tokens_that_there_are() -> None:
    found = themes.colours({})
    assert {name for pair in themes.PAIRS for name in pair} <= found.keys()
    assert len(found) > 20


def test_a_palette_that_cannot_be_read_is_found_out() -> None:
    """The measure itself can fail: a pale accent does."""
    pale = Theme("linseed", "book").declarations() | {
        "accent": "light-dark(oklch(.8 .1 90), oklch(.76 .1 90))"
    }
    assert tokens.weakest(pale) < CONTRAST_MIN


@pytest.mark.parametrize("accent", ["#8a3324", "#1d4ed8", "#000000", "#3f5342"])
def test_an_accent_that_can_be_read_is_taken_as_it_is(accent: str) -> None:
    assert themes.nearest_accent("linseed", accent) == accent


@pytest.mark.parametrize("accent", ["#ffcc00", "#ffffff", "#00ff88", "#ff9966", "#808080"])
def test_of_one_that_cannot_be_read_the_nearest_darker_one_is_proposed(accent: str) -> None:
    nearest = themes.nearest_accent("slate", accent)
    was, now = colour.oklch(colour.read(accent)), colour.oklch(colour.read(nearest))
    assert not themes.is_readable("slate", accent)
    assert themes.is_readable("slate", nearest)
    assert now.lightness < was.lightness
    lighter = colour.shown(was._replace(lightness=now.lightness + 0.03)).hex
    assert not themes.is_readable("slate", lighter), "a nearer one would have done"


@given(st.sampled_from(sorted(PALETTES)), HEX)
def test_what_is_proposed_can_be_read_whatever_was_asked_for(palette: str, accent: str) -> None:
    nearest = themes.nearest_accent(palette, accent)
    assert themes.is_readable(palette, nearest)
    assert themes.nearest_accent(palette, nearest) == nearest


@given(st.sampled_from(sorted(PALETTES)), st.sampled_from(sorted(TYPEFACES)), HEX)
def test_the_name_of_a_style_sheet_says_all_of_its_theme(
    palette: str, typeface: str, accent: str
) -> None:
    theme = Theme(palette, typeface, themes.nearest_accent(palette, accent))
    assert themes.named(theme.file) == theme
    assert themes.named(Theme(palette, typeface).file) == Theme(palette, typeface)


@given(st.text(max_size=60))
def test_no_other_text_names_a_style_sheet(text: str) -> None:
    found = themes.named(text)
    assert found is None or found.file == text


@pytest.mark.parametrize(
    "file",
    [
        "linseed.book.ffcc00.css",  # nobody could read it
        "linseed.book.css;}", "linseed.book.</style>.css", "../tokens.css", "linseed.css",
        "linseed.book.8A3324.css", "linseed.book.8a3324.css.css", "nobody.book.css",
    ],
)  # fmt: skip
def test_what_would_break_out_of_a_style_sheet_names_none(file: str) -> None:
    assert themes.named(file) is None


def test_a_style_sheet_only_sets_tokens_that_there_are() -> None:
    css = themes.sheet(Theme("linseed", "book", "#8a3324")).decode()
    told = re.findall(r"^    --([a-z-]+): ([^;{}<>]+);$", css, re.MULTILINE)
    assert len(told) == css.count("\n") - 4
    declared = (STATIC / "css" / "tokens.css").read_text()
    assert {name for name, _ in told if f"--{name}:" not in declared} == set()


def test_staff_may_choose_every_typeface_and_no_other() -> None:
    field = RESOURCES["storefronts"].model.model_fields["typeface"]
    assert set(get_args(field.annotation)) == {"", *TYPEFACES}
