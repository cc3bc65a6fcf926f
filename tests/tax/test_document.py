"""The examples of tax in docs/pricing.md come out as they say."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from tests.tax.test_rules import rules_with

from mainstem import tax
from mainstem.money import net_of_tax
from mainstem.orders.taxed import delivery_parts

DOCUMENT = (Path(__file__).parents[2] / "docs/pricing.md").read_text("utf-8")
EXAMPLES = dict(re.findall(r"^#### (.+)\n((?:(?!^##).*\n)*)", DOCUMENT, re.MULTILINE))


def minor(text: str) -> int:
    return int(Decimal(text.replace(",", "")) * 100)


def rows_of(example: str) -> list[list[str]]:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in example.splitlines()
        if line.startswith("|")
    ]
    return rows[2:]


def test_the_document_has_examples_of_tax() -> None:
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize("name", [name for name in EXAMPLES if "position" in name])
def test_an_example_of_rounding(name: str) -> None:
    [(count, each, rate)] = re.findall(r"(\d+) positions? of (\S+) at (\d+) %", name)
    rows = rows_of(EXAMPLES[name])
    assert len(rows) == 3
    for mode, *said in rows:
        found = tax.split([minor(each)] * int(count), int(rate) * 100, mode)  # type: ignore[arg-type]
        assert [found.net_minor, found.tax_minor, found.rounding_minor, found.total_minor] == [
            minor(amount) for amount in said
        ]


def test_the_example_of_delivery() -> None:
    rows = rows_of(EXAMPLES["Delivery of 49.00, shared"])
    goods = [
        (minor(value), tax.Rate(int(rate) * 100, "SE", "domestic", "home"))
        for value, rate, *_ in rows
    ]
    sale = tax.Sale(tax.territory_of("SE"), datetime(2026, 3, 1, tzinfo=UTC))
    parts = delivery_parts(4900, goods, rules_with(), sale, None)
    assert [(part.gross, part.tax) for part in parts] == [
        (minor(share), minor(of_tax)) for _, _, share, of_tax in rows
    ]


def test_the_example_of_the_tax_point() -> None:
    for day, rate, net, of_tax in rows_of(EXAMPLES["800.00 of food, ordered on 31 March 2026"]):
        at = datetime.fromisoformat(f"{day}T12:00+00:00")
        sale = tax.Sale(tax.territory_of("SE"), at)
        found = tax.rate(rules_with(), sale, kind="goods", tax_class="food", own_bp=2500)
        assert found.bp == int(rate) * 100
        assert net_of_tax(80000, found.bp) == minor(net) == 80000 - minor(of_tax)
