"""What happens to an order after it was placed: paid, shipped, delivered, refunded, disputed.

Each verb takes any number of orders, locks them in key order, computes what should stand and
writes the difference. Money is booked here, in the same transaction as the order's own figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from mainstem import attribution, ledger, payments
from mainstem.kit.bulk import ASKED, ASKED_ORDERS, RowKey, asked, given, relation
from mainstem.kit.events import record, record_all
from mainstem.kit.ids import in_key_order
from mainstem.kit.work import Work
from mainstem.ledger import postings
from mainstem.ledger.postings import Posting
from mainstem.money import Money, rdiv
from mainstem.orders import tax_point
from mainstem.orders.goodwill import parts_of, standing
from mainstem.orders.model import OrderKey
from mainstem.orders.promise import promised_on

# ---------------------------------------------------------------- paid

_CAPTURES = f"""
SELECT o.home_id, o.id, o.number, o.state, o.currency, o.total_minor, o.tax_minor,
       p.id AS payment_id, p.provider, p.captured_minor, p.captured_at, p.fee_minor,
       o.address->>'country' AS country, o.address->>'postal_code' AS postal_code,
       o.delivery, o.taxes IS NOT NULL AND o.state = 'pending' AND o.paid_at IS NULL AS may_change,
       o.placed_at, o.delivered_at,
       -- Of a history nobody was promised anything.
       o.channel <> 'import' AND o.promised_on IS NULL AND EXISTS (
         SELECT 1 FROM order_line l WHERE l.home_id = o.home_id AND l.order_id = o.id
            AND l.kind = 'goods') AS promises
  FROM payment p
  JOIN {ASKED}
    ON p.home_id = asked.home_id AND p.id = asked.id
  JOIN orders o ON o.home_id = p.home_id AND o.id = p.order_id
 WHERE p.state = 'captured'
 ORDER BY o.home_id, o.id FOR UPDATE OF o"""


class _Promise(NamedTuple):
    home_id: int
    order_id: UUID
    promised_on: date | None


_PAID = f"""
UPDATE orders o SET
       paid_minor = sums.captured, paid_at = coalesce(o.paid_at, sums.captured_at),
       payment_status = CASE WHEN o.payment_status = 'none' THEN 'paid' ELSE o.payment_status END,
       promised_on = coalesce(o.promised_on, sums.promised_on),
       state = CASE WHEN o.state = 'pending' AND sums.captured >= o.total_minor
                    THEN 'placed' ELSE o.state END
  FROM (SELECT p.home_id, p.order_id, sum(p.captured_minor)::bigint AS captured,
               min(p.captured_at) AS captured_at, min(asked.promised_on) AS promised_on
          FROM payment p
          JOIN {relation(_Promise, "asked")} USING (home_id, order_id)
         WHERE p.state = 'captured' GROUP BY 1, 2) AS sums
 WHERE o.home_id = sums.home_id AND o.id = sums.order_id
RETURNING o.home_id, o.id, o.state, o.paid_at"""


def mark_paid(work: Work, captured: Sequence[RowKey]) -> list[OrderKey]:
    """Captured payments (home, payment) make their orders paid, once; those that now are.

    Money that arrives for an order that has expired or was canceled is sent back whole.
    """
    rows = work.rows(_CAPTURES, **asked(in_key_order(captured)))
    if tax_point.settle(work, [row for row in rows if row.may_change]):
        rows = work.rows(_CAPTURES, **asked(in_key_order(captured)))
    booked = ledger.post(
        work, [posting for row in rows for posting in _capture_postings(work, row)]
    )
    # A payment of nothing, for an order that costs nothing, has nothing to book.
    fresh = [
        row
        for row in rows
        if (row.home_id, postings.capture_key(row.payment_id)) in booked
        or (row.captured_minor == row.total_minor == 0 and row.state == "pending")
    ]
    if not fresh:
        return []
    # Of two payments of one order that come together, each order is named once.
    paid = list({(row.home_id, row.id): row for row in reversed(fresh)}.values())
    promises = [_promise(work, row) for row in paid]
    after = work.rows(_PAID, **given(promises, _Promise, "asked"))
    waited = {(row.home_id, row.id) for row in fresh if row.state == "pending"}
    # An order that is paid in part still waits for the rest.
    arrived = {
        (row.home_id, row.id): row.paid_at
        for row in after
        if row.state == "placed" and (row.home_id, row.id) in waited
    }
    record_all(work, "order.paid", list(arrived), happened_at=list(arrived.values()))
    for row in fresh:
        if row.state in ("expired", "canceled"):
            payments.refund_rest(
                work, row.home_id, row.id, most_minor=row.captured_minor, reason="paid_too_late"
            )
    return in_key_order(arrived)


def _promise(work: Work, row: Any) -> _Promise:
    zone = work.tools.zone
    if not row.promises:
        return _Promise(row.home_id, row.id, None)
    day = promised_on(row.captured_at, row.country, row.postal_code, zone, chosen=row.delivery)
    return _Promise(row.home_id, row.id, day)


def _capture_postings(work: Work, row: Any) -> tuple[Posting, Posting]:
    day = local_day(work, row.captured_at)
    tax = rdiv(row.tax_minor * row.captured_minor, row.total_minor) if row.total_minor else 0
    about = (row.home_id, row.payment_id, row.number, row.provider)
    paid, fee = Money(row.captured_minor, row.currency), Money(row.fee_minor, row.currency)
    return (
        postings.payment_captured(*about, paid, tax=Money(tax, row.currency), on=day),
        postings.fee_charged(*about, fee, on=day),
    )


# ---------------------------------------------------------------- shipped, delivered


class OrderAt(NamedTuple):
    """An order, and when this happened to it."""

    home_id: int
    order_id: UUID
    at: datetime


class LineQuantity(NamedTuple):
    """So much of a line."""

    home_id: int
    order_id: UUID
    line_no: int
    quantity: int


class _Promised(NamedTuple):
    home_id: int
    order_id: UUID
    fulfilment_no: int


_NAMED = relation(LineQuantity, "named")
_PROMISED = f"""
  reservation r JOIN {relation(_Promised, "named")} USING (home_id, order_id, fulfilment_no)
 WHERE r.released_at IS NULL"""


def _moving(column: str, source: str, arrived: str = "") -> str:
    """The statement that counts what a source says as moved, in this column of the lines."""
    return f"""
UPDATE order_line l SET {column} = l.{column} + moved.quantity{arrived}
  FROM (SELECT home_id, order_id, line_no, sum(quantity)::int AS quantity
          FROM {source} GROUP BY 1, 2, 3) AS moved
  JOIN {relation(OrderAt, "asked")} USING (home_id, order_id)
 WHERE l.home_id = moved.home_id AND l.order_id = moved.order_id AND l.line_no = moved.line_no"""


_ARRIVED = ", delivered_at = greatest(l.delivered_at, asked.at)"
_SHIP_NAMED = _moving("shipped", _NAMED)
_SHIP_PROMISED = _moving("shipped", _PROMISED)
_DELIVER_NAMED = _moving("delivered", _NAMED, _ARRIVED)
_DELIVER_PROMISED = _moving("delivered", _PROMISED, _ARRIVED)

FULFILLMENT_STATUS = f"""
UPDATE orders o SET fulfillment_status = CASE
         WHEN sums.canceled = sums.quantity THEN 'canceled'
         WHEN sums.delivered = sums.quantity - sums.canceled THEN 'delivered'
         WHEN sums.delivered > 0 THEN 'partially_delivered'
         WHEN sums.shipped = sums.quantity - sums.canceled THEN 'shipped'
         WHEN sums.shipped > 0 THEN 'partial'
         ELSE 'unfulfilled' END,
       delivered_at = CASE WHEN sums.delivered > 0 AND %(delivered)s
                           THEN greatest(o.delivered_at, sums.at) ELSE o.delivered_at END
  FROM (SELECT l.home_id, l.order_id, asked.at, sum(quantity) AS quantity, sum(canceled) AS canceled,
               sum(shipped) AS shipped, sum(delivered) AS delivered
          FROM {relation(OrderAt, "asked")}
          JOIN order_line l USING (home_id, order_id)
         GROUP BY 1, 2, 3) AS sums
 WHERE o.home_id = sums.home_id AND o.id = sums.order_id"""


Fulfilment = tuple[int, UUID, int]
"""One location's work for one order: (home, order, no)."""


def record_shipment(
    work: Work, lines: Sequence[LineQuantity], *, at: Mapping[OrderKey, datetime] | None = None
) -> None:
    """So much of these lines has left."""
    _move_lines(work, _SHIP_NAMED, "shipped", lines, at)


def record_delivery(
    work: Work, lines: Sequence[LineQuantity], *, at: Mapping[OrderKey, datetime] | None = None
) -> None:
    """So much of these lines is with the client. This is what earns."""
    _move_lines(work, _DELIVER_NAMED, "delivered", lines, at)


def record_departure(
    work: Work, fulfilments: Sequence[Fulfilment], *, at: Mapping[OrderKey, datetime] | None = None
) -> None:
    """All that was promised by these fulfilments has left. Their orders are locked already."""
    _move_promised(work, _SHIP_PROMISED, "shipped", fulfilments, at)


def record_arrival(
    work: Work, fulfilments: Sequence[Fulfilment], *, at: Mapping[OrderKey, datetime] | None = None
) -> None:
    """All that was promised by these fulfilments is with the client. This is what earns.

    Their orders are locked already.
    """
    _move_promised(work, _DELIVER_PROMISED, "delivered", fulfilments, at)


def _move_lines(
    work: Work,
    sql: str,
    moved: str,
    lines: Sequence[LineQuantity],
    at: Mapping[OrderKey, datetime] | None,
) -> None:
    orders = [(home, order) for home, order, _, _ in lines]
    lock(work, in_key_order(orders))
    _move(work, sql, given(lines, LineQuantity, "named"), moved, orders, at or {})


def _move_promised(
    work: Work,
    sql: str,
    moved: str,
    fulfilments: Sequence[Fulfilment],
    at: Mapping[OrderKey, datetime] | None,
) -> None:
    orders = [(home, order) for home, order, _ in fulfilments]
    _move(work, sql, given(fulfilments, _Promised, "named"), moved, orders, at or {})


def _move(
    work: Work,
    sql: str,
    named: dict[str, Any],
    moved: str,
    of: Sequence[OrderKey],
    at: Mapping[OrderKey, datetime],
) -> None:
    orders = list(dict.fromkeys(of))
    if not orders:
        return
    now = work.now()
    times = [at.get(key, now) for key in orders]
    when = [OrderAt(*key, time) for key, time in zip(orders, times, strict=True)]
    work.run(sql, **named, **given(when, OrderAt, "asked"))
    if moved == "delivered":
        attribution.bind(work, orders, times)
    work.run(FULFILLMENT_STATUS, delivered=moved == "delivered", **given(when, OrderAt, "asked"))
    record_all(work, f"order.{moved}", orders, happened_at=times)


# ---------------------------------------------------------------- money goes back


@dataclass(slots=True)
class _RefundTotals:
    """How much of one order has gone back so far, while refunds are being booked."""

    row: Any
    lines: dict[int, Any]
    refunded: dict[int, int] = field(default_factory=dict)
    shipping_minor: int = 0
    unallocated_minor: int = 0
    goodwill: dict[int, int] = field(default_factory=dict)
    touched: bool = False

    @property
    def total_minor(self) -> int:
        return sum(self.refunded.values()) + self.shipping_minor + self.unallocated_minor

    def tax_minor(self) -> int:
        """The tax in what has gone back: each line's by its own share, the rest by the order's."""
        order = self.row
        tax = sum(
            rdiv(self.lines[no].tax_minor * back, self.lines[no].total_minor)
            for no, back in self.refunded.items()
            if self.lines[no].total_minor
        )
        if order.shipping_minor:
            of_lines = sum(line.tax_minor for line in self.lines.values())
            tax += rdiv((order.tax_minor - of_lines) * self.shipping_minor, order.shipping_minor)
        left = order.total_minor - sum(self.refunded.values()) - self.shipping_minor
        if left:
            # Of what no line was named for, so that a full refund leaves no tax behind.
            tax += rdiv((order.tax_minor - tax) * self.unallocated_minor, left)
        return tax

    def move(self, refund: Any, sign: int) -> None:
        left = int(refund.amount_minor)
        for part in refund.lines:
            amount = int(part["amount_minor"])
            left -= amount
            if part["line_no"] == 0:
                self.shipping_minor += sign * amount
            else:
                self.refunded[part["line_no"]] += sign * amount
        self.unallocated_minor += sign * left
        self.touched = True


_ORDERS = f"""
SELECT o.home_id, o.id, o.number, o.currency, o.total_minor, o.tax_minor, o.shipping_minor,
       o.paid_minor, o.refunded_minor, o.unallocated_minor, o.disputed_minor
  FROM orders o JOIN {ASKED} USING (home_id, id)
 ORDER BY 1, 2 FOR UPDATE OF o"""
_PAYMENTS = f"""
SELECT p.home_id, p.id
  FROM payment p JOIN {ASKED_ORDERS} USING (home_id, order_id)
 WHERE p.state = 'captured'"""
_LINES = f"""
SELECT home_id, order_id, line_no, total_minor, tax_minor, refunded_minor
  FROM order_line JOIN {ASKED_ORDERS} USING (home_id, order_id)"""
_REFUNDS = f"""
SELECT r.home_id, r.order_id, r.id, r.state, r.amount_minor, r.lines, r.booked,
       -- What our own bank paid instead of the gateway left our own bank.
       CASE WHEN r.settles IS NULL THEN p.provider ELSE 'external' END AS provider,
       coalesce(r.succeeded_at, r.requested_at) AS at
  FROM refund r JOIN {ASKED_ORDERS} USING (home_id, order_id)
  JOIN payment p ON p.home_id = r.home_id AND p.id = r.payment_id
 WHERE (r.state = 'succeeded') <> r.booked
 ORDER BY r.home_id, r.order_id, r.state = 'succeeded', r.id"""


class _Booked(NamedTuple):
    home_id: int
    id: UUID
    booked: bool


_BOOK = f"""
UPDATE refund r SET booked = new.booked
  FROM {relation(_Booked, "new")}
 WHERE r.home_id = new.home_id AND r.id = new.id"""


def record_refund(work: Work, orders: Sequence[OrderKey]) -> None:
    """Bring these orders and the books to what their refunds say now.

    A refund counts from when the gateway says that it succeeded; one that failed after all is
    taken out again. Each is booked once, whatever order the letters came in.
    """
    # Two refunds of one order often come together.
    keys = asked(in_key_order(orders))
    rows = work.rows(_ORDERS, **keys)
    if any(not row.paid_minor for row in rows):
        # The refund's letter came before the payment's: the payment is booked first.
        mark_paid(work, [tuple(row) for row in work.rows(_PAYMENTS, **keys)])
        rows = work.rows(_ORDERS, **keys)
    totals = {(row.home_id, row.id): _RefundTotals(row, {}) for row in rows}
    for line in work.rows(_LINES, **keys):
        state = totals[line.home_id, line.order_id]
        state.lines[line.line_no] = line
        state.refunded[line.line_no] = line.refunded_minor
    for state in totals.values():
        state.unallocated_minor = state.row.unallocated_minor
        state.shipping_minor = (
            state.row.refunded_minor - state.row.unallocated_minor - sum(state.refunded.values())
        )
    refunds, booked, failed = [], [], []
    for refund in work.rows(_REFUNDS, **keys):
        state = totals[refund.home_id, refund.order_id]
        sign = 1 if refund.state == "succeeded" else -1
        tax_before = state.tax_minor()
        state.move(refund, sign)
        tax = sign * (state.tax_minor() - tax_before)
        refunds.append(_refund_posting(work, state.row, refund, tax))
        booked.append(_Booked(refund.home_id, refund.id, sign > 0))
        if sign < 0:
            failed.append((refund.home_id, refund.order_id))
    if not booked:
        return
    ledger.post(work, refunds)
    work.run(_BOOK, **given(booked, _Booked, "new"))
    touched = [state for state in totals.values() if state.touched]
    for key, parts in parts_of(work, orders).items():
        prices = {no: int(line.total_minor) for no, line in totals[key].lines.items()}
        totals[key].goodwill = standing(prices, parts)
    _write_refund_totals(work, touched)
    whole = [state.row for state in touched if state.total_minor >= state.row.paid_minor]
    attribution.unbind(
        work, refunded=[(row.home_id, row.id) for row in whole], paid_after_all=failed
    )


def _refund_posting(work: Work, order: Any, refund: Any, tax_minor: int) -> Posting:
    succeeded = refund.state == "succeeded"
    event = postings.refund_succeeded if succeeded else postings.refund_failed
    return event(
        refund.home_id,
        refund.id,
        order.number,
        refund.provider,
        Money(refund.amount_minor, order.currency),
        tax=Money(tax_minor, order.currency),
        on=local_day(work, refund.at),
    )


class _LineRefunded(NamedTuple):
    home_id: int
    order_id: UUID
    line_no: int
    refunded_minor: int
    goodwill_minor: int


class _OrderRefunded(NamedTuple):
    home_id: int
    id: UUID
    refunded_minor: int
    unallocated_minor: int


_REFUNDED_LINES = f"""
UPDATE order_line l SET refunded_minor = new.refunded_minor, goodwill_minor = new.goodwill_minor
  FROM {relation(_LineRefunded, "new")}
 WHERE l.home_id = new.home_id AND l.order_id = new.order_id AND l.line_no = new.line_no"""

_REFUNDED_ORDERS = f"""
UPDATE orders o SET
       refunded_minor = new.refunded_minor, unallocated_minor = new.unallocated_minor,
       payment_status = CASE
         WHEN o.disputed_minor > 0 THEN 'disputed'
         WHEN new.refunded_minor = 0 THEN 'paid'
         WHEN new.refunded_minor >= o.paid_minor THEN 'refunded'
         ELSE 'partially_refunded' END
  FROM {relation(_OrderRefunded, "new")}
 WHERE o.home_id = new.home_id AND o.id = new.id"""


def _write_refund_totals(work: Work, states: list[_RefundTotals]) -> None:
    lines = [
        _LineRefunded(state.row.home_id, state.row.id, no, back, state.goodwill.get(no, 0))
        for state in states
        for no, back in state.refunded.items()
        if back != state.lines[no].refunded_minor
    ]
    orders = [
        _OrderRefunded(state.row.home_id, state.row.id, state.total_minor, state.unallocated_minor)
        for state in states
    ]
    work.run(_REFUNDED_LINES, **given(lines, _LineRefunded, "new"))
    work.run(_REFUNDED_ORDERS, **given(orders, _OrderRefunded, "new"))
    record_all(work, "order.refunded", [(state.row.home_id, state.row.id) for state in states])


_DISPUTES = f"""
SELECT d.home_id, d.order_id, d.id, d.currency, d.withdrawn_minor, d.fee_minor,
       d.booked_minor, d.booked_fee_minor, d.bookings, d.lost_minor, d.status, o.number
  FROM dispute d JOIN orders o ON o.home_id = d.home_id AND o.id = d.order_id
 WHERE (d.home_id, d.order_id) IN (SELECT home_id, order_id FROM {ASKED_ORDERS})
   AND (d.withdrawn_minor <> d.booked_minor OR d.fee_minor <> d.booked_fee_minor
        OR d.lost_minor <> CASE WHEN d.status = 'lost' THEN d.withdrawn_minor ELSE 0 END)
 ORDER BY d.home_id, d.id FOR UPDATE OF d"""


def record_dispute(work: Work, orders: Sequence[OrderKey]) -> None:
    """Bring these orders and the books to what their disputes have taken, net, by now.

    What a lost one has taken is no asset any more: it is booked as lost, and back when the gateway
    reinstates it after all. In whatever order it is heard, and however often, each is booked once.
    """
    lock(work, in_key_order(orders))
    rows = work.rows(_DISPUTES, **asked(orders))
    for row in rows:
        lost = row.withdrawn_minor if row.status == "lost" else 0
        ledger.post(work, _dispute_postings(work, row, lost))
        work.run(
            """UPDATE dispute SET booked_minor = withdrawn_minor, booked_fee_minor = fee_minor,
                                  lost_minor = %(lost)s, bookings = bookings + 1
                WHERE home_id = %(home)s AND id = %(id)s""",
            lost=lost,
            home=row.home_id,
            id=row.id,
        )
        if (row.withdrawn_minor, row.fee_minor) == (row.booked_minor, row.booked_fee_minor):
            continue  # who has the money is as it was
        work.run(
            """UPDATE orders o SET disputed_minor = sums.taken,
                      payment_status = CASE WHEN sums.taken > 0 THEN 'disputed'
                        WHEN o.refunded_minor = 0 THEN 'paid'
                        WHEN o.refunded_minor >= o.paid_minor THEN 'refunded'
                        ELSE 'partially_refunded' END
                 FROM (SELECT greatest(sum(withdrawn_minor), 0)::bigint AS taken FROM dispute
                        WHERE home_id = %(home)s AND order_id = %(order)s) AS sums
                WHERE o.home_id = %(home)s AND o.id = %(order)s""",
            home=row.home_id,
            order=row.order_id,
        )
        record(work, "order.disputed", row.order_id, home=row.home_id)


def book_lost_disputes(work: Work, *, most: int = 1000) -> int:
    """Book what lost disputes have taken where that is still to do; of how many orders.

    Those that were lost before losses were booked; of others, their own events see to it.
    """
    rows = work.rows(
        """SELECT DISTINCT home_id, order_id FROM dispute
            WHERE lost_minor <> CASE WHEN status = 'lost' THEN booked_minor ELSE 0 END
            ORDER BY 1, 2 LIMIT %(most)s""",
        most=most,
    )
    if rows:
        record_dispute(work, [tuple(row) for row in rows])
    return len(rows)


def _dispute_postings(work: Work, row: Any, lost_minor: int) -> tuple[Posting, Posting]:
    """What a dispute has moved since it was last booked, and what of it is lost, or no more."""
    about = (row.home_id, row.id, row.bookings + 1, row.number)
    taken = Money(row.withdrawn_minor - row.booked_minor, row.currency)
    fee = Money(row.fee_minor - row.booked_fee_minor, row.currency)
    lost = Money(lost_minor - row.lost_minor, row.currency)
    day = local_day(work, work.now())
    return (
        postings.dispute_moved(*about, taken, fee=fee, on=day),
        postings.dispute_lost(*about, lost, on=day),
    )


# ---------------------------------------------------------------- shared


# Counted, because nobody wants to see them; their keys stay free to be referred to.
_LOCK = f"""
SELECT count(*) FROM (
  SELECT FROM orders o JOIN {ASKED} USING (home_id, id)
   ORDER BY o.home_id, o.id FOR NO KEY UPDATE OF o) AS locked"""


def lock(work: Work, orders: Sequence[OrderKey]) -> None:
    """Take orders, in key order, to change them."""
    work.value(_LOCK, **asked(orders))


def local_day(work: Work, at: datetime) -> date:
    """The business day of an instant, where the company lives."""
    return at.astimezone(work.tools.zone).date()
