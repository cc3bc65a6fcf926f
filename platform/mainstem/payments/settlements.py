"""Failed refunds that the company's own bank has paid instead."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from mainstem.kit.errors import InvalidTransition
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.payments.errors import (
    NothingToRefund,
)
from mainstem.payments.left import left_to_refund
from mainstem.payments.refunds import take_refund


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
    row = take_refund(work, home_id, refund_id)
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
    take_refund(work, home_id, refund_id)
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
                               lines, goods_go, goodwill, reason, actor, approval_id,
                               requested_at, succeeded_at, settles, reference)
           SELECT home_id, %(new)s, order_id, payment_id, 'succeeded', currency, amount_minor, lines,
                  goods_go, goodwill, %(reason)s, %(actor)s, %(approval)s, %(now)s, %(now)s, id, %(reference)s
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
