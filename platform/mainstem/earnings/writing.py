"""Moves of commission as they are kept: a posting in the books, and a line with its explanation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from mainstem.earnings.moves import Move
from mainstem.kit.bulk import Json
from mainstem.kit.work import Work
from mainstem.ledger import postings
from mainstem.ledger.postings import Posting
from mainstem.plan import Basis, Plan, explain, way_of


class EarningRow(NamedTuple):
    """A row of `earning`: one step of one level of an order, with its explanation."""

    home_id: int
    source_id: UUID
    rule: str
    level: int
    no: int
    beneficiary_id: int
    kind: str
    currency: str
    amount_minor: int
    base_minor: int
    returned_minor: int
    rate_bp: int
    plan_version: int
    held_until: date
    explanation: Json
    credited_at: datetime


def posting_of(work: Work, row: Any, moves: Sequence[Move], first: int, released: date) -> Posting:
    """The posting of these moves; None when they cancel out, as in a delivery after its refund."""
    earned: dict[tuple[int, date | None], int] = {}
    for move in moves:
        for _, ends, amount in move.steps:
            whose = (move.share.beneficiary_id, ends if ends > released else None)
            earned[whose] = earned.get(whose, 0) + amount
    return postings.commission_settled(
        row.home_id,
        row.id,
        row.rule,
        first,
        row.number,
        row.currency,
        earned,
        on=work.now().astimezone(work.tools.zone).date(),
    )


def rows_of(
    row: Any,
    plan: Plan,
    moves: Sequence[Move],
    first: int,
    basis: Basis,
    now: datetime,
) -> Iterator[EarningRow]:
    """A line for each step of these moves, numbered from `first`, with its explanation."""
    rule = plan.sale.rule(row.rule)
    # Two may move at one level, where it is another's after all.
    numbers: dict[int, int] = {}
    for move in moves:
        share, before = move.share, move.before
        for kind, held, amount in move.steps:
            no = numbers.setdefault(share.level, first)
            numbers[share.level] += 1
            explanation = explain(
                _told_as(kind, move),
                sold=row.kind,
                level=share.level,
                order=row.number,
                currency=row.currency,
                rate_bp=share.rate_bp,
                basis=basis,
                credited_minor=share.credited_minor,
                reversed_minor=share.reversed_minor,
                capped=share.capped_bp,
                way=way_of(rule, share, row.currency, row.pieces),
                milestone=row.milestone,
                before_minor=before.credited if kind == "credit" else before.reversed,
            )
            yield EarningRow(
                home_id=row.home_id,
                source_id=row.id,
                rule=row.rule,
                level=share.level,
                no=no,
                beneficiary_id=share.beneficiary_id,
                kind=kind,
                currency=row.currency,
                amount_minor=amount,
                base_minor=basis.base_minor,
                returned_minor=basis.returned_minor,
                rate_bp=share.rate_bp,
                plan_version=row.plan_version,
                held_until=held,
                explanation=Json(json.dumps(explanation)),
                credited_at=now,
            )


def _told_as(kind: str, move: Move) -> str:
    """What a step is told as: of an order that is credited to others, or to them again, that it is."""
    if kind == "restored" and move.before.is_given_up:
        return "credited_again"
    return "reattributed" if move.is_given_up and kind != "hold" else kind
