"""Payouts, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mainstem.kit import paging
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.payouts import Conversion, conversions_of
from mainstem_affiliates.portal.reads.profile import AffiliateProfile

PAYOUTS_MAX = 25


@dataclass(frozen=True, slots=True)
class Payout:
    """Money that was sent to the affiliate, or is about to be."""

    id: UUID
    number: str
    amount: Money
    state: str
    reserved_at: datetime
    paid_at: datetime | None
    reference: str | None
    """What the company's bank wrote on it."""
    changed: list[Conversion]
    """What of it was earned in other currencies."""


_PAYOUTS = Sorting(
    "payouts", (SortColumn("reserved_at", "reserved_at", datetime), SortColumn("id", "id", UUID))
)


def payouts(
    work: Work,
    reader: AffiliateProfile,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    most: int = PAYOUTS_MAX,
) -> Page[Payout]:
    """Their payouts, newest first."""
    where = ["home_id = %(id)s AND state <> 'canceled'"]
    if since:
        where.append("reserved_at >= %(since)s")
    if until:
        where.append("reserved_at < %(until)s")
    page = paging.read(
        work,
        f"""SELECT id, number, amount_minor, currency, state, reserved_at, paid_at,
                     reference FROM payout
             WHERE {" AND ".join(where)} {{seek}} {{sorted}}""",
        _PAYOUTS,
        cursor=cursor,
        most=most,
        id=reader.id,
        since=since,
        until=until,
    )
    changed = conversions_of(work, reader.id, [row.id for row in page.rows])
    rows = [
        Payout(
            row.id,
            row.number,
            Money(row.amount_minor, row.currency),
            row.state,
            row.reserved_at,
            row.paid_at,
            row.reference,
            changed.get(row.id, []),
        )
        for row in page.rows
    ]
    return Page(rows, page.next, page.previous)
