"""Rules: where the company delivers, by which methods, for how much and by when.

Pure: everything that the company has set comes in as `Rules`, a snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from mainstem.calendar import (
    Place,
    add_working_days,
    is_working_day,
    next_working_day,
    place_of,
    place_of_zone,
)

Measure = Literal["weight", "value", "pieces"]

EVERYWHERE = "*"
"""The country of a zone that takes in every one."""


@dataclass(frozen=True, slots=True)
class Goods:
    """What is delivered: its value in minor units with tax, its weight in grams and its pieces."""

    value_minor: int
    weight_g: int
    pieces: int

    def measured(self, by: Measure) -> int:
        """How much of it there is."""
        return {"weight": self.weight_g, "value": self.value_minor, "pieces": self.pieces}[by]


@dataclass(frozen=True, slots=True)
class Band:
    """A price up to and with so much; without an end it is for whatever there is."""

    up_to: int | None
    price_minor: int


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a method costs in one currency, tax included."""

    bands: tuple[Band, ...]
    free_from_minor: int | None = None

    def cost(self, goods: Goods, by: Measure) -> int | None:
        """The price of delivering these goods; None where they are more than it takes."""
        if self.free_from_minor is not None and goods.value_minor >= self.free_from_minor:
            return 0
        much = goods.measured(by)
        for band in self.bands:
            if band.up_to is None or much <= band.up_to:
                return band.price_minor
        return None


@dataclass(frozen=True, slots=True)
class Timing:
    """How long it takes: working days of the company until it leaves, and of the client until it is
    there. What is paid after `cut_off`, by the company's clock, counts from the next working day."""

    handling_days: int = 2
    days_min: int = 1
    days_max: int = 3
    cut_off: time | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """A way of delivering."""

    code: str
    names: Mapping[str, str]
    carrier: str
    by: Measure
    tariffs: Mapping[str, Tariff]
    timing: Timing = Timing()

    def name(self, locale: str) -> str:
        """What it is called, in this language or else in another."""
        return self.names.get(locale) or next(iter(self.names.values()), self.code)


@dataclass(frozen=True)
class Zone:
    """Where the same methods are offered: countries, narrowed by the beginnings of postal codes."""

    code: str
    countries: frozenset[str]
    only: tuple[str, ...]
    excepted: tuple[str, ...]
    methods: tuple[Method, ...]

    def takes_in(self, country: str, postal_code: str) -> bool:
        """Whether an address lies in it."""
        if country not in self.countries and EVERYWHERE not in self.countries:
            return False
        code = _plain(postal_code)
        return (not self.only or code.startswith(self.only)) and not (
            self.excepted and code.startswith(self.excepted)
        )


@dataclass(frozen=True)
class Rules:
    """The company's zones, in the order in which they are looked at. Without any it delivers
    everywhere, at the rate of the currency."""

    zones: tuple[Zone, ...] = ()

    @property
    def are_set(self) -> bool:
        """Whether the company has set any."""
        return bool(self.zones)

    @cached_property
    def countries(self) -> frozenset[str]:
        """Every country that a zone names; EVERYWHERE where one takes in all."""
        return frozenset(country for zone in self.zones for country in zone.countries)

    @cached_property
    def currencies(self) -> frozenset[str]:
        """Every currency in which any method has a price."""
        return frozenset(
            currency
            for zone in self.zones
            for method in zone.methods
            for currency in method.tariffs
        )

    def serves(self, country: str) -> bool:
        """Whether anything is delivered to any address of a country."""
        return not self.zones or country in self.countries or EVERYWHERE in self.countries


NO_RULES = Rules()


@dataclass(frozen=True, slots=True)
class Option:
    """A method that takes these goods to this address, and what it costs, tax included."""

    zone: str
    method: Method
    cost_minor: int
    free_from_minor: int | None = field(default=None)


def zone_of(rules: Rules, country: str, postal_code: str) -> Zone | None:
    """The first zone that an address lies in."""
    return next((zone for zone in rules.zones if zone.takes_in(country, postal_code)), None)


def options(
    rules: Rules, *, country: str, postal_code: str, goods: Goods, currency: str
) -> Sequence[Option]:
    """How these goods can come to an address, the cheapest first; none where they cannot."""
    zone = zone_of(rules, country, postal_code)
    if zone is None:
        return ()
    found = []
    for method in zone.methods:
        tariff = method.tariffs.get(currency)
        cost = tariff.cost(goods, method.by) if tariff else None
        if tariff is not None and cost is not None:
            found.append(Option(zone.code, method, cost, tariff.free_from_minor))
    return sorted(found, key=lambda option: (option.cost_minor, option.method.timing.days_max))


def promise(
    timing: Timing, paid_at: datetime, *, country: str, postal_code: str, zone: ZoneInfo
) -> tuple[date, date]:
    """The first and the last day on which goods paid at an instant may be with the client.

    Nobody packs where the company keeps a day free, and nobody delivers where the client does.
    """
    ours, theirs = place_of_zone(zone), place_of(country, postal_code)
    local = paid_at.astimezone(zone)
    day = local.date()
    if timing.cut_off is not None:
        # With a cut-off, work on it begins on a working day: today before it, else on the next.
        if local.time() >= timing.cut_off and is_working_day(day, ours):
            day += timedelta(days=1)
        day = next_working_day(day, ours)
    day = _after(day, timing.handling_days, ours)
    return _after(day, timing.days_min, theirs), _after(day, timing.days_max, theirs)


def _after(day: date, days: int, place: Place) -> date:
    """So many working days on; none of them is the same day, or the next on which people work."""
    return add_working_days(day, days, place) if days else next_working_day(day, place)


def _plain(code: str) -> str:
    return "".join(filter(str.isalnum, code.upper()))
