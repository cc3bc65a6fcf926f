"""Canceling pieces of order lines: off every list, their goods free at once, a pick begun stopped.

Money and goods are two questions. What is canceled here earns nobody anything, whatever is
refunded for it; what has left is never called back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from mainstem import stock
from mainstem.kit.bulk import ASKED_ORDERS, asked, given, insert_many, relation
from mainstem.kit.errors import Refused
from mainstem.kit.events import record_all
from mainstem.kit.ids import in_key_order, new_ids
from mainstem.kit.work import Work
from mainstem.orders.model import OrderKey
from mainstem.orders.progress import FULFILLMENT_STATUS, LineQuantity, OrderAt


class HasLeft(Refused):
    """More pieces would be canceled than are still here."""

    code: ClassVar[str] = "has_left"
    message: ClassVar[str] = (
        "Of {sku} only {open} of {asked} pieces are not shipped yet. Refund what is returned instead."
    )


@dataclass(frozen=True, slots=True)
class OpenLine:
    """How much of a line is still to leave, or to be performed."""

    home_id: int
    order_id: UUID
    line_no: int
    sku: str
    kind: str
    quantity: int
    total_minor: int
    canceled: int
    open: int
    at_work: bool
    """A team is there, or was and waits for the sign-off: people decide about its line."""

    @property
    def order(self) -> OrderKey:
        """Whose line it is."""
        return self.home_id, self.order_id

    @property
    def whole(self) -> LineQuantity:
        """All of it that is open."""
        return LineQuantity(self.home_id, self.order_id, self.line_no, self.open)


_OPEN = f"""
SELECT home_id, order_id, line_no, sku, kind, quantity, total_minor, canceled,
       quantity - canceled - shipped AS open,
       kind = 'service' AND EXISTS (
         SELECT 1 FROM job j WHERE j.home_id = l.home_id AND j.order_id = l.order_id
            AND j.line_no = l.line_no
            AND j.state IN ('on_site', 'done', 'disputed')) AS at_work
  FROM order_line l JOIN {ASKED_ORDERS} USING (home_id, order_id)
 WHERE quantity > canceled + shipped ORDER BY 1, 2, 3"""


def open_lines(work: Work, orders: Sequence[OrderKey]) -> list[OpenLine]:
    """The lines of these orders of which something has not left yet."""
    return [OpenLine(*row) for row in work.rows(_OPEN, **asked(orders))]


class _Line(NamedTuple):
    home_id: int
    order_id: UUID
    line_no: int


class _Rest(NamedTuple):
    home_id: int
    order_id: UUID
    line_no: int
    fulfilment_no: int
    rest: int


class _StopRow(NamedTuple):
    home_id: int
    id: UUID
    order_id: UUID
    fulfilment_no: int
    line_no: int
    pieces: int
    in_box: int
    actor: str
    at: datetime


_CANCEL = f"""
UPDATE order_line l SET canceled = l.canceled + named.quantity
  FROM {relation(LineQuantity, "named")}
 WHERE l.home_id = named.home_id AND l.order_id = named.order_id AND l.line_no = named.line_no"""

# First what nobody has in hand: work that has not begun, then what lies in no box yet.
_PROMISED = f"""
SELECT r.home_id, r.order_id, r.line_no, r.fulfilment_no, r.variant_id, r.location_id, r.quantity,
       coalesce(p.quantity, 0) AS picked, f.picker IS NOT NULL AS begun
  FROM reservation r
  JOIN {relation(_Line, "named")} USING (home_id, order_id, line_no)
  JOIN fulfilment f ON f.home_id = r.home_id AND f.order_id = r.order_id AND f.no = r.fulfilment_no
  LEFT JOIN pick p ON p.home_id = r.home_id AND p.order_id = r.order_id
       AND p.fulfilment_no = r.fulfilment_no AND p.line_no = r.line_no
 WHERE r.released_at IS NULL AND f.state <> 'shipped'
 ORDER BY r.home_id, r.order_id, r.line_no, begun, picked, r.fulfilment_no DESC
   FOR UPDATE OF f"""

_SHRINK = f"""
UPDATE reservation r SET quantity = CASE WHEN new.rest > 0 THEN new.rest ELSE r.quantity END,
       released_at = CASE WHEN new.rest = 0 THEN %(now)s::timestamptz END
  FROM {relation(_Rest, "new")}
 WHERE r.home_id = new.home_id AND r.order_id = new.order_id AND r.line_no = new.line_no
   AND r.fulfilment_no = new.fulfilment_no"""

_TAKE_OUT = f"""
UPDATE pick p SET quantity = least(p.quantity, new.rest)
  FROM {relation(_Rest, "new")}
 WHERE p.home_id = new.home_id AND p.order_id = new.order_id AND p.line_no = new.line_no
   AND p.fulfilment_no = new.fulfilment_no"""

_EMPTY = f"""
UPDATE fulfilment f SET state = 'canceled', parked_for = NULL
  FROM {ASKED_ORDERS}
 WHERE f.home_id = asked.home_id AND f.order_id = asked.order_id
   AND f.state NOT IN ('shipped', 'canceled')
   AND NOT EXISTS (SELECT 1 FROM reservation r WHERE r.home_id = f.home_id
                      AND r.order_id = f.order_id AND r.fulfilment_no = f.no
                      AND r.released_at IS NULL)"""


@dataclass(slots=True)
class _Freed:
    """What one promise gives back."""

    row: Any
    pieces: int

    @property
    def rest(self) -> int:
        return int(self.row.quantity) - self.pieces

    @property
    def in_box(self) -> int:
        return max(0, int(self.row.picked) - self.rest)


def cancel_lines(work: Work, pieces: Sequence[LineQuantity]) -> None:
    """Cancel these pieces, of orders that are locked already.

    Raises HasLeft, and cancels nothing, when fewer of one are still here.
    """
    named = [LineQuantity(*line) for line in pieces if line[3]]
    if not named:
        return
    keys = in_key_order((line.home_id, line.order_id) for line in named)
    _refuse_what_has_left(work, keys, named)
    work.run(_CANCEL, **given(named, LineQuantity, "named"))
    now = [OrderAt(*key, work.now()) for key in keys]
    work.run(FULFILLMENT_STATUS, delivered=False, **given(now, OrderAt, "asked"))
    wanted = {_Line(*line[:3]): line.quantity for line in named}
    lines = [_Line(*line[:3]) for line in named]
    freed = _freed(work.rows(_PROMISED, **given(lines, _Line, "named")), wanted)
    _write(work, freed)
    work.run(_EMPTY, **asked(keys))
    record_all(work, "order.lines_canceled", keys)
    back: dict[tuple[int, int], int] = {}
    for one in freed:
        shelf = (one.row.variant_id, one.row.location_id)
        back[shelf] = back.get(shelf, 0) + one.pieces
    # The shelf last: everybody's baskets wait for it, so it is held as shortly as can be.
    stock.free(work, back)


def _refuse_what_has_left(
    work: Work, keys: Sequence[OrderKey], named: Sequence[LineQuantity]
) -> None:
    still = {(one.home_id, one.order_id, one.line_no): one for one in open_lines(work, keys)}
    for home, order, no, quantity in named:
        line = still.get((home, order, no))
        if line is None or quantity > line.open:
            sku = work.value(
                """SELECT sku FROM order_line WHERE home_id = %(home)s AND order_id = %(order)s
                      AND line_no = %(line)s""",
                home=home,
                order=order,
                line=no,
            )
            raise HasLeft(sku=sku or no, open=line.open if line else 0, asked=quantity)


def _freed(promised: Sequence[Any], wanted: Mapping[_Line, int]) -> list[_Freed]:
    left, freed = dict(wanted), []
    for row in promised:
        key = _Line(row.home_id, row.order_id, row.line_no)
        pieces = min(left[key], row.quantity)
        if pieces:
            left[key] -= pieces
            freed.append(_Freed(row, pieces))
    return freed


def _write(work: Work, freed: Sequence[_Freed]) -> None:
    rests = given([_rest(one) for one in freed], _Rest, "new")
    work.run(_SHRINK, now=work.now(), **rests)
    work.run(_TAKE_OUT, **rests)
    begun = [one for one in freed if one.row.begun]
    ids = new_ids(len(begun))
    stops = [_stop_row(work, one, id) for one, id in zip(begun, ids, strict=True)]
    insert_many(work, "pick_stop", stops)


def _rest(one: _Freed) -> _Rest:
    row = one.row
    return _Rest(row.home_id, row.order_id, row.line_no, row.fulfilment_no, one.rest)


def _stop_row(work: Work, one: _Freed, id: UUID) -> _StopRow:
    row = one.row
    return _StopRow(
        row.home_id, id, row.order_id, row.fulfilment_no, row.line_no, one.pieces, one.in_box,
        str(work.actor), work.now(),
    )  # fmt: skip
