"""Storefront modules that ship with the platform, and how a storefront is opened."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mainstem import catalog
from mainstem.kit.errors import NotFound
from mainstem.kit.lookalike import skeletons
from mainstem.kit.text import refuse_unseen
from mainstem.kit.work import Work
from mainstem_affiliates.contract import Storefront


def open_storefront(
    work: Work, home_id: int, storefront: Storefront, *, active: bool = True
) -> int:
    """Write a storefront's data for an affiliate, anew or over what was there; its id."""
    refuse_unseen("/name", storefront.name)
    refuse_unseen("/slug", storefront.slug)
    for pointer, text in _texts_in(storefront.texts, "/texts"):
        refuse_unseen(pointer, text, lines=True)
    product_ids = None
    if storefront.assortment is not None:
        product_ids = _ids(work, storefront.assortment)
    id = work.value(
        """INSERT INTO storefront AS s (home_id, slug, name, theme, typeface, accent, locales, currency,
                                        texts, product_ids, departments, featured, arrangement,
                                        active, skeletons)
           VALUES (%(home)s, %(slug)s, %(name)s, %(theme)s, %(typeface)s, %(accent)s, %(locales)s,
                   %(currency)s, %(texts)s::jsonb, %(products)s, %(departments)s, %(featured)s,
                   %(arrangement)s, %(active)s, %(skeletons)s)
           ON CONFLICT (slug) DO UPDATE
              SET name = excluded.name, theme = excluded.theme, typeface = excluded.typeface,
                  accent = excluded.accent, locales = excluded.locales,
                  currency = excluded.currency, texts = excluded.texts,
                  product_ids = excluded.product_ids, departments = excluded.departments,
                  featured = excluded.featured, arrangement = excluded.arrangement,
                  active = excluded.active, skeletons = excluded.skeletons
            WHERE s.home_id = excluded.home_id
           RETURNING id""",
        home=home_id,
        slug=storefront.slug,
        name=storefront.name,
        theme=storefront.theme,
        typeface=storefront.typeface,
        accent=storefront.accent,
        locales=list(storefront.languages),
        currency=storefront.currency,
        texts=json.dumps(storefront.texts),
        products=product_ids,
        departments=None if storefront.departments is None else list(storefront.departments),
        featured=_ids(work, storefront.featured),
        arrangement=storefront.arrangement,
        active=active,
        skeletons=skeletons(storefront.name, storefront.slug),
    )
    if id is None:
        raise NotFound("storefront")  # the slug is another affiliate's
    catalog.changed(work)
    return int(id)


def _ids(work: Work, slugs: Sequence[str]) -> list[int]:
    """The products of these slugs, in this order. Raises NotFound."""
    known = {
        row.slug: row.id
        for row in work.rows(
            "SELECT slug, id FROM product WHERE slug = ANY(%(slugs)s::text[])", slugs=list(slugs)
        )
    }
    for slug in slugs:
        if slug not in known:
            raise NotFound(f"product {slug}")
    return [known[slug] for slug in slugs]


def _texts_in(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """Every text in what a storefront says, with a JSON pointer to it."""
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _texts_in(part, f"{pointer}/{name}")
    elif isinstance(value, Sequence):
        for no, part in enumerate(value):
            yield from _texts_in(part, f"{pointer}/{no}")
