"""Routing: which location does the work of a paid order, and why, kept for every candidate.

Stock was promised at capture from the first location that could. Once the order is paid the whole
field is judged: one parcel before two, the client's country before a border, then the company's
order of locations. If another location is better, the promise moves there in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mainstem import stock
from mainstem.kit.events import record_all
from mainstem.kit.work import Work
from mainstem.orders.progress import lock
from mainstem_fulfillment import engagements

Key = tuple[int, UUID]

_PROMISES = """
SELECT r.home_id, r.order_id, r.line_no, r.fulfilment_no, r.variant_id, r.location_id, r.quantity,
       o.address->>'country' AS country
  FROM orders o
  JOIN unnest(%(homes)s::bigint[], %(ids)s::uuid[]) AS asked (home_id, id) USING (home_id, id)
  JOIN fulfilment f ON f.home_id = o.home_id AND f.order_id = o.id AND f.state = 'unrouted'
  JOIN reservation r ON r.home_id = f.home_id AND r.order_id = f.order_id
       AND r.fulfilment_no = f.no AND r.released_at IS NULL
 WHERE o.state = 'placed'
 ORDER BY r.home_id, r.order_id, r.line_no"""

_FIELD = """
SELECT s.variant_id, s.location_id, s.on_hand - s.reserved AS free
  FROM stock_level s WHERE s.variant_id = ANY(%(variants)s::bigint[])"""


@dataclass(frozen=True, slots=True)
class _Candidate:
    location: Any
    covers: int
    of: int
    abroad: bool

    @property
    def rank(self) -> tuple[bool, bool, int, int]:
        return (self.covers < self.of, self.abroad, self.location.position, self.location.id)

    def told(self, chosen: bool) -> dict[str, Any]:
        """What is kept of a candidate: what it could do, and why it was (not) taken."""
        if chosen:
            why = "chosen"
        elif self.covers < self.of:
            why = "lacks_lines"
        else:
            why = "abroad" if self.abroad else "later_in_order"
        return {"location": self.location.code, "lines": self.covers, "of": self.of,
                "abroad": self.abroad, "why": why}  # fmt: skip


def route(work: Work, orders: Sequence[Key]) -> None:
    """Give paid orders their work: goods to a location, services to the board of jobs."""
    keys = sorted(set(orders))
    lock(work, keys)
    asked = {"homes": [home for home, _ in keys], "ids": [id for _, id in keys]}
    promises: dict[Key, list[Any]] = {}
    for row in work.rows(_PROMISES, **asked):
        promises.setdefault((row.home_id, row.order_id), []).append(row)
    if promises:
        _route_goods(work, promises)
    engagements.open_jobs(work, keys)
    record_all(work, "order.routed", keys)


def _route_goods(work: Work, promises: dict[Key, list[Any]]) -> None:
    places = work.rows("SELECT id, code, name, country, position FROM location WHERE active")
    free: dict[tuple[int, int], int] = {}
    if len(places) > 1:
        variants = list({row.variant_id for rows in promises.values() for row in rows})
        free = {(r.variant_id, r.location_id): r.free for r in work.rows(_FIELD, variants=variants)}
    decisions = []
    for key, rows in promises.items():
        candidates = _judge(rows, places, free)
        best, now = candidates[0], sorted({row.location_id for row in rows})
        if best.covers < best.of:
            chosen, reason = now, "no_single_location_has_everything"
        elif now == [best.location.id] or _move(work, key, rows, best.location.id):
            chosen, reason = [best.location.id], "whole_order_from_the_best_location"
        else:
            chosen, reason = now, "better_location_was_taken_meanwhile"
        codes = {place.id: place.code for place in places}
        decisions.append(
            (*key, ",".join(codes.get(id, str(id)) for id in chosen), reason,
             json.dumps([c.told(c.location.id in chosen) for c in candidates]))
        )  # fmt: skip
    _keep(work, decisions)
    work.run(
        """UPDATE fulfilment f SET state = 'released', routed_at = %(now)s
             FROM unnest(%(homes)s::bigint[], %(orders)s::uuid[]) AS asked (home_id, order_id)
            WHERE f.home_id = asked.home_id AND f.order_id = asked.order_id AND f.state = 'unrouted'""",
        now=work.now(),
        homes=[home for home, _ in promises],
        orders=[order for _, order in promises],
    )


def _judge(rows: Sequence[Any], places: Sequence[Any], free: dict[tuple[int, int], int]) -> list[_Candidate]:
    """Every active location, best first. What is already promised to this order counts as free."""
    wanted: dict[int, int] = {}
    own: dict[tuple[int, int], int] = {}
    for row in rows:
        wanted[row.variant_id] = wanted.get(row.variant_id, 0) + row.quantity
        place = (row.variant_id, row.location_id)
        own[place] = own.get(place, 0) + row.quantity
    found = [
        _Candidate(
            place,
            sum(
                free.get((v, place.id), 0) + own.get((v, place.id), 0) >= quantity
                for v, quantity in wanted.items()
            ),
            len(wanted),
            place.country != rows[0].country,
        )
        for place in places
    ]
    return sorted(found, key=lambda candidate: candidate.rank)


def _move(work: Work, key: Key, rows: Sequence[Any], location_id: int) -> bool:
    """Move an order's promise to one location; False when its stock has gone meanwhile."""
    shelf = stock.lock(work, [row.variant_id for row in rows])
    wanted: dict[int, int] = {}
    for row in rows:
        wanted[row.variant_id] = wanted.get(row.variant_id, 0) + row.quantity
    own = {row.variant_id: row.quantity for row in rows if row.location_id == location_id}
    if any(
        shelf.free.get(v, {}).get(location_id, 0) + own.get(v, 0) < quantity
        for v, quantity in wanted.items()
    ):
        return False
    stock.give_back(work, [key])
    stock.take(work, {(v, location_id): quantity for v, quantity in wanted.items()})
    home, order = key
    no = work.value(
        """UPDATE fulfilment SET state = 'canceled'
            WHERE home_id = %(home)s AND order_id = %(order)s AND state = 'unrouted';
           SELECT max(no) + 1 FROM fulfilment WHERE home_id = %(home)s AND order_id = %(order)s""",
        home=home,
        order=order,
    )
    work.run(
        """INSERT INTO fulfilment (home_id, order_id, no, location_id, state)
           VALUES (%(home)s, %(order)s, %(no)s, %(location)s, 'unrouted')""",
        home=home,
        order=order,
        no=no,
        location=location_id,
    )
    work.run(
        """INSERT INTO reservation (home_id, order_id, line_no, fulfilment_no, variant_id, location_id, quantity)
           SELECT home_id, order_id, line_no, %(no)s, variant_id, %(location)s, sum(quantity)
             FROM reservation WHERE home_id = %(home)s AND order_id = %(order)s
              AND fulfilment_no = ANY(%(old)s::int[])
            GROUP BY home_id, order_id, line_no, variant_id""",
        home=home,
        order=order,
        no=no,
        location=location_id,
        old=sorted({row.fulfilment_no for row in rows}),
    )
    return True


def _keep(work: Work, decisions: Sequence[tuple[int, UUID, str, str, str]]) -> None:
    work.run(
        """INSERT INTO routing_decision (home_id, order_id, no, kind, chosen, reason, candidates, actor, decided_at)
           SELECT d.home_id, d.order_id,
                  1 + coalesce((SELECT max(no) FROM routing_decision r
                                 WHERE r.home_id = d.home_id AND r.order_id = d.order_id), 0),
                  'goods', d.chosen, d.reason, d.candidates, %(actor)s, %(now)s
             FROM unnest(%(homes)s::bigint[], %(orders)s::uuid[], %(chosen)s::text[], %(reasons)s::text[],
                         %(candidates)s::jsonb[]) AS d (home_id, order_id, chosen, reason, candidates)""",
        actor=str(work.actor),
        now=work.now(),
        homes=[d[0] for d in decisions],
        orders=[d[1] for d in decisions],
        chosen=[d[2] for d in decisions],
        reasons=[d[3] for d in decisions],
        candidates=[d[4] for d in decisions],
    )
