"""Spending: what may be used is locked, taken from what expires first, and comes back with the money."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from mainstem.kit.bulk import ASKED, RowKey, asked, given, relation
from mainstem.kit.events import record_all
from mainstem.kit.work import Work
from mainstem.store_credit.entries import Move, enter, today
from mainstem.store_credit.rules import given_back_minor, spread

GIVEN_BACK_FOR = timedelta(days=30)
"""How long credit may still be spent that comes back after it would have expired."""


class Purse(NamedTuple):
    """A client's credit in one currency."""

    client_key: str
    currency: str


_LOCK = f"""
SELECT c.id FROM store_credit c
  JOIN {relation(Purse, "asked")} USING (client_key, currency) ORDER BY c.id FOR UPDATE OF c"""

_LEFT = f"""
SELECT c.client_key, c.currency, c.id, e.left_minor, e.no,
       c.available_on <= %(today)s AND (c.expires_on IS NULL OR c.expires_on > %(today)s) AS usable
  FROM store_credit c
  JOIN {relation(Purse, "asked")} USING (client_key, currency)
  JOIN LATERAL (SELECT sum(amount_minor)::bigint AS left_minor, max(no) AS no FROM store_credit_entry
                 WHERE credit_id = c.id) AS e ON e.left_minor <> 0
 ORDER BY c.expires_on NULLS LAST, c.available_on, c.id"""


@dataclass(slots=True)
class Usable:
    """What locked clients may spend now, and what is taken of it before it is written."""

    left: dict[Purse, list[Any]]
    taken: dict[UUID, int]

    def of(self, client_key: str, currency: str) -> int:
        """How much a client may spend, in minor units: what is owed is met first."""
        rows = self.left.get(Purse(client_key, currency), [])
        there = sum(row.left_minor - self.taken.get(row.id, 0) for row in rows if _counts(row))
        return max(0, int(there))

    def take(self, client_key: str, currency: str, minor: int) -> dict[UUID, int]:
        """Take so much of it, from what expires first: how much of which credit."""
        assert minor <= self.of(client_key, currency), "no more is spent than there is"
        rows = self.left.get(Purse(client_key, currency), [])
        there = [(row.id, row.left_minor - self.taken.get(row.id, 0)) for row in rows if row.usable]
        parts = dict(spread(minor, there))
        for id, part in parts.items():
            self.taken[id] = self.taken.get(id, 0) + part
        return parts


def _counts(row: Any) -> bool:
    """A debt counts whenever it came to be; what is held or has expired does not."""
    return bool(row.usable or row.left_minor < 0)


def usable(work: Work, purses: Iterable[Purse]) -> Usable:
    """What these clients may spend, locked until the end of the work: nobody else spends it meanwhile."""
    wanted = sorted(set(purses))
    if not wanted:
        return Usable({}, {})
    work.run(_LOCK, **given(wanted, Purse, "asked"))
    left: dict[Purse, list[Any]] = {}
    # A statement of its own, so that it sees what whoever held the lock before has written.
    for row in work.rows(_LEFT, today=today(work), **given(wanted, Purse, "asked")):
        left.setdefault(Purse(row.client_key, row.currency), []).append(row)
    return Usable(left, {})


class Spent(NamedTuple):
    """What of which credits was spent on an order."""

    home_id: int
    order_id: UUID
    number: str
    currency: str
    parts: Mapping[UUID, int]


def write_spent(work: Work, usable: Usable, spent: Sequence[Spent]) -> None:
    """Keep and book what was taken for orders that are written."""
    last = {row.id: row.no for rows in usable.left.values() for row in rows}
    enter(
        work,
        [
            Move(id, last[id], "spent", -minor, one.currency, one.home_id, one.order_id, one.number)
            for one in spent
            for id, minor in one.parts.items()
        ],
    )


# ---------------------------------------------------------------- back with the money

_OF_ORDERS = f"""
SELECT c.id FROM store_credit c
 WHERE c.id IN (SELECT e.credit_id FROM store_credit_entry e JOIN {ASKED} ON e.home_id = asked.home_id
                   AND e.order_id = asked.id)
 ORDER BY c.id FOR UPDATE"""

_SPENT = f"""
SELECT s.home_id, s.order_id, s.credit_id, -sum(s.amount_minor) FILTER (WHERE s.kind = 'spent')::bigint AS spent,
       coalesce(sum(s.amount_minor) FILTER (WHERE s.kind = 'given_back'), 0)::bigint AS back,
       (SELECT max(no) FROM store_credit_entry WHERE credit_id = s.credit_id) AS last_no,
       (SELECT sum(amount_minor)::bigint FROM store_credit_entry WHERE credit_id = s.credit_id) AS left_minor
  FROM {ASKED}
  JOIN store_credit_entry s ON s.home_id = asked.home_id AND s.order_id = asked.id
 GROUP BY s.home_id, s.order_id, s.credit_id
 ORDER BY s.home_id, s.order_id, s.credit_id DESC"""


class WentBack(NamedTuple):
    """What of an order's money went back and brings its part of the credit along."""

    home_id: int
    order_id: UUID
    number: str
    currency: str
    total_minor: int
    refunded_minor: int
    ended_unpaid: bool


def settle_orders(
    work: Work,
    orders: Sequence[RowKey],
    went_back: Callable[[Work, Sequence[RowKey]], Iterable[WentBack]],
) -> int:
    """Give back of what was spent on these orders (home, id) what should come back; how many steps.

    The newest credit first. What comes back after its day is good for thirty days more. `went_back` is
    asked once the credits are locked, about the orders that credit was spent on.
    """
    if not orders:
        return 0
    if not work.rows(_OF_ORDERS, **asked(orders)):
        return 0
    found: dict[RowKey, list[Any]] = {}
    for row in work.rows(_SPENT, **asked(orders)):
        found.setdefault((row.home_id, row.order_id), []).append(row)
    moves = [
        move
        for order in went_back(work, list(found))
        for move in _back(order, found[order.home_id, order.order_id])
    ]
    if moves:
        enter(work, moves)
        _good_for_a_while(work, [move.credit_id for move in moves])
        _tell_causes(work, [move.credit_id for move in moves])
    return len(moves)


def _back(order: WentBack, rows: Sequence[Any]) -> list[Move]:
    should = given_back_minor(
        sum(row.spent for row in rows),
        total=order.total_minor,
        refunded=order.refunded_minor,
        ended_unpaid=order.ended_unpaid,
    )
    parts = spread(should, [(row.credit_id, row.spent) for row in rows])
    moves = []
    for row in rows:
        more = parts.get(row.credit_id, 0) - row.back
        if more:
            # A refund that failed after all takes no more than is still there.
            minor = more if more > 0 else -min(-more, max(row.left_minor, 0))
            if minor:
                moves.append(
                    Move(
                        row.credit_id, row.last_no, "given_back", minor, order.currency,
                        order.home_id, order.order_id, order.number,
                    )
                )  # fmt: skip
    return moves


def _good_for_a_while(work: Work, credits: Sequence[UUID]) -> None:
    work.run(
        """UPDATE store_credit SET expires_on = greatest(expires_on, %(until)s), over = false
            WHERE id = ANY(%(ids)s::uuid[]) AND expires_on IS NOT NULL""",
        ids=list(credits),
        until=today(work) + GIVEN_BACK_FOR,
    )


def _tell_causes(work: Work, credits: Sequence[UUID]) -> None:
    """Whatever these credits were given for may have to take back more, now that it is there again."""
    record_all(
        work,
        "store_credit.given_back",
        [
            (row.home_id, row.order_id)
            for row in work.rows(
                """SELECT DISTINCT home_id, order_id FROM store_credit
                    WHERE id = ANY(%(ids)s::uuid[]) AND order_id IS NOT NULL""",
                ids=list(credits),
            )
        ],
    )


# ---------------------------------------------------------------- its day is over

_EXPIRING = """
SELECT id FROM store_credit WHERE expires_on <= %(today)s AND NOT over
 ORDER BY expires_on, id LIMIT %(most)s FOR UPDATE SKIP LOCKED"""

_TO_EXPIRE = """
SELECT c.id, c.currency, max(e.no) AS no, sum(e.amount_minor)::bigint AS left_minor
  FROM store_credit c JOIN store_credit_entry e ON e.credit_id = c.id
 WHERE c.id = ANY(%(ids)s::uuid[]) GROUP BY c.id HAVING sum(e.amount_minor) > 0"""


def expire(work: Work, *, most: int = 10_000) -> int:
    """End what is over; how many credits had something left. A repeat on the same day finds nothing."""
    ids = [row.id for row in work.rows(_EXPIRING, today=today(work), most=most)]
    if not ids:
        return 0
    moves = [
        Move(row.id, row.no, "expired", -row.left_minor, row.currency)
        for row in work.rows(_TO_EXPIRE, ids=ids)
    ]
    work.run("UPDATE store_credit SET over = true WHERE id = ANY(%(ids)s::uuid[])", ids=ids)
    return enter(work, moves)
