"""What of a payment can still go back: what the gateway has, less what is on its way already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mainstem.currencies import refuse_impossible
from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.payments.errors import (
    ChargebackLost,
    ChargebackOpen,
    NothingToRefund,
    TakenByDispute,
)


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
