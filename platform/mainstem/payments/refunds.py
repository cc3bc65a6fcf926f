"""Refunds: asked for, sent to the gateway once, and kept as the gateway says they stand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidTransition, NotFound
from mainstem.kit.events import Fact, record, record_all
from mainstem.kit.ids import new_id
from mainstem.kit.work import SYSTEM, Work
from mainstem.money import largest_remainder
from mainstem.payments import operations
from mainstem.payments.errors import (
    GatewayDeclined,
)
from mainstem.payments.left import PaymentLeft, left_to_refund, payment_for


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
    goodwill: bool = False,
    approval_id: UUID | None = None,
) -> UUID:
    """Ask for money to go back: an amount, and of which lines (line_no, amount; line 0: delivery).

    What names no line counts against the whole order. Nothing moves until the gateway has answered.
    `goodwill` is borne by the company: commission stands. What becomes of the goods is only noted here
    (`goods_go`, and `pieces` of each line that stay): `orders.refund` sees to it.

    Raises NothingToRefund when more would go back than is left of the payment or of a line,
    ChargebackOpen or ChargebackLost while a dispute bars the payment, TakenByDispute when the client's
    bank has it, and AmountNotPossible when the gateway cannot send the amount.
    """
    left = left_to_refund(work, home_id, order_id)
    payment = payment_for(left, amount_minor, lines)
    return insert_refund(
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
        goodwill=goodwill,
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
            of_lines = over_lines(amount, lines)
            for no, part in of_lines:
                lines[no] -= part
            insert_refund(
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


def over_lines(amount_minor: int, left: Mapping[int, int]) -> list[tuple[int, int]]:
    """An amount over the lines by what each has left, to the unit; none gets more than it has."""
    whole = sum(left.values())
    if not whole:
        return []
    parts = largest_remainder(min(amount_minor, whole), list(left.values()), whole)
    return [(no, part) for no, part in zip(left, parts, strict=True) if part]


def insert_refund(
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
    goodwill: bool = False,
    approval_id: UUID | None = None,
) -> UUID:
    """Write a refund down as requested; its id."""
    id = new_id()
    external = payment.provider == "external"
    work.run(
        """INSERT INTO refund (home_id, id, order_id, payment_id, state, currency, amount_minor,
                               lines, goods_go, pieces, goodwill, reason, actor, approval_id,
                               requested_at, succeeded_at)
           VALUES (%(home)s, %(id)s, %(order)s, %(payment)s, %(state)s, %(currency)s, %(amount)s,
                   %(lines)s::jsonb, %(go)s, %(pieces)s::jsonb, %(goodwill)s, %(reason)s,
                   %(actor)s, %(approval)s, %(now)s, %(succeeded)s)""",
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
        goodwill=goodwill,
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
        """SELECT state, amount_minor, lines, reason, goods_go, goodwill, approval_id, provider_id, succeeded_at
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
            goodwill=row.goodwill,
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


def take_refund(work: Work, home_id: int, refund_id: UUID) -> Any:
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
        record_refunds(work, home_id, row.order_id, [found])
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


def record_refunds(work: Work, home_id: int, order_id: UUID, found: Sequence[Any]) -> None:
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
