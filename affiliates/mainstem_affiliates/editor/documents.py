"""What an affiliate may say of their storefront: the document that a draft and a version are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from mainstem.company import Colour
from mainstem.kit.documents import Currency, Document, Line, Lines, Locale, Name, Picture, Slug

NAME_MAX, HEADLINE_MAX, TAGLINE_MAX, OPENING_MAX = 60, 100, 120, 160
INTRO_MAX, ABOUT_MAX = 1_000, 3_000
FEATURED_MAX = 6
Arrangement = Literal["", "newest", "price", "name"]


def _once(slugs: list[str]) -> list[str]:
    return list(dict.fromkeys(slugs))


Slugs = Annotated[list[Slug], AfterValidator(_once)]


class StorefrontDraft(Document):
    """A storefront as its affiliate wants it. What the company answers for is no part of it: who sells,
    what the affiliate is paid, and which goods there are."""

    name: Annotated[Name, StringConstraints(max_length=NAME_MAX)] = Field(title="Name")
    slug: Slug = Field(title="Address")
    languages: list[Locale] = Field(min_length=1, title="Languages")
    currency: Currency = Field(title="Currency")
    theme: str = Field("", title="Palette")
    typeface: str = Field("", title="Headings")
    accent: Colour = Field("", title="Own colour")
    hero: Picture = Field("", title="Large picture")
    headline: dict[Locale, Annotated[Line, StringConstraints(max_length=HEADLINE_MAX)]] = Field(
        default_factory=dict, title="Headline"
    )
    tagline: dict[Locale, Annotated[Line, StringConstraints(max_length=TAGLINE_MAX)]] = Field(
        default_factory=dict, title="Tagline"
    )
    intro: dict[Locale, Annotated[Lines, StringConstraints(max_length=INTRO_MAX)]] = Field(
        default_factory=dict, title="Introduction"
    )
    about: dict[Locale, Annotated[Lines, StringConstraints(max_length=ABOUT_MAX)]] = Field(
        default_factory=dict, title="Who runs the shop"
    )
    opening: dict[Locale, Annotated[Line, StringConstraints(max_length=OPENING_MAX)]] = Field(
        default_factory=dict, title="Opening message"
    )
    departments: Slugs = Field(default_factory=list, title="Departments")
    featured: Annotated[Slugs, Field(max_length=FEATURED_MAX)] = Field(
        default_factory=list, title="Favourites"
    )
    arrangement: Arrangement = Field("", title="Order of the rest")


TEXTS = ("headline", "tagline", "intro", "about", "opening")
"""The fields that say something in each language."""
