"""Leaving and arriving: goods go from the shelf to the carrier, and from the carrier to the client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mainstem import orders, stock
from mainstem.kit.bulk import given, insert_many, relation
from mainstem.kit.errors import InvalidTransition
from mainstem.kit.ids import in_key_order
from mainstem.kit.work import Work
from mainstem.orders import OrderKey, lock
from mainstem_fulfillment.shipments.steps import FulfilmentKey, step


def hand_over(work: Work, key: FulfilmentKey) -> None:
    """The carrier has it: the goods leave the shelf and the order's lines are shipped."""
    step(work, key, "hand_over")
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
