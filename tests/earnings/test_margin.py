"""Commission of the margin: what of the price without tax is left after what an article costs the company."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest
from tests.company import INSTALLATION, KETTLE, SKILLET, Company, a_company, a_paid_order, a_shop
from tests.earnings.test_rules_of_a_plan import a_rule, earned, publish, sell
from tests.earnings.test_settling import deliver, every_check_passes, refund
from tests.lab.test_history import ZONE, standing, worked_out

from mainstem import audit, catalog, worker
from mainstem.catalog import Product
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.documents import document
from mainstem.kit.locale import Language
from mainstem.kit.work import Actor, Work
from mainstem.lab import Facts, export
from mainstem.orders import LineWanted, Placed
from mainstem.paths import TEMPLATES
from mainstem.plan import tell

ENGLISH = Language("en", TEMPLATES / "locale", ZoneInfo("Europe/Stockholm"))
MARGIN = a_rule("margin", 2000, 500, base="margin")


@pytest.fixture
def company(database: Database) -> Company:
    """Kettles for 1,000.00 without tax cost the company 600.00, installations 50.00 of what is quoted; of
    skillets nobody knows."""
    with database.work() as work:
        made = a_company(work)
        costs(work, KETTLE, SEK=60_000)
        costs(work, INSTALLATION, SEK=5_000)
        publish(work, MARGIN, a_rule("others", 100))
        return made


def costs(work: Work, sku: str, **minor: int) -> None:
    """From now on one piece costs so much in these currencies, and in no other."""
    for product in catalog.products(work).values():
        if product.variants[0].sku == sku:
            said = product.written()
            said["variants"][0]["costs"] = minor
            catalog.save_product(work, product, document(Product, said))


def told(database: Database, placed: Placed) -> list[str]:
    with database.work() as work:
        rows = work.rows(
            """SELECT explanation FROM earning WHERE source_id = %(order)s AND kind <> 'hold'
                ORDER BY no, level""",
            order=placed.order_id,
        )
    return [tell(row.explanation, ENGLISH).replace("\N{NO-BREAK SPACE}", " ") for row in rows]


def test_a_rate_of_the_margin_is_of_what_is_left_after_the_cost_and_goes_back_with_its_line(
    database: Database, company: Company
) -> None:
    """Three kettles leave 1,200.00: 20 % are 240.00. One of three comes back, and 80.00 with it."""
    placed = sell(database, company, (KETTLE, 3), (SKILLET, 1))
    assert earned(database, placed) == {
        ("margin", "cedar"): 24_000, ("margin", "birch"): 6_000, ("others", "cedar"): 640,
    }  # fmt: skip
    with database.work() as work:
        refund(work, placed, 125_000, (1, 125_000))
    worker.drain(database)
    assert earned(database, placed)["margin", "cedar"] == 16_000
    with database.work() as work:
        refund(work, placed, 250_000, (1, 250_000))
    worker.drain(database)
    assert earned(database, placed) == {("others", "cedar"): 640}
    every_check_passes(database)


def test_what_is_shown_says_the_margin_so_that_anybody_can_work_the_amount_out(
    database: Database, company: Company
) -> None:
    placed = sell(database, company, (KETTLE, 1))
    with database.work() as work:
        refund(work, placed, 62_500, (1, 62_500))
    worker.drain(database)
    said = told(database, placed)
    assert said[0] == (
        f"SEK 1,250.00 was paid for goods delivered on order {placed.number}, SEK 250.00 of it tax."
        " Commission is of the margin, what is left of that without tax after its cost to the company:"
        " SEK 400.00. 20 % of that is SEK 80.00. You won this client."
    )
    assert said[2] == (
        f"SEK 625.00 of the SEK 1,250.00 that was paid on order {placed.number} was refunded or is"
        " disputed, and with it SEK 200.00 of the SEK 400.00 that counts for commission. The same part of"
        " your SEK 80.00, rounded to the nearest, goes back: SEK 40.00 in all."
    )


def test_of_the_price_without_tax_the_amount_that_is_shown_is_that_price(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        work.run("UPDATE product SET commissionable_bp = 4000")
        publish(work, a_rule("net", 1000, base="net_price"))
    placed = sell(database, company, (KETTLE, 1))
    assert (
        "Commission is of the SEK 1,000.00 without tax. 10 % of that is SEK 100.00."
        in (told(database, placed)[0])
    )


def test_a_line_of_which_nobody_knows_the_cost_falls_under_the_next_rule(
    database: Database, company: Company
) -> None:
    """Nor does a cost in kronor say what a sale in euro has cost: nothing is converted."""
    assert earned(database, sell(database, company, (SKILLET, 1))) == {("others", "cedar"): 640}
    with database.work() as work:
        euro = a_shop(work, company.cedar, currency="EUR")
    assert set(earned(database, sell(database, company, (KETTLE, 1), shop=euro))) == {
        ("others", "cedar")
    }


def test_what_is_sold_below_its_cost_pays_nothing_and_lowers_nothing_else(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        costs(work, SKILLET, SEK=90_000)
    placed = sell(database, company, (SKILLET, 5), (KETTLE, 1))
    assert earned(database, placed) == {("margin", "cedar"): 8_000, ("margin", "birch"): 2_000}


def test_a_service_has_a_cost_too(database: Database, company: Company) -> None:
    """800.00 without tax, of which 50.00 is what it costs."""
    placed = sell(database, company, (INSTALLATION, 1))
    assert earned(database, placed) == {("margin", "cedar"): 15_000, ("margin", "birch"): 3_750}


def test_what_it_cost_when_it_was_ordered_stays_whatever_it_costs_later(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 1))
    clock.move(timedelta(days=1))
    with database.work() as work:
        costs(work, KETTLE, SEK=99_999)
        deliver(work, placed, (1, 1))
    worker.drain(database)
    assert earned(database, placed) == {("margin", "cedar"): 8_000, ("margin", "birch"): 2_000}
    clock.move(timedelta(days=1))
    with database.work() as work:
        costs(work, KETTLE)  # from now on nobody knows
    assert earned(database, sell(database, company, (KETTLE, 1))) == {("others", "cedar"): 1_000}
    with database.work() as work:
        rows = work.rows("SELECT amount_minor, withdrawn FROM cost ORDER BY valid_from, variant_id")
    assert [tuple(row) for row in rows][-2:] == [(99_999, False), (99_999, True)]


def test_by_delivery_a_line_is_asked_again_whether_its_cost_was_known(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        publish(work, a_rule("plain", 100), version_by="delivery")
        placed = a_paid_order(work, company.shop, (KETTLE, 1), (SKILLET, 1))
    clock.move(timedelta(days=1))
    with database.work() as work:
        publish(work, MARGIN, a_rule("others", 100), version_by="delivery")
        deliver(work, placed, (1, 1), (2, 1))
    worker.drain(database)
    assert earned(database, placed) == {
        ("margin", "cedar"): 8_000, ("margin", "birch"): 2_000, ("others", "cedar"): 640,
    }  # fmt: skip


def test_the_audit_and_the_lab_come_to_the_same_cents(
    database: Database, company: Company, tmp_path: Path
) -> None:
    """Odd amounts, lines in part, money that names no line, and what is sold at a loss."""
    with database.work() as work:
        costs(work, KETTLE, SEK=33_333)
        costs(work, SKILLET, SEK=70_001)
        first = a_paid_order(work, company.shop, (KETTLE, 3), (SKILLET, 2))
        deliver(work, first, (1, 2), (2, 2))
        second = a_paid_order(work, company.shop, lines=[LineWanted(INSTALLATION, 1, 77_777)])
        deliver(work, second, (1, 1))
        third = a_paid_order(work, company.shop, (KETTLE, 7))
        deliver(work, third, (1, 7))
    worker.drain(database)
    with database.work() as work:
        refund(work, first, 111_11)
        refund(work, first, 150_003, (1, 150_003))
        refund(work, third, 333_337, (1, 333_337))
        refund(work, second, 12_345)
    worker.drain(database)
    found = audit.audit_commissions(database)
    assert (found.named, found.waiting, found.orders) == ([], 0, 3)
    export(database, tmp_path / "facts", zone=ZONE)
    assert worked_out(database, Facts.at(tmp_path / "facts")) == standing(database) != set()


def test_a_planted_cent_of_the_cost_is_found(database: Database, company: Company) -> None:
    placed = sell(database, company, (KETTLE, 1))
    with database.work() as work:
        work.run("SET LOCAL ROLE mainstem_owner")
        work.run("ALTER TABLE order_line_cost DISABLE TRIGGER USER")
        work.run("UPDATE order_line_cost SET cost_minor = cost_minor - 5")
    found = audit.audit_commissions(database)
    assert {(one.order, one.rule, one.level) for one in found.named} >= {
        (placed.number, "margin", 0)
    }


def test_work_that_is_bound_to_an_affiliate_never_reads_what_anything_costs(
    database: Database, company: Company
) -> None:
    sell(database, company, (KETTLE, 1))
    for table in ("cost", "order_line_cost"):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            database.work(Actor("affiliate", str(company.cedar)), home=company.cedar) as work,
        ):
            work.rows(f"SELECT * FROM {table}")
