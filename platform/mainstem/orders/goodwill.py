"""Goodwill: money that goes back because the company wants to be kind, and bears it. Commission stands.

It stands as long as a delivered sale does. When the same goods come back whole later, they were not sold:
what had been goodwill then counts as gone back like the rest. What the law gives back is never goodwill.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, NamedTuple

from mainstem import payments
from mainstem.kit.bulk import ASKED_ORDERS, asked
from mainstem.kit.errors import Refused
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem.orders.model import OrderKey


class WithdrawnFrom(Refused):
    """The client has withdrawn: what goes back is theirs by law."""

    code: ClassVar[str] = "withdrawn_from"
    message: ClassVar[str] = (
        "The client has withdrawn from this order. Answer the withdrawal: what the law gives back is no"
        " goodwill."
    )


class Part(NamedTuple):
    """What of one refund is of one line, in the order in which refunds were asked for."""

    line_no: int
    minor: int
    is_goodwill: bool


def standing(totals: Mapping[int, int], parts: Iterable[Part]) -> dict[int, int]:
    """How much of what went back for each line is goodwill that still stands, in minor units.

    `totals` are the lines' prices. A refund that is none and brings all of a line's money back takes
    the goodwill before it along: 0 <= what stands <= what went back.
    """
    given = dict.fromkeys(totals, 0)
    returned = dict.fromkeys(totals, 0)
    for no, minor, is_goodwill in parts:
        if is_goodwill:
            given[no] += minor
            continue
        returned[no] += minor
        if returned[no] + given[no] >= totals[no]:
            returned[no], given[no] = totals[no], 0
    return given


_PARTS = f"""
SELECT r.home_id, r.order_id, (part ->> 'line_no')::int AS line_no,
       (part ->> 'amount_minor')::bigint AS minor, r.goodwill
  FROM {ASKED_ORDERS}
  JOIN refund r USING (home_id, order_id)
 CROSS JOIN LATERAL jsonb_array_elements(r.lines) WITH ORDINALITY AS each (part, no)
 WHERE r.booked AND part ->> 'line_no' <> '0'
   AND EXISTS (SELECT FROM refund g WHERE g.home_id = r.home_id AND g.order_id = r.order_id AND g.goodwill)
   AND NOT EXISTS (SELECT FROM goodwill_end e WHERE e.home_id = r.home_id AND e.order_id = r.order_id
                      AND e.line_no = (part ->> 'line_no')::int)
 ORDER BY r.requested_at, r.id, each.no"""


def parts_of(work: Work, orders: Sequence[OrderKey]) -> dict[OrderKey, list[Part]]:
    """The booked refunds of those of these orders that were given any goodwill, line by line."""
    found: dict[OrderKey, list[Part]] = {}
    for row in work.rows(_PARTS, **asked(orders)):
        part = Part(row.line_no, row.minor, row.goodwill)
        found.setdefault((row.home_id, row.order_id), []).append(part)
    return found


def refuse_unlawful(work: Work, key: OrderKey) -> None:
    """Raise WithdrawnFrom while a withdrawal from this order waits for its answer.

    The withdrawals are a slice above this one; it is asked here so that no door leads around it.
    """
    waits = work.value(
        """SELECT 1 FROM withdrawal WHERE home_id = %(home)s AND order_id = %(order)s
              AND state = 'received' LIMIT 1""",
        home=key[0],
        order=key[1],
    )
    if waits:
        raise WithdrawnFrom


def over_lines(
    left: payments.Left, amount_minor: int, lines: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """The same amount with each line named: what names none is of all of them, by what each has left.

    So that it can be seen line by line whether the goods that it was given for have come back.
    """
    named = dict(lines)
    spread = amount_minor - sum(named.values())
    if spread > 0:
        rest = {no: minor - named.get(no, 0) for no, minor in left.lines.items()}
        for no, minor in payments.over_lines(spread, rest):
            named[no] = named.get(no, 0) + minor
    return sorted(named.items())


def end_goodwill(work: Work, key: OrderKey, lines: Sequence[int], *, reason: str) -> None:
    """The goods of these lines came back whole: no goodwill of theirs stands, and commission follows.
    Lines that were given none, and those that this was said of before, stay as they are."""
    ended = work.rows(
        """WITH ended AS (
             INSERT INTO goodwill_end (home_id, order_id, line_no, reason, actor, ended_at)
             SELECT home_id, order_id, line_no, %(reason)s, %(actor)s, %(now)s FROM order_line
              WHERE home_id = %(home)s AND order_id = %(order)s AND line_no = ANY(%(lines)s::int[])
                AND goodwill_minor > 0
             ON CONFLICT DO NOTHING RETURNING line_no)
           UPDATE order_line l SET goodwill_minor = 0 FROM ended
            WHERE l.home_id = %(home)s AND l.order_id = %(order)s AND l.line_no = ended.line_no
           RETURNING l.line_no""",
        home=key[0],
        order=key[1],
        lines=list(lines),
        reason=reason,
        actor=str(work.actor),
        now=work.now(),
    )
    if ended:
        record(work, "goodwill.ended", key[1], home=key[0])
