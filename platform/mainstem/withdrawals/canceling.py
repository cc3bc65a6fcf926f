"""What has not left does not leave: canceled and paid back at once, for a client who withdraws or
cancels by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from mainstem import orders, payments
from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.orders import HasLeft, OrderKey
from mainstem.withdrawals.lines import OrderLine, lines_of
from mainstem.withdrawals.rights import NEVER
from mainstem.withdrawals.shares import share


class HasJustLeft(Refused):
    """The carrier has it since the page was drawn."""

    code: ClassVar[str] = "has_just_left"
    message: ClassVar[str] = (
        "It left a moment ago, so it cannot be cancelled any more. Nothing was changed. You may withdraw"
        " from it instead, also before it comes."
    )


class CannotCancelAlone(Refused):
    """People have something of this order in hand."""

    code: ClassVar[str] = "cannot_cancel_alone"
    message: ClassVar[str] = (
        "We are looking at this order's payment already, so it cannot be cancelled here. Nothing was"
        " changed. Write to us, or withdraw: that counts from now."
    )


@dataclass(frozen=True, slots=True)
class CancellationPlan:
    """What canceling would do: these pieces, for these amounts. `whole` ends the order; `is_paid`
    says whether any money goes back, and `is_barred` whether a chargeback keeps it from going."""

    key: OrderKey
    whole: bool
    is_paid: bool
    is_barred: bool
    pieces: Mapping[int, int]
    lines: Sequence[tuple[int, int]]
    back: Money


def cancelable(lines: Sequence[OrderLine], state: str, *, is_paid: bool) -> dict[int, int]:
    """How many of each line the client may cancel by themselves. An order that is not paid is canceled
    whole or not at all: no part of it has a price that was paid."""
    if state not in ("pending", "placed"):
        return {}
    here = {
        line.line_no: max(0, min(line.here, line.free))
        for line in lines
        if line.withdrawal not in NEVER
    }
    if not is_paid and any(here.get(line.line_no, 0) < line.quantity for line in lines):
        return {}
    return {no: count for no, count in here.items() if count}


def cancel_unsent(work: Work, home_id: int, order_id: UUID, pieces: Mapping[int, int]) -> None:
    """The client cancels these pieces. Beside whoever hands them over, one of the two comes first, and
    the other is told.

    Raises HasJustLeft when fewer are still here, and CannotCancelAlone while staff or a bank decide
    about its money.
    """
    orders.lock(work, [(home_id, order_id)])
    row = _order(work, (home_id, order_id))
    may = cancelable(lines_of(work, home_id, order_id), row.state, is_paid=row.paid_minor > 0)
    if not pieces or any(not 0 < count <= may.get(no, 0) for no, count in pieces.items()):
        raise HasJustLeft
    plan = plan_cancellation(work, home_id, order_id, pieces)
    try:
        with work.session.begin_nested():
            carry_out(work, plan, reason="client_canceled")
    except HasLeft:
        raise HasJustLeft from None
    except Refused:
        raise CannotCancelAlone from None


def plan_cancellation(
    work: Work, home_id: int, order_id: UUID, pieces: Mapping[int, int]
) -> CancellationPlan:
    """What canceling these pieces would do now."""
    key = (home_id, order_id)
    row = _order(work, key)
    lines = lines_of(work, home_id, order_id)
    named = {no: count for no, count in pieces.items() if count > 0}
    ends = row.fulfillment_status == "unfulfilled" and all(
        named.get(line.line_no, 0) == line.quantity - line.canceled for line in lines
    )
    is_paid = row.paid_minor > 0
    if not is_paid:
        return CancellationPlan(key, ends, False, False, named, [], Money(0, row.currency))
    amounts = amounts_of(work, key, lines, named)
    left = payments.left_to_refund(work, *key)
    back = left.minor if ends else sum(minor for _, minor in amounts)
    barred = left.chargeback is not None
    return CancellationPlan(key, ends, True, barred, named, amounts, Money(back, row.currency))


def amounts_of(
    work: Work,
    key: OrderKey,
    lines: Sequence[OrderLine],
    pieces: Mapping[int, int],
    *,
    deducted: Mapping[int, int] | None = None,
    delivery_minor: int | None = None,
) -> list[tuple[int, int]]:
    """What goes back for these pieces, by line; line 0 is the delivery, once nothing of the order is
    kept, or as much as `delivery_minor` says. Never more than line and payment have left.

    Of a delivery that has begun, what the least expensive way would have cost goes back: a dearer one
    was the client's choice (Directive 2011/83/EU, Article 13(2)).
    """
    left = payments.left_to_refund(work, *key)
    step = payments.payment_step(left.currency)
    rest, found = left.minor, list[tuple[int, int]]()

    def add(no: int, minor: int) -> None:
        nonlocal rest
        back = max(0, min(minor, left.lines.get(no, 0), rest))
        if back:
            found.append((no, back))
            rest -= back

    for line in lines:
        if count := pieces.get(line.line_no, 0):
            cost = share(line.total_minor, line.quantity, gone=line.gone, pieces=count, step=step)
            add(line.line_no, cost - (deducted or {}).get(line.line_no, 0))
    nothing_kept = all(line.gone + pieces.get(line.line_no, 0) == line.quantity for line in lines)
    if delivery_minor is not None or nothing_kept:
        paid = left.lines.get(0, 0)
        dearer = _surcharge(work, key) if any(line.shipped for line in lines) else 0
        add(0, paid - dearer if delivery_minor is None else delivery_minor)
    return found


def _surcharge(work: Work, key: OrderKey) -> int:
    """What the chosen way of delivery cost more than the least expensive one; nothing where it is not
    known."""
    return int(
        work.value(
            """SELECT greatest(0, shipping_minor - coalesce((delivery->>'standard_minor')::bigint,
                                                            shipping_minor))
                 FROM orders WHERE home_id = %(home)s AND id = %(order)s""",
            home=key[0],
            order=key[1],
        )
    )


def carry_out(work: Work, plan: CancellationPlan, *, reason: str) -> None:
    """Cancel what is planned, of an order that is locked."""
    if not plan.whole and (plan.is_barred or not plan.is_paid):
        # A part of what nobody has paid, or a bank has, has no price that could go back.
        raise CannotCancelAlone
    if plan.whole:
        orders.cancel(work, *plan.key, reason=reason)
    else:
        orders.give_back(work, *plan.key, lines=plan.lines, pieces=plan.pieces, reason=reason)


def _order(work: Work, key: OrderKey) -> OrderState:
    rows = work.rows_as(
        OrderState,
        """SELECT state, fulfillment_status, currency, paid_minor FROM orders
            WHERE home_id = %(home)s AND id = %(order)s""",
        home=key[0],
        order=key[1],
    )
    if not rows:
        raise NotFound("order")
    return rows[0]


@dataclass(frozen=True, slots=True)
class OrderState:
    """Where an order stands, as far as canceling depends on it."""

    state: str
    fulfillment_status: str
    currency: str
    paid_minor: int
