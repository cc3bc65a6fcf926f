"""Granting: a credit is brought to what its cause gives, as often as that is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from mainstem.kit.bulk import insert_many
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work
from mainstem.store_credit.entries import Move, enter, today
from mainstem.store_credit.model import CreditKind
from mainstem.store_credit.rules import taken_back_minor


class GivenAs(NamedTuple):
    """A row of `store_credit` but for who granted it and when: `key` is what it is given for."""

    key: str
    client_key: str
    currency: str
    kind: CreditKind
    home_id: int | None
    order_id: UUID | None
    reason: str
    available_on: date
    expires_on: date | None
    may_be_owed: bool


class Given(NamedTuple):
    """What a cause gives: all of it, and how much of that went back: 0 <= reversed <= granted.

    `granted_minor` never falls from one time to the next.
    """

    credit: GivenAs
    granted_minor: int
    reversed_minor: int
    reason: str = ""


class _Row(NamedTuple):
    id: UUID
    key: str
    client_key: str
    currency: str
    kind: str
    home_id: int | None
    order_id: UUID | None
    reason: str
    actor: str
    granted_at: datetime
    available_on: date
    expires_on: date | None
    may_be_owed: bool


_STANDING = """
SELECT c.id, c.key, c.available_on, c.expires_on, coalesce(e.no, 0) AS no,
       coalesce(e.granted, 0) AS granted, coalesce(e.taken_back, 0) AS taken_back,
       coalesce(e.spent, 0) AS spent, coalesce(e.expired, 0) AS expired
  FROM store_credit c
  LEFT JOIN LATERAL (
       SELECT max(no) AS no,
              coalesce(sum(amount_minor) FILTER (WHERE kind = 'granted'), 0)::bigint AS granted,
              coalesce(-sum(amount_minor) FILTER (WHERE kind = 'taken_back'), 0)::bigint AS taken_back,
              coalesce(-sum(amount_minor) FILTER (WHERE kind IN ('spent', 'given_back')), 0)::bigint AS spent,
              coalesce(-sum(amount_minor) FILTER (WHERE kind = 'expired'), 0)::bigint AS expired
         FROM store_credit_entry WHERE credit_id = c.id) AS e ON true
 WHERE c.id = ANY(%(ids)s::uuid[])"""


def settle_given(work: Work, given: Sequence[Given]) -> int:
    """Bring credits to what their causes give, and take back what went back; how many steps it took.

    A repeat takes none. Nothing is taken back that was spent, unless the credit may be owed.
    """
    wanted = {one.credit.key: one for one in given}
    _open(work, list(wanted.values()))
    locked = work.rows(
        "SELECT id FROM store_credit WHERE key = ANY(%(keys)s::text[]) ORDER BY id FOR UPDATE",
        keys=sorted(wanted),
    )
    moves: list[Move] = []
    for row in work.rows(_STANDING, ids=[one.id for one in locked]):
        one = wanted[row.key]
        _put_off(work, row, one.credit)
        back = taken_back_minor(
            one.granted_minor,
            one.reversed_minor,
            spent=row.spent,
            expired=row.expired,
            may_be_owed=one.credit.may_be_owed,
        )
        for kind, minor in (
            ("granted", one.granted_minor - row.granted),
            ("taken_back", row.taken_back - back),
        ):
            if minor:
                moves.append(
                    Move(row.id, row.no, kind, minor, one.credit.currency, reason=one.reason)
                )
    return enter(work, moves)


def _open(work: Work, given: Sequence[Given]) -> None:
    """Make those credits that there are not yet; of what gives nothing none is made."""
    insert_many(
        work,
        "store_credit",
        [
            _Row(
                new_id(), one.key, one.client_key, one.currency, one.kind, one.home_id, one.order_id,
                one.reason, str(work.actor), work.now(), one.available_on, one.expires_on,
                one.may_be_owed,
            )
            for one, minor, *_ in sorted(given)
            if minor
        ],
        then="ON CONFLICT (key) DO NOTHING",
    )  # fmt: skip


def _put_off(work: Work, row: Any, credit: GivenAs) -> None:
    """The hold ends with the last of what came; one that is over is not begun again."""
    if row.available_on <= today(work) or (row.available_on, row.expires_on) == (
        credit.available_on,
        credit.expires_on,
    ):
        return
    work.run(
        """UPDATE store_credit SET available_on = %(from_day)s, expires_on = %(until)s
            WHERE id = %(id)s""",
        id=row.id,
        from_day=credit.available_on,
        until=credit.expires_on,
    )
