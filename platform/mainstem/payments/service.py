"""Taking money and sending it back."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from mainstem.kit.bulk import ASKED, Json, RowKey, asked, given, insert_many, relation
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidTransition, NotFound
from mainstem.kit.events import Fact, record, record_all
from mainstem.kit.ids import new_id, new_ids
from mainstem.kit.work import CLIENT, SYSTEM, Work
from mainstem.money import Money, largest_remainder
from mainstem.payments import operations
from mainstem.payments.currencies import refuse_impossible
from mainstem.payments.errors import (
    ChargebackLost,
    ChargebackOpen,
    GatewayBusy,
    GatewayDeclined,
    GatewayUnavailable,
    NothingToRefund,
    OrderNotPayable,
    TakenByDispute,
)

# The gateway keeps a checkout open for half an hour at least, and for a day at most.
_SESSION_LIFE = (timedelta(minutes=31), timedelta(hours=23))


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout that is durable with us and still to be opened at the gateway."""

    home_id: int
    payment_id: UUID
    operation_id: UUID
    key: str
    request: dict[str, Any]
    tried: bool = False


def start(
    database: Database, home_id: int, order_id: UUID, *, success_url: str, cancel_url: str
) -> str:
    """The page where the client pays this order. Asking twice gives the same page.

    The order and the operation are durable before the gateway is called; no transaction is open
    while it is. Raises OrderNotPayable, or GatewayUnavailable when the gateway does not answer.
    """
    with database.work(CLIENT) as work:
        ready = _open_checkout(work, home_id, order_id, success_url, cancel_url)
    return ready if isinstance(ready, str) else show_checkout(database, ready)


def show_checkout(database: Database, checkout: Checkout) -> str:
    """Open a checkout at the gateway: the page where the client pays.

    Raises GatewayUnavailable when the gateway does not answer; then `start` tries again.
    """
    home_id, payment_id = checkout.home_id, checkout.payment_id
    try:
        session = database.tools.gateway.create_session(checkout.request, checkout.key)
    except GatewayDeclined as error:
        with database.work(SYSTEM) as work:
            operations.close(work, home_id, checkout.operation_id, error=str(error))
            _set_state(work, home_id, payment_id, "failed")
        raise GatewayUnavailable(str(error)) from error
    except GatewayBusy:
        raise
    except GatewayUnavailable as error:
        # The gateway may answer this key with the same trouble for ever. Nobody was given a page
        # that it may have opened, so the next try may safely open another.
        if checkout.tried:
            with database.work(SYSTEM) as work:
                operations.close(work, home_id, checkout.operation_id, error=str(error))
        raise
    assert session.url, "an open checkout has a page"
    with database.work(CLIENT) as work:
        operations.close(work, home_id, checkout.operation_id, provider_id=session.id)
        # Of two pages, opened by two clicks under two keys, the first one written down is shown.
        shown = work.value(
            """UPDATE payment SET session_id = coalesce(session_id, %(session)s),
                      pay_url = coalesce(pay_url, %(url)s),
                      state = CASE WHEN state = 'started' THEN 'open' ELSE state END
                WHERE home_id = %(home)s AND id = %(id)s RETURNING pay_url""",
            home=home_id,
            id=payment_id,
            session=session.id,
            url=session.url,
        )
    return str(shown)


_TO_PAY = f"""
SELECT o.home_id, o.id, o.number, o.state, o.currency, o.locale, o.total_minor, o.shipping_minor,
       o.pay_by, o.client_key, s.name AS shop,
       (SELECT json_agg(json_build_array(l.name, l.quantity, l.unit_minor, l.total_minor)
                        ORDER BY l.line_no)
          FROM order_line l WHERE l.home_id = o.home_id AND l.order_id = o.id) AS lines
  FROM orders o
  JOIN {ASKED} USING (home_id, id)
  LEFT JOIN storefront s ON s.home_id = o.home_id AND s.id = o.storefront_id"""


def open_checkouts(
    work: Work, orders: Sequence[tuple[int, UUID, str, str]]
) -> dict[UUID, Checkout]:
    """Checkouts of orders that this very Work has placed, by order: for `show_checkout`.

    Asked as (home, order, success_url, cancel_url). They are durable with their orders, at one
    commit, so that paying needs no second road through the database.
    """
    urls = {order_id: (success, cancel) for _, order_id, success, cancel in orders}
    rows = work.rows(_TO_PAY, **asked(one[:2] for one in orders))
    payments = dict(zip(new_ids(len(rows)), rows, strict=True))
    _write_payments(work, [(order, id, 1) for id, order in payments.items()])
    opened = operations.open_tried(
        work,
        [
            (
                order.home_id,
                new_id(),
                "checkout",
                id,
                _session_request(order, id, *urls[order.id], now=work.now()),
            )
            for id, order in payments.items()
        ],
    )
    return {
        payments[one.subject_id].id: _checkout(one.home_id, one.subject_id, one) for one in opened
    }


def _checkout(home_id: int, payment_id: UUID, operation: Any) -> Checkout:
    return Checkout(
        home_id, payment_id, operation.id, operation.key, operation.request, operation.tried
    )


def _open_checkout(
    work: Work, home_id: int, order_id: UUID, success_url: str, cancel_url: str
) -> str | Checkout:
    order = work.row(_TO_PAY + " FOR UPDATE OF o", **asked([(home_id, order_id)]))
    if order is None:
        raise NotFound("order")
    if order.state != "pending" or order.pay_by <= work.now():
        raise OrderNotPayable(number=order.number, state=order.state)
    last = work.row(
        """SELECT id, attempt, state, pay_url,
                  coalesce(sum(captured_minor) FILTER (WHERE state = 'captured') OVER ()
                           >= %(total)s, false) AS paid
             FROM payment
            WHERE home_id = %(home)s AND order_id = %(order)s ORDER BY attempt DESC LIMIT 1""",
        home=home_id,
        order=order_id,
        total=order.total_minor,
    )
    if last is not None and last.paid:
        # Captured, and its order not yet told: another page would take the money twice.
        raise OrderNotPayable(number=order.number, state="paid")
    if last is not None and last.state == "open":
        return str(last.pay_url)
    if last is not None and last.state == "processing":
        raise OrderNotPayable(number=order.number, state="processing")
    if last is not None and last.state == "started":
        payment_id = last.id
    else:
        payment_id = new_id()
        _write_payments(work, [(order, payment_id, last.attempt + 1 if last else 1)])
    request = _session_request(order, payment_id, success_url, cancel_url, now=work.now())
    operation = operations.open_operation(work, home_id, "checkout", payment_id, request)
    operations.trying(work, home_id, operation.id)
    return _checkout(home_id, payment_id, operation)


class _PaymentRow(NamedTuple):
    home_id: int
    id: UUID
    order_id: UUID
    provider: str
    attempt: int
    state: str
    currency: str
    amount_minor: int
    created_at: datetime


def _write_payments(work: Work, payments: Sequence[tuple[Any, UUID, int]]) -> None:
    """Payments of orders, as (order, id, attempt)."""
    now = work.now()
    rows = [
        _PaymentRow(
            home_id=order.home_id,
            id=id,
            order_id=order.id,
            provider="stripe",
            attempt=attempt,
            state="started",
            currency=order.currency,
            amount_minor=order.total_minor,
            created_at=now,
        )
        for order, id, attempt in payments
    ]
    insert_many(work, "payment", rows)


def _session_request(
    order: Any, payment_id: UUID, success_url: str, cancel_url: str, *, now: datetime
) -> dict[str, Any]:
    items = []
    for name, quantity, unit_minor, total_minor in order.lines:
        # A total that was agreed elsewhere need not be a multiple of the quantity.
        whole = unit_minor * quantity == total_minor
        items.append((name, quantity if whole else 1, unit_minor if whole else total_minor))
    if order.shipping_minor:
        items.append(("Frakt" if order.locale == "sv" else "Delivery", 1, order.shipping_minor))
    metadata = {
        "home_id": str(order.home_id),
        "order_id": str(order.id),
        "payment_id": str(payment_id),
    }
    # The gateway has a clock of its own, which no demo moves: tell it how long, by that clock.
    shortest, longest = _SESSION_LIFE
    life = min(max(order.pay_by - now, shortest), longest)
    # The client pays at the name that they know; without a shop, at the account's own.
    name = {"branding_settings": {"display_name": order.shop}} if order.shop else {}
    return name | {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "client_reference_id": str(order.id),
        "customer_email": order.client_key,
        "locale": order.locale,
        "line_items": [
            {
                "quantity": quantity,
                "price_data": {
                    "currency": order.currency.lower(),
                    "unit_amount": unit,
                    "product_data": {"name": name},
                },
            }
            for name, quantity, unit in items
        ],
        "payment_intent_data": {"transfer_group": f"order_{order.id}", "metadata": metadata},
        "metadata": metadata,
        "success_url": success_url,
        "cancel_url": cancel_url,
        "expires_at": int(time.time() + life.total_seconds()),
    }


def _set_state(work: Work, home_id: int, payment_id: UUID, state: str) -> None:
    work.run(
        """UPDATE payment SET state = %(state)s
            WHERE home_id = %(home)s AND id = %(id)s AND state = 'started'""",
        home=home_id,
        id=payment_id,
        state=state,
    )


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


# ---------------------------------------------------------------- refunds


@dataclass(frozen=True, slots=True)
class PaymentLeft:
    """A captured payment, and what the gateway (or our bank) still has of it to give back."""

    id: UUID
    provider: str
    minor: int


@dataclass(frozen=True, slots=True)
class Left:
    """What can still go back of an order: payment by payment, and of each line (0: the delivery).

    Neither what has been asked back and not failed, nor what the client's bank has taken.
    """

    currency: str
    payments: Sequence[PaymentLeft]
    lines: Mapping[int, int]
    disputed_minor: int
    chargeback: ChargebackOpen | ChargebackLost | None = None
    """Why nothing goes back through the gateway, whatever is left."""

    def not_barred(self) -> Sequence[PaymentLeft]:
        """The payments that money can go back to; raises the chargeback when it bars them all."""
        if not self.chargeback:
            return self.payments
        found = [one for one in self.payments if one.provider != "stripe"]
        if not found:
            raise self.chargeback
        return found

    @property
    def minor(self) -> int:
        """In all."""
        return sum(payment.minor for payment in self.payments)


def left_to_refund(work: Work, home_id: int, order_id: UUID) -> Left:
    """What can still go back of an order, which is locked by this, its payments after it."""
    locked = work.rows(
        """SELECT p.id, p.provider, p.currency, p.captured_minor FROM payment p
             JOIN orders o ON o.home_id = p.home_id AND o.id = p.order_id
            WHERE p.home_id = %(home)s AND p.order_id = %(order)s AND p.state = 'captured'
            ORDER BY p.attempt FOR UPDATE OF o, p""",
        home=home_id,
        order=order_id,
    )
    if not locked:
        raise NotFound("payment")
    # Asked after the locks are ours: whoever held them has written what is read here.
    asked = work.rows(
        """SELECT payment_id, amount_minor, lines FROM refund
            WHERE home_id = %(home)s AND order_id = %(order)s
              AND state IN ('requested', 'submitted', 'succeeded')""",
        home=home_id,
        order=order_id,
    )
    # A dispute is of the payment that counts: of a duplicate, its own rows tell.
    disputed = int(
        work.value(
            """SELECT greatest(coalesce(sum(withdrawn_minor), 0), 0)::bigint FROM dispute
                WHERE home_id = %(home)s AND order_id = %(order)s""",
            home=home_id,
            order=order_id,
        )
    )
    found = []
    for payment in locked:
        gone = sum(row.amount_minor for row in asked if row.payment_id == payment.id)
        gone += disputed if payment.provider == "stripe" else 0
        found.append(
            PaymentLeft(payment.id, payment.provider, max(payment.captured_minor - gone, 0))
        )
    statuses = work.rows(
        "SELECT status FROM dispute WHERE home_id = %(home)s AND order_id = %(order)s",
        home=home_id,
        order=order_id,
    )
    return Left(
        locked[0].currency,
        found,
        _left_of_lines(work, home_id, order_id, asked),
        disputed,
        chargeback_of([row.status for row in statuses]),
    )


def chargeback_of(statuses: Sequence[str]) -> ChargebackOpen | ChargebackLost | None:
    """Why the gateway refunds nothing of a payment whose disputes stand so; None when it does.

    However little is disputed, all of the payment is barred. An inquiry bars nothing, and neither does
    a dispute that is won.
    """
    if any(status in ("needs_response", "under_review") for status in statuses):
        return ChargebackOpen()
    return ChargebackLost() if "lost" in statuses else None


def _left_of_lines(
    work: Work, home_id: int, order_id: UUID, asked: Sequence[Any]
) -> dict[int, int]:
    left = {
        row.line_no: row.total_minor
        for row in work.rows(
            """SELECT line_no, total_minor FROM order_line
                WHERE home_id = %(home)s AND order_id = %(order)s
               UNION ALL SELECT 0, shipping_minor FROM orders
                WHERE home_id = %(home)s AND id = %(order)s""",
            home=home_id,
            order=order_id,
        )
    }
    for row in asked:
        for part in row.lines:
            left[part["line_no"]] -= part["amount_minor"]
    return {no: max(minor, 0) for no, minor in left.items()}


def request_refund(
    work: Work,
    home_id: int,
    order_id: UUID,
    *,
    amount_minor: int,
    reason: str,
    lines: Sequence[tuple[int, int]] = (),
    goods_go: bool = False,
    pieces: Mapping[int, int] | None = None,
    approval_id: UUID | None = None,
) -> UUID:
    """Ask for money to go back: an amount, and of which lines (line_no, amount; line 0: delivery).

    What names no line counts against the whole order. Nothing moves until the gateway has answered.
    What becomes of the goods is only noted here (`goods_go`, and `pieces` of each line that stay):
    `orders.refund` sees to it. Raises NothingToRefund when more would go back than is left of the
    payment or of a line, ChargebackOpen or ChargebackLost while a dispute bars the payment,
    TakenByDispute when the client's bank has it, and AmountNotPossible when the gateway cannot send
    the amount.
    """
    left = left_to_refund(work, home_id, order_id)
    payment = payment_for(left, amount_minor, lines)
    return _insert_refund(
        work,
        home_id,
        order_id,
        payment,
        left.currency,
        amount_minor=amount_minor,
        reason=reason,
        lines=lines,
        goods_go=goods_go,
        pieces=pieces or {},
        approval_id=approval_id,
    )


def refund_rest(
    work: Work,
    home_id: int,
    order_id: UUID,
    *,
    most_minor: int,
    reason: str,
    approval_id: UUID | None = None,
) -> int:
    """Ask back what is left of an order's payments, payment by payment; how much that is.

    It names the lines that it is of, the delivery among them. What went back before without a line, or
    is disputed, was of all of them alike, so that each is short of its part.
    """
    left = left_to_refund(work, home_id, order_id)
    asked, lines = 0, dict(left.lines)
    for payment in left.payments:
        amount = min(payment.minor, most_minor - asked)
        if amount > 0:
            of_lines = _over_lines(amount, lines)
            for no, part in of_lines:
                lines[no] -= part
            _insert_refund(
                work,
                home_id,
                order_id,
                payment,
                left.currency,
                amount_minor=amount,
                reason=reason,
                lines=of_lines,
                approval_id=approval_id,
            )
            asked += amount
    return asked


def _over_lines(amount_minor: int, left: Mapping[int, int]) -> list[tuple[int, int]]:
    """An amount over the lines by what each has left, to the unit; none gets more than it has."""
    whole = sum(left.values())
    if not whole:
        return []
    parts = largest_remainder(min(amount_minor, whole), list(left.values()), whole)
    return [(no, part) for no, part in zip(left, parts, strict=True) if part]


def payment_for(left: Left, amount_minor: int, lines: Sequence[tuple[int, int]]) -> PaymentLeft:
    """The payment that so much can go back to."""
    payment = max(left.not_barred(), key=lambda one: one.minor)
    asked = Money(amount_minor, left.currency)
    most = Money(payment.minor, left.currency)
    if payment.provider == "stripe":
        refuse_impossible(asked)
    if amount_minor > payment.minor and left.disputed_minor:
        taken = Money(left.disputed_minor, left.currency)
        raise TakenByDispute(asked=asked, left=most, taken=taken)
    if not 0 < amount_minor <= payment.minor or sum(part for _, part in lines) > amount_minor:
        raise NothingToRefund(asked=asked, left=most)
    for no, part in lines:
        if not 0 < part <= left.lines.get(no, 0):
            raise NothingToRefund(
                asked=Money(part, left.currency), left=Money(left.lines.get(no, 0), left.currency)
            )
    return payment


def _insert_refund(
    work: Work,
    home_id: int,
    order_id: UUID,
    payment: PaymentLeft,
    currency: str,
    *,
    amount_minor: int,
    reason: str,
    lines: Sequence[tuple[int, int]] = (),
    goods_go: bool = False,
    pieces: Mapping[int, int] | None = None,
    approval_id: UUID | None = None,
) -> UUID:
    id = new_id()
    external = payment.provider == "external"
    work.run(
        """INSERT INTO refund (home_id, id, order_id, payment_id, state, currency, amount_minor,
                               lines, goods_go, pieces, reason, actor, approval_id, requested_at,
                               succeeded_at)
           VALUES (%(home)s, %(id)s, %(order)s, %(payment)s, %(state)s, %(currency)s, %(amount)s,
                   %(lines)s::jsonb, %(go)s, %(pieces)s::jsonb, %(reason)s, %(actor)s,
                   %(approval)s, %(now)s, %(succeeded)s)""",
        home=home_id,
        id=id,
        order=order_id,
        payment=payment.id,
        state="succeeded" if external else "requested",
        currency=currency,
        amount=amount_minor,
        lines=json.dumps([{"line_no": no, "amount_minor": amount} for no, amount in lines]),
        go=goods_go,
        pieces=json.dumps({str(no): count for no, count in (pieces or {}).items() if count}),
        reason=reason,
        actor=str(work.actor),
        approval=approval_id,
        now=work.now(),
        succeeded=work.now() if external else None,
    )
    # What our own bank sends has gone: no gateway has to be asked.
    record_all(work, "refund.requested", [(home_id, id)], reacts=not external)
    if external:
        record(work, "refund.succeeded", id, home=home_id)
    return id


def retry_refund(work: Work, home_id: int, refund_id: UUID) -> UUID:
    """Ask again for a refund that failed; its id. The next attempt is another request.

    One that had succeeded and came back stands in the books, there and back: it is closed, and a
    refund of the same lines follows it. Raises InvalidTransition unless it failed, and
    NothingToRefund when others have given back meanwhile what it was to give.
    """
    order_id = work.value(
        "SELECT order_id FROM refund WHERE home_id = %(home)s AND id = %(id)s",
        home=home_id,
        id=refund_id,
    )
    if order_id is None:
        raise NotFound("refund")
    left = left_to_refund(work, home_id, order_id)
    row = work.row(
        """SELECT state, amount_minor, lines, reason, goods_go, approval_id, provider_id, succeeded_at
             FROM refund
            WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE""",
        home=home_id,
        id=refund_id,
    )
    assert row is not None, "refunds are not deleted"
    if row.state != "failed":
        raise InvalidTransition("refund", row.state, "retried")
    lines = [(part["line_no"], part["amount_minor"]) for part in row.lines]
    payment_for(left, row.amount_minor, lines)
    again = row.succeeded_at is None
    work.run(
        """UPDATE refund SET state = %(state)s, error = CASE WHEN %(again)s THEN NULL ELSE error END,
                  provider_id = CASE WHEN %(again)s THEN NULL ELSE provider_id END
            WHERE home_id = %(home)s AND id = %(id)s""",
        home=home_id,
        id=refund_id,
        state="requested" if again else "canceled",
        again=again,
    )
    if not again:
        return request_refund(
            work,
            home_id,
            order_id,
            amount_minor=row.amount_minor,
            reason=row.reason,
            lines=lines,
            goods_go=row.goods_go,
            approval_id=row.approval_id,
        )
    if row.provider_id:
        # Its webhook event came, and its answer never did: that attempt is over all the same.
        work.run(
            """UPDATE operation SET state = 'done', provider_id = %(provider)s, closed_at = %(now)s
                WHERE home_id = %(home)s AND kind = 'refund' AND subject_id = %(id)s
                  AND state IN ('todo', 'unknown')""",
            home=home_id,
            id=refund_id,
            provider=row.provider_id,
            now=work.now(),
        )
    record(work, "refund.requested", refund_id, home=home_id)
    return refund_id


@dataclass(frozen=True, slots=True)
class FailedRefund:
    """A refund that failed, of an order that is locked."""

    home_id: int
    id: UUID
    order_id: UUID
    amount: Money


def failed_refund(work: Work, home_id: int, refund_id: UUID) -> FailedRefund:
    """A refund that failed and that nothing else has given back since; its order is locked by this.

    What the client's bank has taken by a dispute is not counted: whoever pays the client all the
    same has decided so. Raises InvalidTransition unless it failed, and NothingToRefund when others
    have given back meanwhile what it was to give.
    """
    row = _take_refund(work, home_id, refund_id)
    if row.state != "failed":
        raise InvalidTransition("refund", row.state, "settled")
    left = left_to_refund(work, home_id, row.order_id)
    amount = Money(row.amount_minor, row.currency)
    of_payment = work.value(
        """SELECT p.captured_minor - coalesce((
                    SELECT sum(r.amount_minor) FROM refund r
                     WHERE r.home_id = p.home_id AND r.payment_id = p.id
                       AND r.state IN ('requested', 'submitted', 'succeeded')), 0)::bigint
             FROM payment p WHERE p.home_id = %(home)s AND p.id = %(id)s""",
        home=home_id,
        id=row.payment_id,
    )
    parts = [(amount, of_payment)] + [
        (Money(part["amount_minor"], row.currency), left.lines.get(part["line_no"], 0))
        for part in row.lines
    ]
    for wanted, most in parts:
        if wanted.minor > most:
            raise NothingToRefund(asked=wanted, left=Money(max(most, 0), row.currency))
    return FailedRefund(home_id, refund_id, row.order_id, amount)


def settlement_of(work: Work, home_id: int, refund_id: UUID) -> str | None:
    """The bank's reference under which a failed refund was paid; None while it has not been.

    The refund is locked by this, its order before it: whoever said it meanwhile has written it.
    """
    _take_refund(work, home_id, refund_id)
    found: str | None = work.value(
        "SELECT reference FROM refund WHERE home_id = %(home)s AND settles = %(id)s",
        home=home_id,
        id=refund_id,
    )
    return found


def settle_by_bank(
    work: Work,
    failed: FailedRefund,
    *,
    reason: str,
    reference: str,
    approval_id: UUID | None = None,
) -> UUID:
    """The company's own bank has paid the client what a refund was to give; the id of what did.

    The failed refund is closed: nobody tries it again, and what the gateway may still say of it
    counts no more.
    """
    id = new_id()
    work.run(
        """INSERT INTO refund (home_id, id, order_id, payment_id, state, currency, amount_minor,
                               lines, goods_go, reason, actor, approval_id, requested_at,
                               succeeded_at, settles, reference)
           SELECT home_id, %(new)s, order_id, payment_id, 'succeeded', currency, amount_minor, lines,
                  goods_go, %(reason)s, %(actor)s, %(approval)s, %(now)s, %(now)s, id, %(reference)s
             FROM refund WHERE home_id = %(home)s AND id = %(id)s""",
        new=id,
        reason=reason,
        actor=str(work.actor),
        approval=approval_id,
        now=work.now(),
        reference=reference,
        home=failed.home_id,
        id=failed.id,
    )
    work.run(
        "UPDATE refund SET state = 'canceled' WHERE home_id = %(home)s AND id = %(id)s",
        home=failed.home_id,
        id=failed.id,
    )
    record(work, "refund.settled_by_bank", id, home=failed.home_id)
    record(work, "refund.succeeded", id, home=failed.home_id)
    return id


def _take_refund(work: Work, home_id: int, refund_id: UUID) -> Any:
    """A refund to change, its order locked before it."""
    key = {"home": home_id, "id": refund_id}
    order = work.value(
        """SELECT o.id FROM refund r JOIN orders o ON o.home_id = r.home_id AND o.id = r.order_id
            WHERE r.home_id = %(home)s AND r.id = %(id)s FOR UPDATE OF o""",
        **key,
    )
    if order is None:
        raise NotFound("refund")
    row = work.row(
        """SELECT order_id, payment_id, state, currency, amount_minor, lines FROM refund
            WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE""",
        **key,
    )
    assert row is not None, "refunds are not deleted"
    return row


def send_refund(database: Database, fact: Fact) -> None:
    """Have the gateway carry out a requested refund, once, however often this is tried."""
    home_id, refund_id = fact.home_id, fact.uuid
    with database.work(SYSTEM) as work:
        row = work.row(
            """SELECT r.state, r.amount_minor, r.currency, p.intent_id, r.order_id FROM refund r
                 JOIN payment p ON p.home_id = r.home_id AND p.id = r.payment_id
                WHERE r.home_id = %(home)s AND r.id = %(id)s FOR UPDATE OF r""",
            home=home_id,
            id=refund_id,
        )
        if row is None or row.state != "requested":
            return
        request = {
            "payment_intent": row.intent_id,
            "amount": row.amount_minor,
            "currency": row.currency.lower(),
            "metadata": {
                "home_id": str(home_id),
                "order_id": str(row.order_id),
                "refund_id": str(refund_id),
            },
        }
        operation = operations.open_operation(work, home_id, "refund", refund_id, request)
        operations.trying(work, home_id, operation.id)
        before = _tried(work, home_id, refund_id)
    gateway = database.tools.gateway
    found = None
    if operation.tried:
        # It may have happened: look before asking again.
        found = next(
            (
                state
                for state in gateway.refunds_of(operation.request["payment_intent"])
                if state.metadata.get("refund_id") == str(refund_id) and state.id not in before
            ),
            None,
        )
    try:
        found = found or gateway.create_refund(operation.request, operation.key)
    except GatewayDeclined as error:
        with database.work(SYSTEM) as work:
            if not operations.close(work, home_id, operation.id, error=str(error)):
                return  # the same no as before, and staff may have asked again since
            work.run(
                """UPDATE refund SET state = 'failed', error = %(error)s
                    WHERE home_id = %(home)s AND id = %(id)s AND state = 'requested'""",
                home=home_id,
                id=refund_id,
                error=str(error),
            )
            record(work, "refund.failed", refund_id, home=home_id)
        return
    with database.work(SYSTEM) as work:
        # Kept before it is closed: what a closed attempt has made is an earlier one's.
        keep_refunds(work, home_id, row.order_id, [found])
        operations.close(work, home_id, operation.id, provider_id=found.id)


def _tried(work: Work, home_id: int, refund_id: UUID) -> set[str]:
    """What the gateway made of a refund's attempts that are over."""
    rows = work.rows(
        """SELECT provider_id FROM operation WHERE home_id = %(home)s AND kind = 'refund'
              AND subject_id = %(id)s AND state = 'done'""",
        home=home_id,
        id=refund_id,
    )
    return {row.provider_id for row in rows}


_NEXT = {
    "requested": {"submitted", "succeeded", "failed", "canceled"},
    "submitted": {"succeeded", "failed", "canceled"},
    "succeeded": {"failed"},
}
# One that is canceled at the gateway has given nobody anything: somebody must look at it.
_OURS = {"pending": "submitted", "requires_action": "submitted", "succeeded": "succeeded",
         "failed": "failed", "canceled": "failed"}  # fmt: skip


def keep_refunds(work: Work, home_id: int, order_id: UUID, found: Sequence[Any]) -> None:
    """Bring our refunds to what the gateway says; those made elsewhere are adopted.

    A state only ever moves forward, so an older look changes nothing.
    """
    payment_id = work.value(
        """SELECT p.id FROM orders o JOIN payment p ON p.home_id = o.home_id AND p.order_id = o.id
            WHERE o.home_id = %(home)s AND o.id = %(order)s AND p.state = 'captured'
            ORDER BY p.attempt LIMIT 1 FOR UPDATE OF o""",
        home=home_id,
        order=order_id,
    )
    for state in found:
        ours = _OURS[state.status]
        known = work.row(
            """SELECT id, state, provider_id FROM refund WHERE home_id = %(home)s
                  AND (provider_id = %(provider)s OR id = %(id)s)""",
            home=home_id,
            provider=state.id,
            id=state.metadata.get("refund_id"),
        )
        if known is None:
            id = new_id()
            work.run(
                """INSERT INTO refund (home_id, id, order_id, payment_id, state, currency,
                          amount_minor, reason, provider_id, actor, requested_at, succeeded_at)
                   VALUES (%(home)s, %(id)s, %(order)s, %(payment)s, %(state)s, %(currency)s,
                           %(amount)s, %(reason)s, %(provider)s, 'gateway', %(at)s,
                           CASE WHEN %(state)s = 'succeeded' THEN %(now)s::timestamptz END)""",
                home=home_id,
                id=id,
                order=order_id,
                payment=payment_id,
                state=ours,
                currency=state.currency,
                amount=state.amount_minor,
                reason=state.reason or "made_at_gateway",
                provider=state.id,
                at=state.created_at,
                now=work.now(),
            )
            record(work, f"refund.{ours}", id, home=home_id)
        elif known.provider_id != state.id and state.id in _tried(work, home_id, known.id):
            continue  # an earlier attempt, which failed
        elif ours in _NEXT.get(known.state, set()):
            work.run(
                """UPDATE refund SET state = %(state)s, provider_id = %(provider)s,
                          error = coalesce(nullif(%(error)s, ''), error),
                          succeeded_at = CASE WHEN %(state)s = 'succeeded' THEN %(now)s::timestamptz
                                              ELSE succeeded_at END
                    WHERE home_id = %(home)s AND id = %(id)s""",
                home=home_id,
                id=known.id,
                state=ours,
                provider=state.id,
                error=state.failure,
                now=work.now(),
            )
            record(work, f"refund.{ours}", known.id, home=home_id)
