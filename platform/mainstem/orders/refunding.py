"""Money back, and what becomes of the goods that it paid for.

When money is asked back, the goods that it paid for stop at once unless staff say that they still go.
If the gateway then refuses, they stay stopped: the failed refund is on the list of what is owed, and
people decide there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar
from uuid import UUID

from mainstem import payments, tax
from mainstem.kit.bulk import ASKED, RowKey, asked
from mainstem.kit.errors import Refused
from mainstem.kit.ids import in_key_order
from mainstem.kit.work import Work
from mainstem.money import Money, rdiv
from mainstem.orders import goodwill as goodwills
from mainstem.orders import limits
from mainstem.orders.ending import end
from mainstem.orders.limits import Outcome
from mainstem.orders.line_cancellation import OpenLine, cancel_lines, open_lines
from mainstem.orders.model import OrderKey
from mainstem.orders.progress import LineQuantity, lock, record_refund


class PiecesNotRefunded(Refused):
    """Pieces would be stopped, and the client's money for them kept."""

    code: ClassVar[str] = "pieces_not_refunded"
    status: ClassVar[int] = 422
    message: ClassVar[str] = (
        "The {count} of {sku} that are not to ship cost {cost}. Refund at least that, or let them go."
    )


def refund(
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
) -> Outcome:
    """Ask for money to go back, and cancel what it paid for.

    `pieces` are how many of each line no longer go; of a line left out, as many whole ones as its
    amount pays for, of what is still here. With `goods_go` everything still goes. An order of which
    nothing has left and all of whose money is asked back is canceled. `goodwill` stops no goods and leaves
    commission standing; it raises WithdrawnFrom where the law gives the money back. When it is more than the actor
    may send back alone, a second person is asked, and the goods wait. Raises HasLeft when pieces are
    named that are gone, PiecesNotRefunded when they cost more than goes back, WaitsForApproval when a
    request waits already, and what `payments.request_refund` raises.
    """
    key = (home_id, order_id)
    lock(work, [key])
    left = payments.left_to_refund(work, home_id, order_id)
    amount = Money(amount_minor, left.currency)
    limits.refuse_while_waiting(work, key, left.currency)
    if goodwill:
        goodwills.refuse_unlawful(work, key)
        goods_go, pieces = True, None
        lines = goodwills.over_lines(left, amount_minor, lines)
    payments.payment_for(left, amount_minor, lines)
    _refuse_unpaid_pieces(work, key, left, amount_minor, lines, {} if goods_go else pieces or {})
    return _ask_or_carry_out(
        work,
        key,
        amount,
        reason=reason,
        lines=lines,
        goods_go=goods_go,
        pieces=pieces,
        goodwill=goodwill,
    )


def give_back(
    work: Work,
    home_id: int,
    order_id: UUID,
    *,
    lines: Sequence[tuple[int, int]],
    pieces: Mapping[int, int],
    reason: str,
) -> Outcome:
    """Cancel exactly these pieces and send back exactly these amounts, by line (0: the delivery).

    For whoever has worked out what is due: what has come back is paid for without its line being
    stopped, and what went back before counts. Otherwise as `refund`, whose errors it raises.
    """
    key = (home_id, order_id)
    lock(work, [key])
    if not lines:
        cancel_lines(work, [LineQuantity(*key, no, count) for no, count in pieces.items()])
        return "done"
    left = payments.left_to_refund(work, home_id, order_id)
    amount = Money(sum(minor for _, minor in lines), left.currency)
    limits.refuse_while_waiting(work, key, left.currency)
    payments.payment_for(left, amount.minor, lines)
    stopped = {no: 0 for no, _ in lines if no} | dict(pieces)
    return _ask_or_carry_out(
        work, key, amount, reason=reason, lines=lines, goods_go=False, pieces=stopped
    )


def _ask_or_carry_out(
    work: Work,
    key: OrderKey,
    amount: Money,
    *,
    reason: str,
    lines: Sequence[tuple[int, int]],
    goods_go: bool,
    pieces: Mapping[int, int] | None,
    goodwill: bool = False,
) -> Outcome:
    if not limits.alone(work, key, amount):
        limits.request_approval(
            work,
            key,
            "refund",
            amount,
            reason=reason,
            lines=lines,
            goods_go=goods_go,
            pieces=pieces,
            holds_goods=not goods_go,
            goodwill=goodwill,
        )
        return "needs_approval"
    carry_out(
        work,
        *key,
        amount_minor=amount.minor,
        reason=reason,
        lines=lines,
        goods_go=goods_go,
        pieces=pieces,
        goodwill=goodwill,
    )
    return "done"


def carry_out(
    work: Work,
    home_id: int,
    order_id: UUID,
    *,
    amount_minor: int,
    reason: str,
    lines: Sequence[tuple[int, int]],
    goods_go: bool,
    pieces: Mapping[int, int] | None,
    goodwill: bool = False,
    approval_id: UUID | None = None,
) -> None:
    """Ask the gateway, and cancel the goods, of an order that is locked already."""
    key = (home_id, order_id)
    if goodwill:  # a withdrawal may have come while it waited for a second person
        goodwills.refuse_unlawful(work, key)
    stay = {} if goods_go else _paid_for(work, key, lines) | dict(pieces or {})
    payments.request_refund(
        work,
        home_id,
        order_id,
        amount_minor=amount_minor,
        reason=reason,
        lines=lines,
        goods_go=goods_go,
        pieces=stay,
        goodwill=goodwill,
        approval_id=approval_id,
    )
    cancel_lines(work, [LineQuantity(*key, no, count) for no, count in stay.items()])
    cancel_fully_refunded(work, [key])


def settle_by_bank(
    work: Work, home_id: int, refund_id: UUID, *, reason: str, reference: str
) -> Outcome:
    """Close a failed refund that our own bank has paid the client instead, under its reference.

    It counts as gone back, from the bank. Said twice, with the same reference, it is booked once.
    When it is more than the actor may send back alone, a second person is asked. Raises
    InvalidTransition unless it failed, NothingToRefund when others have given it back meanwhile, and
    WaitsForApproval when another request waits.
    """
    if payments.settlement_of(work, home_id, refund_id) == reference:
        return "done"
    failed = payments.failed_refund(work, home_id, refund_id)
    key = (home_id, failed.order_id)
    if _waits_already(work, key, refund_id, reference):
        return "needs_approval"
    limits.refuse_while_waiting(work, key, failed.amount.currency)
    if not limits.alone(work, key, failed.amount):
        limits.request_approval(
            work,
            key,
            "settlement",
            failed.amount,
            reason=reason,
            holds_goods=False,
            settles=refund_id,
            reference=reference,
        )
        return "needs_approval"
    payments.settle_by_bank(work, failed, reason=reason, reference=reference)
    return "done"


def _waits_already(work: Work, key: OrderKey, refund_id: UUID, reference: str) -> bool:
    """Whether the actor has said the same a moment ago, and a second person is asked."""
    return bool(
        work.value(
            """SELECT count(*) FROM approval
                WHERE home_id = %(home)s AND order_id = %(order)s AND state = 'needs_approval'
                  AND settles = %(refund)s AND reference = %(reference)s AND asked_by = %(actor)s""",
            home=key[0],
            order=key[1],
            refund=refund_id,
            reference=reference,
            actor=str(work.actor),
        )
    )


_THEIR_ORDERS = f"""
SELECT DISTINCT r.home_id, r.order_id FROM refund r JOIN {ASKED} USING (home_id, id)"""


def settle_refunds(work: Work, refunds: Sequence[RowKey]) -> None:
    """Bring orders, books and goods to what the gateway says of these refunds (home, id)."""
    rows = work.rows(_THEIR_ORDERS, **asked(refunds))
    keys = in_key_order((row.home_id, row.order_id) for row in rows)
    record_refund(work, keys)
    cancel_fully_refunded(work, keys)


_GIVEN_BACK = f"""
SELECT o.home_id, o.id, o.fulfillment_status IN ('unfulfilled', 'canceled') AS whole
  FROM orders o
  JOIN {ASKED} USING (home_id, id)
 CROSS JOIN LATERAL (
       SELECT sum(r.amount_minor) AS minor,
              (array_agg(r.goods_go ORDER BY r.requested_at DESC, r.id DESC))[1] AS goods_go
         FROM refund r
        WHERE r.home_id = o.home_id AND r.order_id = o.id
          AND r.state IN ('requested', 'submitted', 'succeeded')) AS back
 WHERE o.state = 'placed' AND o.paid_minor > 0
   AND back.minor + o.disputed_minor >= o.paid_minor AND NOT back.goods_go
 ORDER BY o.home_id, o.id"""


def cancel_fully_refunded(work: Work, orders: Sequence[OrderKey]) -> None:
    """Cancel what is still here of orders whose money is all asked back, also at the gateway's own
    pages; those of which nothing has left are canceled. The orders are locked already.

    The last refund has the last word on whether the goods go.
    """
    rows = work.rows(_GIVEN_BACK, **asked(orders))
    keys = [(row.home_id, row.id) for row in rows]
    rest = open_lines(work, keys)
    busy = {line.order for line in rest if line.at_work}
    whole = [(row.home_id, row.id) for row in rows if row.whole]
    over = [key for key in whole if key not in busy]
    tax.give_back(work, over)
    cancel_lines(work, [line.whole for line in rest if not line.at_work])
    end(work, over)


def _paid_for(work: Work, key: OrderKey, lines: Sequence[tuple[int, int]]) -> dict[int, int]:
    """How many of the pieces that are still here each line's amount pays for."""
    amounts = dict(lines)
    here = [line for line in open_lines(work, [key]) if line.line_no in amounts]
    if not here:
        return {}
    left = payments.left_to_refund(work, *key).lines
    return {
        line.line_no: _pieces(line, amounts[line.line_no], left[line.line_no])
        for line in here
        if not line.at_work
    }


def _pieces(line: OpenLine, amount_minor: int, left_minor: int) -> int:
    if amount_minor >= left_minor:
        return line.open
    # What went back before counts too; a minor unit that a piece's price was rounded by does not.
    back = line.total_minor - left_minor + amount_minor
    paid_for = ((back + 1) * line.quantity - 1) // line.total_minor
    return max(0, min(line.open, paid_for - line.canceled))


def _refuse_unpaid_pieces(
    work: Work,
    key: OrderKey,
    left: payments.Left,
    amount_minor: int,
    lines: Sequence[tuple[int, int]],
    pieces: Mapping[int, int],
) -> None:
    """Whoever stops pieces gives back what they cost: the client gets the goods or the money."""
    if not any(pieces.values()):
        return
    amounts = dict(lines)
    spare = amount_minor - sum(amounts.values())
    for line in open_lines(work, [key]):
        count = pieces.get(line.line_no, 0)
        if line.at_work or not 0 < count <= line.open:
            continue  # said by whoever stops them
        cost = min(rdiv(line.total_minor * count, line.quantity), left.lines[line.line_no])
        missing = cost - amounts.get(line.line_no, 0)
        if missing > spare:
            raise PiecesNotRefunded(sku=line.sku, count=count, cost=Money(cost, left.currency))
        spare -= max(missing, 0)
