"""Receiving and counting: said twice it is once, and nobody meets crosswise at the shelf."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.company import KETTLE, SKILLET, a_company, a_location, an_order
from tests.waits import PATIENCE, await_somebody_waits_for

from mainstem import stock
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem_fulfillment import inventory


def _variant(work: Work, sku: str) -> int:
    return int(work.value("SELECT id FROM variant WHERE sku = %(sku)s", sku=sku))


def _on_hand(work: Work, variant: int, location: int) -> int:
    return int(
        work.value(
            """SELECT on_hand FROM stock_level
                WHERE variant_id = %(variant)s AND location_id = %(location)s""",
            variant=variant,
            location=location,
        )
    )


def test_a_delivery_note_that_names_an_article_twice_brings_both(database: Database) -> None:
    with database.work() as work:
        company = a_company(work, stock=10)
        kettle = _variant(work, KETTLE)
        for _ in range(2):
            inventory.receive(work, company.malmo, [(kettle, 2), (kettle, 3)], reference="DN-1")
        assert _on_hand(work, kettle, company.malmo) == 15


def test_receiving_takes_its_shelves_as_a_basket_does(database: Database) -> None:
    """Whoever holds the first shelf still gets the second while a delivery waits for the first."""
    with database.work() as work:
        company = a_company(work)
        kettle, skillet = _variant(work, KETTLE), _variant(work, SKILLET)
    with database.work() as work:
        # A table is not kept in the order of its keys.
        work.run("UPDATE stock_level SET on_hand = 90 WHERE variant_id = %(id)s", id=kettle)

    def receive() -> None:
        with database.work() as work:
            # Nor need it be read by them.
            for way in ("indexscan", "bitmapscan", "nestloop", "mergejoin"):
                work.run(f"SET LOCAL enable_{way} = off")
            inventory.receive(work, company.malmo, [(skillet, 1), (kettle, 1)], reference="DN-1")

    with ThreadPoolExecutor(1) as threads:
        with database.work() as basket:
            stock.lock(basket, [kettle])
            received = threads.submit(receive)
            await_somebody_waits_for(basket)
            basket.run("SET LOCAL lock_timeout = '1s'")
            assert stock.lock(basket, [skillet]).free
        received.result(PATIENCE)
    with database.work() as work:
        assert _on_hand(work, kettle, company.malmo) == 91
        assert _on_hand(work, skillet, company.malmo) == 101


def test_the_same_count_again_changes_nothing_whatever_has_happened_since(
    database: Database,
) -> None:
    with database.work() as work:
        company = a_company(work, stock=10)
        kettle = _variant(work, KETTLE)
        found = inventory.count(work, company.malmo, kettle, 8, reference="2026-Q1")
        assert found == -2
        inventory.receive(work, company.malmo, [(kettle, 5)], reference="DN-1")
        assert inventory.count(work, company.malmo, kettle, 8, reference="2026-Q1") == -2
        assert _on_hand(work, kettle, company.malmo) == 13
        assert work.value("SELECT count(*) FROM fact WHERE name = 'stock.counted'") == 1


def test_a_count_that_found_nothing_amiss_is_remembered_too(database: Database) -> None:
    with database.work() as work:
        company = a_company(work, stock=10)
        kettle = _variant(work, KETTLE)
        assert inventory.count(work, company.malmo, kettle, 10, reference="2026-Q1") == 0
        inventory.receive(work, company.malmo, [(kettle, 5)], reference="DN-1")
        assert inventory.count(work, company.malmo, kettle, 10, reference="2026-Q1") == 0
        assert _on_hand(work, kettle, company.malmo) == 15


def test_another_figure_under_the_reference_of_a_count_is_refused(database: Database) -> None:
    with database.work() as work:
        company = a_company(work, stock=10)
        kettle = _variant(work, KETTLE)
        inventory.count(work, company.malmo, kettle, 8, reference="2026-Q1")
        with pytest.raises(inventory.CountedAlready) as refusal:
            inventory.count(work, company.malmo, kettle, 9, reference="2026-Q1")
        assert refusal.value.text() == (
            "2026-Q1 has counted 8 of KETTLE-1 there already, not 9."
            " Count it again under another reference."
        )
        # Elsewhere, and under another reference, it is another count.
        assert inventory.count(work, company.stockholm, kettle, 9, reference="2026-Q1") == -1
        assert inventory.count(work, company.malmo, kettle, 9, reference="2026-Q2") == 1


def test_what_is_counted_on_an_empty_place_is_a_count(database: Database) -> None:
    with database.work() as work:
        a_company(work)
        kettle, attic = _variant(work, KETTLE), a_location(work, "ATTIC")
        for _ in range(2):
            assert inventory.count(work, attic, kettle, 3, reference="2026-Q1") == 3
        assert _on_hand(work, kettle, attic) == 3
        assert [tuple(row) for row in work.rows("SELECT reason, delta FROM stock_movement")] == [
            ("count", 3)
        ]


def test_less_than_is_promised_cannot_be_all_there_is(database: Database) -> None:
    with database.work() as work:
        company = a_company(work, stock=10)
        an_order(work, company.shop, (KETTLE, 4))
        with pytest.raises(inventory.StockPromised) as refusal:
            inventory.count(work, company.stockholm, _variant(work, KETTLE), 3, reference="Q1")
        assert refusal.value.text() == (
            "4 of KETTLE-1 are promised to orders; 3 cannot be all there is."
        )
