"""What an order costs without tax, as storefronts for companies show it: it adds up, whatever the rounding."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem import orders, tax
from mainstem.catalog import Offer, ShippingRate
from mainstem.money import Money
from mainstem.tax.rules import Period

AT = datetime(2026, 3, 2, tzinfo=UTC)
RATES = (2500, 1900, 600)
SHIPPING = ShippingRate(4900, 50_000_000, 2500)


def article(no: int, bp: int, unit: int, quantity: int) -> orders.Article:
    offer = Offer(no, no, f"S-{no}", "goods", f"Thing {no}", bp, 10_000, unit, True)
    return orders.Article(offer, quantity, unit)


def conditions(rounding: str, delivery_tax: str = "shared_by_value") -> orders.Conditions:
    rules = tax.Rules(
        home="SE",
        rounding=rounding,  # type: ignore[arg-type]
        delivery_tax=delivery_tax,  # type: ignore[arg-type]
        rates={("SE", "standard"): (Period(date(2020, 1, 1), None, 2500),)},
    )
    return orders.Conditions({"SEK": SHIPPING}, rules)


def net_of(articles: list[orders.Article], under: orders.Conditions) -> orders.Net:
    price = orders.price_for(articles, under, orders.Buyer("SE", "11122", "SEK", AT))
    return orders.net_of_price(price, "SEK", delivery_bp=SHIPPING.tax_bp)


articles = st.lists(
    st.builds(
        article,
        st.integers(1, 9),
        st.sampled_from(RATES),
        st.integers(1, 3_000_00),
        st.integers(1, 99),
    ),
    min_size=1,
    max_size=6,
)


@given(
    articles, st.sampled_from(get_args(tax.Rounding)), st.sampled_from(get_args(tax.DeliveryTax))
)
def test_lines_delivery_tax_and_rounding_are_what_is_paid(
    bought: list[orders.Article], rounding: str, delivery_tax: str
) -> None:
    under = conditions(rounding, delivery_tax)
    price = orders.price_for(bought, under, orders.Buyer("SE", "11122", "SEK", AT))
    net = orders.net_of_price(price, "SEK")
    assert price.taxes is not None
    rates = price.taxes.rates
    assert sum(line.minor for line in net.lines) == net.items.minor
    assert net.items.minor + net.shipping.minor == sum(one.net_minor for one in rates)
    assert sum(one.amount.minor for one in net.taxes) == sum(one.tax_minor for one in rates)
    assert net.rounding.minor == sum(one.rounding_minor for one in rates)
    taxes = sum(one.amount.minor for one in net.taxes)
    assert net.items.minor + net.shipping.minor + taxes + net.rounding.minor == net.total.minor
    assert net.total.minor == price.totals.total_minor


@given(articles)
def test_a_company_that_has_set_no_tax_shows_it_as_well(bought: list[orders.Article]) -> None:
    net = net_of(bought, orders.Conditions({"SEK": SHIPPING}))
    taxes = sum(one.amount.minor for one in net.taxes)
    assert net.items.minor + net.shipping.minor + taxes == net.total.minor
    assert not net.rounding


@pytest.mark.parametrize(
    ("rounding", "nets", "taxes", "left", "total"),
    [
        ("line", [8403] * 5, 7985, 0, 50000),
        ("sum_by_net", [8403] * 5, 7983, 0, 49998),
        ("sum_by_net_keep_gross", [8403, 8403, 8403, 8404, 8404], 7983, 0, 50000),
    ],
)
def test_five_positions_of_100_at_19_per_cent(
    rounding: str, nets: list[int], taxes: int, left: int, total: int
) -> None:
    """Delivery is free of the account here, so the worked example stands alone."""
    bought = [article(no, 1900, 10000, 1) for no in range(5)]
    free = orders.Conditions({"SEK": ShippingRate(0, 0, 2500)}, conditions(rounding).tax)
    net = net_of(bought, free)
    assert sorted(line.minor for line in net.lines) == nets
    assert [(one.rate_bp, one.amount.minor) for one in net.taxes] == [(1900, taxes)]
    assert (net.rounding.minor, net.total.minor) == (left, total)


def test_where_no_net_fits_the_rounding_amount_is_shown() -> None:
    free = orders.Conditions(
        {"SEK": ShippingRate(0, 0, 2500)}, conditions("sum_by_net_keep_gross").tax
    )
    net = net_of([article(1, 2500, 997, 1)], free)
    assert net.lines == [Money(798, "SEK")]
    assert [one.amount.minor for one in net.taxes] == [200]
    assert (net.rounding.minor, net.total.minor) == (-1, 997)
