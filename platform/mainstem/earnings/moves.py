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
SELECT home_id, source_id, rule, level, held_until, min(beneficiary_id) AS beneficiary_id,
       max(no) AS no, sum(amount_minor)::bigint AS stands,
       coalesce(sum(amount_minor) FILTER (WHERE kind = 'credit'), 0)::bigint AS credited,
       coalesce(-sum(amount_minor) FILTER (WHERE kind IN ('reversal', 'restored')), 0)::bigint
         AS reversed
  FROM earning e JOIN {ASKED_ORDERS} USING (home_id)
 WHERE e.source_id = asked.order_id
 GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"""


@dataclass(slots=True)
class Standing:
    """What stands of one level's commission on one order, by the day its hold ends."""

    beneficiary_id: int
    no: int = 0
    credited: int = 0
    reversed: int = 0
    holds: dict[date, int] = field(default_factory=dict)

    def add(self, row: Any) -> None:
        """Count a row of `STANDING` in."""
        self.no = max(self.no, row.no)
        self.credited += row.credited
        self.reversed += row.reversed
        self.holds[row.held_until] = row.stands


@dataclass(frozen=True, slots=True)
class Move:
    """One level's difference: (kind, day on which its hold ends, signed amount) each."""

    share: Credit
    before: Standing
    steps: Sequence[tuple[str, date, int]]


def moves_of(
    work: Work,
    row: Any,
    should: Iterable[Credit],
    stands: dict[int, Standing],
    released: date,
) -> Iterator[Move]:
    """What each level's commission by one rule has to move by on an order; nothing where it stands."""
    target = {share.level: share for share in should}
    goods = row.kind == "goods"
    over = HELD_OPEN if goods and not row.arrived else payable_on(row, work.tools.zone)
    for level in sorted(target.keys() | stands.keys()):
        now = stands.get(level) or Standing(target[level].beneficiary_id)
        share = target.get(level) or Credit(row.rule, level, now.beneficiary_id, 0, 0, 0, 0)
        holds, ends, steps = dict(now.holds), over, []
        if goods:
            ends = _put_off(holds, over, released)
            steps = list(_together(holds, ends, released))
        steps += _steps(share, now, holds, ends, ends if goods else max(holds, default=ends))
        if steps:
            yield Move(share, now, steps)


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
    if credit > 0:
        holds[ends] = holds.get(ends, 0) + credit
        yield "credit", ends, credit
    elif credit < 0:  # the rounding of a larger base may give a level one unit less
        yield from _taken("credit", -credit, holds)
    if reverse > 0:
        yield from _taken("reversal", reverse, holds)
    elif reverse < 0:
        yield "restored", back, -reverse


def _taken(kind: str, minor: int, holds: dict[date, int]) -> Iterator[tuple[str, date, int]]:
    for day in sorted(holds, reverse=True):
        part = min(minor, holds[day])
        if part > 0:
            holds[day] -= part
            minor -= part
            yield kind, day, -part
    assert minor == 0, "no more is taken back than stands"
