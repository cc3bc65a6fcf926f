"""What one client has bought and asked for, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mainstem.console.lists.sales import PAGE, FoundOrder
from mainstem.kit import paging
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work


@dataclass(frozen=True, slots=True)
class ClientLead:
    """A lead of a client's."""

    home_id: int
    id: UUID
    number: str
    state: str
    created_at: datetime


_ORDERS = Sorting(
    "client_orders",
    (
        SortColumn("o.placed_at", "placed_at", datetime),
        SortColumn("o.home_id", "home_id", int),
        SortColumn("o.id", "id", UUID),
    ),
)


def orders_of_client(
    work: Work, key: str, *, cursor: str | None = None, most: int = PAGE
) -> Page[FoundOrder]:
    """A client's orders, newest first."""
    return paging.read_as(
        work,
        FoundOrder,
        """SELECT o.home_id, o.id, o.number, o.state, o.payment_status, o.fulfillment_status, o.currency,
                  o.total_minor, o.placed_at, o.client->>'name' AS client, s.name AS storefront
             FROM orders o JOIN storefront s ON s.home_id = o.home_id AND s.id = o.storefront_id
            WHERE o.client_key = %(key)s {seek} {sorted}""",
        _ORDERS,
        cursor=cursor,
        most=most,
        key=key,
    )


_LEADS = Sorting(
    "client_leads",
    (
        SortColumn("l.created_at", "created_at", datetime),
        SortColumn("l.home_id", "home_id", int),
        SortColumn("l.id", "id", UUID),
    ),
)


def leads_of_client(
    work: Work, key: str, *, cursor: str | None = None, most: int = PAGE
) -> Page[ClientLead]:
    """A client's leads by any spelling of their mailbox, newest first."""
    return paging.read_as(
        work,
        ClientLead,
        """SELECT l.home_id, l.id, l.number, l.state, l.created_at FROM lead l
            WHERE l.mailbox = mailbox_of(%(key)s) {seek} {sorted}""",
        _LEADS,
        cursor=cursor,
        most=most,
        key=key,
    )
