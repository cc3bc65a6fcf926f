"""What follows from a statement by itself: the order is found, what has not left stays here and is paid
back, what comes too late is answered with its reason. What is with the client waits for the desk.

Each looks at what stands now and does the difference, so a statement that is looked at again, late or
beside another changes nothing that was done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from mainstem import orders
from mainstem.calendar import place_of, refund_due_on
from mainstem.kit.bulk import RowKey
from mainstem.kit.errors import Refused
from mainstem.kit.events import record
from mainstem.kit.ids import in_key_order
from mainstem.kit.search_terms import number_in
from mainstem.kit.work import Work
from mainstem.withdrawals import canceling
from mainstem.withdrawals.lines import OrderLine, lines_of
from mainstem.withdrawals.queries import begin_asked_at
from mainstem.withdrawals.rights import NEVER, right_ends, why_not
from mainstem.withdrawals.statement import folded_name, insert_pieces


def settle(work: Work, withdrawals: Sequence[RowKey]) -> None:
    """Do what follows from these withdrawals by itself."""
    for home_id, id in in_key_order(withdrawals):
        _settle(work, home_id, id)


def _settle(work: Work, home_id: int, id: UUID) -> None:
    order_id = work.value(
        "SELECT order_id FROM withdrawal WHERE home_id = %(home)s AND id = %(id)s",
        home=home_id,
        id=id,
    ) or _find(work, home_id, id)
    if order_id is None:
        return
    row = take(work, home_id, id, order_id)
    if row.state != "received":
        return
    if row.order_id is None:
        return  # the desk has closed or matched it otherwise meanwhile
    order = work.one(
        """SELECT state, address, placed_at FROM orders
            WHERE home_id = %(home)s AND id = %(order)s""",
        home=home_id,
        order=order_id,
    )
    due = refund_due_on(row.received_at, place_of(**_place(order.address)))
    work.run(
        """UPDATE withdrawal SET refund_due_on = %(due)s WHERE home_id = %(home)s AND id = %(id)s
              AND refund_due_on IS DISTINCT FROM %(due)s""",
        due=due,
        home=home_id,
        id=id,
    )
    lines = lines_of(work, home_id, order_id)
    if not _pieces_are_named(work, row, order, lines):
        return
    _answer_what_is_too_late(work, row, order, lines)
    _keep_what_has_not_left(work, row, order)
    answer_if_over(work, row)


def take(work: Work, home_id: int, id: UUID, order_id: UUID | None) -> Any:
    """A withdrawal to change, its order locked before it."""
    if order_id is not None:
        orders.lock(work, [(home_id, order_id)])
    return work.one(
        "SELECT * FROM withdrawal WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE",
        home=home_id,
        id=id,
    )


def _place(address: Mapping[str, str]) -> dict[str, str]:
    return {"country": address["country"], "postal_code": address.get("postal_code") or ""}


# ---------------------------------------------------------------- whose order it is


def _find(work: Work, home_id: int, id: UUID) -> UUID | None:
    """The order that a statement in an open form is about: its number, and the e-mail address or the
    name that stands on it. Two shops of one affiliate share their numbers."""
    said = work.one(
        """SELECT number, name, contact_key, received_at FROM withdrawal
            WHERE home_id = %(home)s AND id = %(id)s AND order_id IS NULL""",
        home=home_id,
        id=id,
    )
    found = work.row(
        """SELECT id, client_key, client->>'name' AS name FROM orders
            WHERE home_id = %(home)s AND number = %(number)s AND placed_at <= %(at)s""",
        home=home_id,
        number=number_in(said.number),
        at=said.received_at,
    )
    if found is None:
        return None
    by_name = folded_name(found.name) == folded_name(said.name)
    matched_by = "email" if found.client_key == said.contact_key else "name" if by_name else ""
    if not matched_by:
        return None
    take(work, home_id, id, found.id)
    bind(work, home_id, id, found.id, matched_by)
    return UUID(str(found.id))


def bind(work: Work, home_id: int, id: UUID, order_id: UUID, matched_by: str) -> bool:
    """Say which order a statement is about; whether that was news."""
    news = work.run(
        """UPDATE withdrawal SET order_id = %(order)s, matched_by = %(by)s
            WHERE home_id = %(home)s AND id = %(id)s AND order_id IS NULL AND state = 'received'""",
        order=order_id,
        by=matched_by,
        home=home_id,
        id=id,
    )
    if news:
        record(work, "withdrawal.matched", id, home=home_id)
    return bool(news)


def _pieces_are_named(work: Work, row: Any, order: Any, lines: Sequence[OrderLine]) -> bool:
    """Whether it is known which pieces it is of. All that is left, where nothing else was said; what
    was said in words, the desk reads."""
    named = work.value(
        """SELECT EXISTS (SELECT 1 FROM withdrawal_line
                           WHERE home_id = %(home)s AND withdrawal_id = %(id)s)""",
        home=row.home_id,
        id=row.id,
    )
    if named:
        return True
    over = order.state in ("canceled", "expired")
    left = {line.line_no: line.free for line in lines if line.free and not over}
    if not left:
        decide(work, row, "closed", reason="nothing_left")
        return False
    if row.parts:
        return False
    insert_pieces(work, row.home_id, row.id, row.order_id, left)
    return True


# ---------------------------------------------------------------- what follows


def remaining(work: Work, row: Any) -> dict[int, int]:
    """How many pieces of each line nothing has come of yet."""
    rows = work.rows(
        """SELECT line_no, quantity - canceled - returned - declined AS pieces FROM withdrawal_line
            WHERE home_id = %(home)s AND withdrawal_id = %(id)s ORDER BY line_no""",
        home=row.home_id,
        id=row.id,
    )
    return {found.line_no: found.pieces for found in rows if found.pieces}


def _answer_what_is_too_late(work: Work, row: Any, order: Any, lines: Sequence[OrderLine]) -> None:
    place = place_of(**_place(order.address))
    ends = right_ends(lines, placed_at=order.placed_at, place=place)
    begun = begin_asked_at(work, row.home_id, row.order_id) is not None
    waits = remaining(work, row)
    for line in lines:
        if line.line_no not in waits:
            continue
        why = why_not(line, ends, row.received_at, begin_asked=begun)
        if why == "out_of_time":
            decline_pieces(work, row, {line.line_no: waits[line.line_no]}, why_not=why)
        elif why:
            note(work, row, line.line_no, why)


def _keep_what_has_not_left(work: Work, row: Any, order: Any) -> None:
    """Cancel what is still here of what was withdrawn from. Where a bank or a colleague decides about
    the order's money just now, all of it waits for the desk."""
    lines = lines_of(work, row.home_id, row.order_id)
    waits = remaining(work, row)
    here = {
        line.line_no: min(waits.get(line.line_no, 0), line.here)
        for line in lines
        if line.withdrawal not in NEVER
    }
    pieces = {no: count for no, count in here.items() if count > 0}
    if not pieces or order.state not in ("pending", "placed"):
        return
    plan = canceling.plan_cancellation(work, row.home_id, row.order_id, pieces)
    try:
        with work.session.begin_nested():
            canceling.carry_out(work, plan, reason="withdrawn")
    except Refused:
        return
    amounts = dict(plan.lines)
    for no, count in pieces.items():
        work.run(
            """UPDATE withdrawal_line SET canceled = canceled + %(count)s,
                      refunded_minor = refunded_minor + %(minor)s
                WHERE home_id = %(home)s AND withdrawal_id = %(id)s AND line_no = %(line)s""",
            count=count,
            minor=amounts.get(no, 0),
            home=row.home_id,
            id=row.id,
            line=no,
        )
    delivery = plan.back.minor - sum(minor for no, minor in plan.lines if no)
    add_delivery(work, row, max(0, delivery))


def add_delivery(work: Work, row: Any, minor: int) -> None:
    """So much went back besides what the lines cost."""
    work.run(
        """UPDATE withdrawal SET delivery_minor = delivery_minor + %(minor)s
            WHERE home_id = %(home)s AND id = %(id)s""",
        minor=minor,
        home=row.home_id,
        id=row.id,
    )


def note(work: Work, row: Any, line_no: int, why: str) -> None:
    """Say why the law would except a line, for whoever decides."""
    work.run(
        """UPDATE withdrawal_line SET why_not = %(why)s
            WHERE home_id = %(home)s AND withdrawal_id = %(id)s AND line_no = %(line)s""",
        why=why,
        home=row.home_id,
        id=row.id,
        line=line_no,
    )


def decline_pieces(work: Work, row: Any, pieces: Mapping[int, int], *, why_not: str = "") -> None:
    """These pieces stay with the client."""
    for no, count in pieces.items():
        work.run(
            """UPDATE withdrawal_line SET declined = declined + %(count)s,
                      why_not = CASE WHEN %(why)s = '' THEN why_not ELSE %(why)s END
                WHERE home_id = %(home)s AND withdrawal_id = %(id)s AND line_no = %(line)s""",
            count=count,
            why=why_not,
            home=row.home_id,
            id=row.id,
            line=no,
        )


def answer_if_over(work: Work, row: Any, *, reason: str = "") -> bool:
    """Once something has come of every piece, say what; whether it is over."""
    if remaining(work, row):
        return False
    sums = work.one(
        """SELECT sum(canceled + returned)::int AS taken, sum(declined)::int AS declined,
                  coalesce(min(why_not) FILTER (WHERE declined > 0), '') AS why
             FROM withdrawal_line WHERE home_id = %(home)s AND withdrawal_id = %(id)s""",
        home=row.home_id,
        id=row.id,
    )
    state = "declined" if not sums.taken else "partly_accepted" if sums.declined else "accepted"
    decide(work, row, state, reason=reason or sums.why)
    return True


def decide(work: Work, row: Any, state: str, *, reason: str) -> None:
    """Say what became of a withdrawal, once."""
    decided = work.run(
        """UPDATE withdrawal SET state = %(state)s, reason = %(reason)s, decided_at = %(now)s,
                  decided_by = %(actor)s
            WHERE home_id = %(home)s AND id = %(id)s AND state = 'received'""",
        state=state,
        reason=reason,
        now=work.now(),
        actor=str(work.actor),
        home=row.home_id,
        id=row.id,
    )
    if decided:
        record(work, "withdrawal.answered", row.id, home=row.home_id)
