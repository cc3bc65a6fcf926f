"""Delivery: where the company delivers, by which methods, for how much and by when."""

from mainstem.delivery.documents import DeliveryMethod, DeliveryZone, PriceBand
from mainstem.delivery.rules import (
    EVERYWHERE,
    NO_RULES,
    Band,
    Goods,
    Measure,
    Method,
    Option,
    Rules,
    Tariff,
    Timing,
    Zone,
    options,
    promise,
    zone_of,
)
from mainstem.delivery.zones import (
    current_rules,
    read_zones,
    retire_zone,
    rules_of,
    save_zone,
    zones_query,
)

__all__ = [
    "EVERYWHERE",
    "NO_RULES",
    "Band",
    "DeliveryMethod",
    "DeliveryZone",
    "Goods",
    "Measure",
    "Method",
    "Option",
    "PriceBand",
    "Rules",
    "Tariff",
    "Timing",
    "Zone",
    "current_rules",
    "options",
    "promise",
    "read_zones",
    "retire_zone",
    "rules_of",
    "save_zone",
    "zone_of",
    "zones_query",
]
