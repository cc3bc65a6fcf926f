"""The assortment as storefronts show it: every product with its variants, prices and free pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from mainstem.catalog.offers import PRICE_IN_FORCE
from mainstem.catalog.reductions import reductions
from mainstem.kit.work import Work


class AssortmentRow(NamedTuple):
    """One variant of a product, as a page of a storefront needs it."""

    product_id: int
    slug: str
    kind: str
    category: str
    picture: str
    hidden: bool
    sold_from: datetime | None
    sold_until: datetime | None
    created_at: datetime
    name: str | None
    summary: str | None
    description: str | None
    variant_id: int
    sku: str
    variant_name: str
    amount_minor: int | None
    free: int | None
    tax_bp: int
    tax_class: str | None


class Offered(NamedTuple):
    """What a variant costs now, how many are free, and the prior price where it is reduced."""

    price_minor: int | None
    free: int
    prior_minor: int | None = None


_PRICE_AND_STOCK = f"""{PRICE_IN_FORCE}
LEFT JOIN LATERAL (SELECT sum(l.on_hand - l.reserved)::int AS quantity
                     FROM stock_level l JOIN location o ON o.id = l.location_id AND o.active
                    WHERE l.variant_id = v.id) free ON true"""


def assortment(work: Work, *, locale: str, currency: str) -> list[AssortmentRow]:
    """Everything that is or will be sold, in the company's order: one row a variant."""
    rows = work.rows(
        f"""SELECT p.id AS product_id, p.slug, p.kind, p.category, p.picture,
                   p.hidden, p.sold_from, p.sold_until, p.created_at,
                   coalesce(t.name, e.name) AS name, coalesce(t.summary, e.summary) AS summary,
                   coalesce(t.description, e.description) AS description,
                   v.id AS variant_id, v.sku,
                   CASE WHEN %(locale)s = 'sv' THEN coalesce(nullif(v.name_sv, ''), v.name_en)
                        ELSE coalesce(nullif(v.name_en, ''), v.name_sv) END AS variant_name,
                   price.amount_minor, free.quantity AS free, p.tax_bp, p.tax_class
              FROM product p
              JOIN variant v ON v.product_id = p.id AND v.active
              LEFT JOIN product_text t ON t.product_id = p.id AND t.locale = %(locale)s
              LEFT JOIN product_text e ON e.product_id = p.id AND e.locale = 'en'
              {_PRICE_AND_STOCK}
             WHERE p.active AND (p.sold_until IS NULL OR p.sold_until > %(at)s)
             ORDER BY p.kind, p.position, p.id, v.position, v.id""",
        locale=locale,
        currency=currency,
        at=work.now(),
    )
    return [AssortmentRow(*row) for row in rows]


def offered(work: Work, variants: Sequence[int], *, currency: str) -> dict[int, Offered]:
    """What each variant costs now, how many are free, and what it cost before a reduction."""
    at = work.now()
    rows = work.rows(
        f"""SELECT v.id, price.amount_minor, coalesce(free.quantity, 0) AS free
              FROM unnest(%(variants)s::bigint[]) AS v (id)
              {_PRICE_AND_STOCK}""",
        variants=list(variants),
        currency=currency,
        at=at,
    )
    prior = reductions(work, variants, currency=currency, at=at)
    return {
        row.id: Offered(
            row.amount_minor, row.free, prior[row.id].prior_minor if row.id in prior else None
        )
        for row in rows
    }


class ShownPicture(NamedTuple):
    """A picture as a product's page shows it."""

    file: str
    focus_x: int
    focus_y: int
    width: int
    height: int
    alt: str


class ShownDocument(NamedTuple):
    """A document to read with a product, and what it is called in each language."""

    url: str
    names: Mapping[str, str]


class Details(NamedTuple):
    """What only a product's own page shows of it."""

    pictures: tuple[ShownPicture, ...]
    safety: str
    maker: Mapping[str, str]
    responsible: Mapping[str, str]
    guarantee_months: int
    withdrawal: str
    """Whether it may be withdrawn from: `yes`, or the law's exception."""
    origin: str
    documents: tuple[ShownDocument, ...]
    related: tuple[str, ...]


def details(work: Work, product_id: int, *, locale: str) -> Details:
    """What a product's own page shows besides what its department does."""
    row = work.row(
        """SELECT p.maker, p.responsible, p.guarantee_months, p.withdrawal, p.origin, p.documents, p.related,
                  coalesce(nullif(t.safety, ''), e.safety, '') AS safety
             FROM product p
             LEFT JOIN product_text t ON t.product_id = p.id AND t.locale = %(locale)s
             LEFT JOIN product_text e ON e.product_id = p.id AND e.locale = 'en'
            WHERE p.id = %(id)s""",
        id=product_id,
        locale=locale,
    )
    assert row is not None
    pictures = work.rows_as(
        ShownPicture,
        """SELECT i.hash AS file, o.focus_x, o.focus_y, i.width, i.height,
                  coalesce(o.alt ->> %(locale)s, o.alt ->> 'en', '') AS alt
             FROM product_picture o JOIN picture i ON i.hash = o.picture_hash
            WHERE o.product_id = %(id)s ORDER BY o.position""",
        id=product_id,
        locale=locale,
    )
    return Details(
        pictures=tuple(pictures),
        safety=row.safety,
        maker=row.maker,
        responsible=row.responsible,
        guarantee_months=row.guarantee_months,
        withdrawal=row.withdrawal,
        origin=row.origin,
        documents=tuple(ShownDocument(one["url"], one["names"]) for one in row.documents),
        related=tuple(row.related),
    )


class DepartmentName(NamedTuple):
    """What a department is called, and whether the navigation shows it."""

    name: str
    hidden: bool


def department_names(work: Work, *, locale: str) -> dict[str, DepartmentName]:
    """What each department is called, by slug and in the company's order."""
    rows = work.rows(
        """SELECT slug, coalesce(names ->> %(locale)s, names ->> 'en', names ->> 'sv', slug) AS name,
                  hidden
             FROM department WHERE active ORDER BY position, slug""",
        locale=locale,
    )
    return {row.slug: DepartmentName(row.name, row.hidden) for row in rows}
