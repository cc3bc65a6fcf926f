"""Canceling pieces of order lines: off every list, their goods free at once, a pick begun stopped.

Money and goods are two questions. What is canceled here earns nobody anything, whatever is
refunded for it; what has left is never called back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from mainstem import stock
from mainstem.kit.errors import Refused
from mainstem.kit.events import record_all
from mainstem.kit.ids import in_key_order, new_ids
from mainstem.kit.work import Work, columns
from mainstem.orders.model import OrderKey
from mainstem.orders.progress import FULFILLMENT_STATUS, LineQuantity


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


def open_lines(work: Work, orders: Sequence[OrderKey]) -> list[OpenLine]:
    """The lines of these orders of which something has not left yet."""
    return [
        OpenLine(*row)
        for row in work.rows(
            """SELECT home_id, order_id, line_no, sku, kind, quantity, total_minor, canceled,
                      quantity - canceled - shipped AS open,
                      kind = 'service' AND EXISTS (
                        SELECT 1 FROM job j WHERE j.home_id = l.home_id AND j.order_id = l.order_id
                           AND j.line_no = l.line_no
                           AND j.state IN ('on_site', 'done', 'disputed')) AS at_work
                 FROM order_line l
                 JOIN unnest(%(homes)s::bigint[], %(orders)s::uuid[]) AS asked (home_id, order_id)
                   USING (home_id, order_id)
                WHERE quantity > canceled + shipped ORDER BY 1, 2, 3""",
            homes=[home for home, _ in orders],
            orders=[order for _, order in orders],
        )
    ]


_CANCEL = """
UPDATE order_line l SET canceled = l.canceled + named.quantity
  FROM unnest(%(homes)s::bigint[], %(orders)s::uuid[], %(lines)s::int[], %(quantities)s::int[])
    AS named (home_id, order_id, line_no, quantity)
 WHERE l.home_id = named.home_id AND l.order_id = named.order_id AND l.line_no = named.line_no"""

# First what nobody has in hand: work that has not begun, then what lies in no box yet.
_PROMISED = """
SELECT r.home_id, r.order_id, r.line_no, r.fulfilment_no, r.variant_id, r.location_id, r.quantity,
       coalesce(p.quantity, 0) AS picked, f.picker IS NOT NULL AS begun
  FROM reservation r
  JOIN unnest(%(homes)s::bigint[], %(orders)s::uuid[], %(lines)s::int[])
    AS named (home_id, order_id, line_no) USING (home_id, order_id, line_no)
  JOIN fulfilment f ON f.home_id = r.home_id AND f.order_id = r.order_id AND f.no = r.fulfilment_no
  LEFT JOIN pick p ON p.home_id = r.home_id AND p.order_id = r.order_id
       AND p.fulfilment_no = r.fulfilment_no AND p.line_no = r.line_no
 WHERE r.released_at IS NULL AND f.state <> 'shipped'
 ORDER BY r.home_id, r.order_id, r.line_no, begun, picked, r.fulfilment_no DESC
   FOR UPDATE OF f"""

_SHRINK = """
UPDATE reservation r SET quantity = CASE WHEN new.rest > 0 THEN new.rest ELSE r.quantity END,
       released_at = CASE WHEN new.rest = 0 THEN %(now)s::timestamptz END
  FROM unnest(%(homes)s::bigint[], %(orders)s::uuid[], %(lines)s::int[], %(nos)s::int[],
              %(rests)s::int[]) AS new (home_id, order_id, line_no, fulfilment_no, rest)
 WHERE r.home_id = new.home_id AND r.order_id = new.order_id AND r.line_no = new.line_no
   AND r.fulfilment_no = new.fulfilment_no"""

_TAKE_OUT = """
UPDATE pick p SET quantity = least(p.quantity, new.rest)
  FROM unnest(%(homes)s::bigint[], %(orders)s::uuid[], %(lines)s::int[], %(nos)s::int[],
              %(rests)s::int[]) AS new (home_id, order_id, line_no, fulfilment_no, rest)
 WHERE p.home_id = new.home_id AND p.order_id = new.order_id AND p.line_no = new.line_no
   AND p.fulfilment_no = new.fulfilment_no"""

_STOP = """
INSERT INTO pick_stop (home_id, id, order_id, fulfilment_no, line_no, pieces, in_box, actor, at)
SELECT home_id, id, order_id, fulfilment_no, line_no, pieces, in_box, %(actor)s, %(now)s
  FROM unnest(%(homes)s::bigint[], %(ids)s::uuid[], %(orders)s::uuid[], %(nos)s::int[],
              %(lines)s::int[], %(pieces)s::int[], %(boxes)s::int[])
    AS new (home_id, id, order_id, fulfilment_no, line_no, pieces, in_box)"""

_EMPTY = """
UPDATE fulfilment f SET state = 'canceled', parked_for = NULL
  FROM unnest(%(homes)s::bigint[], %(orders)s::uuid[]) AS asked (home_id, order_id)
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
    asked = [line for line in pieces if line[3]]
    if not asked:
        return
    homes, orders, lines, quantities = columns(asked, 4)
    keys = in_key_order(zip(homes, orders, strict=True))
    _refuse_what_has_left(work, keys, asked)
    work.run(_CANCEL, homes=homes, orders=orders, lines=lines, quantities=quantities)
    work.run(
        FULFILLMENT_STATUS,
        homes=[home for home, _ in keys],
        orders=[order for _, order in keys],
        times=[work.now()] * len(keys),
        delivered=False,
    )
    promised = work.rows(_PROMISED, homes=homes, orders=orders, lines=lines)
    freed = _freed(promised, {line[:3]: line[3] for line in asked})
    _write(work, freed)
    work.run(_EMPTY, homes=[home for home, _ in keys], orders=[order for _, order in keys])
    record_all(work, "order.lines_canceled", keys)
    back: dict[tuple[int, int], int] = {}
    for one in freed:
        shelf = (one.row.variant_id, one.row.location_id)
        back[shelf] = back.get(shelf, 0) + one.pieces
    # The shelf last: everybody's baskets wait for it, so it is held as shortly as can be.
    stock.free(work, back)


def _refuse_what_has_left(
    work: Work, keys: Sequence[OrderKey], asked: Sequence[LineQuantity]
) -> None:
    still = {(one.home_id, one.order_id, one.line_no): one for one in open_lines(work, keys)}
    for home, order, no, quantity in asked:
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


def _freed(promised: Sequence[Any], wanted: dict[tuple[int, UUID, int], int]) -> list[_Freed]:
    left, freed = dict(wanted), []
    for row in promised:
        key = (row.home_id, row.order_id, row.line_no)
        pieces = min(left[key], row.quantity)
        if pieces:
            left[key] -= pieces
            freed.append(_Freed(row, pieces))
    return freed


def _write(work: Work, freed: Sequence[_Freed]) -> None:
    named = {
        "homes": [one.row.home_id for one in freed],
        "orders": [one.row.order_id for one in freed],
        "lines": [one.row.line_no for one in freed],
        "nos": [one.row.fulfilment_no for one in freed],
        "rests": [one.rest for one in freed],
    }
    work.run(_SHRINK, now=work.now(), **named)
    work.run(_TAKE_OUT, **named)
    begun = [one for one in freed if one.row.begun]
    work.run(
        _STOP,
        actor=str(work.actor),
        now=work.now(),
        homes=[one.row.home_id for one in begun],
        ids=new_ids(len(begun)),
        orders=[one.row.order_id for one in begun],
        nos=[one.row.fulfilment_no for one in begun],
        lines=[one.row.line_no for one in begun],
        pieces=[one.pieces for one in begun],
        boxes=[one.in_box for one in begun],
    )
