"""How an order ends before or after its time: canceled, withheld, expired, closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from typing import Any
from uuid import UUID

from mainstem import payments, stock, tax
from mainstem.calendar import WITHDRAWAL_DAYS
from mainstem.kit.bulk import ASKED, asked
from mainstem.kit.errors import InvalidTransition, NotFound
from mainstem.kit.events import record_all
from mainstem.kit.ids import in_key_order
from mainstem.kit.work import Work
from mainstem.money import Money, rdiv
from mainstem.orders import limits
from mainstem.orders.holds import payable_on
from mainstem.orders.limits import Outcome
from mainstem.orders.line_cancellation import OpenLine, cancel_lines, open_lines
from mainstem.orders.model import OrderKey
from mainstem.orders.progress import lock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def cancel(work: Work, home_id: int, order_id: UUID, *, reason: str) -> Outcome:
    """Cancel what has not left of an order, and send back what was paid for it.

    An order of which nothing has left is canceled whole, and all of its payment goes back. Of any
    other, the pieces that are still here are canceled, and what they cost goes back: the delivery
    charge does not, because a parcel left. When that is more than the actor may send back alone, a
    second person is asked, and the goods wait. Raises InvalidTransition when nothing is left to
    cancel, and ChargebackOpen or ChargebackLost when money would go back that the gateway bars.
    """
    plan = _plan(work, (home_id, order_id))
    back = plan.back
    limits.refuse_while_waiting(work, plan.key, plan.back.currency)
    if back and not limits.alone(work, plan.key, back):
        limits.request_approval(
            work, plan.key, "cancellation", back, reason=reason, holds_goods=True
        )
        return "needs_approval"
    _carry_out(work, plan, reason=reason)
    return "done"


def would_go_back(work: Work, home_id: int, order_id: UUID) -> Money:
    """What canceling an order would send back now."""
    return _plan(work, (home_id, order_id)).back


def carry_out(
    work: Work, home_id: int, order_id: UUID, *, reason: str, approval_id: UUID | None = None
) -> None:
    """Cancel what has not left, as somebody has approved."""
    _carry_out(work, _plan(work, (home_id, order_id)), reason=reason, approval_id=approval_id)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What canceling an order would do: cancel these lines and send back this much."""

    key: OrderKey
    whole: bool
    rest: Sequence[OpenLine]
    lines: Sequence[tuple[int, int]]
    back: Money


def _plan(work: Work, key: OrderKey) -> _Plan:
    row = work.row(
        """SELECT state, fulfillment_status, currency, paid_minor FROM orders
            WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE""",
        home=key[0],
        id=key[1],
    )
    if row is None:
        raise NotFound("order")
    whole = row.fulfillment_status == "unfulfilled"
    rest = [line for line in open_lines(work, [key]) if whole or not line.at_work]
    if row.state not in ("pending", "placed") or not rest:
        raise InvalidTransition("order", row.state, "canceled")
    if not row.paid_minor:
        return _Plan(key, whole, rest, [], Money(0, row.currency))
    if whole:
        minor = sum(one.left_minor for one in _left(work, [key]))
        if minor > 0:
            payments.left_to_refund(work, *key).not_barred()
        return _Plan(key, whole, rest, [], Money(max(minor, 0), row.currency))
    left = payments.left_to_refund(work, *key)
    lines = _cost(left, rest)
    if lines:
        left.not_barred()
    return _Plan(key, whole, rest, lines, Money(sum(part for _, part in lines), row.currency))


def _carry_out(work: Work, plan: _Plan, *, reason: str, approval_id: UUID | None = None) -> None:
    if plan.whole:
        tax.give_back(work, [plan.key])
    cancel_lines(work, [line.whole for line in plan.rest])
    if plan.whole:
        end(work, [plan.key])
        give_rest_back(work, [plan.key], reason=reason, approval_id=approval_id)
    elif plan.lines:
        payments.request_refund(
            work,
            *plan.key,
            amount_minor=plan.back.minor,
            reason=reason,
            lines=plan.lines,
            pieces={line.line_no: line.open for line in plan.rest},
            approval_id=approval_id,
        )


_PLACED = f"""
SELECT o.home_id, o.id, o.fulfillment_status = 'unfulfilled' AS whole
  FROM orders o JOIN {ASKED} USING (home_id, id)
 WHERE o.state = 'placed' ORDER BY o.home_id, o.id"""


def withhold(work: Work, orders: Sequence[OrderKey]) -> None:
    """Send nothing more of these orders, whose dispute is lost, and free their goods.

    An order of which nothing has left is canceled, and what its disputes left of the payment is asked
    to go back; where the gateway refuses that, the failed refund says what people still owe. Of any
    other order the goods that have not left are canceled, and people decide about the rest of its
    money. Asked again, it changes nothing.
    """
    named = in_key_order(orders)
    lock(work, named)
    rows = work.rows(_PLACED, **asked(named))
    keys = [(row.home_id, row.id) for row in rows]
    whole = {(row.home_id, row.id) for row in rows if row.whole}
    tax.give_back(work, in_key_order(whole))
    cancel_lines(
        work,
        [
            line.whole
            for line in open_lines(work, keys)
            if line.kind == "goods" or line.order in whole
        ],
    )
    end(work, in_key_order(whole))
    give_rest_back(work, in_key_order(whole), reason="dispute_lost")


def give_rest_back(
    work: Work, orders: Sequence[OrderKey], *, reason: str, approval_id: UUID | None = None
) -> None:
    """Refund what is left of the payments of canceled orders: neither disputed nor on its way back.

    What has come back and is not booked yet counts as gone, so that nothing is asked for twice.
    """
    for row in _left(work, orders):
        if row.state == "canceled" and row.left_minor > 0:
            payments.refund_rest(
                work,
                row.home_id,
                row.id,
                most_minor=row.left_minor,
                reason=reason,
                approval_id=approval_id,
            )


_LEFT = f"""
SELECT o.home_id, o.id, o.state,
       o.paid_minor - o.disputed_minor
         - coalesce((SELECT sum(r.amount_minor) FROM refund r
                      WHERE r.home_id = o.home_id AND r.order_id = o.id
                        AND r.state IN ('requested', 'submitted', 'succeeded')), 0)::bigint
         AS left_minor
  FROM orders o JOIN {ASKED} USING (home_id, id)
 ORDER BY o.home_id, o.id"""


def _left(work: Work, orders: Sequence[OrderKey]) -> list[Any]:
    """What is left of what was paid for these orders: (home_id, id, state, left_minor)."""
    return work.rows(_LEFT, **asked(orders))


def _cost(left: payments.Left, rest: Sequence[OpenLine]) -> list[tuple[int, int]]:
    """What the pieces still here cost, by line, as far as line and payment have it left."""
    step = payments.payment_step(left.currency)
    lines: list[tuple[int, int]] = []
    for line in rest:
        kept = line.quantity - line.canceled
        cost = rdiv(line.total_minor * kept, line.quantity) - rdiv(
            line.total_minor * (kept - line.open), line.quantity
        )
        # In a currency that is paid in steps, the next step: the client never gets less.
        cost = -(-cost // step) * step
        back = min(cost, left.lines[line.line_no], left.minor - sum(part for _, part in lines))
        if back > 0:
            lines.append((line.line_no, back))
    return lines


_END = f"""
UPDATE orders o SET state = 'canceled', fulfillment_status = 'canceled'
  FROM {ASKED}
 WHERE o.home_id = asked.home_id AND o.id = asked.id"""


def end(work: Work, orders: Sequence[OrderKey]) -> None:
    """Say that these orders are canceled: nothing of them has left, and nothing will.

    What they counted abroad is given back before their goods are: intake locks the two in this order.
    """
    work.run(_END, **asked(orders))
    record_all(work, "order.canceled", orders)


def expire_unpaid(work: Work, *, most: int = 500) -> int:
    """Give up orders whose deadline has passed unpaid and free their goods; how many."""
    rows = work.rows(
        """UPDATE orders SET state = 'expired', fulfillment_status = 'canceled'
            WHERE (home_id, id) IN (
                  SELECT o.home_id, o.id FROM orders o
                   WHERE o.state = 'pending' AND o.pay_by < %(now)s
                     AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.home_id = o.home_id
                                       AND p.order_id = o.id AND p.state IN ('processing', 'captured'))
                   ORDER BY o.home_id, o.id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
        RETURNING home_id, id""",
        now=work.now(),
        most=most,
    )
    orders = in_key_order((row.home_id, row.id) for row in rows)
    tax.give_back(work, orders)
    stock.give_back(work, orders)
    record_all(work, "order.expired", orders)
    return len(orders)


_HELD_LONG_ENOUGH = """
SELECT o.home_id, o.id, o.placed_at, o.address->>'country' AS country,
       o.address->>'postal_code' AS postal_code, l.kind, l.hold_days, l.delivered_at
  FROM (SELECT * FROM orders
         WHERE state = 'placed' AND fulfillment_status = 'delivered' AND disputed_minor = 0
           AND placed_at < %(before)s
           AND (placed_at, home_id, id) > (%(at)s, %(home)s, %(order)s)
           -- What the calendar adds to the days is for it to say; this only leaves out the many.
           AND delivered_at < %(now)s - make_interval(days => (
                 SELECT max(hold_days) FROM order_line
                  WHERE home_id = orders.home_id AND order_id = orders.id))
         ORDER BY placed_at, home_id, id LIMIT %(most)s) AS o
 CROSS JOIN LATERAL (
       SELECT kind, max(greatest(delivered_at, accepted_at)) AS delivered_at,
              max(greatest(hold_days, (SELECT max((said.value ->> 'hold_days')::int)
                                         FROM jsonb_each(milestone_rules) AS said))) AS hold_days
         FROM order_line WHERE home_id = o.home_id AND order_id = o.id AND delivered > 0
        GROUP BY kind) AS l
 ORDER BY o.placed_at, o.home_id, o.id"""

# Between the look and the lock a dispute may have come.
_CLOSE = f"""
UPDATE orders SET state = 'closed', closed_at = %(now)s
 WHERE (home_id, id) IN (
       SELECT o.home_id, o.id FROM orders o
         JOIN {ASKED} USING (home_id, id)
        WHERE o.state = 'placed' AND o.fulfillment_status = 'delivered' AND o.disputed_minor = 0
        ORDER BY o.home_id, o.id FOR UPDATE OF o SKIP LOCKED)"""


def close_finished(work: Work, *, most: int = 5000) -> int:
    """Close orders that are delivered whole and whose hold is over, at most so many; how many."""
    over = list(islice(_over(work, step=most), most))
    return work.run(_CLOSE, now=work.now(), **asked(over))


def _over(work: Work, *, step: int) -> Iterator[OrderKey]:
    """The orders whose hold is over, oldest first, however many there are whose is not."""
    now = work.now()
    today = now.astimezone(work.tools.zone).date()
    place = (_EPOCH, 0, UUID(int=0))
    while True:
        rows = work.rows(
            _HELD_LONG_ENOUGH,
            now=now,
            before=now - timedelta(days=WITHDRAWAL_DAYS),
            at=place[0],
            home=place[1],
            order=place[2],
            most=step,
        )
        if not rows:
            return
        for key, kinds in groupby(rows, lambda row: (row.home_id, row.id)):
            if max(payable_on(row, work.tools.zone) for row in kinds) <= today:
                yield key
        place = (rows[-1].placed_at, rows[-1].home_id, rows[-1].id)
