"""Unpaid holds: what an order keeps from others before it is paid, and how much of that is fair.

Anybody may order without paying, and the goods are kept for them meanwhile. So that nobody empties
the shelf for nothing, an order from an open shop's page counts against its network address and, at
that address, its contact: few may wait to be paid at a time, and fewer still may take a large share
of what is left, which they also keep for a shorter time. What somebody orders elsewhere under
another's e-mail address keeps nobody from buying. Orders of a storefront's key, of quotes and of a history
have somebody who answers for them, and are not counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple, TypedDict
from uuid import UUID

from mainstem import stock, tax
from mainstem.kit.bulk import given, relation
from mainstem.kit.errors import InvalidTransition, NotFound, Refused
from mainstem.kit.events import record
from mainstem.kit.work import Query, Work
from mainstem.orders.model import OrderWanted
from mainstem.stock import Shelf

WAITING_MAX = {"contact": 3, "address": 10}
"""How many orders of one contact, and of one network address, may wait to be paid at a time."""

LARGE_MAX = {"contact": 2, "address": 3}
"""How many of them may have taken a large share and not been paid, within `LATELY`."""

LATELY = timedelta(hours=2)

LARGE_SHARE = 4
"""One part in so many of what is left of an article, or more, is a large share of it."""

LARGE_WITHIN = timedelta(minutes=15)
"""How long a large share is kept for somebody who has not paid."""

KEPT = timedelta(days=2)
"""How long it is known where an order came from."""


class TooManyUnpaid(Refused):
    """Orders of this contact or address wait to be paid already."""

    code: ClassVar[str] = "too_many_unpaid"
    status: ClassVar[int] = 429
    message: ClassVar[str] = (
        "Several orders from you are not paid yet. Pay for one of them first, or try again in"
        " {minutes} minutes."
    )

    def __init__(self, within: timedelta) -> None:
        super().__init__(minutes=int(within.total_seconds()) // 60)


Who = tuple[str, str]
"""`address` and which; or `contact`, and which at which address, parted by a space."""


@dataclass(slots=True)
class Held:
    """What is held unpaid now: by each contact and address, orders that wait and large ones."""

    waiting: dict[Who, int] = field(default_factory=dict)
    large: dict[Who, int] = field(default_factory=dict)

    def copy(self) -> Held:
        """The same, for a batch that may have to be placed twice."""
        return Held(dict(self.waiting), dict(self.large))

    def refuse(self, whose: Sequence[Who], *, large: bool) -> TooManyUnpaid | None:
        """What stands against one more order of these."""
        for who in whose:
            if large and self.large.get(who, 0) >= LARGE_MAX[who[0]]:
                return TooManyUnpaid(LATELY)
            if self.waiting.get(who, 0) >= WAITING_MAX[who[0]]:
                return TooManyUnpaid(timedelta(minutes=30))
        return None

    def add(self, whose: Sequence[Who], *, large: bool) -> None:
        """One more order of these."""
        for who in whose:
            self.waiting[who] = self.waiting.get(who, 0) + 1
            self.large[who] = self.large.get(who, 0) + large


def whose(wanted: OrderWanted, client_key: str) -> list[Who]:
    """Against whom an order counts; nobody where somebody answers for it."""
    if not wanted.ip_address:
        return []
    return [
        ("contact", f"{wanted.ip_address} {client_key}"),
        ("address", wanted.ip_address),
    ]


def is_large(needs: Sequence[tuple[int, int, int]], shelf: Shelf) -> bool:
    """Whether these needs (line, variant, quantity) take a large share of what is left of any."""
    wanted: dict[int, int] = {}
    for _, variant, quantity in needs:
        wanted[variant] = wanted.get(variant, 0) + quantity
    return any(
        quantity * LARGE_SHARE >= sum(shelf.free.get(variant, {}).values())
        for variant, quantity in wanted.items()
    )


class _Asked(NamedTuple):
    kind: str
    who: str


# The newest alone: nobody who is over the limit has to be counted to the end.
_HELD = f"""
SELECT asked.kind, asked.who, count(*) FILTER (WHERE c.state = 'pending') AS waiting,
       count(*) FILTER (WHERE c.large) AS large
  FROM {relation(_Asked, "asked")}
 CROSS JOIN LATERAL (
       SELECT o.state, c.large
         FROM (SELECT home_id, order_id, large FROM checkout_origin
                WHERE asked.kind = 'contact' AND address = split_part(asked.who, ' ', 1)
                  AND client_key = substr(asked.who, strpos(asked.who, ' ') + 1)
                  AND placed_at > %(since)s
                UNION ALL
               SELECT home_id, order_id, large FROM checkout_origin
                WHERE asked.kind = 'address' AND address = asked.who AND placed_at > %(since)s) AS c
         JOIN orders o ON o.home_id = c.home_id AND o.id = c.order_id
        WHERE o.paid_minor = 0 AND o.state IN ('pending', 'expired', 'canceled') LIMIT 50) AS c
 GROUP BY 1, 2"""


def held_query(asked: Sequence[Who], now: datetime) -> Query[Held]:
    """The query for what these hold unpaid."""
    whose = given(sorted(set(asked)), _Asked, "asked")
    return Query(_HELD, {"since": now - LATELY} | whose, _read)


def _read(rows: Sequence[Any]) -> Held:
    return Held(
        {(row.kind, row.who): row.waiting for row in rows},
        {(row.kind, row.who): row.large for row in rows},
    )


class OriginRow(NamedTuple):
    """Whence an order came that is not paid yet: a row of `checkout_origin`."""

    home_id: int
    order_id: UUID
    address: str
    client_key: str
    large: bool
    placed_at: datetime


# ---------------------------------------------------------------- the desk


class KeptGoods(TypedDict):
    """Goods that an unpaid order keeps, and how many are left for others."""

    sku: str
    name: str
    quantity: int
    left: int


@dataclass(frozen=True, slots=True)
class Hold:
    """An unpaid order that keeps goods from others."""

    home_id: int
    order_id: UUID
    number: str
    storefront: str
    client: Mapping[str, str]
    address: str
    """The network address it came from, where that is known."""
    large: bool
    placed_at: datetime
    pay_by: datetime
    goods: list[KeptGoods]
    is_paying: bool


_HOLDS = """
SELECT o.home_id, o.id AS order_id, o.number, s.name AS storefront, o.client,
       coalesce(c.address, '') AS address, coalesce(c.large, false) AS large, o.placed_at, o.pay_by,
       kept.goods,
       EXISTS (SELECT FROM payment p WHERE p.home_id = o.home_id AND p.order_id = o.id
                  AND p.state IN ('processing', 'captured')) AS is_paying
  FROM orders o
  JOIN storefront s ON s.home_id = o.home_id AND s.id = o.storefront_id
  LEFT JOIN checkout_origin c ON c.home_id = o.home_id AND c.order_id = o.id
 CROSS JOIN LATERAL (
       SELECT jsonb_agg(jsonb_build_object('sku', l.sku, 'name', l.name, 'quantity', r.quantity,
                'left', (SELECT sum(v.on_hand - v.reserved) FROM stock_level v
                          WHERE v.variant_id = l.variant_id)) ORDER BY l.line_no) AS goods
         FROM reservation r
         JOIN order_line l ON l.home_id = r.home_id AND l.order_id = r.order_id
                          AND l.line_no = r.line_no
        WHERE r.home_id = o.home_id AND r.order_id = o.id AND r.released_at IS NULL) AS kept
 WHERE o.state = 'pending' AND kept.goods IS NOT NULL
 ORDER BY coalesce(c.large, false) DESC, o.pay_by, o.id LIMIT %(most)s"""


def unpaid_holds(work: Work, *, most: int = 100) -> list[Hold]:
    """Unpaid orders that keep goods, those first that keep a large share of what was left."""
    return work.rows_as(Hold, _HOLDS, most=most)


def free(work: Work, home_id: int, order_id: UUID) -> None:
    """Give up an unpaid order before its time, so that its goods are others' to buy at once.

    It ends as if its time had run out; money that still comes for it goes back whole. Raises
    InvalidTransition when it is paid, being paid, or over.
    """
    row = work.row(
        """SELECT o.state, EXISTS (SELECT FROM payment p WHERE p.home_id = o.home_id
                     AND p.order_id = o.id AND p.state IN ('processing', 'captured')) AS is_paying
             FROM orders o WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE""",
        home=home_id,
        id=order_id,
    )
    if row is None:
        raise NotFound("order")
    if row.state != "pending" or row.is_paying:
        raise InvalidTransition("order", "being_paid" if row.is_paying else row.state, "freed")
    work.run(
        """UPDATE orders SET state = 'expired', fulfillment_status = 'canceled'
            WHERE home_id = %(home)s AND id = %(id)s""",
        home=home_id,
        id=order_id,
    )
    tax.give_back(work, [(home_id, order_id)])
    stock.give_back(work, [(home_id, order_id)])
    record(work, "order.freed", order_id, home=home_id)
    record(work, "order.expired", order_id, home=home_id)


def forget_origins(work: Work) -> int:
    """Let go of where orders came from, once nothing depends on it; how many."""
    return work.run(
        "DELETE FROM checkout_origin WHERE placed_at < %(before)s", before=work.now() - KEPT
    )
