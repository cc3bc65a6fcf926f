"""Delivery: zones with their methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mainstem import delivery
from mainstem.delivery import DeliveryZone
from mainstem.kit.work import Work
from mainstem.setup.resource import Resource


def _zones(work: Work, keys: Sequence[str] | None) -> Mapping[str, DeliveryZone]:
    found = delivery.read_zones(work)
    return found if keys is None else {key: found[key] for key in keys if key in found}


ZONES = Resource(
    name="delivery-zones",
    title="Delivery zones",
    one="delivery zone",
    model=DeliveryZone,
    key="code",
    read=_zones,
    save=delivery.save_zone,
    retire=delivery.retire_zone,
    columns=("code", "countries", "position"),
    empty="Say where you deliver, and for how much: nothing can be ordered before.",
    help="Where you deliver, how, for how much and how fast. Nothing is sold to where no zone is.",
)
