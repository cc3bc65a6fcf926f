"""One price: what a line, its tax, its delivery and the whole cost, and how long a price holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.catalog import Offer, ShippingRate
from mainstem.orders import PRICE_HOLDS, HeldPrice, Price, line_of, price, unit_price
from mainstem.orders.pricing import agreed_line

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
DOCUMENT = (Path(__file__).parents[2] / "docs/pricing.md").read_text("utf-8")
EXAMPLES = dict(re.findall(r"^### (.+)\n((?:(?!^###).*\n)*)", DOCUMENT, re.MULTILINE))


def an_offer(kind: str = "goods", *, tax_bp: int = 2500, counts_bp: int = 10000) -> Offer:
    return Offer(1, 1, "A-1", kind, "Article", tax_bp, counts_bp, 100, sold=True)


def minor(text: str) -> int:
    return int(Decimal(text.replace(",", "")) * 100)


def worked_out(example: str) -> Price:
    """The lines and the delivery of an example, priced."""
    [(cost, tax, free)] = re.findall(
        r"^Delivery (\S+) at (\S+) %, free from (\S+)\.$", example, re.M
    )
    rows = re.findall(
        r"^\| .+, (goods|service) \| (\d+) \| (\S+) \| (\d+) \| (\d+) \|$", example, re.M
    )
    lines = [
        line_of(
            an_offer(kind, tax_bp=int(rate) * 100, counts_bp=int(counts) * 100),
            int(pieces),
            minor(each),
        )
        for kind, pieces, each, rate, counts in rows
    ]
    return price(lines, ShippingRate(minor(cost), minor(free), int(tax) * 100))


def test_the_document_has_examples() -> None:
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_of_the_document_comes_out_as_it_says(name: str) -> None:
    priced = worked_out(EXAMPLES[name])
    [said] = re.findall(
        r"^Goods (\S+), delivery (\S+), tax (\S+), total (\S+), counts (\S+)\.$",
        EXAMPLES[name],
        re.M,
    )
    counts = sum(line.commissionable_minor for line in priced.lines)
    totals = priced.totals
    found = (
        totals.items_minor,
        totals.shipping_minor,
        totals.tax_minor,
        totals.total_minor,
        counts,
    )
    assert found == tuple(map(minor, said))


def test_the_document_says_how_long_a_price_holds() -> None:
    assert timedelta(days=7) == PRICE_HOLDS
    assert "**it holds for a week**" in DOCUMENT


def test_a_history_has_no_delivery_of_ours() -> None:
    priced = price([agreed_line(an_offer(), 3, 1000)], None)
    assert priced.totals.shipping_minor == 0
    assert (priced.lines[0].unit_minor, priced.lines[0].total_minor) == (333, 1000)


lines = st.builds(
    lambda kind, quantity, unit, tax, counts: line_of(
        an_offer(kind, tax_bp=tax, counts_bp=counts), quantity, unit
    ),
    st.sampled_from(("goods", "service")),
    st.integers(1, 99),
    st.integers(0, 10**7),
    st.integers(0, 3000),
    st.integers(0, 10000),
)
rates = st.builds(ShippingRate, st.integers(0, 10**5), st.integers(0, 10**7), st.integers(0, 3000))


@given(st.lists(lines, max_size=8), rates)
def test_a_price_adds_up_and_no_tax_is_off_by_more_than_half_a_minor_unit(
    given_lines: list[object], rate: ShippingRate
) -> None:
    priced = price(given_lines, rate)  # type: ignore[arg-type]
    totals = priced.totals
    assert totals.total_minor == totals.items_minor + totals.shipping_minor
    assert totals.items_minor == sum(line.total_minor for line in priced.lines)
    exact = Fraction(totals.shipping_minor * rate.tax_bp, 10000 + rate.tax_bp)
    for line in priced.lines:
        whole = Fraction(line.total_minor * line.offer.tax_bp, 10000 + line.offer.tax_bp)
        assert abs(line.tax_minor - whole) <= Fraction(1, 2)
        assert 0 <= line.commissionable_minor <= line.total_minor - line.tax_minor
        exact += whole
    assert abs(totals.tax_minor - exact) <= Fraction(len(priced.lines) + 1, 2)
    if not any(line.total_minor for line in priced.lines if line.offer.kind == "goods"):
        assert totals.shipping_minor == 0


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(-14 * 86400, 14 * 86400))
def test_nobody_pays_more_than_a_price_that_holds_or_than_the_shop_asks(
    asked: int, shown: int, seconds: int
) -> None:
    held = HeldPrice(shown, NOW + timedelta(seconds=seconds))
    paid = unit_price(asked, held, NOW)
    assert paid == (min(asked, shown) if seconds > 0 else asked)
    assert unit_price(asked, None, NOW) == asked
