"""Why a commission moved: from the price paid to the amount, with the words alone."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.company import KETTLE, REPAIR, SKILLET, Company, a_company, a_paid_order
from tests.recalculation import worked_out

from mainstem import orders, payments, worker
from mainstem.kit.db import Database
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.orders import LineWanted, Placed
from mainstem.paths import TEMPLATES
from mainstem.plan import tell

ENGLISH = Language("en", TEMPLATES / "locale", ZoneInfo("Europe/Stockholm"))


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        made = a_company(work)
        work.run("UPDATE product SET commissionable_bp = 4000 WHERE kind = 'service'")
        work.run("UPDATE product SET commissionable_bp = 3333 WHERE slug = 'skillet'")
        return made


def deliver(work: Work, placed: Placed, *lines: tuple[int, int]) -> None:
    parts = [orders.LineQuantity(placed.home_id, placed.order_id, no, many) for no, many in lines]
    orders.record_shipment(work, parts)
    orders.record_delivery(work, parts)


def movements(database: Database) -> list[tuple[Any, str]]:
    """Every movement that a page shows, with its words."""
    worker.drain(database)
    with database.work() as work:
        return [
            (row, tell(row.explanation, ENGLISH).replace("\N{NO-BREAK SPACE}", " "))
            for row in work.rows("SELECT * FROM earning WHERE kind <> 'hold' ORDER BY no, level")
        ]


def test_a_service_that_counts_with_two_fifths_of_its_price(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, lines=[LineWanted(REPAIR, 1, 890000)])
        deliver(work, placed, (1, 1))
    found = movements(database)
    assert found[0][1] == (
        f"SEK 8,900.00 was paid for the service performed on order {placed.number}, SEK 1,780.00 of"
        " it tax. Without tax, 40 % of SEK 7,120.00 counts for commission: SEK 2,848.00."
        " 6 % of that is SEK 170.88. You won this client."
    )
    assert [worked_out(words) for _, words in found] == [17088, 4272, 1424]
    assert [row.amount_minor for row, _ in found] == [17088, 4272, 1424]


def test_every_credit_of_several_parcels_is_what_its_words_come_to(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = a_paid_order(
            work,
            company.shop,
            lines=[LineWanted(KETTLE, 3, 100001), LineWanted(SKILLET, 2, 77777), LineWanted(REPAIR, 1, 3)],
        )  # fmt: skip
        deliver(work, placed, (1, 1), (2, 1))
    worker.drain(database)
    with database.work() as work:
        deliver(work, placed, (1, 2), (2, 1), (3, 1))
    told: dict[tuple[str, int], int] = {}
    for row, words in movements(database):
        credit = worked_out(words)
        key = (row.rule, row.level)
        assert row.amount_minor == credit - told.get(key, 0), words
        told[key] = credit
        assert ("stood here before" in words) == (row.amount_minor != credit)
    assert told


def test_what_goes_back_is_told_by_what_went_back_to_the_client(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 2))
        deliver(work, placed, (1, 2))
    worker.drain(database)
    for minor in (62500, 125000):
        with database.work() as work:
            payments.request_refund(
                work,
                placed.home_id,
                placed.order_id,
                amount_minor=minor,
                reason="returned",
                lines=[(1, minor)],
            )
        worker.drain(database)
    [first, second] = [
        words for row, words in movements(database) if row.kind == "reversal" and row.level == 0
    ]
    assert first == (
        f"SEK 625.00 of the SEK 2,500.00 that was paid on order {placed.number} was refunded or"
        " is disputed, and with it SEK 500.00 of the SEK 2,000.00 that counts for commission. The same"
        " part of your SEK 200.00, rounded to the nearest, goes back: SEK 50.00 in all."
    )
    assert "SEK 1,875.00 of the SEK 2,500.00" in second
    assert second.endswith("goes back: SEK 150.00 in all. SEK 50.00 of it went back before.")


def test_an_explanation_takes_less_room_than_a_sentence(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, lines=[LineWanted(REPAIR, 1, 890000)])
        deliver(work, placed, (1, 1))
    assert max(len(json.dumps(row.explanation)) for row, _ in movements(database)) < 250
