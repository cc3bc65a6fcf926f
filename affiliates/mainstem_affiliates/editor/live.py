"""What clients see of a storefront, as a draft says it; and how a draft becomes what they see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem_affiliates.contract import Storefront
from mainstem_affiliates.editor.documents import TEXTS, StorefrontDraft
from mainstem_affiliates.stores import open_storefront

_ROW = """
SELECT s.id, s.slug, s.name, s.theme, s.typeface, s.accent, s.locales, s.currency, s.texts, s.active,
       s.departments, s.arrangement,
       CASE WHEN s.product_ids IS NOT NULL
            THEN ARRAY(SELECT p.slug FROM unnest(s.product_ids) WITH ORDINALITY AS one (id, no)
                         JOIN product p ON p.id = one.id ORDER BY one.no) END AS assortment,
       ARRAY(SELECT p.slug FROM unnest(s.featured) WITH ORDINALITY AS one (id, no)
               JOIN product p ON p.id = one.id ORDER BY one.no) AS featured
  FROM storefront s WHERE s.home_id = %(home)s AND s.id = %(id)s"""


def read(work: Work, home_id: int, storefront_id: int) -> StorefrontDraft:
    """What clients see. Raises NotFound."""
    return _said(_row(work, home_id, storefront_id))


def _row(work: Work, home_id: int, storefront_id: int) -> Any:
    row = work.row(_ROW, home=home_id, id=storefront_id)
    if row is None:
        raise NotFound("storefront")
    return row


def _said(row: Any) -> StorefrontDraft:
    texts: dict[str, Any] = {field: _by_language(row.texts, field) for field in TEXTS}
    heroes = [*_by_language(row.texts, "hero").values(), ""]
    # As staff, files and modules have written it: longer perhaps than an affiliate may.
    return StorefrontDraft.model_construct(
        name=row.name,
        slug=row.slug,
        languages=list(row.locales),
        currency=row.currency,
        theme=row.theme,
        typeface=row.typeface,
        accent=row.accent,
        hero=heroes[0],
        departments=list(row.departments or ()),
        featured=list(row.featured),
        arrangement=row.arrangement,
        **texts,
    )


def _by_language(texts: Mapping[str, Any], field: str) -> dict[str, str]:
    return {
        locale: said[field]
        for locale, said in texts.items()
        if locale in ("en", "sv") and isinstance(said.get(field), str) and said[field]
    }


def write(work: Work, home_id: int, storefront_id: int, said: StorefrontDraft) -> None:
    """Have clients see what is said. What the company says of the shop stays as it is."""
    row = _row(work, home_id, storefront_id)
    open_storefront(
        work,
        home_id,
        Storefront(
            slug=row.slug,
            currency=row.currency,
            assortment=row.assortment,
            texts=texts_with(row.texts, said),
            **_looks(said),
        ),
        active=row.active,
    )


def write_new(
    work: Work, home_id: int, said: StorefrontDraft, disclosure: Mapping[str, str]
) -> int:
    """Open a storefront that says this, and in each language that the affiliate is paid; its id."""
    texts = texts_with({locale: {"disclosure": text} for locale, text in disclosure.items()}, said)
    return open_storefront(
        work,
        home_id,
        Storefront(slug=said.slug, currency=said.currency, texts=texts, **_looks(said)),
    )


def _looks(said: StorefrontDraft) -> dict[str, Any]:
    return {
        "name": said.name,
        "theme": said.theme,
        "typeface": said.typeface,
        "accent": said.accent,
        "languages": said.languages,
        "departments": said.departments or None,
        "featured": said.featured,
        "arrangement": said.arrangement,
    }


def texts_with(before: Mapping[str, Any], said: StorefrontDraft) -> dict[str, dict[str, object]]:
    """The texts of before, with those that a draft says in their place."""
    ours = (*TEXTS, "hero")
    kept = {
        locale: {key: text for key, text in texts.items() if key not in ours}
        for locale, texts in before.items()
        if isinstance(texts, Mapping)
    }
    for locale in dict.fromkeys([*said.languages, *(key for key in kept if key in ("en", "sv"))]):
        own = {field: getattr(said, field).get(locale, "") for field in TEXTS} | {"hero": said.hero}
        kept.setdefault(locale, {}).update({key: text for key, text in own.items() if text})
    return kept


def name_of(work: Work, actor: str) -> str:
    """Who did something, by name: a person, or whoever they acted for."""
    kind, _, id = actor.partition(":")
    table = {"person": "person", "staff": "person", "affiliate": "affiliate"}.get(kind)
    found = (
        work.value(f"SELECT name FROM {table} WHERE id = %(id)s", id=int(id))
        if table and id.isdigit()
        else None
    )
    return str(found or "Somebody")
