"""Entries of store credit as they are kept: a row that never changes, and a posting in the books."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from mainstem import ledger
from mainstem.kit.bulk import insert_many
from mainstem.kit.work import Work
from mainstem.ledger import PARENT, postings
from mainstem.ledger.postings import Posting
from mainstem.money import Money


class EntryRow(NamedTuple):
    """A row of `store_credit_entry`."""

    credit_id: UUID
    no: int
    kind: str
    amount_minor: int
    home_id: int | None
    order_id: UUID | None
    reason: str
    actor: str
    entered_at: datetime


class Move(NamedTuple):
    """One step of a credit that is locked: `no` is the last one before it, `order` of what it was spent on."""

    credit_id: UUID
    no: int
    kind: str
    amount_minor: int
    currency: str
    home_id: int | None = None
    order_id: UUID | None = None
    number: str = ""
    reason: str = ""


def enter(work: Work, moves: Iterable[Move]) -> int:
    """Keep and book these steps, each credit's numbered on from its last; how many there were."""
    numbers: dict[UUID, int] = {}
    rows: list[EntryRow] = []
    booked: list[Posting] = []
    day = today(work)
    for move in moves:
        no = numbers.get(move.credit_id, move.no) + 1
        numbers[move.credit_id] = no
        rows.append(
            EntryRow(
                move.credit_id, no, move.kind, move.amount_minor, move.home_id, move.order_id,
                move.reason, str(work.actor), work.now(),
            )
        )  # fmt: skip
        booked.append(_posting(move, no, day))
    insert_many(work, "store_credit_entry", rows)
    ledger.post(work, booked)
    return len(rows)


def today(work: Work) -> date:
    """The company's day."""
    return work.now().astimezone(work.tools.zone).date()


def _posting(move: Move, no: int, day: date) -> Posting:
    amount = Money(move.amount_minor, move.currency)
    if move.kind in ("spent", "given_back"):
        assert move.home_id is not None, "it is spent on an order"
        return postings.store_credit_spent(
            move.home_id, move.credit_id, no, move.number, -amount, on=day
        )
    if move.kind == "expired":
        return postings.store_credit_expired(PARENT, move.credit_id, no, -amount, on=day)
    return postings.store_credit_granted(PARENT, move.credit_id, no, amount, on=day)
