"""What delivery to the shop's own country costs, and how long it takes, before there is an address."""

from __future__ import annotations

from mainstem import delivery, orders, tax
from mainstem.money import Money, net_of_tax
from mainstem_affiliates.storefront.countries import country_name
from mainstem_affiliates.storefront.layout import Shopper


def shipping_of(shopper: Shopper) -> Money | None:
    """What delivery costs, as the storefront shows its prices; where it depends on the address and the
    goods, the basket says it."""
    storefront = shopper.storefront
    rate, conditions = storefront.rate, storefront.conditions
    if rate is None or conditions.delivery.are_set:
        return None
    if storefront.prices_include_tax:
        return Money(rate.amount_minor, storefront.currency)
    home = tax.Sale(tax.territory_of(conditions.tax.home or storefront.country), storefront.as_of)
    bp = tax.rate_at_home(conditions.tax, home, tax_class=tax.STANDARD, own_bp=rate.tax_bp)
    return Money(net_of_tax(rate.amount_minor, bp), storefront.currency)


def working_days(shopper: Shopper) -> tuple[int, int]:
    """Within how many working days things come to the shop's own country."""
    storefront = shopper.storefront
    zone = delivery.zone_of(storefront.conditions.delivery, storefront.country, "")
    timings = [method.timing for method in zone.methods] if zone else [orders.USUAL]
    return (
        min(timing.handling_days + timing.days_min for timing in timings),
        max(timing.handling_days + timing.days_max for timing in timings),
    )


def not_served_in(shopper: Shopper) -> str:
    """The shop's own country by name, where nothing is delivered to it; else empty."""
    storefront = shopper.storefront
    if storefront.conditions.delivery.serves(storefront.country):
        return ""
    return country_name(shopper.locale, storefront.country)


def free_from_of(shopper: Shopper) -> Money | None:
    """From which value on delivery is free, where it ever is."""
    rate = shopper.storefront.rate
    return Money(rate.free_from_minor, shopper.storefront.currency) if rate else None
