"""What we promise about delivery: said on the product, kept on the order from its payment on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from mainstem import delivery
from mainstem.delivery import Option, Timing
from mainstem.orders.model import Delivery

HANDLING_DAYS = 2
"""From the payment to the carrier: days on which the company works."""
TRANSIT_DAYS = 3
"""From the carrier to the client: days on which people work where the client lives."""
USUAL = Timing(HANDLING_DAYS, 0, TRANSIT_DAYS)
"""How long it takes where the company has set no methods."""


def promised_on(
    paid_at: datetime,
    country: str,
    postal_code: str,
    zone: ZoneInfo,
    *,
    chosen: Mapping[str, Any] | None = None,
) -> date:
    """The day by which goods paid at an instant are with the client, counted from the company's day
    on which the money came; `chosen` is how they come, as an order keeps it.

    Nobody packs where the company keeps a day free, and nobody delivers where the client does. Which
    location packs is decided after the payment, so the company's own country counts for all of them.
    """
    timing = _timing(chosen) if chosen else USUAL
    _, last = delivery.promise(timing, paid_at, country=country, postal_code=postal_code, zone=zone)
    return last


def chosen(option: Option, locale: str, standard_minor: int) -> Delivery:
    """What an order keeps of the way in which it comes, and what the least expensive one costs."""
    method, timing = option.method, option.method.timing
    return Delivery(
        zone=option.zone,
        method=method.code,
        name=method.name(locale),
        carrier=method.carrier,
        handling_days=timing.handling_days,
        days_min=timing.days_min,
        days_max=timing.days_max,
        cut_off=timing.cut_off.isoformat("minutes") if timing.cut_off else "",
        standard_minor=standard_minor,
    )


def _timing(kept: Mapping[str, Any]) -> Timing:
    cut_off = kept["cut_off"]
    return Timing(
        kept["handling_days"],
        kept["days_min"],
        kept["days_max"],
        time.fromisoformat(cut_off) if cut_off else None,
    )


def is_late(promised: date | None, now: datetime, zone: ZoneInfo) -> bool:
    """Whether a promised day is over. Of what has arrived, nobody asks."""
    return promised is not None and promised < now.astimezone(zone).date()
