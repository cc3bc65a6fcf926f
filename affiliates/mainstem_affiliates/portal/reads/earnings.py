"""What was earned, order by order, and in which payout it was paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from mainstem.earnings.queries import HELD_NOW, payable_on
from mainstem.kit import paging
from mainstem.kit.bulk import ASKED_ORDERS, RowKey, asked
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.plan import Explanation
from mainstem_affiliates.portal.reads.profile import AffiliateProfile

MOVEMENTS_MAX = 20


@dataclass(frozen=True, slots=True)
class PaidIn:
    """The payout that took what had become payable."""

    id: UUID
    number: str
    state: str
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class Movement:
    """One commission, or the part of it that went back, with its stored explanation.

    `paid_in` is the payout that it is in, if its hold is over and one has been reserved since;
    `went_back_whole` says that nothing of it was left when its hold was over.
    """

    kind: str
    level: int
    amount: Money
    explanation: Explanation
    credited_at: datetime
    payable_on: date | None
    is_matured: bool
    paid_in: PaidIn | None
    went_back_whole: bool


@dataclass(frozen=True, slots=True)
class OrderMovements:
    """Everything one order earned the affiliate, oldest first, and what is left of it."""

    number: str
    order_id: UUID
    is_mine: bool
    total: Money
    at: datetime
    movements: list[Movement]


_MOVED = Sorting(
    "moved",
    (
        SortColumn("c.credited_at", "credited_at", datetime),
        SortColumn("c.source_id", "source_id", UUID),
        SortColumn("c.rule", "rule", str),
        SortColumn("c.level", "level", int),
        SortColumn("c.no", "no", int),
    ),
)

_PAGE = """
SELECT c.credited_at, c.home_id, c.source_id, c.rule, c.level, c.no FROM earning c
 WHERE c.beneficiary_id = %(id)s AND c.source = 'order' {seek} {sorted}"""


# What is payable is in the next payout in its currency, or in the next one that it was converted
# for. It became payable when its hold was released, or at once if that had been.
_PAID_IN = """
  LEFT JOIN LATERAL (
       SELECT greatest(c.credited_at, (SELECT released_at FROM release_day
                                        WHERE day >= held.held_until ORDER BY day LIMIT 1)) AS at
        WHERE held.held_until <= (SELECT max(day) FROM release_day)) AS payable ON true
  LEFT JOIN LATERAL (
       SELECT * FROM (
         (SELECT id, number, state, reserved_at, paid_at FROM payout
           WHERE home_id = %(id)s AND currency = c.currency AND state <> 'canceled'
             AND reserved_at >= payable.at ORDER BY reserved_at, id LIMIT 1)
         UNION ALL
         (SELECT p.id, p.number, p.state, p.reserved_at, p.paid_at FROM conversion v
            JOIN payout p ON p.home_id = v.home_id AND p.id = v.payout_id
           WHERE v.home_id = %(id)s AND v.from_currency = c.currency AND p.state <> 'canceled'
             AND v.converted_at >= payable.at ORDER BY v.converted_at LIMIT 1)) AS either
        ORDER BY reserved_at LIMIT 1) AS paid ON true"""


_MOVEMENTS = f"""
SELECT c.home_id, c.source_id, c.rule, c.level, c.no, c.kind, c.currency, c.amount_minor,
       held.held_until, c.explanation, c.credited_at,
       held.held_until <= coalesce((SELECT max(day) FROM release_day), '-infinity') AS matured,
       payable.at AS payable_at, paid.id AS payout_id, paid.number AS payout_number, paid.state AS payout_state,
       paid.paid_at AS payout_paid_at
  FROM {ASKED_ORDERS}
  JOIN earning c ON c.home_id = asked.home_id AND c.source_id = asked.order_id
{HELD_NOW}
{_PAID_IN}
 WHERE c.beneficiary_id = %(id)s AND c.kind <> 'hold'
 ORDER BY c.source_id, c.rule, c.level, c.no"""


def movements(
    work: Work, reader: AffiliateProfile, *, cursor: str | None = None
) -> tuple[list[OrderMovements], Page[Any]]:
    """What the affiliate earned, order by order, newest movement first; and the page it stands on.

    An order is shown whole, on the page of its newest movement, and on no other.
    """
    page = paging.read(work, _PAGE, _MOVED, cursor=cursor, most=MOVEMENTS_MAX, id=reader.id)
    orders = dict.fromkeys((row.home_id, row.source_id) for row in page.rows)
    here = {_key(row) for row in page.rows}
    grouped = _grouped(work, reader, list(orders))
    shown = [grouped[id] for _, id in orders if max(map(_key, grouped[id])) in here]
    return [_of_order(reader, rows) for rows in shown], page


def _key(row: Any) -> tuple[Any, ...]:
    return row.credited_at, row.source_id, row.rule, row.level, row.no


def _grouped(
    work: Work, reader: AffiliateProfile, orders: Sequence[RowKey]
) -> dict[UUID, list[Any]]:
    grouped: dict[UUID, list[Any]] = {}
    for row in work.rows(
        _MOVEMENTS,
        id=reader.id,
        **asked(orders),
    ):
        grouped.setdefault(row.source_id, []).append(row)
    return grouped


def _of_order(reader: AffiliateProfile, rows: Sequence[Any]) -> OrderMovements:
    currency = rows[0].currency
    return OrderMovements(
        number=str(rows[0].explanation["facts"]["order"]),
        order_id=rows[0].source_id,
        is_mine=rows[0].home_id == reader.id,
        total=Money(sum(row.amount_minor for row in rows), currency),
        at=max(row.credited_at for row in rows),
        movements=[
            Movement(
                kind=row.kind,
                level=row.level,
                amount=Money(row.amount_minor, currency),
                explanation=row.explanation,
                credited_at=row.credited_at,
                payable_on=payable_on(row.held_until),
                is_matured=row.matured,
                paid_in=PaidIn(
                    row.payout_id, row.payout_number, row.payout_state, row.payout_paid_at
                )
                if row.payout_id and not _went_back_whole(row, rows)
                else None,
                went_back_whole=_went_back_whole(row, rows),
            )
            for row in rows
        ],
    )


def _went_back_whole(row: Any, rows: Sequence[Any]) -> bool:
    """Whether, when the hold of a movement was over, nothing was left of its commission."""
    if row.payable_at is None:
        return False
    stood = (
        other.amount_minor
        for other in rows
        if (other.rule, other.level) == (row.rule, row.level)
        and other.credited_at <= row.payable_at
    )
    return not sum(stood)


def earned_on(work: Work, reader: AffiliateProfile, order_id: UUID) -> OrderMovements | None:
    """What one order of the affiliate's own storefront earned them, if anything yet."""
    rows = _grouped(work, reader, [(reader.id, order_id)]).get(order_id)
    return _of_order(reader, rows) if rows else None
