"""Shipments: pick, pack, hand over, delivered. Each step refuses what is not its turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from mainstem import orders, payments, stock
from mainstem.kit import paging, search_terms
from mainstem.kit.bulk import ASKED_ORDERS, asked, given, insert_many, relation
from mainstem.kit.errors import InvalidInput, InvalidTransition, NotFound, Problem, Refused
from mainstem.kit.events import record, record_all
from mainstem.kit.ids import in_key_order
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.text import refuse_unseen
from mainstem.kit.work import Work
from mainstem.orders import OrderKey, lock

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


def start_pick(work: Work, key: FulfilmentKey) -> None:
    """Take a pick list; whoever takes it owns it."""
    _step(work, key, "start_pick")
    work.run(
        """UPDATE fulfilment SET picker = %(actor)s
            WHERE home_id = %(home)s AND order_id = %(order)s AND no = %(no)s""",
        actor=str(work.actor),
        **_named(key),
    )
    record(work, "fulfilment.picking", _subject(key), home=key[0])


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
    _step(work, key, "pick")
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
        **_named(key),
    )
    return _end_picking(work, key, "picking")


def pack(work: Work, key: FulfilmentKey, *, carrier: str, tracking: str) -> None:
    """Close the box and put its label on; InvalidInput when that number is no label of its own."""
    _step(work, key, "pack")
    refuse_unseen("/carrier", carrier)
    refuse_unseen("/tracking", tracking)
    tracking = " ".join(tracking.split())
    _refuse_label(work, tracking)
    work.run(
        """UPDATE fulfilment SET packed_at = %(now)s
            WHERE home_id = %(home)s AND order_id = %(order)s AND no = %(no)s""",
        now=work.now(),
        **_named(key),
    )
    work.run(
        """INSERT INTO parcel (home_id, order_id, no, fulfilment_no, carrier, tracking, state)
           SELECT %(home)s, %(order)s, coalesce(max(no), 0) + 1, %(no)s, %(carrier)s, %(tracking)s,
                  'label_bought'
             FROM parcel WHERE home_id = %(home)s AND order_id = %(order)s""",
        carrier=carrier.strip(),
        tracking=tracking,
        **_named(key),
    )
    record(work, "fulfilment.packed", _subject(key), home=key[0])


# Compared as the search compares them. The label of a box that was unpacked again is free, and so
# is that of one that has arrived: carriers use their numbers again.
_LABELED = """
SELECT o.number
  FROM parcel p
  JOIN fulfilment f ON f.home_id = p.home_id AND f.order_id = p.order_id AND f.no = p.fulfilment_no
  JOIN orders o ON o.home_id = p.home_id AND o.id = p.order_id
 WHERE upper(translate(p.tracking, ' -', '')) = %(label)s
   AND p.state IN ('draft', 'label_bought', 'in_transit') AND f.state <> 'canceled'
 ORDER BY o.number LIMIT 1"""


def _refuse_label(work: Work, tracking: str) -> None:
    """A label has a number, which is no article's, and is on no other parcel that is under way."""
    label = search_terms.code_in(tracking)
    if not label:
        raise _not_the_label("missing", "Scan or type the number on the label.")
    if work.value(
        """SELECT EXISTS (SELECT 1 FROM variant
                           WHERE upper(sku) = upper(%(scanned)s) OR gtin = ANY(%(gtins)s::text[]))""",
        scanned=tracking,
        gtins=_gtins(tracking),
    ):
        raise _not_the_label(
            "label_is_an_article",
            "{scanned} is the number of an article. Scan the label of the carrier.",
            scanned=tracking,
        )
    # Two packers who scan one label wait here for each other, so that the later one is told.
    work.run("SELECT pg_advisory_xact_lock(hashtextextended(%(label)s, 7221))", label=label)
    number = work.value(_LABELED, label=label)
    if number is not None:
        raise _not_the_label(
            "label_in_use",
            "{scanned} is already on the parcel of order {number}, which has not arrived yet. "
            "Put another label on this box.",
            scanned=tracking,
            number=number,
        )


def _not_the_label(code: str, message: str, **facts: Any) -> InvalidInput:
    return InvalidInput(Problem("/tracking", code, message, facts))


def hand_over(work: Work, key: FulfilmentKey) -> None:
    """The carrier has it: the goods leave the shelf and the order's lines are shipped."""
    _step(work, key, "hand_over")
    _leave(work, [key], {})


class _Named(NamedTuple):
    home_id: int
    order_id: UUID
    no: int


class _NamedAt(NamedTuple):
    home_id: int
    order_id: UUID
    no: int
    at: datetime


class _ParcelRow(NamedTuple):
    home_id: int
    order_id: UUID
    no: int
    fulfilment_no: int
    carrier: str
    tracking: str
    state: str
    shipped_at: datetime


_DISPATCH = f"""
UPDATE fulfilment f SET state = 'shipped', shipped_at = asked.at
  FROM {relation(_NamedAt, "asked")}
 WHERE f.home_id = asked.home_id AND f.order_id = asked.order_id AND f.no = asked.no
   AND f.state = 'released'"""


def dispatch(
    work: Work, fulfilments: Sequence[FulfilmentKey], *, at: Mapping[OrderKey, datetime]
) -> None:
    """Ship released work whose goods left before it came here: the history that a company brings."""
    keys = in_key_order(fulfilments)
    lock(work, in_key_order((home, order) for home, order, _ in keys))
    left = [_NamedAt(home, order, no, at[home, order]) for home, order, no in keys]
    if work.run(_DISPATCH, **given(left, _NamedAt, "asked")) != len(keys):
        raise InvalidTransition("fulfilment", "not released", "dispatched")
    parcels = [_ParcelRow(*key[:3], key.no, "history", "", "in_transit", key.at) for key in left]
    insert_many(work, "parcel", parcels)
    _leave(work, keys, at)


_GONE = f"""
SELECT r.variant_id, r.location_id, sum(r.quantity)::int AS quantity
  FROM reservation r
  JOIN {relation(_Named, "asked")}
    ON r.home_id = asked.home_id AND r.order_id = asked.order_id AND r.fulfilment_no = asked.no
 WHERE r.released_at IS NULL
 GROUP BY 1, 2 ORDER BY 1, 2"""

_TAKE_FROM_SHELF = f"""
UPDATE stock_level s SET on_hand = s.on_hand - gone.quantity, reserved = s.reserved - gone.quantity
  FROM {relation(stock.Pieces, "gone")}
 WHERE s.variant_id = gone.variant_id AND s.location_id = gone.location_id"""


def _leave(work: Work, keys: Sequence[FulfilmentKey], at: Mapping[OrderKey, datetime]) -> None:
    orders.record_departure(work, keys, at=at)
    # The shelf last: everybody's baskets wait for it, so it is held as shortly as can be.
    gone = [stock.Pieces(*row) for row in work.rows(_GONE, **given(keys, _Named, "asked"))]
    stock.hold(work, [(shelf.variant_id, shelf.location_id) for shelf in gone])
    work.run(_TAKE_FROM_SHELF, **given(gone, stock.Pieces, "gone"))


_ARRIVE = f"""
UPDATE parcel p SET state = 'delivered', delivered_at = asked.at
  FROM {relation(_NamedAt, "asked")}
 WHERE p.home_id = asked.home_id AND p.order_id = asked.order_id
   AND p.fulfilment_no = asked.no AND p.state = 'in_transit'
RETURNING p.home_id, p.order_id, p.fulfilment_no"""


def deliver(
    work: Work,
    fulfilments: Sequence[FulfilmentKey],
    *,
    at: Mapping[OrderKey, datetime] | None = None,
) -> int:
    """The client has the parcels of these fulfilments; how many that was news of."""
    keys = in_key_order(fulfilments)
    times = at or {}
    lock(work, in_key_order((home, order) for home, order, _ in keys))
    now = work.now()
    here = [_NamedAt(home, order, no, times.get((home, order), now)) for home, order, no in keys]
    arrived = work.rows(_ARRIVE, **given(here, _NamedAt, "asked"))
    done = [(row.home_id, row.order_id, row.fulfilment_no) for row in arrived]
    orders.record_arrival(work, done, at=times)
    return len(done)


_CANCEL = f"""
UPDATE fulfilment f SET state = 'canceled', parked_for = NULL
  FROM {ASKED_ORDERS}
 WHERE f.home_id = asked.home_id AND f.order_id = asked.order_id
   AND f.state NOT IN ('shipped', 'canceled')"""


def cancel_fulfilments(work: Work, canceled: Sequence[OrderKey]) -> None:
    """Cancel what has not left of canceled orders."""
    # The orders first, as whoever picks for one of them does.
    lock(work, in_key_order(canceled))
    work.run(_CANCEL, **asked(canceled))


# ---------------------------------------------------------------- disputed

_DISPUTED = f"""
SELECT home_id, order_id, bool_or(status <> ALL(%(over)s::text[])) AS open,
       bool_or(status = 'lost') AS lost
  FROM dispute JOIN {ASKED_ORDERS} USING (home_id, order_id)
 GROUP BY 1, 2 ORDER BY 1, 2"""

_PARK = f"""
UPDATE fulfilment f SET state = 'parked', parked_for = 'dispute'
  FROM {ASKED_ORDERS}
 WHERE f.home_id = asked.home_id AND f.order_id = asked.order_id
   AND f.state IN ('assigned', 'released', 'picking', 'picked', 'packed')
RETURNING f.home_id, f.order_id, f.no"""

# What was done before it was parked is done: it goes on from there.
_GO_ON = f"""
UPDATE fulfilment f SET parked_for = NULL,
       state = CASE WHEN packed_at IS NOT NULL THEN 'packed' WHEN picked_at IS NOT NULL THEN 'picked'
                    WHEN picker IS NOT NULL THEN 'picking' ELSE 'released' END
  FROM {ASKED_ORDERS}
 WHERE f.home_id = asked.home_id AND f.order_id = asked.order_id AND f.parked_for = 'dispute'
RETURNING f.home_id, f.order_id, f.no"""


def apply_disputes(work: Work, disputed: Sequence[OrderKey]) -> None:
    """Bring what has not left of these orders to where their disputes stand now.

    It is parked while one is open, goes on where it was once all are won, and is canceled, its
    goods free again, when one is lost. What has left stays shipped.
    """
    keys = in_key_order(disputed)
    lock(work, keys)
    apply_disputes_of_locked(work, keys)


def apply_disputes_of_locked(work: Work, keys: Sequence[OrderKey]) -> None:
    """The same for orders that are locked already."""
    rows = work.rows(_DISPUTED, over=list(payments.DISPUTE_OVER), **asked(keys))
    if not rows:
        return
    where = [(row.home_id, row.order_id) for row in rows if row.open]
    _turn(work, _PARK, where, "fulfilment.parked")
    lost = [(row.home_id, row.order_id) for row in rows if row.lost and not row.open]
    if lost:
        orders.withhold(work, lost)
        cancel_fulfilments(work, lost)
    won = [(row.home_id, row.order_id) for row in rows if not row.open and not row.lost]
    _turn(work, _GO_ON, won, "fulfilment.resumed")
    # Canceled while the bank had the money: now that it is back, it goes to the client.
    orders.give_rest_back(work, won, reason="canceled")


# ---------------------------------------------------------------- canceled while being picked


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
        **_named(key),
    )


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
        **_named(key),
    )
    if not back:
        return 0
    pieces: int = sum(row.in_box for row in back)
    fact = "fulfilment.put_back" if pieces else "fulfilment.stop_confirmed"
    record(work, fact, _subject(key), home=home)
    _end_picking(work, key, "picking", "parked")
    return pieces


def _end_picking(work: Work, key: FulfilmentKey, *states: str) -> int:
    """How many pieces are left to pick; when none is, the picking is over."""
    left = work.value(
        """SELECT sum(r.quantity - coalesce(p.quantity, 0))
             FROM reservation r LEFT JOIN pick p USING (home_id, order_id, fulfilment_no, line_no)
            WHERE r.home_id = %(home)s AND r.order_id = %(order)s AND r.fulfilment_no = %(no)s
              AND r.released_at IS NULL""",
        **_named(key),
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
            **_named(key),
        )
        if over:
            record(work, "fulfilment.picked", _subject(key), home=key[0])
    return int(left or 0)


def _turn(work: Work, sql: str, keys: Sequence[OrderKey], fact: str) -> None:
    if not keys:
        return
    turned = work.rows(sql, **asked(keys))
    done = sorted((row.home_id, row.order_id, row.no) for row in turned)
    record_all(work, fact, [(key[0], _subject(key)) for key in done])


def _step(work: Work, key: FulfilmentKey, action: str) -> None:
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
        **_named(key),
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
        **_named(key),
    )
    if to == "shipped":
        work.run(
            """UPDATE parcel SET state = 'in_transit', shipped_at = %(now)s
                WHERE home_id = %(home)s AND order_id = %(order)s AND fulfilment_no = %(no)s
                  AND state = 'label_bought'""",
            now=work.now(),
            **_named(key),
        )


QUEUE_MAX = 50


@dataclass(frozen=True, slots=True)
class ToDo:
    """A fulfilment as the desk's list shows it; the last two are what the list is sorted by.

    `put_back` are the pieces in the box that were canceled, None where nothing was; `waits` is
    whether a refund waits for approval.
    """

    home_id: int
    order_id: UUID
    no: int
    state: str
    parked_for: str | None
    picker: str | None
    routed_at: datetime | None
    number: str
    promised_on: date | None
    client: str
    city: str
    country: str
    location: str
    storefront: str
    pieces: int | None
    put_back: int | None
    waits: bool
    waits_since: datetime
    promised_first: date


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


@dataclass(frozen=True, slots=True)
class ParcelOnItsWay:
    """A parcel that has left and has not arrived."""

    home_id: int
    order_id: UUID
    no: int
    parcel_no: int
    carrier: str
    tracking: str | None
    shipped_at: datetime
    number: str
    promised_on: date | None
    client: str
    city: str


# What was promised first comes first, and what was promised nobody last.
_PROMISED = Sorting(
    "promised",
    (
        SortColumn("coalesce(o.promised_on, date '3000-01-01')", "promised_first", date),
        SortColumn("coalesce(f.routed_at, 'epoch')", "waits_since", datetime),
        SortColumn("f.home_id", "home_id", int),
        SortColumn("f.order_id", "order_id", UUID),
        SortColumn("f.no", "no", int),
    ),
    descending=False,
)
_TO_DO = """
SELECT f.home_id, f.order_id, f.no, f.state, f.parked_for, f.picker, f.routed_at,
       coalesce(f.routed_at, 'epoch') AS waits_since, o.number, o.promised_on,
       coalesce(o.promised_on, date '3000-01-01') AS promised_first,
       o.client->>'name' AS client, o.address->>'city' AS city,
       o.address->>'country' AS country, l.code AS location, s.name AS storefront,
       (SELECT sum(quantity)::int FROM reservation r WHERE r.home_id = f.home_id
          AND r.order_id = f.order_id AND r.fulfilment_no = f.no
          AND r.released_at IS NULL) AS pieces,
       (SELECT sum(in_box)::int FROM pick_stop p WHERE p.home_id = f.home_id
          AND p.order_id = f.order_id AND p.fulfilment_no = f.no
          AND p.cleared_at IS NULL) AS put_back,
       EXISTS (SELECT 1 FROM approval a WHERE a.home_id = f.home_id
                  AND a.order_id = f.order_id AND a.state = 'needs_approval'
                  AND a.holds_goods) AS waits
  FROM fulfilment f
  JOIN orders o ON o.home_id = f.home_id AND o.id = f.order_id
  JOIN location l ON l.id = f.location_id
  JOIN storefront s ON s.home_id = o.home_id AND s.id = o.storefront_id
 WHERE {open} {where} {seek} {sorted}"""

# What waits at the desk: open work, and what was canceled while somebody had it in hand.
_OPEN = """(f.home_id, f.order_id, f.no) IN (
  SELECT home_id, order_id, no FROM fulfilment
   WHERE state IN ('assigned','released','picking','picked','packed','parked')
   UNION SELECT home_id, order_id, fulfilment_no FROM pick_stop WHERE cleared_at IS NULL)"""
_STOPPED = """EXISTS (SELECT 1 FROM pick_stop s WHERE s.home_id = f.home_id
  AND s.order_id = f.order_id AND s.fulfilment_no = f.no AND s.cleared_at IS NULL)"""


def to_do(
    work: Work,
    *,
    states: Sequence[str] | None = None,
    to_put_back: bool = False,
    location: int | None = None,
    text: str = "",
    cursor: str | None = None,
    most: int = QUEUE_MAX,
    strict: bool = False,
) -> Page[ToDo]:
    """The desk's list: open work, what was promised first comes first.

    Work that was canceled whole while somebody had it in hand stands here too, until it is put back.
    Narrowed to these states, or to what is to be put back.
    """
    where = ""
    if states is not None:
        where += " AND f.state = ANY(%(states)s::text[])"
    if to_put_back:
        where += f" AND {_STOPPED}"
    if location is not None:
        where += " AND f.location_id = %(location)s"
    if text:
        where += f""" AND found_by(o.client->>'name', o.client->>'phone', o.number, o.external_id,
                                   o.client_key) {search_terms.MATCHES}"""
    return paging.read_as(
        work,
        ToDo,
        _TO_DO.replace("{open}", _OPEN).replace("{where}", where),
        _PROMISED,
        cursor=cursor,
        most=most,
        strict=strict,
        states=list(states or ()),
        location=location,
        found=search_terms.terms(text),
    )


@dataclass(frozen=True, slots=True)
class WaitingCount:
    """How many fulfilments wait in one state, and whether something of them is to be put back."""

    state: str
    to_put_back: bool
    count: int


def counts(work: Work) -> list[WaitingCount]:
    """How much waits at the desk."""
    return work.rows_as(
        WaitingCount,
        f"""SELECT state, to_put_back, count(*) AS count
              FROM (SELECT f.state, {_STOPPED} AS to_put_back FROM fulfilment f WHERE {_OPEN}) AS w
             GROUP BY 1, 2""",
    )


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
        **_named(key),
    )


def scanned_lines(lines: Sequence[PickLine], scanned: str) -> list[PickLine]:
    """The lines of a pick list that a scan means: by the number of the article, or by the bar code on
    the goods, which some scanners lengthen or shorten by zeros in front."""
    code, gtins = scanned.strip().upper(), _gtins(scanned)
    by_number = [line for line in lines if line.sku.upper() == code]
    return by_number or [line for line in lines if line.gtin in gtins]


def _gtins(scanned: str) -> list[str]:
    """The ways in which a bar code on goods may be kept, whatever zeros the scanner gave it."""
    code = scanned.strip()
    digits = code.lstrip("0")
    if not (digits and code.isascii() and code.isdigit()):
        return []
    return [digits.zfill(length) for length in (8, 12, 13, 14) if len(digits) <= length]


_LEFT = Sorting(
    "left",
    (
        SortColumn("p.shipped_at", "shipped_at", datetime),
        SortColumn("p.home_id", "home_id", int),
        SortColumn("p.order_id", "order_id", UUID),
        SortColumn("p.no", "parcel_no", int),
    ),
    descending=False,
)


def in_transit(
    work: Work,
    *,
    text: str = "",
    cursor: str | None = None,
    most: int = QUEUE_MAX,
    strict: bool = False,
) -> Page[ParcelOnItsWay]:
    """Parcels on their way, oldest first, page by page."""
    where = ""
    if text:
        where = f"""AND (p.tracking = %(text)s OR found_by(o.client->>'name', o.client->>'phone',
                         o.number, o.external_id, o.client_key) {search_terms.MATCHES})"""
    return paging.read_as(
        work,
        ParcelOnItsWay,
        f"""SELECT p.home_id, p.order_id, p.fulfilment_no AS no, p.no AS parcel_no, p.carrier,
                   p.tracking, p.shipped_at, o.number, o.promised_on,
                   o.client->>'name' AS client, o.address->>'city' AS city
              FROM parcel p JOIN orders o ON o.home_id = p.home_id AND o.id = p.order_id
             WHERE p.state = 'in_transit' {where} {{seek}} {{sorted}}""",
        _LEFT,
        cursor=cursor,
        most=most,
        strict=strict,
        text=text,
        found=search_terms.terms(text),
    )


def _named(key: FulfilmentKey) -> dict[str, Any]:
    return {"home": key[0], "order": key[1], "no": key[2]}


def _subject(key: FulfilmentKey) -> str:
    return f"{key[1]}:{key[2]}"
