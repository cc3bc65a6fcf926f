"""Tax, its rates, and the zones to which goods are delivered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from mainstem import delivery, tax
from mainstem.delivery import DeliveryZone
from mainstem.kit.documents import Document
from mainstem.kit.work import Work
from mainstem.setup.resource import ONLY, Read, Resource
from mainstem.tax import TaxRate, TaxSettings

D = TypeVar("D", bound=Document)


def _named(read: Callable[[Work], Mapping[str, D]]) -> Read[D]:
    """Those of a small whole that are named; all of them where none is."""

    def some(work: Work, keys: Sequence[str] | None) -> Mapping[str, D]:
        found = read(work)
        return found if keys is None else {key: found[key] for key in keys if key in found}

    return some


def _settings(work: Work, keys: Sequence[str] | None) -> Mapping[str, TaxSettings]:
    found = tax.read_settings(work).get(tax.SETTINGS_KEY)
    return {ONLY: found} if found else {}


TAX = Resource(
    name="tax",
    title="Tax",
    one="tax",
    model=TaxSettings,
    key="",
    read=_settings,
    save=tax.save_settings,
    retire=tax.retire_settings,
    help="Whose tax a sale carries. Who sets nothing charges the rate that stands on each article.",
)


def _find_rates(work: Work, after: str, most: int, query: str) -> list[str]:
    keys = sorted(tax.read_rates(work))
    return [key for key in keys if key > after and query.lower() in key.lower()][:most]


TAX_RATES = Resource(
    name="tax-rates",
    title="Tax rates",
    one="tax rate",
    model=TaxRate,
    key="key",
    read=_named(tax.read_rates),
    save=tax.save_rate,
    retire=tax.retire_rate,
    columns=("country", "tax_class", "valid_from", "valid_until", "rate_bp"),
    empty="The rates of the EU come by themselves when you set your tax.",
    help="By country, class and day. The shipped ones are yours to correct.",
    file="csv",
    find=_find_rates,
)

DELIVERY = Resource(
    name="delivery",
    title="Delivery",
    one="delivery zone",
    model=DeliveryZone,
    key="code",
    read=_named(delivery.read_zones),
    save=delivery.save_zone,
    retire=delivery.retire_zone,
    columns=("code", "names", "countries"),
    empty="Goods cannot be ordered before it is said where they are delivered, and for how much.",
    help="Where goods are delivered, by which methods and for how much.",
)
