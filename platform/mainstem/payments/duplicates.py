"""Duplicate payments: what was paid for an order that was paid already is refunded by itself.

It never counts for the order, so that it earns nobody anything and its refund takes nothing back.
Until it is refunded it stands in the books as not explained.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from mainstem import ledger
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidTransition, NotFound
from mainstem.kit.events import Fact, record
from mainstem.kit.work import SYSTEM, Work
from mainstem.ledger import postings
from mainstem.money import Money
from mainstem.payments import operations
from mainstem.payments.errors import GatewayDeclined
from mainstem.payments.gateway import DisputeState, Gateway, RefundState, SessionState


def record_duplicate(work: Work, home_id: int, payment_id: UUID, session: SessionState) -> None:
    """Note that a checkout was paid for an order that had been paid. The order is locked.

    `payment_id` is the payment that the checkout was opened for. Where that one was paid by another
    page, this page becomes a payment of its own.
    """
    asked = work.row(
        """SELECT state IN ('captured', 'duplicate', 'returned') AND session_id <> %(session)s
                    AS by_another, order_id, currency
             FROM payment WHERE home_id = %(home)s AND id = %(id)s""",
        home=home_id,
        id=payment_id,
        session=session.id,
    )
    assert asked is not None, "its order is locked"
    id = uuid5(payment_id, session.id) if asked.by_another else payment_id
    work.run(
        """INSERT INTO payment (home_id, id, order_id, provider, attempt, state, currency,
                                amount_minor, created_at)
           SELECT %(home)s, %(id)s, %(order)s, 'stripe', max(attempt) + 1, 'open', %(currency)s,
                  %(amount)s, %(now)s FROM payment
            WHERE home_id = %(home)s AND order_id = %(order)s
           ON CONFLICT (home_id, id) DO NOTHING""",
        home=home_id,
        id=id,
        order=asked.order_id,
        currency=asked.currency,
        amount=session.amount_minor,
        now=work.now(),
    )
    new = work.run(
        """UPDATE payment SET state = 'duplicate', session_id = %(session)s, intent_id = %(intent)s,
                  charge_id = %(charge)s, captured_minor = %(amount)s, captured_at = %(now)s
            WHERE home_id = %(home)s AND id = %(id)s AND state NOT IN ('duplicate', 'returned')""",
        home=home_id,
        id=id,
        session=session.id,
        intent=session.intent_id,
        charge=session.charge_id,
        amount=session.amount_minor,
        now=work.now(),
    )
    record_fee_of_duplicate(work, home_id, id, session)
    if new:
        number, currency, day = _booked_as(work, home_id, id)
        paid = Money(session.amount_minor, currency)
        ledger.post(work, [postings.duplicate_captured(home_id, id, number, paid, on=day)])
        record(work, "payment.duplicated", id, home=home_id)


def record_fee_of_duplicate(
    work: Work, home_id: int, payment_id: UUID, session: SessionState
) -> None:
    """What the gateway kept of a duplicate payment; it is known a moment later."""
    fee = session.fee_minor
    if fee and work.run(
        """UPDATE payment SET fee_minor = %(fee)s
            WHERE home_id = %(home)s AND id = %(id)s AND fee_minor = 0""",
        home=home_id,
        id=payment_id,
        fee=fee,
    ):
        number, currency, day = _booked_as(work, home_id, payment_id)
        kept = Money(fee, currency)
        ledger.post(
            work, [postings.duplicate_fee_charged(home_id, payment_id, number, kept, on=day)]
        )


def refund_duplicate(database: Database, fact: Fact) -> None:
    """Refund a duplicate payment. What the gateway once refused waits for staff to ask again."""
    _refund(database, fact.home_id, fact.uuid, again=False)


def retry_duplicate_refund(database: Database, fact: Fact) -> None:
    """Refund a duplicate payment by another request, as staff have asked."""
    _refund(database, fact.home_id, fact.uuid, again=True)


def request_duplicate_refund(work: Work, home_id: int, payment_id: UUID) -> None:
    """Request the refund of a duplicate payment again. Raises InvalidTransition when it is refunded."""
    state = work.value(
        "SELECT state FROM payment WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE",
        home=home_id,
        id=payment_id,
    )
    if state is None:
        raise NotFound("payment")
    if state != "duplicate":
        raise InvalidTransition("payment", state, "sent back")
    record(work, "retry.duplicate", payment_id, home=home_id)


def _refund(database: Database, home_id: int, payment_id: UUID, *, again: bool) -> None:
    gateway: Gateway = database.tools.gateway
    with database.work(SYSTEM) as work:
        payment = work.row(
            """SELECT state, intent_id, order_id, captured_minor, currency FROM payment
                WHERE home_id = %(home)s AND id = %(id)s""",
            home=home_id,
            id=payment_id,
        )
    if payment is None or payment.state != "duplicate":
        return
    # What has gone back already, by whomever, says what is left: that is looked at before every try.
    found = gateway.refunds_of(payment.intent_id)
    left = payment.captured_minor - sum(one.amount_minor for one in found if _stands(one))
    with database.work(SYSTEM) as work:
        record_duplicate_refunds(work, home_id, payment_id, found)
        left -= _taken(work, home_id, postings.duplicate_disputes(payment_id))[0]
        operation = _next_try(work, home_id, payment_id, payment, left, found, again=again)
    if operation is None:
        return
    try:
        made = gateway.create_refund(operation.request, operation.key)
    except GatewayDeclined as error:
        with database.work(SYSTEM) as work:
            if operations.close(work, home_id, operation.id, error=str(error)):
                record(work, "payment.return_failed", payment_id, home=home_id)
        return
    with database.work(SYSTEM) as work:
        record_duplicate_refunds(
            work, home_id, payment_id, [one for one in found if one.id != made.id] + [made]
        )
        operations.close(work, home_id, operation.id, provider_id=made.id)


def _next_try(
    work: Work,
    home_id: int,
    payment_id: UUID,
    payment: Any,
    left: int,
    found: Sequence[RefundState],
    *,
    again: bool,
) -> Any | None:
    """The operation to try now, if there is anything to try."""
    last = work.row(
        """SELECT id, state FROM operation
            WHERE home_id = %(home)s AND kind = 'refund' AND subject_id = %(id)s
            ORDER BY attempt DESC LIMIT 1""",
        home=home_id,
        id=payment_id,
    )
    under_way = last is not None and last.state in ("todo", "unknown")
    if left <= 0:
        if last is not None and under_way and found:
            operations.close(work, home_id, last.id, provider_id=found[-1].id)
        return None
    if last is not None and not under_way and not again:
        return None
    request = {
        "payment_intent": payment.intent_id,
        "amount": left,
        "currency": payment.currency.lower(),
        "reason": "duplicate",
        "metadata": {
            "home_id": str(home_id),
            "order_id": str(payment.order_id),
            "payment_id": str(payment_id),
        },
    }
    operation = operations.open_operation(work, home_id, "refund", payment_id, request)
    operations.trying(work, home_id, operation.id)
    return operation


def record_duplicate_refunds(
    work: Work, home_id: int, payment_id: UUID, found: Sequence[RefundState]
) -> None:
    """Book the refunds of a duplicate payment, each of the gateway's once."""
    payment = work.row(
        """SELECT state, captured_minor FROM payment
            WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE""",
        home=home_id,
        id=payment_id,
    )
    assert payment is not None, "payments are not deleted"
    number, currency, day = _booked_as(work, home_id, payment_id)
    for one in found:
        about = (home_id, one.id, number, Money(one.amount_minor, currency))
        if one.status == "succeeded":
            ledger.post(work, [postings.duplicate_refunded(*about, on=day)])
        elif not _stands(one):
            _note_failure(work, home_id, payment_id, one)
            if _is_booked(work, home_id, postings.refund_key(one.id)):
                ledger.post(work, [postings.duplicate_refund_failed(*about, on=day)])
    gone = sum(one.amount_minor for one in found if one.status == "succeeded")
    gone += _taken(work, home_id, postings.duplicate_disputes(payment_id))[0]
    state = "returned" if gone >= payment.captured_minor else "duplicate"
    if state != payment.state:
        work.run(
            "UPDATE payment SET state = %(state)s WHERE home_id = %(home)s AND id = %(id)s",
            state=state,
            home=home_id,
            id=payment_id,
        )
    if state != payment.state and state == "returned":
        record(work, "payment.returned", payment_id, home=home_id)


def record_dispute_of_duplicate(
    work: Work, home_id: int, payment_id: UUID, found: DisputeState
) -> None:
    """Book what the client's bank takes of a duplicate payment, and gives again: a way back, too.

    What it moved is kept as totals, and only a look that saw more movements than the last counts.
    """
    work.row(
        "SELECT 1 FROM payment WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE",
        home=home_id,
        id=payment_id,
    )
    prefix = postings.duplicate_disputes(payment_id, found.id)
    taken, fees, seen = _taken(work, home_id, prefix)
    taken, fees = found.withdrawn_minor - taken, found.fee_minor - fees
    if found.movements > seen and (taken or fees):
        number, currency, day = _booked_as(work, home_id, payment_id)
        moved = postings.duplicate_disputed(
            home_id,
            payment_id,
            found.id,
            found.movements,
            number,
            Money(taken, currency),
            fee=Money(fees, currency),
            on=day,
        )
        ledger.post(work, [moved])


def _taken(work: Work, home_id: int, prefix: str) -> tuple[int, int, int]:
    """What disputes have taken so far, and their fees, and the movements seen of the last."""
    row = work.row(
        """SELECT -coalesce(sum(e.signed_minor) FILTER (WHERE e.account = 'suspense'), 0)::bigint
                    AS taken,
                  -coalesce(sum(e.signed_minor) FILTER (WHERE e.account = 'fees'), 0)::bigint
                    AS fees,
                  coalesce(max(split_part(t.key, ':', 4)::int), 0) AS seen
             FROM ledger_transfer t
             JOIN ledger_entry e ON e.home_id = t.home_id AND e.transfer_id = t.id
            WHERE t.home_id = %(home)s AND starts_with(t.key, %(prefix)s)""",
        home=home_id,
        prefix=prefix,
    )
    assert row is not None, "sums are always there"
    return row.taken, row.fees, row.seen


def _note_failure(work: Work, home_id: int, payment_id: UUID, failed: RefundState) -> None:
    """The gateway had taken it on and could not do it after all: staff see it and ask again."""
    if work.run(
        """UPDATE operation SET state = 'failed', error = %(error)s
            WHERE home_id = %(home)s AND kind = 'refund' AND subject_id = %(id)s
              AND provider_id = %(refund)s AND state = 'done'""",
        home=home_id,
        id=payment_id,
        refund=failed.id,
        error=failed.failure or failed.status,
    ):
        record(work, "payment.return_failed", payment_id, home=home_id)


def _stands(refund: RefundState) -> bool:
    return refund.status not in ("failed", "canceled")


def _is_booked(work: Work, home_id: int, key: str) -> bool:
    return bool(
        work.value(
            "SELECT count(*) FROM ledger_transfer WHERE home_id = %(home)s AND key = %(key)s",
            home=home_id,
            key=key,
        )
    )


def _booked_as(work: Work, home_id: int, payment_id: UUID) -> tuple[str, str, date]:
    """The order of a payment and its currency, and today: what a posting says beside its amounts."""
    order = work.row(
        """SELECT o.number, o.currency FROM payment p
             JOIN orders o ON o.home_id = p.home_id AND o.id = p.order_id
            WHERE p.home_id = %(home)s AND p.id = %(id)s""",
        home=home_id,
        id=payment_id,
    )
    assert order is not None, "a payment has its order"
    return order.number, order.currency, work.now().astimezone(work.tools.zone).date()
