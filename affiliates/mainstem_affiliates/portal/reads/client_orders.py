"""The orders of the affiliate's clients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from mainstem.kit import paging, search_terms
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.orders import is_late
from mainstem_affiliates.portal.reads.profile import AffiliateProfile

ORDERS_MAX = 25


@dataclass(frozen=True, slots=True)
class ClientOrder:
    """An order of one of the affiliate's clients."""

    id: UUID
    number: str
    state: str
    client: str
    city: str
    total: Money
    placed_at: datetime
    promised_by: date | None
    is_late: bool
    earned: Money | None
    is_mine: bool


_PLACED = Sorting(
    "placed",
    (
        SortColumn("o.placed_at", "placed_at", datetime),
        SortColumn("o.home_id", "home_id", int),
        SortColumn("o.id", "id", UUID),
    ),
)


# Theirs by storefront, and theirs by client: each read by its own index, then put together.
_ORDERS = """
WITH page AS (
  SELECT * FROM (
    (SELECT o.placed_at, o.home_id, o.id FROM orders o
      WHERE o.home_id = %(id)s {where} {seek} {sorted})
    UNION
    (SELECT o.placed_at, o.home_id, o.id FROM orders o
      WHERE o.seller_id = %(id)s {where} {seek} {sorted})) AS o {sorted})
SELECT o.home_id, o.id, o.number, o.state, o.payment_status, o.fulfillment_status, o.currency,
       o.total_minor, o.client->>'name' AS client, o.address->>'city' AS city, o.placed_at,
       o.paid_at, o.pay_by, o.promised_on,
       (SELECT sum(c.amount_minor)::bigint FROM earning c
         WHERE c.home_id = o.home_id AND c.source_id = o.id AND c.beneficiary_id = %(id)s) AS earned
  FROM page JOIN orders o USING (home_id, id)
 {sorted}"""


def orders(
    work: Work,
    reader: AffiliateProfile,
    *,
    state: str = "",
    text: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
) -> Page[ClientOrder]:
    """The orders of the affiliate's clients, newest first."""
    terms = search_terms.terms(text)
    where = ""
    if state:
        where += " AND o.state = %(state)s"
    if since:
        where += " AND o.placed_at >= %(since)s"
    if until:
        where += " AND o.placed_at < %(until)s"
    if text:
        where += f" AND {search_terms.of_client_without_contact('o')}"
    page = paging.read(
        work,
        _ORDERS.replace("{where}", where),
        _PLACED,
        cursor=cursor,
        most=ORDERS_MAX,
        id=reader.id,
        state=state,
        found=terms,
        since=since,
        until=until,
    )
    rows = [
        ClientOrder(
            id=row.id,
            number=row.number,
            state=order_state(row, work.now()),
            client=row.client,
            city=row.city,
            total=Money(row.total_minor, row.currency),
            placed_at=row.placed_at,
            promised_by=row.promised_on,
            is_late=is_late(row.promised_on, work.now(), work.tools.zone),
            earned=None if row.earned is None else Money(row.earned, row.currency),
            is_mine=row.home_id == reader.id,
        )
        for row in page.rows
    ]
    return Page(rows, page.next, page.previous)


def order_state(row: Any, now: datetime) -> str:
    """Where an order stands, in one word."""
    if row.state in ("canceled", "expired"):
        return str(row.state)
    if row.payment_status in ("refunded", "disputed"):
        return str(row.payment_status)
    if row.state == "pending":
        return "unpaid" if row.pay_by > now else "expired"
    return {
        "canceled": "canceled",
        "delivered": "delivered",
        "shipped": "shipped",
        "partial": "shipped",
        "partially_delivered": "shipped",
    }.get(row.fulfillment_status, "paid")
