"""Reads of commissions, for pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from mainstem.kit.work import Work
from mainstem.ledger import HELD_OPEN
from mainstem.money import Money
from mainstem.plan import Explanation

HELD_NOW = """
 CROSS JOIN LATERAL (
       -- Where the money of this movement is held now: it may have been put under another day since.
       SELECT coalesce((SELECT h.held_until FROM earning h
                         WHERE h.home_id = c.home_id AND h.source_id = c.source_id
                           AND h.rule = c.rule AND h.level = c.level AND h.beneficiary_id = c.beneficiary_id
                           AND h.kind = 'hold' AND h.amount_minor > 0
                           AND EXISTS (SELECT 1 FROM earning w
                                        WHERE w.home_id = c.home_id AND w.source_id = c.source_id
                                          AND w.rule = c.rule AND w.level = c.level
                                          AND w.beneficiary_id = c.beneficiary_id
                                          AND w.kind = 'hold' AND w.amount_minor < 0
                                          AND w.held_until = c.held_until)
                         ORDER BY h.no DESC LIMIT 1), c.held_until) AS held_until) AS held"""
"""Beside an `earning c`: `held.held_until`, for the movements that pages show."""


def payable_on(held_until: date) -> date | None:
    """The day on which what is held becomes payable; None while it waits for goods to arrive."""
    return None if held_until == HELD_OPEN else held_until


@dataclass(frozen=True, slots=True)
class Earned:
    """One movement of what an affiliate has earned, with the explanation that was stored: of an order, or
    of the period that begins on `period_from`."""

    home_id: int
    order_id: UUID | None
    period_from: date | None
    level: int
    currency: str
    amount_minor: int
    held_until: date
    explanation: Explanation
    credited_at: datetime
    matured: bool

    @property
    def amount(self) -> Money:
        """What it adds to what they have earned."""
        return Money(self.amount_minor, self.currency)


def earned(work: Work, affiliate_id: int, *, most: int = 50) -> list[Earned]:
    """An affiliate's movements, newest first."""
    return work.rows_as(
        Earned,
        f"""SELECT c.home_id, c.order_id, c.period_from, c.level, c.currency, c.amount_minor, held.held_until,
                  c.explanation, c.credited_at,
                  held.held_until <= coalesce((SELECT max(day) FROM release_day), '-infinity')
                    AS matured
             FROM earning c {HELD_NOW}
            WHERE c.beneficiary_id = %(id)s AND c.kind <> 'hold'
            ORDER BY c.credited_at DESC, c.source_id, c.rule, c.level, c.no DESC LIMIT %(most)s""",
        id=affiliate_id,
        most=most,
    )


@dataclass(frozen=True, slots=True)
class OrderMovement:
    """One movement on an order: whose, by which rule and level, and why. The name is None for a reader
    who may not know it."""

    rule: str
    level: int
    no: int
    kind: str
    currency: str
    amount_minor: int
    base_minor: int
    returned_minor: int
    rate_bp: int
    plan_version: int | None
    held_until: date
    explanation: Explanation
    credited_at: datetime
    beneficiary_id: int
    beneficiary: str | None


def of_order(work: Work, home_id: int, order_id: UUID) -> list[OrderMovement]:
    """Every movement on one order, as far as the reader may see them."""
    return work.rows_as(
        OrderMovement,
        f"""SELECT c.rule, c.level, c.no, c.kind, c.currency, c.amount_minor, c.base_minor,
                  c.returned_minor, c.rate_bp, c.plan_version, held.held_until, c.explanation,
                  c.credited_at, c.beneficiary_id, a.name AS beneficiary
             FROM earning c {HELD_NOW}
             LEFT JOIN affiliate a ON a.id = c.beneficiary_id
            WHERE c.home_id = %(home)s AND c.source_id = %(order)s AND c.kind <> 'hold'
            ORDER BY c.rule, c.level, c.no""",
        home=home_id,
        order=order_id,
    )
