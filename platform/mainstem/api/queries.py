"""What the API reads. Each read is of one storefront, in a Work bound to its home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from mainstem.kit import paging
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work

_ORDER = """
SELECT id, home_id, number, external_id, state, payment_status, fulfillment_status, currency,
       items_minor, shipping_minor, tax_minor, total_minor, refunded_minor, placed_at, pay_by,
       paid_at, delivered_at, key_id
  FROM orders WHERE home_id = %(home)s AND storefront_id = %(storefront)s"""


def order(work: Work, *, home: int, storefront: int, id: UUID) -> Any | None:
    """One order of this storefront."""
    return work.row(f"{_ORDER} AND id = %(id)s", home=home, storefront=storefront, id=id)


_PLACED = Sorting(
    "placed", (SortColumn("placed_at", "placed_at", datetime), SortColumn("id", "id", UUID))
)


def orders(
    work: Work,
    *,
    home: int,
    storefront: int,
    state: str | None = None,
    external_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None,
    most: int,
) -> Page[Any]:
    """Orders of this storefront, newest first."""
    return _listed(
        work,
        _ORDER,
        _PLACED,
        {
            "state": "state = %(state)s",
            "external_id": "external_id = %(external_id)s",
            "since": "placed_at >= %(since)s",
            "until": "placed_at < %(until)s",
        },
        cursor=cursor,
        most=most,
        home=home,
        storefront=storefront,
        state=state,
        external_id=external_id,
        since=since,
        until=until,
    )


def _listed(
    work: Work,
    sql: str,
    sorting: Sorting,
    filters: Mapping[str, str],
    *,
    cursor: str | None,
    most: int,
    **values: Any,
) -> Page[Any]:
    """A page of a list, by those of its filters that were given a value."""
    where = "".join(f" AND {test}" for name, test in filters.items() if values[name])
    return paging.read(
        work,
        f"{sql}{where} {{seek}} {{sorted}}",
        sorting,
        cursor=cursor,
        most=most,
        strict=True,
        **values,
    )


def lines(work: Work, *, home: int, order: UUID) -> Sequence[Any]:
    """The lines of an order."""
    return work.rows(
        """SELECT line_no, sku, name, kind, quantity, unit_minor, total_minor, shipped, delivered,
                  canceled
             FROM order_line WHERE home_id = %(home)s AND order_id = %(order)s ORDER BY line_no""",
        home=home,
        order=order,
    )


def parcels(work: Work, *, home: int, order: UUID) -> Sequence[Any]:
    """The parcels of an order that have left."""
    return work.rows(
        """SELECT carrier, tracking, state, shipped_at, delivered_at
             FROM parcel WHERE home_id = %(home)s AND order_id = %(order)s
              AND shipped_at IS NOT NULL ORDER BY no""",
        home=home,
        order=order,
    )


_LEAD = """
SELECT l.id, l.number, l.external_id, p.slug AS product, l.state, l.lost_reason, l.currency,
       (SELECT q.amount_minor FROM quote q
         WHERE q.home_id = l.home_id AND q.lead_id = l.id AND q.sent_at IS NOT NULL
         ORDER BY q.no DESC LIMIT 1) AS quoted_minor,
       (SELECT o.id FROM orders o WHERE o.home_id = l.home_id AND o.lead_id = l.id) AS order_id,
       l.created_at, l.closed_at
  FROM lead l JOIN product p ON p.id = l.product_id
 WHERE l.home_id = %(home)s AND l.storefront_id = %(storefront)s"""


def lead(work: Work, *, home: int, storefront: int, id: UUID) -> Any | None:
    """One lead of this storefront."""
    return work.row(f"{_LEAD} AND l.id = %(id)s", home=home, storefront=storefront, id=id)


_CAME = Sorting(
    "came", (SortColumn("l.created_at", "created_at", datetime), SortColumn("l.id", "id", UUID))
)


def leads(
    work: Work,
    *,
    home: int,
    storefront: int,
    state: str | None = None,
    external_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None,
    most: int,
) -> Page[Any]:
    """Leads of this storefront, newest first."""
    return _listed(
        work,
        _LEAD,
        _CAME,
        {
            "state": "l.state = %(state)s",
            "external_id": "l.external_id = %(external_id)s",
            "since": "l.created_at >= %(since)s",
            "until": "l.created_at < %(until)s",
        },
        cursor=cursor,
        most=most,
        home=home,
        storefront=storefront,
        state=state,
        external_id=external_id,
        since=since,
        until=until,
    )
