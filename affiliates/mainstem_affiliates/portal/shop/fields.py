"""The forms of the editor, and what each of them says of a storefront."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.locale import LOCALES
from mainstem.web import Form
from mainstem.web.forms import FormFields, whole, whole_number
from mainstem_affiliates.editor import TEXTS

STEPS = ("name", "look", "picture", "words", "goods", "publish")
HIDDEN = 0
"""The place of a department that is not shown."""


class SeenFields(FormFields):
    """How often the draft had been saved when the form was opened, and where its sender goes next."""

    seen: Annotated[int | None, whole(digits=9)] = None
    go: str = ""


class NameFields(FormFields):
    """What the storefront is called. The address and the currency are asked for before it opens."""

    name: str = ""
    slug: str = ""
    languages: list[str] = Field(default_factory=list)
    currency: str = ""


class LookFields(FormFields):
    """Palette, typeface, and perhaps a colour of their own."""

    theme: str = ""
    typeface: str = ""
    accent: str = ""


class PictureFields(SeenFields):
    """A large picture of ours, by its name; a file comes beside it."""

    draft: str = ""
    hero: str = ""


class WordsFields(FormFields):
    """What the storefront says, in each language."""

    headline_en: str = Field("", alias="headline-en")
    headline_sv: str = Field("", alias="headline-sv")
    tagline_en: str = Field("", alias="tagline-en")
    tagline_sv: str = Field("", alias="tagline-sv")
    intro_en: str = Field("", alias="intro-en")
    intro_sv: str = Field("", alias="intro-sv")
    about_en: str = Field("", alias="about-en")
    about_sv: str = Field("", alias="about-sv")
    opening_en: str = Field("", alias="opening-en")
    opening_sv: str = Field("", alias="opening-sv")


class GoodsFields(FormFields):
    """Departments with their places, one beside the other; favourites; and the order of the rest."""

    department: list[str] = Field(default_factory=list)
    place: list[str] = Field(default_factory=list)
    featured: list[str] = Field(default_factory=list)
    arrangement: str = ""


def said_in(step: str, form: Form) -> dict[str, Any]:
    """What the form of a step says, by the fields of the document."""
    if step == "name":
        named = form.into(NameFields)
        said: dict[str, Any] = {"name": named.name, "languages": named.languages}
        return said | {
            key: value
            for key, value in (("slug", named.slug.lower()), ("currency", named.currency))
            if value
        }
    if step == "look":
        look = form.into(LookFields)
        return {"theme": look.theme, "typeface": look.typeface, "accent": _colour(look.accent)}
    if step == "words":
        words = form.into(WordsFields)
        return {
            field: {code: text for code in LOCALES if (text := getattr(words, f"{field}_{code}"))}
            for field in TEXTS
        }
    goods = form.into(GoodsFields)
    return {
        "departments": _in_order(goods),
        "featured": list(dict.fromkeys(goods.featured)),
        "arrangement": goods.arrangement,
    }


def _colour(text: str) -> str:
    """A colour as it is kept, also where somebody has left the # out."""
    return f"#{text}" if re.fullmatch("[0-9a-fA-F]{6}", text) else text


def _in_order(goods: GoodsFields) -> list[str]:
    """The departments that are shown, by their places; none where all are, as the company has them."""
    placed = [
        (whole_number(place, digits=3) or HIDDEN, no, slug)
        for no, (slug, place) in enumerate(zip(goods.department, goods.place, strict=False))
    ]
    shown = [slug for place, _, slug in sorted(placed) if place != HIDDEN]
    if goods.department and not shown:
        raise InvalidInput(Problem("/departments", "missing", "Show one department at least."))
    return [] if shown == goods.department else shown
