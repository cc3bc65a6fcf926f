"""The steps of one location's work for an order: which may come next, and what stops it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from mainstem.kit.errors import InvalidTransition, NotFound, Refused
from mainstem.kit.work import Work
from mainstem.orders import lock

FulfilmentKey = tuple[int, UUID, int]
"""One location's work for one order: (home, order, no)."""

STEPS = {
    # action: (from, to)
    "start_pick": (("released",), "picking"),
    "pick": (("picking",), "picking"),
    "pack": (("picked",), "packed"),
    "hand_over": (("packed",), "shipped"),
}
"""The legal steps of a fulfilment; the desk's buttons and its tests come from here."""


class Stopped(Refused):
    """Pieces of this list were canceled while somebody had it in hand, who must know first."""

    code: ClassVar[str] = "stopped"
    message: ClassVar[str] = (
        "Stop: {pieces} of {sku} cancelled. Put {in_box} back on the shelf, then confirm it here."
    )


class StoppedUnpicked(Stopped):
    """The same, and none of the canceled pieces had been picked."""

    code: ClassVar[str] = "stopped_unpicked"
    message: ClassVar[str] = "Stop: {pieces} of {sku} cancelled. Confirm it here before you go on."


class AskedToStop(Refused):
    """A second person is asked whether these goods still go."""

    code: ClassVar[str] = "asked_to_stop"
    message: ClassVar[str] = "Wait: a refund to the client waits for approval."


@dataclass(frozen=True, slots=True)
class StopLine:
    """Pieces of a line that were canceled while somebody had the list in hand; `in_box` are picked."""

    line_no: int
    sku: str
    name: str
    pieces: int
    in_box: int


def stops(work: Work, key: FulfilmentKey) -> list[StopLine]:
    """What was canceled of a list in hand, and is still to be put back."""
    return work.rows_as(
        StopLine,
        """SELECT s.line_no, l.sku, l.name, sum(s.pieces)::int AS pieces,
                  sum(s.in_box)::int AS in_box
             FROM pick_stop s JOIN order_line l USING (home_id, order_id, line_no)
            WHERE s.home_id = %(home)s AND s.order_id = %(order)s AND s.fulfilment_no = %(no)s
              AND s.cleared_at IS NULL
            GROUP BY s.line_no, l.sku, l.name ORDER BY l.sku, s.line_no""",
        **named(key),
    )


def step(work: Work, key: FulfilmentKey, action: str) -> None:
    """Lock the order, then its work, and make the step if it is its turn."""
    home, order, _ = key
    lock(work, [(home, order)])
    row = work.row(
        """SELECT f.state, o.state AS order_state,
                  EXISTS (SELECT 1 FROM approval a WHERE a.home_id = f.home_id
                             AND a.order_id = f.order_id AND a.state = 'needs_approval'
                             AND a.holds_goods) AS waits
             FROM fulfilment f
             JOIN orders o ON o.home_id = f.home_id AND o.id = f.order_id
            WHERE f.home_id = %(home)s AND f.order_id = %(order)s AND f.no = %(no)s FOR UPDATE OF f""",
        **named(key),
    )
    if row is None:
        raise NotFound("fulfilment")
    for stop in stops(work, key):
        kind = Stopped if stop.in_box else StoppedUnpicked
        raise kind(pieces=stop.pieces, sku=stop.sku, in_box=stop.in_box)
    if row.waits:
        raise AskedToStop
    allowed, to = STEPS[action]
    if row.state not in allowed or row.order_state != "placed":
        state = row.state if row.order_state == "placed" else row.order_state
        raise InvalidTransition("fulfilment", state, action.replace("_", " "))
    work.run(
        """UPDATE fulfilment SET state = %(to)s,
                  shipped_at = CASE WHEN %(to)s = 'shipped' THEN %(now)s::timestamptz ELSE shipped_at END
            WHERE home_id = %(home)s AND order_id = %(order)s AND no = %(no)s""",
        to=to,
        now=work.now(),
        **named(key),
    )
    if to == "shipped":
        work.run(
            """UPDATE parcel SET state = 'in_transit', shipped_at = %(now)s
                WHERE home_id = %(home)s AND order_id = %(order)s AND fulfilment_no = %(no)s
                  AND state = 'label_bought'""",
            now=work.now(),
            **named(key),
        )


def named(key: FulfilmentKey) -> dict[str, Any]:
    """The key as the values of a statement."""
    return {"home": key[0], "order": key[1], "no": key[2]}


def subject_of(key: FulfilmentKey) -> str:
    """What a fact about this work is about."""
    return f"{key[1]}:{key[2]}"
