"""Picking: a list taken, its pieces scanned, and what was canceled meanwhile put back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mainstem.kit.errors import Refused
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem.orders import lock
from mainstem_fulfillment.shipments.bar_codes import gtins_of
from mainstem_fulfillment.shipments.steps import FulfilmentKey, named, step, subject_of


class WrongArticle(Refused):
    """The scanned code is not on this list."""

    code: ClassVar[str] = "wrong_article"
    message: ClassVar[str] = "{scanned} is not on this pick list."


class NothingLeftToPick(Refused):
    """Every piece of it has been picked."""

    code: ClassVar[str] = "nothing_left_to_pick"
    message: ClassVar[str] = "All of {scanned} is picked already."


class FewerLeftToPick(Refused):
    """More pieces were counted than the list still asks for."""

    code: ClassVar[str] = "fewer_left_to_pick"
    message: ClassVar[str] = "{scanned}: only {left} left to pick."


class ListMovedOn(Refused):
    """The list has changed since the page was drawn: this scan was counted, or somebody else's."""

    code: ClassVar[str] = "list_moved_on"
    message: ClassVar[str] = (
        "The list has changed since this page was loaded. Check the count and scan again."
    )


def start_pick(work: Work, key: FulfilmentKey) -> None:
    """Take a pick list; whoever takes it owns it."""
    step(work, key, "start_pick")
    work.run(
        """UPDATE fulfilment SET picker = %(actor)s
            WHERE home_id = %(home)s AND order_id = %(order)s AND no = %(no)s""",
        actor=str(work.actor),
        **named(key),
    )
    record(work, "fulfilment.picking", subject_of(key), home=key[0])


def pick(
    work: Work,
    key: FulfilmentKey,
    scanned: str,
    *,
    quantity: int = 1,
    counted: int | None = None,
) -> int:
    """Confirm pieces of a scanned article; how many of the list are left. The last one ends the picking.

    `scanned` is its number or the bar code on the goods. `counted` is how many pieces the picker's
    page says are picked: ListMovedOn when it is another number by now. What stops the list is said
    first.
    """
    step(work, key, "pick")
    lines = contents(work, key)
    if counted is not None and counted != sum(one.picked for one in lines):
        raise ListMovedOn
    found = scanned_lines(lines, scanned)
    if not found:
        raise WrongArticle(scanned=scanned.strip())
    line = next((one for one in found if one.picked < one.quantity), found[0])
    left = line.quantity - line.picked
    if left <= 0 or quantity < 1:
        raise NothingLeftToPick(scanned=scanned.strip())
    if quantity > left:
        raise FewerLeftToPick(scanned=scanned.strip(), left=left)
    work.run(
        """INSERT INTO pick AS p (home_id, order_id, fulfilment_no, line_no, quantity, picker, at)
           VALUES (%(home)s, %(order)s, %(no)s, %(line)s, %(quantity)s, %(actor)s, %(now)s)
           ON CONFLICT (home_id, order_id, fulfilment_no, line_no)
           DO UPDATE SET quantity = p.quantity + excluded.quantity, at = excluded.at""",
        line=line.line_no,
        quantity=quantity,
        actor=str(work.actor),
        now=work.now(),
        **named(key),
    )
    return _end_picking(work, key, "picking")


def put_back(work: Work, key: FulfilmentKey) -> int:
    """The picker has seen what was canceled and has put it back; how many pieces that were.

    The rest of the list goes on; a list of which all that is left is picked is picked. Said twice,
    it is the same.
    """
    home, order, _ = key
    lock(work, [(home, order)])
    back = work.rows(
        """UPDATE pick_stop SET cleared_at = %(now)s, cleared_by = %(actor)s
            WHERE home_id = %(home)s AND order_id = %(order)s AND fulfilment_no = %(no)s
              AND cleared_at IS NULL
        RETURNING in_box""",
        now=work.now(),
        actor=str(work.actor),
        **named(key),
    )
    if not back:
        return 0
    pieces: int = sum(row.in_box for row in back)
    fact = "fulfilment.put_back" if pieces else "fulfilment.stop_confirmed"
    record(work, fact, subject_of(key), home=home)
    _end_picking(work, key, "picking", "parked")
    return pieces


def _end_picking(work: Work, key: FulfilmentKey, *states: str) -> int:
    """How many pieces are left to pick; when none is, the picking is over."""
    left = work.value(
        """SELECT sum(r.quantity - coalesce(p.quantity, 0))
             FROM reservation r LEFT JOIN pick p USING (home_id, order_id, fulfilment_no, line_no)
            WHERE r.home_id = %(home)s AND r.order_id = %(order)s AND r.fulfilment_no = %(no)s
              AND r.released_at IS NULL""",
        **named(key),
    )
    if left == 0:
        # What is parked goes on as picked once it may.
        over = work.run(
            """UPDATE fulfilment SET picked_at = %(now)s,
                      state = CASE WHEN state = 'picking' THEN 'picked' ELSE state END
                WHERE home_id = %(home)s AND order_id = %(order)s AND no = %(no)s
                  AND state = ANY(%(states)s) AND picked_at IS NULL""",
            now=work.now(),
            states=list(states),
            **named(key),
        )
        if over:
            record(work, "fulfilment.picked", subject_of(key), home=key[0])
    return int(left or 0)


@dataclass(frozen=True, slots=True)
class PickLine:
    """A line of a pick list, and how much of it is picked."""

    line_no: int
    sku: str
    name: str
    quantity: int
    picked: int
    picture: str | None
    gtin: str


def contents(work: Work, key: FulfilmentKey) -> list[PickLine]:
    """What is on a pick list."""
    return work.rows_as(
        PickLine,
        """SELECT r.line_no, l.sku, l.name, r.quantity, coalesce(p.quantity, 0) AS picked,
                  d.picture, v.gtin
             FROM reservation r JOIN order_line l USING (home_id, order_id, line_no)
             JOIN variant v ON v.id = l.variant_id JOIN product d ON d.id = v.product_id
             LEFT JOIN pick p USING (home_id, order_id, fulfilment_no, line_no)
            WHERE r.home_id = %(home)s AND r.order_id = %(order)s AND r.fulfilment_no = %(no)s
              AND r.released_at IS NULL ORDER BY l.sku, r.line_no""",
        **named(key),
    )


def scanned_lines(lines: Sequence[PickLine], scanned: str) -> list[PickLine]:
    """The lines of a pick list that a scan means: by the number of the article, or by the bar code on
    the goods, which some scanners lengthen or shorten by zeros in front."""
    code, gtins = scanned.strip().upper(), gtins_of(scanned)
    by_number = [line for line in lines if line.sku.upper() == code]
    return by_number or [line for line in lines if line.gtin in gtins]
