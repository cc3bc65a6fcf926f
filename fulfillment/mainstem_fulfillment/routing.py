"""Routing: which location does the work of a paid order, and why, kept for every candidate.

Stock was promised at intake from the first location that could. Once the order is paid the whole
field is judged: one parcel before two, the client's country before a border, then the company's
order of locations. If another location is better, the promise moves there in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from mainstem import stock
from mainstem.kit.bulk import ASKED, ASKED_ORDERS, Json, asked, given, relation
from mainstem.kit.events import record_all
from mainstem.kit.ids import in_key_order
from mainstem.kit.work import Work
from mainstem.orders import OrderKey, lock
from mainstem_fulfillment import jobs, shipments

_PROMISES = f"""
SELECT r.home_id, r.order_id, min(o.address->>'country') AS country,
       array_agg(r.fulfilment_no::int) AS fulfilments, array_agg(r.line_no::int) AS lines,
       array_agg(r.variant_id) AS variants,
       array_agg(r.location_id) AS locations, array_agg(r.quantity) AS quantities
  FROM orders o
  JOIN {ASKED} USING (home_id, id)
  JOIN fulfilment f ON f.home_id = o.home_id AND f.order_id = o.id AND f.state = 'unrouted'
  JOIN reservation r ON r.home_id = f.home_id AND r.order_id = f.order_id
       AND r.fulfilment_no = f.no AND r.released_at IS NULL
 WHERE o.state = 'placed'
 GROUP BY r.home_id, r.order_id
 ORDER BY r.home_id, r.order_id"""

_FIELD = """
SELECT s.variant_id, s.location_id, s.on_hand - s.reserved AS free
  FROM stock_level s WHERE s.variant_id = ANY(%(variants)s::bigint[])"""


class _Promise:
    """What is promised to one order: how much of each variant, and how much of it where."""

    def __init__(self, row: Any) -> None:
        self.key: OrderKey = (row.home_id, row.order_id)
        self.country: str = row.country
        self.parts = sorted(zip(row.fulfilments, row.lines, strict=True))
        """The promises themselves: (fulfilment, line)."""
        self.wanted: dict[int, int] = {}
        self.own: dict[tuple[int, int], int] = {}
        for variant, place, quantity in zip(
            row.variants, row.locations, row.quantities, strict=True
        ):
            self.wanted[variant] = self.wanted.get(variant, 0) + quantity
            self.own[variant, place] = self.own.get((variant, place), 0) + quantity

    @property
    def locations(self) -> list[int]:
        return sorted({place for _, place in self.own})

    def covered(self, location_id: int, free: Mapping[tuple[int, int], int]) -> int:
        """How many of the variants a location could give whole; its own promise counts as free."""
        return sum(
            free.get((variant, location_id), 0) + self.own.get((variant, location_id), 0)
            >= quantity
            for variant, quantity in self.wanted.items()
        )

    def pieces(self, location_id: int, free: Mapping[tuple[int, int], int]) -> int:
        """How many pieces a location could give: of a split order, each gives a part of a line."""
        return sum(
            min(
                max(free.get((variant, location_id), 0), 0)
                + self.own.get((variant, location_id), 0),
                quantity,
            )
            for variant, quantity in self.wanted.items()
        )

    def promised(self, location_id: int) -> int:
        """How many pieces were promised from a location."""
        return sum(quantity for (_, place), quantity in self.own.items() if place == location_id)


@dataclass(frozen=True, slots=True)
class _Candidate:
    location: Any
    covers: int
    of: int
    abroad: bool
    pieces: int
    promised: int
    of_pieces: int

    @property
    def whole(self) -> bool:
        return self.covers == self.of

    @property
    def rank(self) -> tuple[bool, bool, int, int]:
        return (not self.whole, self.abroad, self.location.position, self.location.id)

    def told(self, chosen: bool) -> dict[str, Any]:
        """What is kept of a candidate: what it could do, and why it was (not) taken."""
        if chosen:
            why = "chosen"
        elif not self.whole:
            why = "lacks_lines"
        else:
            why = "abroad" if self.abroad else "later_in_order"
        told = {"location": self.location.code, "lines": self.covers, "of": self.of,
                "abroad": self.abroad, "why": why}  # fmt: skip
        if not self.whole:
            told |= {
                "pieces": self.promised if chosen else self.pieces,
                "of_pieces": self.of_pieces,
            }
        return told


def route(work: Work, orders: Sequence[OrderKey]) -> None:
    """Give paid orders their work: goods to a location, services to the board of jobs.

    What is routed already stays as it is, so asking again changes nothing.
    """
    keys = in_key_order(orders)
    lock(work, keys)
    promises = [_Promise(row) for row in work.rows(_PROMISES, **asked(keys))]
    if promises:
        _route_goods(work, promises)
    opened = jobs.open_jobs(work, keys)
    routed = in_key_order(
        [*(promise.key for promise in promises), *((job.home_id, job.order_id) for job in opened)]
    )
    record_all(work, "order.routed", routed)
    # The bank may have asked for the money before the order's work was given out.
    shipments.apply_disputes_of_locked(work, routed)


class _Decision(NamedTuple):
    home_id: int
    order_id: UUID
    chosen: str
    reason: str
    candidates: Json


_KEEP = f"""
INSERT INTO routing_decision
       (home_id, order_id, no, kind, chosen, reason, candidates, actor, decided_at)
SELECT d.home_id, d.order_id,
       1 + coalesce((SELECT max(no) FROM routing_decision r
                      WHERE r.home_id = d.home_id AND r.order_id = d.order_id), 0),
       'goods', d.chosen, d.reason, d.candidates, %(actor)s, %(now)s
  FROM {relation(_Decision, "d")}"""

_RELEASE = f"""
UPDATE fulfilment f SET state = 'released', routed_at = %(now)s
  FROM {ASKED_ORDERS}
 WHERE f.home_id = asked.home_id AND f.order_id = asked.order_id AND f.state = 'unrouted'"""


def _route_goods(work: Work, promises: Sequence[_Promise]) -> None:
    places = work.rows("SELECT id, code, name, country, position FROM location WHERE active")
    codes = {place.id: place.code for place in places}
    free: dict[tuple[int, int], int] = {}
    if len(places) > 1:
        variants = list({variant for promise in promises for variant in promise.wanted})
        free = {(r.variant_id, r.location_id): r.free for r in work.rows(_FIELD, variants=variants)}
    judged = [(promise, _judge(promise, places, free)) for promise in promises]
    wishes = [
        (promise, candidates[0].location.id)
        for promise, candidates in judged
        if candidates and candidates[0].whole and promise.locations != [candidates[0].location.id]
    ]
    moved = _move(work, wishes) if wishes else set()
    decisions = []
    for promise, candidates in judged:
        best, now = next(iter(candidates), None), promise.locations
        if best is None:
            chosen, reason = now, "no_location_is_open"
        elif not best.whole:
            chosen, reason = now, "no_single_location_has_everything"
        elif now == [best.location.id] or promise.key in moved:
            chosen, reason = [best.location.id], "whole_order_from_the_best_location"
        else:
            chosen, reason = now, "better_location_was_taken_meanwhile"
        decisions.append(
            _Decision(
                *promise.key,
                chosen=",".join(codes.get(id, str(id)) for id in chosen),
                reason=reason,
                candidates=Json(json.dumps([c.told(c.location.id in chosen) for c in candidates])),
            )
        )
    work.run(_KEEP, actor=str(work.actor), now=work.now(), **given(decisions, _Decision, "d"))
    work.run(_RELEASE, now=work.now(), **asked(promise.key for promise in promises))


def _judge(
    promise: _Promise, places: Sequence[Any], free: Mapping[tuple[int, int], int]
) -> list[_Candidate]:
    """Every active location, best first."""
    found = [
        _Candidate(
            place,
            promise.covered(place.id, free),
            len(promise.wanted),
            place.country != promise.country,
            promise.pieces(place.id, free),
            promise.promised(place.id),
            sum(promise.wanted.values()),
        )
        for place in places
    ]
    return sorted(found, key=lambda candidate: candidate.rank)


def _move(work: Work, wishes: Sequence[tuple[_Promise, int]]) -> set[OrderKey]:
    """Move orders' promises to one location each; those whose stock has not gone meanwhile.

    The whole batch's shelves are locked at once and in key order, as a basket locks its own: order
    by order they would be taken crosswise to somebody else's.
    """
    shelf = stock.lock(work, [variant for promise, _ in wishes for variant in promise.wanted])
    free = {(v, place): n for v, places in shelf.free.items() for place, n in places.items()}
    taken: dict[tuple[int, int], int] = {}
    moves: list[tuple[_Promise, int]] = []
    for promise, place in wishes:
        if promise.covered(place, free) < len(promise.wanted):
            continue
        # What one order leaves behind or takes, the next one of this batch sees.
        for own, quantity in promise.own.items():
            free[own] = free.get(own, 0) + quantity
        for variant, quantity in promise.wanted.items():
            free[variant, place] -= quantity
            taken[variant, place] = taken.get((variant, place), 0) + quantity
        moves.append((promise, place))
    if moves:
        stock.give_back(work, [promise.key for promise, _ in moves])
        stock.take(work, taken)
        _rewrite(work, moves)
    return {promise.key for promise, _ in moves}


class _Moved(NamedTuple):
    home_id: int
    order_id: UUID
    location_id: int


class _MovedLine(NamedTuple):
    home_id: int
    order_id: UUID
    old: int
    line_no: int
    new: int
    location_id: int


_LEAVE = f"""
UPDATE fulfilment f SET state = 'canceled'
  FROM {ASKED_ORDERS}
 WHERE f.home_id = asked.home_id AND f.order_id = asked.order_id AND f.state = 'unrouted'"""

_BEGIN = f"""
INSERT INTO fulfilment (home_id, order_id, no, location_id, state)
SELECT f.home_id, f.order_id, max(f.no) + 1, moved.location_id, 'unrouted'
  FROM {relation(_Moved, "moved")}
  JOIN fulfilment f ON f.home_id = moved.home_id AND f.order_id = moved.order_id
 GROUP BY f.home_id, f.order_id, moved.location_id
RETURNING home_id, order_id, no"""

# Line by line: what was canceled of an order before it was routed stays behind.
_PROMISE_ANEW = f"""
INSERT INTO reservation
       (home_id, order_id, line_no, fulfilment_no, variant_id, location_id, quantity)
SELECT r.home_id, r.order_id, r.line_no, moved.new, r.variant_id, moved.location_id,
       sum(r.quantity)
  FROM {relation(_MovedLine, "moved")}
  JOIN reservation r ON r.home_id = moved.home_id AND r.order_id = moved.order_id
       AND r.fulfilment_no = moved.old AND r.line_no = moved.line_no
 GROUP BY r.home_id, r.order_id, r.line_no, moved.new, r.variant_id, moved.location_id"""


def _rewrite(work: Work, moves: Sequence[tuple[_Promise, int]]) -> None:
    """One fulfilment at the new location in the place of those that were promised."""
    work.run(_LEAVE, **asked(promise.key for promise, _ in moves))
    moved = [_Moved(*promise.key, place) for promise, place in moves]
    made = work.rows(_BEGIN, **given(moved, _Moved, "moved"))
    new = {(row.home_id, row.order_id): row.no for row in made}
    lines = [
        _MovedLine(*promise.key, no, line, new[promise.key], place)
        for promise, place in moves
        for no, line in promise.parts
    ]
    work.run(_PROMISE_ANEW, **given(lines, _MovedLine, "moved"))
