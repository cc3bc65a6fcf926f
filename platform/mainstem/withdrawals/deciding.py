"""What the desk decides: goods that are back are paid for, whole or less what was used; what the law
excepts is declined with its reason; what could not be matched is matched, or closed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, ClassVar, Literal, NamedTuple
from uuid import UUID

from mainstem import orders, payments
from mainstem.kit.bulk import RowKey
from mainstem.kit.errors import InvalidInput, InvalidTransition, NotFound, Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.search_terms import number_in
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.withdrawals import settling
from mainstem.withdrawals.canceling import amounts_of
from mainstem.withdrawals.lines import lines_of
from mainstem.withdrawals.statement import Statement, Submitted, insert_pieces, submit

Outcome = Literal["done", "needs_approval"]


class NotMatched(Refused):
    """Nobody knows yet which order it is about."""

    code: ClassVar[str] = "withdrawal_not_matched"
    message: ClassVar[str] = "Say first which order this is about, and which pieces of it."


class WaitsForColleague(Refused):
    """Its money waits for a second person; nothing of it is decided until then."""

    code: ClassVar[str] = "withdrawal_waits_for_approval"
    message: ClassVar[str] = "A colleague has to answer about this withdrawal's money first."


class TakenBack(NamedTuple):
    """How many pieces of a line are taken back, and what is kept of their price for use beyond trying."""

    pieces: int
    deducted_minor: int = 0


def accept(
    work: Work,
    home_id: int,
    id: UUID,
    *,
    lines: Mapping[int, TakenBack] | None = None,
    delivery_minor: int | None = None,
    reason: str = "",
) -> Outcome:
    """Take pieces back and ask for their money to go back; without `lines` all that waits.

    The delivery goes back once nothing of the order is kept, at what the standard way would have cost,
    or as much as `delivery_minor` says. What is more than the actor may send back alone waits for a
    second person, and the withdrawal with it: it is accepted, and the client told, when they agree. Raises
    InvalidInput for more than waits, for a deduction without its reason or above the price, and whatever
    the refund would.
    """
    row = _waiting(work, home_id, id)
    waits = settling.remaining(work, row)
    if not waits:
        raise NotMatched
    taken = dict(lines) if lines is not None else {no: TakenBack(n) for no, n in waits.items()}
    taken = {no: one for no, one in taken.items() if one.pieces}
    _refuse_wrong(waits, taken, reason)
    payments.left_to_refund(work, home_id, row.order_id).not_barred()
    bought = lines_of(work, home_id, row.order_id)
    stopped = {
        line.line_no: min(taken[line.line_no].pieces, line.here)
        for line in bought
        if line.line_no in taken and line.here > 0
    }
    amounts = amounts_of(
        work,
        (home_id, row.order_id),
        bought,
        {no: one.pieces for no, one in taken.items()},
        deducted={no: one.deducted_minor for no, one in taken.items()},
        delivery_minor=delivery_minor,
    )
    _refuse_large_deductions(work, row, taken, dict(amounts), bought)
    outcome = orders.give_back(
        work, home_id, row.order_id, lines=amounts, pieces=stopped, reason=reason or "withdrawn"
    )
    if outcome == "needs_approval":
        _wait_for_colleague(work, row, taken, reason)
        return outcome
    _keep(work, row, taken, dict(amounts), stopped)
    settling.answer_if_over(work, row, reason=reason)
    return outcome


def _wait_for_colleague(work: Work, row: Any, taken: Mapping[int, TakenBack], reason: str) -> None:
    """Keep what is to be accepted, until somebody has answered the request that was just made."""
    work.run(
        """UPDATE withdrawal w SET approval_id = a.id, to_accept = %(taken)s::jsonb,
                  to_accept_reason = %(reason)s
             FROM approval a
            WHERE w.home_id = %(home)s AND w.id = %(id)s AND a.home_id = w.home_id
              AND a.order_id = w.order_id AND a.state = 'needs_approval'""",
        taken=json.dumps({str(no): one._asdict() for no, one in taken.items()}),
        reason=reason,
        home=row.home_id,
        id=row.id,
    )


def settle_approvals(work: Work, approvals: Sequence[RowKey]) -> None:
    """Bring the withdrawals whose money waited for these requests (home, id) to their answers: accepted
    as it was wanted, or waiting for the desk again."""
    for home_id, approval_id in sorted(approvals):
        known = work.row(
            """SELECT w.id, w.order_id FROM withdrawal w
                WHERE w.home_id = %(home)s AND w.approval_id = %(approval)s""",
            home=home_id,
            approval=approval_id,
        )
        if known is not None:
            _settle_approval(work, home_id, known.id, known.order_id)


def _settle_approval(work: Work, home_id: int, id: UUID, order_id: UUID) -> None:
    row = settling.take(work, home_id, id, order_id)
    asked = work.row(
        """SELECT state, lines, pieces FROM approval
            WHERE home_id = %(home)s AND id = %(approval)s AND state <> 'needs_approval'""",
        home=home_id,
        approval=row.approval_id,
    )
    if asked is None:
        return
    work.run(
        """UPDATE withdrawal SET approval_id = NULL, to_accept = NULL, to_accept_reason = ''
            WHERE home_id = %(home)s AND id = %(id)s""",
        home=home_id,
        id=id,
    )
    if asked.state != "approved":
        return
    taken = {int(no): TakenBack(**one) for no, one in row.to_accept.items()}
    amounts = {part["line_no"]: part["amount_minor"] for part in asked.lines}
    _keep(work, row, taken, amounts, {int(no): count for no, count in asked.pieces.items()})
    settling.answer_if_over(work, row, reason=row.to_accept_reason)


def decline(work: Work, home_id: int, id: UUID, *, reason: str) -> None:
    """Take nothing more back of a withdrawal; why not, as the client is told."""
    row = _waiting(work, home_id, id)
    waits = settling.remaining(work, row)
    if not waits:
        raise NotMatched
    settling.decline_pieces(work, row, waits)
    settling.answer_if_over(work, row, reason=reason)


def close(work: Work, home_id: int, id: UUID, *, reason: str) -> None:
    """Put away a statement that is about no order of ours, or was made in another way as well."""
    row = _waiting(work, home_id, id)
    if row.order_id is not None and settling.remaining(work, row):
        raise InvalidTransition("withdrawal", "matched", "closed")
    settling.decide(work, row, "closed", reason=reason)


def match(work: Work, home_id: int, id: UUID, *, number: str) -> bool:
    """Say which order of the same affiliate a statement is about; whether that was news."""
    order_id = work.value(
        "SELECT id FROM orders WHERE home_id = %(home)s AND number = %(number)s",
        home=home_id,
        number=number_in(number),
    )
    if order_id is None:
        raise InvalidInput(
            Problem("/number", "unknown", "No order of this shop's affiliate has this number.")
        )
    row = _waiting(work, home_id, id, order_id=order_id)
    if row.order_id is not None and row.order_id != order_id:
        raise InvalidTransition("withdrawal", "matched", "matched with another order")
    return settling.bind(work, home_id, id, order_id, "staff")


def name_pieces(work: Work, home_id: int, id: UUID, pieces: Mapping[int, int]) -> None:
    """Say which pieces a statement in words is of. What has not left of them stays here at once."""
    row = _waiting(work, home_id, id)
    if row.order_id is None:
        raise NotMatched
    if _is_named(work, row):
        raise InvalidTransition("withdrawal", "of named pieces", "given others")
    free = {line.line_no: line.free for line in lines_of(work, home_id, row.order_id)}
    named = {no: count for no, count in pieces.items() if count}
    _refuse_wrong(free, {no: TakenBack(count) for no, count in named.items()}, "")
    insert_pieces(work, home_id, id, row.order_id, named)
    record(work, "withdrawal.matched", id, home=home_id)


def enter(
    work: Work,
    home_id: int,
    order_id: UUID,
    *,
    told_on: date,
    told_to: Literal["affiliate", "company"],
    lines: Mapping[int, int],
    seen: int | None = None,
) -> Submitted:
    """Write down a withdrawal that was told to somebody: it counts from the day when it was told.

    An affiliate is always taken to speak for the seller. Raises InvalidInput for a day to come, or one
    before the order.
    """
    order = work.row(
        """SELECT number, storefront_id, locale, client, placed_at FROM orders
            WHERE home_id = %(home)s AND id = %(order)s""",
        home=home_id,
        order=order_id,
    )
    if order is None:
        raise NotFound("order")
    zone = work.tools.zone
    today, ordered = work.now().astimezone(zone).date(), order.placed_at.astimezone(zone).date()
    if not ordered <= told_on <= today:
        raise InvalidInput(
            Problem(
                "/told_on",
                "invalid_field",
                "Give the day on which it was told: from {first} to {last}.",
                {"first": ordered, "last": today},
            )
        )
    count = work.value(
        "SELECT count(*) FROM withdrawal WHERE home_id = %(home)s AND order_id = %(order)s",
        home=home_id,
        order=order_id,
    )
    begins = datetime.combine(told_on, time(), zone)
    return submit(
        work,
        Statement(
            home_id=home_id,
            storefront_id=order.storefront_id,
            channel=told_to,
            locale=order.locale,
            name=order.client["name"],
            number=order.number,
            contact=order.client["email"],
            lines=lines,
            order_id=order_id,
            seen=count if seen is None else seen,
            # The day of the order began before the order did.
            told_at=max(begins, order.placed_at),
        ),
    )


# ---------------------------------------------------------------- small parts


def _waiting(work: Work, home_id: int, id: UUID, *, order_id: UUID | None = None) -> Any:
    known = work.row(
        "SELECT order_id FROM withdrawal WHERE home_id = %(home)s AND id = %(id)s",
        home=home_id,
        id=id,
    )
    if known is None:
        raise NotFound("withdrawal")
    row = settling.take(work, home_id, id, known.order_id or order_id)
    if row.state != "received":
        raise InvalidTransition("withdrawal", row.state, "decided")
    if row.approval_id is not None:
        raise WaitsForColleague
    return row


def _is_named(work: Work, row: Any) -> bool:
    return bool(
        work.value(
            """SELECT EXISTS (SELECT 1 FROM withdrawal_line
                               WHERE home_id = %(home)s AND withdrawal_id = %(id)s)""",
            home=row.home_id,
            id=row.id,
        )
    )


def _refuse_wrong(most: Mapping[int, int], taken: Mapping[int, TakenBack], reason: str) -> None:
    if not taken:
        raise InvalidInput(Problem("/lines", "missing", "Say how many pieces of which line."))
    problems = [
        Problem(
            f"/pieces-{no}",
            "too_many",
            "At most {most} of this can be withdrawn from.",
            {"most": most.get(no, 0)},
        )
        for no, one in taken.items()
        if not 0 < one.pieces <= most.get(no, 0)
    ]
    if any(one.deducted_minor for one in taken.values()) and not reason:
        problems.append(
            Problem("/reason", "missing", "Say why less goes back: the client is told.")
        )
    if problems:
        raise InvalidInput(*problems)


def _refuse_large_deductions(
    work: Work,
    row: Any,
    taken: Mapping[int, TakenBack],
    amounts: Mapping[int, int],
    bought: Any,
) -> None:
    whole = dict(
        amounts_of(
            work,
            (row.home_id, row.order_id),
            bought,
            {no: one.pieces for no, one in taken.items()},
        )
    )
    currency = work.value(
        "SELECT currency FROM orders WHERE home_id = %(home)s AND id = %(order)s",
        home=row.home_id,
        order=row.order_id,
    )
    problems = [
        Problem(
            f"/less-{no}",
            "too_much",
            "At most {most} can be kept: that is what these pieces cost.",
            {"most": str(Money(whole.get(no, 0), currency))},
        )
        for no, one in taken.items()
        if one.deducted_minor > whole.get(no, 0)
    ]
    if problems:
        raise InvalidInput(*problems)


def _keep(
    work: Work,
    row: Any,
    taken: Mapping[int, TakenBack],
    amounts: Mapping[int, int],
    stopped: Mapping[int, int],
) -> None:
    for no, one in taken.items():
        canceled = stopped.get(no, 0)
        work.run(
            """UPDATE withdrawal_line SET canceled = canceled + %(canceled)s,
                      returned = returned + %(returned)s,
                      refunded_minor = refunded_minor + %(minor)s,
                      deducted_minor = deducted_minor + %(deducted)s
                WHERE home_id = %(home)s AND withdrawal_id = %(id)s AND line_no = %(line)s""",
            canceled=canceled,
            returned=one.pieces - canceled,
            minor=amounts.get(no, 0),
            deducted=one.deducted_minor,
            home=row.home_id,
            id=row.id,
            line=no,
        )
    settling.add_delivery(work, row, amounts.get(0, 0))
    _end_goodwill(work, row, sorted(taken))


def _end_goodwill(work: Work, row: Any, lines: list[int]) -> None:
    """Where all that was delivered of a line is back, nothing that was given for it out of kindness stands."""
    back = work.rows(
        """SELECT l.line_no FROM order_line l
            WHERE l.home_id = %(home)s AND l.order_id = %(order)s AND l.line_no = ANY(%(lines)s::int[])
              AND l.goodwill_minor > 0
              AND l.quantity - l.canceled <= (SELECT sum(w.returned) FROM withdrawal_line w
                                               WHERE w.home_id = l.home_id AND w.order_id = l.order_id
                                                 AND w.line_no = l.line_no)""",
        home=row.home_id,
        order=row.order_id,
        lines=lines,
    )
    if back:
        key = (row.home_id, row.order_id)
        orders.end_goodwill(work, key, [line.line_no for line in back], reason="withdrawn")
