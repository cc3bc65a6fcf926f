"""What was paid and given back elsewhere: a history that is imported, and a bank's transfer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

from mainstem.kit.bulk import ASKED, Json, RowKey, asked, given, relation
from mainstem.kit.events import record_all
from mainstem.kit.ids import new_ids
from mainstem.kit.work import Work


class _External(NamedTuple):
    home_id: int
    id: UUID
    order_id: UUID
    amount_minor: int
    currency: str
    at: datetime
    reference: str


_PAID_ELSEWHERE = f"""
INSERT INTO payment (home_id, id, order_id, provider, attempt, state, currency, amount_minor,
                     captured_minor, reference, created_at, captured_at)
SELECT home_id, id, order_id, 'external', 1, 'captured', currency, amount_minor, amount_minor,
       reference, at, at
  FROM {relation(_External, "new")}
ON CONFLICT (home_id, order_id, attempt) DO NOTHING RETURNING home_id, id"""


def record_external(
    work: Work, paid: Sequence[tuple[int, UUID, int, str, datetime, str]]
) -> list[RowKey]:
    """Payments that were made elsewhere: (home, order, amount_minor, currency, at, reference).

    The payments (home, id) that are new; an order that has one already is left alone.
    """
    made = [
        _External(one[0], id, *one[1:]) for one, id in zip(paid, new_ids(len(paid)), strict=True)
    ]
    rows = work.rows(_PAID_ELSEWHERE, **given(made, _External, "new"))
    new = [(row.home_id, row.id) for row in rows]
    record_all(work, "payment.captured", new)
    return new


@dataclass(frozen=True, slots=True)
class PastRefund:
    """Money that went back elsewhere. `reference` names it within its order: the same one again is
    the same refund. `lines` are (line_no, amount_minor), line 0 the delivery; the rest names none."""

    home_id: int
    order_id: UUID
    reference: str
    amount_minor: int
    lines: Sequence[tuple[int, int]]
    reason: str
    at: datetime


_LOCK_ORDERS = f"""
SELECT 1 FROM orders o JOIN {ASKED} USING (home_id, id)
 ORDER BY o.home_id, o.id FOR NO KEY UPDATE OF o"""


class _RefundRow(NamedTuple):
    home_id: int
    id: UUID
    order_id: UUID
    amount_minor: int
    lines: Json
    reason: str
    at: datetime


_REFUNDED_ELSEWHERE = f"""
INSERT INTO refund (home_id, id, order_id, payment_id, state, currency, amount_minor,
                    lines, reason, actor, requested_at, succeeded_at)
SELECT new.home_id, new.id, new.order_id, p.id, 'succeeded', p.currency, new.amount_minor,
       new.lines, new.reason, %(actor)s, new.at, new.at
  FROM {relation(_RefundRow, "new")}
  JOIN payment p ON p.home_id = new.home_id AND p.order_id = new.order_id
       AND p.provider = 'external' AND p.state = 'captured'
ON CONFLICT (home_id, id) DO NOTHING RETURNING home_id, id, order_id"""


def record_external_refunds(work: Work, refunds: Sequence[PastRefund]) -> list[RowKey]:
    """Refunds that were made elsewhere; the orders (home, id) of those that are new, one each.

    The order must have been paid. What it says is not checked here: `orders.record_refund` books
    it, and the tables refuse more than was paid for the order or costs a line.
    """
    named = sorted(refunds, key=lambda one: (one.home_id, one.order_id))
    work.rows(_LOCK_ORDERS, **asked(sorted({(one.home_id, one.order_id) for one in named})))
    made = [_refund_row(one) for one in named]
    rows = work.rows(_REFUNDED_ELSEWHERE, actor=str(work.actor), **given(made, _RefundRow, "new"))
    record_all(work, "refund.succeeded", [(row.home_id, row.id) for row in rows])
    return [(row.home_id, row.order_id) for row in rows]


def _refund_row(one: PastRefund) -> _RefundRow:
    lines = [{"line_no": no, "amount_minor": amount} for no, amount in one.lines]
    return _RefundRow(
        home_id=one.home_id,
        # The name of a refund makes its id, so that a repeat meets it.
        id=uuid5(one.order_id, f"refund {one.reference}"),
        order_id=one.order_id,
        amount_minor=one.amount_minor,
        lines=Json(json.dumps(lines)),
        reason=one.reason,
        at=one.at,
    )
