"""Shipments: pick, pack, hand over, delivered. Each step refuses what is not its turn."""

from mainstem_fulfillment.shipments.leaving import deliver, dispatch, hand_over
from mainstem_fulfillment.shipments.packing import pack
from mainstem_fulfillment.shipments.picking import (
    FewerLeftToPick,
    ListMovedOn,
    NothingLeftToPick,
    PickLine,
    WrongArticle,
    contents,
    pick,
    put_back,
    scanned_lines,
    start_pick,
)
from mainstem_fulfillment.shipments.steps import (
    STEPS,
    AskedToStop,
    FulfilmentKey,
    StopLine,
    Stopped,
    StoppedUnpicked,
    stops,
)
from mainstem_fulfillment.shipments.waiting import (
    QUEUE_MAX,
    ParcelOnItsWay,
    ToDo,
    WaitingCount,
    counts,
    in_transit,
    to_do,
)
from mainstem_fulfillment.shipments.withheld import (
    apply_disputes,
    apply_disputes_of_locked,
    cancel_fulfilments,
)

__all__ = [
    "QUEUE_MAX",
    "STEPS",
    "AskedToStop",
    "FewerLeftToPick",
    "FulfilmentKey",
    "ListMovedOn",
    "NothingLeftToPick",
    "ParcelOnItsWay",
    "PickLine",
    "StopLine",
    "Stopped",
    "StoppedUnpicked",
    "ToDo",
    "WaitingCount",
    "WrongArticle",
    "apply_disputes",
    "apply_disputes_of_locked",
    "cancel_fulfilments",
    "contents",
    "counts",
    "deliver",
    "dispatch",
    "hand_over",
    "in_transit",
    "pack",
    "pick",
    "put_back",
    "scanned_lines",
    "start_pick",
    "stops",
    "to_do",
]
