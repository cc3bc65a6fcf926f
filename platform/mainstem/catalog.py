"""What is sold: goods with variants, and services; their texts, prices with history, and tax."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Query, Work
from mainstem.money import Money
from mainstem.payments import refuse_impossible

PRICE_AGE_MAX = timedelta(days=3660)
PRICE_AHEAD_MAX = timedelta(days=731)
"""How long ago a price may have begun, and how far ahead one may be set."""


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


_OFFERS = """
SELECT v.id, p.id AS product_id, v.sku, p.kind,
       coalesce(t.name, e.name, v.sku)
         || CASE WHEN n.name <> '' THEN ', ' || n.name ELSE '' END AS name,
       p.tax_bp, p.commissionable_bp, price.amount_minor, v.active AND p.active AS sold,
       p.tax_class, v.weight_g
  FROM variant v
  JOIN product p ON p.id = v.product_id
  LEFT JOIN product_text t ON t.product_id = p.id AND t.locale = %(locale)s
  LEFT JOIN product_text e ON e.product_id = p.id AND e.locale = 'en'
 CROSS JOIN LATERAL (SELECT CASE WHEN %(locale)s = 'sv' THEN v.name_sv ELSE v.name_en END AS name) n
  LEFT JOIN LATERAL (SELECT amount_minor FROM price
                      WHERE variant_id = v.id AND currency = %(currency)s AND valid_from <= %(at)s
                      ORDER BY valid_from DESC LIMIT 1) price ON true
 WHERE v.sku = ANY(%(skus)s::text[]) AND (%(retired)s OR v.active AND p.active)"""


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


@dataclass(frozen=True, slots=True)
class ShippingRate:
    """What delivery costs in a currency: a sum, free from a basket value, tax included."""

    amount_minor: int
    free_from_minor: int
    tax_bp: int

    def cost(self, goods_minor: int) -> int:
        """Delivery of goods worth so much; nothing is paid where nothing is shipped."""
        if goods_minor == 0 or goods_minor >= self.free_from_minor:
            return 0
        return self.amount_minor


def shipping_rates(work: Work) -> dict[str, ShippingRate]:
    """Every currency's rate."""
    return work.fetch(shipping_rates_query())


def shipping_rates_query() -> Query[dict[str, ShippingRate]]:
    """The query behind `shipping_rates`."""
    return Query(
        "SELECT currency, amount_minor, free_from_minor, tax_bp FROM shipping_rate",
        {},
        lambda rows: {currency: ShippingRate(*rate) for currency, *rate in rows},
    )


def version(work: Work) -> int:
    """The catalogue's version: it grows whenever anything that a storefront shows has changed."""
    return int(work.value("SELECT version FROM catalogue_version"))


def changed(work: Work) -> int:
    """Say that the catalogue has changed, in the same work that changed it; the new version."""
    return int(work.value("UPDATE catalogue_version SET version = version + 1 RETURNING version"))


def set_price(
    work: Work,
    variant_id: int,
    currency: str,
    amount_minor: int,
    *,
    valid_from: datetime | None = None,
) -> None:
    """A price from an instant on. The earlier ones stay as history.

    Raises AmountNotPossible for one that nobody could be charged, InvalidInput for an instant that
    lies years away.
    """
    refuse_impossible(Money(amount_minor, currency))
    now = work.now()
    start, first, last = valid_from or now, now - PRICE_AGE_MAX, now + PRICE_AHEAD_MAX
    if not first <= start <= last:
        facts = {"first": first, "last": last}
        raise InvalidInput(
            Problem("/valid_from", "out_of_range", "Give a time from {first} to {last}.", facts)
        )
    work.run(
        """INSERT INTO price (variant_id, currency, valid_from, amount_minor)
           VALUES (%(variant)s, %(currency)s, %(start)s, %(amount)s)""",
        variant=variant_id,
        currency=currency,
        start=start,
        amount=amount_minor,
    )
    changed(work)


def set_shipping_rate(
    work: Work, currency: str, amount_minor: int, *, free_from_minor: int, tax_bp: int
) -> None:
    """What delivery costs in a currency from now on; orders in it may be taken.

    Raises AmountNotPossible for a sum that nobody could be charged.
    """
    refuse_impossible(Money(amount_minor, currency))
    work.run(
        """INSERT INTO shipping_rate (currency, amount_minor, free_from_minor, tax_bp)
           VALUES (%(currency)s, %(amount)s, %(free_from)s, %(tax)s)
           ON CONFLICT (currency) DO UPDATE SET amount_minor = excluded.amount_minor,
             free_from_minor = excluded.free_from_minor, tax_bp = excluded.tax_bp""",
        currency=currency,
        amount=amount_minor,
        free_from=free_from_minor,
        tax=tax_bp,
    )
    changed(work)


class AssortmentRow(NamedTuple):
    """One variant of a product, as a page of a storefront needs it."""

    product_id: int
    slug: str
    kind: str
    category: str
    picture: str
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


_PRICE_AND_STOCK = """
LEFT JOIN LATERAL (SELECT amount_minor FROM price
                    WHERE variant_id = v.id AND currency = %(currency)s AND valid_from <= %(at)s
                    ORDER BY valid_from DESC LIMIT 1) price ON true
LEFT JOIN LATERAL (SELECT sum(l.on_hand - l.reserved)::int AS quantity
                     FROM stock_level l JOIN location o ON o.id = l.location_id AND o.active
                    WHERE l.variant_id = v.id) free ON true"""


def assortment(work: Work, *, locale: str, currency: str) -> list[AssortmentRow]:
    """Everything that is sold, in the company's order: one row a variant, with price and stock."""
    rows = work.rows(
        f"""SELECT p.id AS product_id, p.slug, p.kind, p.category, p.picture,
                   coalesce(t.name, e.name) AS name, coalesce(t.summary, e.summary) AS summary,
                   coalesce(t.description, e.description) AS description,
                   v.id AS variant_id, v.sku,
                   CASE WHEN %(locale)s = 'sv' THEN v.name_sv ELSE v.name_en END AS variant_name,
                   price.amount_minor, free.quantity AS free, p.tax_bp, p.tax_class
              FROM product p
              JOIN variant v ON v.product_id = p.id AND v.active
              LEFT JOIN product_text t ON t.product_id = p.id AND t.locale = %(locale)s
              LEFT JOIN product_text e ON e.product_id = p.id AND e.locale = 'en'
              {_PRICE_AND_STOCK}
             WHERE p.active
             ORDER BY p.kind, p.position, p.id, v.position, v.id""",
        locale=locale,
        currency=currency,
        at=work.now(),
    )
    return [AssortmentRow(*row) for row in rows]


def offered(
    work: Work, variants: Sequence[int], *, currency: str
) -> dict[int, tuple[int | None, int]]:
    """What each variant costs now and how many are free: (price or None, pieces)."""
    rows = work.rows(
        f"""SELECT v.id, price.amount_minor, coalesce(free.quantity, 0) AS free
              FROM unnest(%(variants)s::bigint[]) AS v (id)
              {_PRICE_AND_STOCK}""",
        variants=list(variants),
        currency=currency,
        at=work.now(),
    )
    return {row.id: (row.amount_minor, row.free) for row in rows}
