"""Offers: what a SKU is and costs in one currency at one instant, as pricing reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mainstem.kit.work import Query, Work


@dataclass(frozen=True, slots=True)
class Offer:
    """What one SKU is and costs in one currency at one instant. Prices include tax.

    `sold` is off for what is no longer on offer; an old agreement may still name it. `tax_bp` is the
    article's own rate; where it has a `tax_class` and the company has set its tax, that class counts.
    """

    variant_id: int
    product_id: int
    sku: str
    kind: str
    name: str
    tax_bp: int
    commissionable_bp: int
    unit_minor: int | None
    sold: bool
    tax_class: str | None = None
    weight_g: int = 0
    withdrawal: str = "yes"
    points: int = 0


PRICE_IN_FORCE = """
  LEFT JOIN LATERAL (
    SELECT CASE WHEN NOT withdrawn THEN least(amount_minor, (
             SELECT min(o.amount_minor) FROM price_offer o
              WHERE o.variant_id = v.id AND o.currency = %(currency)s AND o.valid_from <= %(at)s
                AND (o.valid_until IS NULL OR o.valid_until > %(at)s))) END AS amount_minor
      FROM price
     WHERE variant_id = v.id AND currency = %(currency)s AND valid_from <= %(at)s
     ORDER BY valid_from DESC LIMIT 1) price ON true"""
"""The price of variant `v` at an instant: the list price that began last, or a lower offer in force."""

SOLD = """(v.active AND p.active AND (p.sold_from IS NULL OR p.sold_from <= %(at)s)
        AND (p.sold_until IS NULL OR p.sold_until > %(at)s))"""
"""Whether variant `v` of product `p` is on offer at an instant."""


_OFFERS = f"""
SELECT v.id, p.id AS product_id, v.sku, p.kind,
       coalesce(t.name, e.name, v.sku)
         || CASE WHEN n.name <> '' THEN ', ' || n.name ELSE '' END AS name,
       p.tax_bp, p.commissionable_bp, price.amount_minor, {SOLD} AS sold,
       p.tax_class, v.weight_g, p.withdrawal, v.points
  FROM variant v
  JOIN product p ON p.id = v.product_id
  LEFT JOIN product_text t ON t.product_id = p.id AND t.locale = %(locale)s
  LEFT JOIN product_text e ON e.product_id = p.id AND e.locale = 'en'
 CROSS JOIN LATERAL (SELECT CASE WHEN %(locale)s = 'sv' THEN coalesce(nullif(v.name_sv, ''), v.name_en)
                        ELSE coalesce(nullif(v.name_en, ''), v.name_sv) END AS name) n
{PRICE_IN_FORCE}
 WHERE v.sku = ANY(%(skus)s::text[]) AND (%(retired)s OR {SOLD})"""


def offers(
    work: Work,
    skus: Sequence[str],
    *,
    currency: str,
    locale: str,
    at: datetime,
    retired: bool = False,
) -> dict[str, Offer]:
    """The offers of the SKUs that are sold, or also of those that were; `unit_minor` is None
    without a price."""
    return work.fetch(offers_query(skus, currency=currency, locale=locale, at=at, retired=retired))


def offers_query(
    skus: Sequence[str], *, currency: str, locale: str, at: datetime, retired: bool
) -> Query[dict[str, Offer]]:
    """The query behind `offers`."""
    return Query(
        _OFFERS,
        {
            "skus": list(skus),
            "currency": currency,
            "locale": locale,
            "at": at,
            "retired": retired,
        },
        lambda rows: {row.sku: Offer(*row) for row in rows},
    )


def shares(work: Work, locale: str) -> list[Any]:
    """Products of which only a share of the price counts for commission: (commissionable_bp, names)."""
    return work.rows(
        """SELECT p.commissionable_bp, array_agg(coalesce(t.name, e.name, p.slug) ORDER BY p.position, p.id)
                    AS names
             FROM product p
             LEFT JOIN product_text t ON t.product_id = p.id AND t.locale = %(locale)s
             LEFT JOIN product_text e ON e.product_id = p.id AND e.locale = 'en'
            WHERE p.active AND p.commissionable_bp < 10000
            GROUP BY 1 ORDER BY 1 DESC""",
        locale=locale,
    )
