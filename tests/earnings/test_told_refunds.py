"""From what was refunded without a line to what it takes back: by the words of the explanation alone."""

from __future__ import annotations

import re
from fractions import Fraction
from math import floor
from zoneinfo import ZoneInfo

import pytest
from tests.company import KETTLE, REPAIR, SKILLET, a_company, a_paid_order
from tests.recalculation import AMOUNT, minor

from mainstem import orders, payments, worker
from mainstem.kit.db import Database
from mainstem.kit.locale import Language
from mainstem.paths import TEMPLATES
from mainstem.plan import tell

ENGLISH = Language("en", TEMPLATES / "locale", ZoneInfo("Europe/Stockholm"))


def nearest(exact: Fraction) -> int:
    return floor(exact + Fraction(1, 2))


def reversed_by_the_words(words: str, *, unnamed: int, named: int) -> int:
    """What goes back of the credit, worked out from the refunds and the sentences."""
    found = re.search(
        rf"{AMOUNT} was refunded or is disputed without naming a line, .*? alike, {AMOUNT}:"
        rf" the same part of {AMOUNT}, rounded to the nearest, is {AMOUNT}\.",
        words,
    )
    assert found, words
    spread, over, rest, share = (minor(one) for one in found.groups())
    assert spread == unnamed
    assert share == nearest(Fraction(rest * spread, over))
    by_line = re.search(rf"{AMOUNT} of it went back with lines that were named", words)
    assert bool(by_line) == bool(named)
    returned = share + (minor(by_line[1]) if by_line else 0)
    back = re.search(rf"with it {AMOUNT} of the {AMOUNT} that counts", words)
    mine = re.search(rf"part of your {AMOUNT}, rounded to the nearest, goes back: {AMOUNT}", words)
    assert back, words
    assert mine, words
    assert minor(back[1]) == returned
    assert minor(back[2]) == rest + (minor(by_line[1]) if by_line else 0)
    return nearest(Fraction(minor(mine[1]) * returned, minor(back[2])))


@pytest.mark.parametrize("named", [0, 33333])
@pytest.mark.parametrize("unnamed", [1, 9999, 123457])
def test_a_reader_gets_from_an_amount_without_a_line_to_each_reversal(
    database: Database, unnamed: int, named: int
) -> None:
    with database.work() as work:
        company = a_company(work)
        work.run("UPDATE product SET tax_bp = 600, commissionable_bp = 8000 WHERE slug = 'skillet'")
        placed = a_paid_order(work, company.shop, (KETTLE, 2), (SKILLET, 3), (REPAIR, 1))
        gone = [
            orders.LineQuantity(placed.home_id, placed.order_id, no, n)
            for no, n in ((1, 2), (2, 3), (3, 1))
        ]
        orders.record_shipment(work, gone)
        orders.record_delivery(work, gone)
    worker.drain(database)
    with database.work() as work:
        if named:
            payments.request_refund(
                work, placed.home_id, placed.order_id, amount_minor=named, reason="returned",
                lines=[(1, named)],
            )  # fmt: skip
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=unnamed, reason="goodwill"
        )
    worker.drain(database)
    with database.work() as work:
        rows = work.rows(
            """SELECT rule, explanation, -amount_minor AS minor FROM earning
                WHERE level = 0 AND kind = 'reversal' ORDER BY rule, no"""
        )
    assert unnamed == 1 or {row.rule for row in rows} == {"goods", "service"}
    for row in rows:
        words = tell(row.explanation, ENGLISH).replace("\N{NO-BREAK SPACE}", " ")
        of_goods = named if row.rule == "goods" else 0
        assert reversed_by_the_words(words, unnamed=unnamed, named=of_goods) == row.minor, words
