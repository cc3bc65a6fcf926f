"""What a plan of many rules pays of real orders: each question that a rule may ask, from intake to the books."""

from __future__ import annotations

import argparse
import re
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from tests.company import (
    BO,
    INSTALLATION,
    KETTLE,
    SKILLET,
    Company,
    a_company,
    a_paid_order,
    a_shop,
    an_affiliate,
)
from tests.earnings.test_settling import deliver, every_check_passes, refund

from mainstem import cli_commission, network, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.orders import ClientDetails, Placed
from mainstem.plan import book

PASSING = dict.fromkeys(("house", "suspended", "inactive"), "uses_up_level")


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


def a_rule(id: str, *rates: int, **more: Any) -> dict[str, Any]:
    levels = [{"rate_bp": rate} for rate in rates]
    return {"id": id, "levels": levels, "cap_bp": max(1, sum(rates)), "hold_days": 30} | more


def publish(work: Work, *rules: dict[str, Any], **more: Any) -> None:
    plan = {
        "format": 2, "name": f"Plan of {', '.join(rule['id'] for rule in rules)}", "version_by": "order",
        "joined_before": "move", "cap_bp": 5000, "uplines": PASSING, "rules": list(rules),
    } | more  # fmt: skip
    book.publish(work, plan, effective_from=work.now(), confirmed=True)


def sell(database: Database, company: Company, *lines: tuple[str, int], **more: Any) -> Placed:
    """An order in Cedar's shop, paid and delivered, and everything that follows."""
    with database.work() as work:
        placed = a_paid_order(work, more.pop("shop", company.shop), *lines, **more)
        deliver(work, placed, *((no, many) for no, (_, many) in enumerate(lines, 1)))
    worker.drain(database)
    return placed


def earned(database: Database, placed: Placed) -> dict[tuple[str, str], int]:
    """What stands of an order: by rule and by who has earned it."""
    with database.work() as work:
        rows = work.rows(
            """SELECT e.rule, a.slug, sum(e.amount_minor)::bigint AS minor FROM earning e
                 JOIN affiliate a ON a.id = e.beneficiary_id
                WHERE e.source_id = %(order)s GROUP BY 1, 2 HAVING sum(e.amount_minor) <> 0""",
            order=placed.order_id,
        )
    return {(row.rule, row.slug): row.minor for row in rows}


def test_a_department_and_a_product_pay_their_own_rates(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        publish(
            work,
            a_rule("skillets", 2000, when={"products": ["skillet"]}),
            a_rule("installed", 100, when={"departments": ["installations"]}),
            a_rule("all", 1000),
        )
    placed = sell(database, company, (KETTLE, 1), (SKILLET, 1), (INSTALLATION, 1))
    assert earned(database, placed) == {
        ("all", "cedar"): 10_000, ("skillets", "cedar"): 12_800, ("installed", "cedar"): 800,
    }  # fmt: skip
    with database.work() as work:
        refund(work, placed, 80_000, (2, 80_000))
    worker.drain(database)
    assert earned(database, placed) == {("all", "cedar"): 10_000, ("installed", "cedar"): 800}
    every_check_passes(database)


def test_the_first_order_of_a_client_pays_more_than_the_next_ones(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        publish(
            work,
            a_rule("first", 2000, when={"clients": "first_order"}),
            a_rule("repeat", 500, when={"clients": "repeat_order"}),
            refunded_orders="are_counted",
        )
    assert earned(database, sell(database, company, (KETTLE, 1))) == {("first", "cedar"): 20_000}
    assert earned(database, sell(database, company, (KETTLE, 1))) == {("repeat", "cedar"): 5_000}
    other = sell(database, company, (KETTLE, 1), client=BO)
    assert earned(database, other) == {("first", "cedar"): 20_000}


@pytest.mark.parametrize(
    ("counted", "rule"), [("are_counted", "repeat"), ("are_not_counted", "first")]
)
def test_whether_an_order_whose_money_went_back_was_the_first_is_what_the_plan_says(
    database: Database, company: Company, counted: str, rule: str
) -> None:
    with database.work() as work:
        publish(
            work,
            a_rule("first", 2000, when={"clients": "first_order"}),
            a_rule("repeat", 500),
            refunded_orders=counted,
        )
    first = sell(database, company, (KETTLE, 1))
    with database.work() as work:
        refund(work, first, 125_000)
    worker.drain(database)
    assert {name for name, _ in earned(database, sell(database, company, (KETTLE, 1)))} == {rule}


def test_a_client_is_new_for_so_many_months_and_orders(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        publish(
            work,
            a_rule("new", 2000, when={"months_max": 2, "orders_max": 3}),
            a_rule("known", 500),
            refunded_orders="are_counted",
        )
    assert ("new", "cedar") in earned(database, sell(database, company, (KETTLE, 1)))
    clock.move(timedelta(days=58))
    assert ("new", "cedar") in earned(database, sell(database, company, (KETTLE, 1)))
    clock.move(timedelta(days=3))
    assert ("known", "cedar") in earned(database, sell(database, company, (KETTLE, 1)))
    for rule in ("new", "new", "new", "known"):
        placed = sell(database, company, (SKILLET, 1), client=BO)
        assert {name for name, _ in earned(database, placed)} == {rule}


def test_large_orders_have_a_rule_of_their_own_and_keep_it_when_half_of_them_goes_back(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        publish(
            work,
            a_rule("large", 2000, when={"order_min_minor": {"SEK": 1_600_00}}),
            a_rule("all", 500),
        )
    # A kettle is 1,000.00 without tax and a skillet 600.00: delivery and tax make no order large.
    assert {name for name, _ in earned(database, sell(database, company, (KETTLE, 1)))} == {"all"}
    large = sell(database, company, (KETTLE, 1), (SKILLET, 1))
    both = earned(database, large)
    assert {name for name, _ in both} == {"large"}
    with database.work() as work:
        refund(work, large, 125_000)
    worker.drain(database)
    after = earned(database, large)
    assert after.keys() == both.keys()
    assert 0 < after["large", "cedar"] < both["large", "cedar"]
    every_check_passes(database)


def test_a_group_of_affiliates_has_its_own_rates_from_the_day_it_is_in(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        publish(work, a_rule("gold", 1500, when={"groups": ["gold"]}), a_rule("all", 1000))
    before = sell(database, company, (KETTLE, 1))
    with database.work() as work:
        network.join_group(work, company.cedar, "gold")
    assert earned(database, before) == {("all", "cedar"): 10_000}
    assert earned(database, sell(database, company, (KETTLE, 1))) == {("gold", "cedar"): 15_000}


def test_a_level_for_a_group_is_not_paid_to_who_is_in_none(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        levels = [{"rate_bp": 1000}, {"rate_bp": 300, "groups": ["leaders"]}, {"rate_bp": 100}]
        publish(work, a_rule("all", 1400) | {"levels": levels})
    assert earned(database, sell(database, company, (KETTLE, 1))) == {
        ("all", "cedar"): 10_000, ("all", "alder"): 1_000,
    }  # fmt: skip


@pytest.mark.parametrize(("passing", "alder"), [("uses_up_level", 1_000), ("passed_over", 3_000)])
def test_the_next_sponsor_moves_into_the_level_of_a_suspended_one_where_the_plan_says_so(
    database: Database, company: Company, passing: str, alder: int
) -> None:
    with database.work() as work:
        publish(work, a_rule("all", 1000, 300, 100), uplines=PASSING | {"suspended": passing})
        work.run("UPDATE affiliate SET state = 'suspended' WHERE id = %(id)s", id=company.birch)
    assert earned(database, sell(database, company, (KETTLE, 1))) == {
        ("all", "cedar"): 10_000, ("all", "alder"): alder,
    }  # fmt: skip
    every_check_passes(database)


@pytest.mark.parametrize(("passing", "alder"), [("uses_up_level", 1_000), ("passed_over", 3_000)])
def test_a_sponsor_who_sells_nothing_is_paid_nothing_for_others_sales_where_the_plan_says_so(
    database: Database, company: Company, clock: FixedClock, passing: str, alder: int
) -> None:
    with database.work() as work:
        uplines = PASSING | {
            "inactive": passing,
            "own_sales_min": 1,
            "days": 90,
            "active_at": "sale",
        }
        publish(work, a_rule("all", 1000, 300, 100), uplines=uplines)
    sell(database, company, (KETTLE, 1), shop=company.alder_shop, client=BO)
    inactive = sell(database, company, (KETTLE, 1))
    assert earned(database, inactive) == {
        ("all", "cedar"): 10_000, ("all", "alder"): alder,
    }  # fmt: skip
    cleo = ClientDetails(name="Cleo Alm", email="cleo@example.com")
    sell(database, company, (SKILLET, 1), shop=company.birch_shop, client=cleo)
    assert ("all", "birch") in earned(database, sell(database, company, (KETTLE, 1)))
    clock.move(timedelta(days=91))
    assert earned(database, sell(database, company, (KETTLE, 1))) == {("all", "cedar"): 10_000}
    # What happened later changes nothing of what was sold before.
    assert earned(database, inactive) == {
        ("all", "cedar"): 10_000, ("all", "alder"): alder,
    }  # fmt: skip


def test_fixed_money_is_paid_a_piece_and_taken_back_by_the_part_that_went_back(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        levels = [{"each_minor": {"SEK": 5000}}, {"each_minor": {"SEK": 1000}}]
        publish(
            work, a_rule("piece", 1) | {"levels": levels, "cap_bp": 2000, "cap_by": "proportion"}
        )
    placed = sell(database, company, (KETTLE, 4))
    assert earned(database, placed) == {("piece", "cedar"): 20_000, ("piece", "birch"): 4_000}
    with database.work() as work:
        refund(work, placed, 125_000, (1, 125_000))
    worker.drain(database)
    assert earned(database, placed) == {("piece", "cedar"): 15_000, ("piece", "birch"): 3_000}


def test_at_most_five_hundred_is_applied_to_what_then_stands(
    database: Database, company: Company
) -> None:
    """10 % of ten thousand, at most 500.00: 3,000.00 back takes nothing, 3,000.00 more takes 100.00."""
    with database.work() as work:
        publish(work, a_rule("most", 1000, at_most_minor={"SEK": 50_000}))
    placed = sell(database, company, (KETTLE, 10))
    assert earned(database, placed) == {("most", "cedar"): 50_000}
    for stands in (50_000, 40_000):
        with database.work() as work:
            refund(work, placed, 375_000, (1, 375_000))
        worker.drain(database)
        assert earned(database, placed) == {("most", "cedar"): stands}
    with database.work() as work:
        refund(work, placed, 500_000, (1, 500_000))
    worker.drain(database)
    assert earned(database, placed) == {}
    every_check_passes(database)


def test_the_price_without_tax_counts_whole_though_only_a_share_of_it_is_commissionable(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        work.run("UPDATE product SET commissionable_bp = 4000")
        publish(work, a_rule("net", 1000, base="net_price"))
    placed = sell(database, company, (KETTLE, 3))
    assert earned(database, placed) == {("net", "cedar"): 30_000}
    with database.work() as work:
        refund(work, placed, 125_000, (1, 125_000))
    worker.drain(database)
    assert earned(database, placed) == {("net", "cedar"): 20_000}


def test_everything_together_is_cut_to_what_the_plan_may_cost(
    database: Database, company: Company
) -> None:
    """20 % of 1,000.00 and 40 % of 640.00 are 456.00; the plan pays 10 % of 1,640.00."""
    with database.work() as work:
        publish(
            work,
            a_rule("skillets", 4000, when={"products": ["skillet"]}),
            a_rule("all", 2000),
            cap_bp=1000,
            cap_by="proportion",
        )
    placed = sell(database, company, (KETTLE, 1), (SKILLET, 1))
    found = earned(database, placed)
    assert sum(found.values()) <= 16_400
    assert found == {("all", "cedar"): 7_192, ("skillets", "cedar"): 9_207}


def test_a_line_that_no_rule_is_for_earns_nobody_anything(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        publish(work, a_rule("services", 1000, when={"kind": "service"}))
    placed = sell(database, company, (KETTLE, 1), (INSTALLATION, 1))
    assert earned(database, placed) == {("services", "cedar"): 8_000}
    nothing = sell(database, company, (KETTLE, 1))
    assert earned(database, nothing) == {}
    with database.work() as work:
        refund(work, nothing, 125_000)
    every_check_passes(database)


def test_who_joined_before_keeps_their_version_where_the_next_one_says_so(
    database: Database, company: Company, clock: FixedClock
) -> None:
    clock.move(timedelta(days=1))
    with database.work() as work:
        publish(work, a_rule("new", 500), joined_before="keep")
        younger = a_shop(work, an_affiliate(work, "dahlia"))
    assert earned(database, sell(database, company, (KETTLE, 1))) == {
        ("goods", "cedar"): 10_000, ("goods", "birch"): 3_000, ("goods", "alder"): 1_000,
    }  # fmt: skip
    placed = sell(database, company, (KETTLE, 1), shop=younger, client=BO)
    assert earned(database, placed) == {("new", "dahlia"): 5_000}


def test_a_sale_falls_under_the_version_in_force_when_it_was_delivered_where_the_plan_says_so(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        publish(work, a_rule("old", 1000), version_by="delivery")
        early = a_paid_order(work, company.shop, (KETTLE, 1))
        late = a_paid_order(work, company.shop, (KETTLE, 1), (SKILLET, 1), client=BO)
        deliver(work, early, (1, 1))
    worker.drain(database)
    clock.move(timedelta(days=1))
    with database.work() as work:
        skillets = a_rule("skillets", 2000, when={"products": ["skillet"]}, hold_days=60)
        publish(work, skillets, a_rule("new", 500), version_by="delivery")
        deliver(work, late, (1, 1), (2, 1))
    worker.drain(database)
    assert earned(database, early) == {("old", "cedar"): 10_000}
    assert earned(database, late) == {("new", "cedar"): 5_000, ("skillets", "cedar"): 12_800}
    clock.move(timedelta(days=1))
    with database.work() as work:
        publish(work, a_rule("newest", 100))
        refund(work, early, 62_500, (1, 62_500))
        refund(work, late, 62_500, (1, 62_500))
    worker.drain(database)
    # What has earned somebody something keeps its version.
    assert earned(database, early) == {("old", "cedar"): 5_000}
    assert earned(database, late) == {("new", "cedar"): 2_500, ("skillets", "cedar"): 12_800}
    with database.work() as work:
        holds = work.rows(
            "SELECT hold_days FROM order_line WHERE order_id = %(id)s ORDER BY line_no",
            id=late.order_id,
        )
        assert [row.hold_days for row in holds] == [30, 60]
    every_check_passes(database)


def test_what_an_order_was_sold_by_stays_once_it_has_earned_somebody_something(
    database: Database, company: Company
) -> None:
    placed = sell(database, company, (KETTLE, 1))
    with database.work() as work:
        publish(work, a_rule("other", 500))
    for change in (
        "order_line SET rule = 'service' WHERE order_id = %(id)s",
        "order_line SET hold_days = 14 WHERE order_id = %(id)s",
        "orders SET plan_version = 2 WHERE id = %(id)s",
    ):
        with pytest.raises(psycopg.errors.CheckViolation, match="stays"), database.work() as work:
            work.run(f"UPDATE {change}", id=placed.order_id)


def test_each_commission_of_an_order_is_explained_on_the_command_line(
    database: Database, company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    placed = sell(database, company, (KETTLE, 1))
    with database.work() as work:
        refund(work, placed, 62_500, (1, 62_500))
        fingerprint = book.in_force(work, work.now()).fingerprint[:16]
    worker.drain(database)

    def explained(**asked: str | None) -> str:
        given = {"order": placed.number.lower(), "affiliate": None, "language": "en"} | asked
        code = cli_commission.say_each(database, argparse.Namespace(**given))
        return f"{code} {capsys.readouterr().out}".replace("\N{NO-BREAK SPACE}", " ")

    told = explained()
    assert told.startswith("0 ")
    assert f"First plan 1 ({fingerprint}), goods, 0:" in told
    assert "10 % of that is SEK 100.00. You won this client." in told
    assert "-SEK 15.00  Birch" in told.replace("\N{MINUS SIGN}", "-")
    only = explained(affiliate="alder", language="sv")
    assert "Ditt team vann den här kunden, nivå 2." in only
    assert "Birch" not in only
    assert explained(order="0000-0000").startswith("1 ")


def test_what_would_have_made_a_commission_more_is_told_where_it_is_explained(
    database: Database, company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.work() as work:
        publish(
            work,
            a_rule("first", 2000, 500, when={"clients": "first_order"}),
            a_rule("skillets", 1500, 300, when={"products": ["skillet"]}),
            a_rule("all", 1000, 300),
            refunded_orders="are_counted",
        )
    sell(database, company, (KETTLE, 1))
    placed = sell(database, company, (KETTLE, 1), (SKILLET, 1))

    def told(slug: str) -> str:
        given = {"order": placed.number, "affiliate": slug, "language": "en"}
        assert cli_commission.say_each(database, argparse.Namespace(**given)) == 0
        return capsys.readouterr().out.replace("\N{NO-BREAK SPACE}", " ")

    sellers = told("cedar")
    assert re.search(
        r"kettle.*SEK 100.00 more by the rule first. .*a client's first order", sellers, re.I
    )
    assert "by the rule skillets" in sellers, "had the kettle been a skillet"
    sponsors = told("birch")
    assert "Part of the sale: it would have earned you SEK 20.00 more by the rule first" in sponsors
    assert "kettle" not in sponsors.lower(), "what the client bought is the seller's to know"
