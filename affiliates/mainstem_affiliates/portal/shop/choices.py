"""What the pages of the editor offer: palettes, typefaces, pictures, departments and goods."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from mainstem import catalog, pictures
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem_affiliates import editor, themes
from mainstem_affiliates.editor import StorefrontDraft

_ARRANGEMENTS = (
    ("", "As we have them"),
    ("newest", "Newest first"),
    ("price", "Lowest price first"),
    ("name", "By name"),
)
_DRAWINGS = {
    "hero-hills.svg": "Hills in the morning",
    "hero-table.svg": "A laid table",
    "hero-window.svg": "A window in spring",
    "hero-shelves.svg": "Shelves in a shop",
}


class Choice(msgspec.Struct, frozen=True):
    """One thing to choose: its value, what it is called, and a picture of it where there is one."""

    value: str
    label: str
    picture: str = ""


class Placed(msgspec.Struct, frozen=True):
    """A department, and its place in the shop; 0 where it is not shown."""

    slug: str
    name: str
    place: int


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What one page of the editor offers."""

    languages: list[Choice] = []
    currencies: list[Choice] = []
    palettes: list[Choice] = []
    typefaces: list[Choice] = []
    heroes: list[Choice] = []
    departments: list[Placed] = []
    goods: list[Choice] = []
    arrangements: list[Choice] = []
    favourites: int = editor.FEATURED_MAX


@dataclass(frozen=True, slots=True)
class _Named:
    slug: str
    name: str


def choices_of(work: Work, language: Language, step: str, draft: StorefrontDraft) -> Choices:
    """What the page of a step offers, in the reader's language."""
    if step == "name":
        return _of_name(work, language, draft)
    if step == "look":
        return Choices(
            palettes=[
                Choice(key, language.text(one.name), themes.swatch_url(key))
                for key, one in themes.PALETTES.items()
            ],
            typefaces=[
                Choice(key, language.text(one.name)) for key, one in themes.TYPEFACES.items()
            ],
        )
    if step == "picture":
        return Choices(heroes=_heroes(language, draft))
    if step == "goods":
        return _of_goods(work, language, draft)
    return Choices()


def _of_name(work: Work, language: Language, draft: StorefrontDraft) -> Choices:
    row = work.row("SELECT languages, currencies FROM company_profile")
    names = {"en": "English", "sv": "Swedish"}
    spoken = dict.fromkeys([*(row.languages if row else names), *draft.languages])
    currencies = dict.fromkeys([draft.currency, *(row.currencies if row else ())])
    return Choices(
        languages=[Choice(code, language.text(names[code])) for code in spoken],
        currencies=[Choice(code, code) for code in currencies],
    )


def _heroes(language: Language, draft: StorefrontDraft) -> list[Choice]:
    ours = [Choice(file, language.text(label), file) for file, label in _DRAWINGS.items()]
    if draft.hero and draft.hero not in _DRAWINGS:
        own = "Your own picture" if pictures.is_uploaded(draft.hero) else "The picture of now"
        return [Choice(draft.hero, language.text(own), draft.hero), *ours]
    return ours


def _of_goods(work: Work, language: Language, draft: StorefrontDraft) -> Choices:
    names = catalog.department_names(work, locale=language.locale)
    shown = {slug: no for no, slug in enumerate(draft.departments, 1)}
    offered = editor.departments(work)
    offered += [slug for slug in draft.departments if slug not in offered]
    goods = work.rows_as(
        _Named,
        """SELECT p.slug, coalesce(t.name, p.slug) AS name FROM product p
             LEFT JOIN product_text t ON t.product_id = p.id AND t.locale = %(locale)s
            WHERE p.active AND p.kind = 'goods' AND NOT p.hidden ORDER BY 2, 1""",
        locale=language.locale,
    )
    return Choices(
        departments=[
            Placed(
                slug,
                language.text("Services")
                if slug == editor.SERVICES
                else names[slug].name
                if slug in names
                else slug.replace("-", " ").capitalize(),
                shown.get(slug, 0) if shown else no,
            )
            for no, slug in enumerate(offered, 1)
        ],
        goods=[Choice(one.slug, one.name) for one in goods],
        arrangements=[Choice(key, language.text(label)) for key, label in _ARRANGEMENTS],
    )


def in_words(work: Work, language: Language, draft: StorefrontDraft) -> dict[str, str]:
    """What each field of a draft says, as the pages of the editor call it; a line for each language."""
    steps = [
        choices_of(work, language, step, draft) for step in ("name", "look", "picture", "goods")
    ]
    named, looks, pictured, goods = steps
    labels = {
        "languages": _labels(named.languages),
        "theme": _labels(looks.palettes),
        "typeface": _labels(looks.typefaces),
        "hero": _labels(pictured.heroes),
        "departments": {one.slug: one.name for one in goods.departments},
        "featured": _labels(goods.goods),
        "arrangement": _labels(goods.arrangements),
    }
    return {
        field: _said(value, labels.get(field, labels["languages"]))
        for field, value in draft.written().items()
    }


def _labels(choices: list[Choice]) -> dict[str, str]:
    return {one.value: one.label for one in choices}


def _said(value: object, labels: dict[str, str]) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{labels.get(locale, locale)}: {text}" for locale, text in value.items())
    if isinstance(value, list):
        return ", ".join(labels.get(str(one), str(one)) for one in value)
    return labels.get(str(value), str(value)) if value else ""
