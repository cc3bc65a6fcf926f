"""From what stands of a commission to what should: its steps, by the day on which each hold ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from mainstem.kit.bulk import ASKED_ORDERS
from mainstem.kit.work import Work
from mainstem.ledger import HELD_OPEN
from mainstem.orders import payable_on
from mainstem.plan import Credit

STANDING = f"""
SELECT home_id, source_id, rule, level, beneficiary_id, held_until,
       max(no) AS no, sum(amount_minor)::bigint AS stands,
       coalesce(sum(amount_minor) FILTER (WHERE kind = 'credit'), 0)::bigint AS credited,
       coalesce(-sum(amount_minor) FILTER (WHERE kind IN ('reversal', 'restored')), 0)::bigint
         AS reversed,
       -- The newest line that gave it up to others, and the newest by which any of it came back.
       coalesce(max(no) FILTER (WHERE kind = 'reversal' AND explanation ->> 'message' = 'reattributed'), 0)
         AS given_up_no,
       coalesce(max(no) FILTER (WHERE kind = 'restored'), 0) AS restored_no
  FROM earning e JOIN {ASKED_ORDERS} USING (home_id)
 WHERE e.source_id = asked.order_id
 GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6"""


@dataclass(slots=True)
class Standing:
    """What stands of one level's commission on one order, by the day its hold ends."""

    beneficiary_id: int
    no: int = 0
    credited: int = 0
    reversed: int = 0
    holds: dict[date, int] = field(default_factory=dict)
    given_up_no: int = 0
    restored_no: int = 0

    @property
    def is_given_up(self) -> bool:
        """Whether it went back because the order was credited to others, and did not come back since."""
        return self.given_up_no > self.restored_no

    def add(self, row: Any) -> None:
        """Count a row of `STANDING` in."""
        self.no = max(self.no, row.no)
        self.credited += row.credited
        self.reversed += row.reversed
        self.given_up_no = max(self.given_up_no, row.given_up_no)
        self.restored_no = max(self.restored_no, row.restored_no)
        self.holds[row.held_until] = row.stands


Stands = dict[tuple[int, int], Standing]
"""What stands of each level, by whose it is: an order may be credited to another after all."""


@dataclass(frozen=True, slots=True)
class Move:
    """One level's difference: (kind, day on which its hold ends, signed amount) each. `is_given_up` where
    the order is credited to another after all."""

    share: Credit
    before: Standing
    steps: Sequence[tuple[str, date, int]]
    is_given_up: bool = False


def moves_of(
    work: Work,
    row: Any,
    should: Iterable[Credit],
    stands: Stands,
    released: date,
) -> Iterator[Move]:
    """What each level's commission by one rule has to move by on an order; nothing where it stands."""
    target = {(share.level, share.beneficiary_id): share for share in should}
    goods = row.kind == "goods"
    over = HELD_OPEN if goods and not row.arrived else payable_on(row, work.tools.zone)
    for level, whose in sorted(target.keys() | stands.keys()):
        now = stands.get((level, whose)) or Standing(whose)
        given_up = (level, whose) not in target and _is_elsewhere(row, level, whose)
        # What somebody was credited with wrongly goes back whole: nothing that happened is undone.
        gone = now.credited if given_up else 0
        share = target.get((level, whose)) or Credit(row.rule, level, whose, 0, 0, gone, gone)
        holds, ends, steps = dict(now.holds), over, []
        if goods:
            ends = _put_off(holds, over, released)
            steps = list(_together(holds, ends, released))
        steps += _steps(share, now, holds, ends, ends if goods else max(holds, default=ends))
        if steps:
            yield Move(share, now, steps, given_up)


def _is_elsewhere(row: Any, level: int, whose: int) -> bool:
    """Whether an order was credited to others since, and this level of it is not theirs any more."""
    uplines = [row.upline, *(one["upline"] for one in row.also_credited or ())]
    return bool(row.reattributed) and not any(
        list(upline[level : level + 1]) == [whose] for upline in uplines
    )


def _put_off(holds: Mapping[date, int], over: date, released: date) -> date:
    """The day on which a hold is over: a day that was named before is kept, or put off."""
    named = (day for day, minor in holds.items() if minor > 0 and released < day < HELD_OPEN)
    return max([over, *named])


def _together(
    holds: dict[date, int], ends: date, released: date
) -> Iterator[tuple[str, date, int]]:
    """Bring what is still held of an order's goods under one day: the client's right to withdraw
    begins with the last of them."""
    for day in sorted(holds):
        minor = holds[day]
        if minor > 0 and released < day != ends:
            holds[day], holds[ends] = 0, holds.get(ends, 0) + minor
            yield "hold", day, -minor
            yield "hold", ends, minor


def _steps(
    share: Credit, now: Standing, holds: dict[date, int], ends: date, back: date
) -> Iterator[tuple[str, date, int]]:
    """From what stands to what should. New credit is held until `ends`, and `back` is the hold of
    what is restored; what is taken comes out of the holds it was put in, the latest first, so that
    none is ever overdrawn."""
    credit = share.credited_minor - now.credited
    reverse = share.reversed_minor - now.reversed
    if reverse < 0:  # first, since a credit that is taken whole takes what is restored with it
        holds[back] = holds.get(back, 0) - reverse
        yield "restored", back, -reverse
    if credit > 0:
        holds[ends] = holds.get(ends, 0) + credit
        yield "credit", ends, credit
    elif credit < 0:  # the rounding of a larger base may give a level one unit less
        yield from _taken("credit", -credit, holds)
    if reverse > 0:
        yield from _taken("reversal", reverse, holds)


def _taken(kind: str, minor: int, holds: dict[date, int]) -> Iterator[tuple[str, date, int]]:
    for day in sorted(holds, reverse=True):
        part = min(minor, holds[day])
        if part > 0:
            holds[day] -= part
            minor -= part
            yield kind, day, -part
    assert minor == 0, "no more is taken back than stands"
