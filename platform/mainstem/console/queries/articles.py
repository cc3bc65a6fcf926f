"""One article: where it lies, what has moved, what it costs and has cost, and its latest sales."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mainstem.kit import paging
from mainstem.kit.errors import NotFound
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work
from mainstem.money import Money

SALES = 20
PRICES = 30
MOVEMENTS = 30


@dataclass(frozen=True, slots=True)
class ArticleDetails:
    """An article and the product that it is one of."""

    id: int
    sku: str
    gtin: str
    name: str
    variant: str
    slug: str
    kind: str
    department: str
    active: bool


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """What lies at one location."""

    code: str
    location: str
    on_hand: int
    reserved: int
    low_stock_mark: int | None


@dataclass(frozen=True, slots=True)
class MovementRow:
    """What has come or gone."""

    id: UUID
    at: datetime
    location: str
    delta: int
    reason: str
    reference: str
    actor: str


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A list price from an instant on, or an offer for a time."""

    kind: str
    currency: str
    amount_minor: int
    withdrawn: bool
    valid_from: datetime
    valid_until: datetime | None

    @property
    def amount(self) -> Money:
        """What a piece costs, tax included."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class SaleRow:
    """A line of an order in which it was sold."""

    home_id: int
    order_id: UUID
    number: str
    state: str
    client: str
    client_key: str
    placed_at: datetime
    quantity: int
    canceled: int
    refunded_minor: int
    total_minor: int
    currency: str

    @property
    def total(self) -> Money:
        """What the line cost."""
        return Money(self.total_minor, self.currency)

    @property
    def refunded(self) -> Money:
        """What of it went back."""
        return Money(self.refunded_minor, self.currency)


def article(work: Work, id: int, locale: str) -> ArticleDetails:
    """One article, named in this language where it has a name in it; else NotFound."""
    found = work.rows_as(
        ArticleDetails,
        """SELECT v.id, v.sku, v.gtin, coalesce(t.name, p.slug) AS name,
                  CASE %(locale)s WHEN 'sv' THEN v.name_sv ELSE v.name_en END AS variant,
                  p.slug, p.kind, p.category AS department, p.active AND v.active AS active
             FROM variant v JOIN product p ON p.id = v.product_id
             LEFT JOIN LATERAL (SELECT name FROM product_text WHERE product_id = p.id
                                 ORDER BY locale <> %(locale)s, locale LIMIT 1) AS t ON true
            WHERE v.id = %(id)s""",
        id=id,
        locale=locale,
    )
    if not found:
        raise NotFound("article")
    return found[0]


def shelves(work: Work, id: int) -> list[ShelfRow]:
    """What lies where."""
    return work.rows_as(
        ShelfRow,
        """SELECT l.code, l.name AS location, s.on_hand, s.reserved, s.low_stock_mark
             FROM stock_level s JOIN location l ON l.id = s.location_id
            WHERE s.variant_id = %(id)s ORDER BY l.position, l.code""",
        id=id,
    )


_MOVED = Sorting(
    "article_movements", (SortColumn("m.at", "at", datetime), SortColumn("m.id", "id", UUID))
)


def moved(
    work: Work, id: int, *, cursor: str | None = None, most: int = MOVEMENTS
) -> Page[MovementRow]:
    """What has come or gone of it, newest first."""
    return paging.read_as(
        work,
        MovementRow,
        """SELECT m.id, m.at, l.name AS location, m.delta, m.reason, m.reference, m.actor
             FROM stock_movement m JOIN location l ON l.id = m.location_id
            WHERE m.variant_id = %(article)s {seek} {sorted}""",
        _MOVED,
        cursor=cursor,
        most=most,
        article=id,
    )


def prices(work: Work, id: int) -> list[PriceRow]:
    """Its latest list prices and offers, in every currency, newest first."""
    return work.rows_as(
        PriceRow,
        """SELECT * FROM (
             (SELECT 'price' AS kind, currency::text, amount_minor, withdrawn, valid_from,
                     NULL::timestamptz AS valid_until
                FROM price WHERE variant_id = %(id)s)
             UNION ALL
             (SELECT 'offer', currency::text, amount_minor, false, valid_from, valid_until
                FROM price_offer WHERE variant_id = %(id)s)) AS asked
            ORDER BY valid_from DESC, currency, kind LIMIT %(most)s""",
        id=id,
        most=PRICES,
    )


def sales(work: Work, id: int) -> list[SaleRow]:
    """The orders in which it was sold last, newest first."""
    return work.rows_as(
        SaleRow,
        """SELECT l.home_id, l.order_id, o.number, o.state, o.client->>'name' AS client, o.client_key,
                  o.placed_at, l.quantity, l.canceled, l.refunded_minor, l.total_minor,
                  o.currency::text
             FROM (SELECT home_id, order_id, line_no, quantity, canceled, refunded_minor, total_minor
                     FROM order_line WHERE variant_id = %(id)s
                    ORDER BY order_id DESC LIMIT %(most)s) AS l
             JOIN orders o ON o.home_id = l.home_id AND o.id = l.order_id
            ORDER BY l.order_id DESC, l.line_no""",
        id=id,
        most=SALES,
    )
