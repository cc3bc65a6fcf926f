"""An order that is credited to several affiliates, each with a part of it: from intake to the books."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.audited import everything_holds
from tests.company import KETTLE, Company, a_company, a_paid_order, an_affiliate
from tests.earnings.test_rules_of_a_plan import a_rule, earned, publish, sell
from tests.earnings.test_settling import refund
from tests.months import MONTHLY, SALES, an_office, tiers

from mainstem import earnings, network, orders, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.locale import Language
from mainstem.orders import Placed
from mainstem.paths import TEMPLATES
from mainstem.plan import PlanRefused, book, tell

ENGLISH = Language("en", TEMPLATES / "locale", ZoneInfo("Europe/Stockholm"))

SPLIT = {
    "other_affiliates_code": "split", "other_affiliates_link": "as_attributed",
    "storefront_bp": 4000, "other_bp": 6000,
}  # fmt: skip


@pytest.fixture
def company(database: Database) -> Iterator[Company]:
    """Dora stands under Alder, like Birch, in whose team Cedar is. Dora has a code and a link."""
    with database.work() as work:
        made = a_company(work)
        dora = an_affiliate(work, "dora", sponsor_id=made.alder)
        for code, kind in (("DORA-CODE", "code"), ("DORA-LINK", "link")):
            work.run(
                "INSERT INTO referral_code (code, affiliate_id, kind, created_at)"
                " VALUES (%(code)s, %(id)s, %(kind)s, now())",
                code=code, id=dora, kind=kind,
            )  # fmt: skip
    yield made
    everything_holds(database)


def planned(
    database: Database, *rates: int, credit: dict[str, Any] | None = SPLIT, **more: Any
) -> None:
    with database.work() as work:
        publish(work, a_rule("all", *rates, **more), credit=credit)


def test_with_anothers_code_both_are_credited_and_everybody_above_each(
    database: Database, company: Company
) -> None:
    """1,000.00 at 10, 3 and 1 %: Dora has 60 % and Cedar, whose shop it is, 40 %. Alder is above both."""
    planned(database, 1000, 300, 100)
    placed = sell(database, company, (KETTLE, 1), code="dora-code")
    assert earned(database, placed) == {
        ("all", "dora"): 60_00, ("all", "cedar"): 40_00, ("all", "birch"): 12_00,
        ("all", "alder"): 18_00 + 4_00,
    }  # fmt: skip


def test_what_goes_back_goes_back_from_each_cumulatively(
    database: Database, company: Company
) -> None:
    planned(database, 1000, 300)
    placed = sell(database, company, (KETTLE, 2), code="dora-code")
    for back, stands in ((62_500, 3), (62_500, 2), (125_000, 0)):
        with database.work() as work:
            refund(work, placed, back, (1, back))
        worker.drain(database)
        found = earned(database, placed)
        assert found == ({
            ("all", "dora"): 30_00 * stands, ("all", "cedar"): 20_00 * stands,
            ("all", "birch"): 6_00 * stands, ("all", "alder"): 9_00 * stands,
        } if stands else {})  # fmt: skip


@pytest.mark.parametrize(
    ("credit", "sent", "outcome"),
    [
        (None, {"code": "dora-code"}, {"dora": 100_00}),
        (SPLIT, {}, {"cedar": 100_00}),
        (SPLIT, {"link": "dora-link"}, {"cedar": 100_00}),
        (SPLIT | {"other_affiliates_link": "split"}, {"link": "dora-link"}, {"cedar": 40_00, "dora": 60_00}),
        (
            SPLIT | {"other_affiliates_code": "as_attributed", "other_affiliates_link": "split"},
            {"code": "dora-code"},
            {"dora": 100_00},
        ),
    ],
)  # fmt: skip
def test_it_is_shared_where_the_plan_says_so_and_nowhere_else(
    database: Database,
    company: Company,
    credit: dict[str, Any] | None,
    sent: dict[str, str],
    outcome: dict[str, int],
) -> None:
    planned(database, 1000, credit=credit)
    placed = sell(database, company, (KETTLE, 1), **sent)
    assert earned(database, placed) == {("all", who): minor for who, minor in outcome.items()}


def test_a_leg_has_sold_its_part_of_an_order_of_several_and_the_parts_are_the_whole(
    database: Database, company: Company
) -> None:
    planned(database, 1000)
    sell(database, company, (KETTLE, 1), code="dora-code")
    with database.work() as work:
        network.work_out_teams(work, orders.CREDITED_TO)
        found = work.rows(
            """SELECT a.slug, own_minor, leg_minor FROM team_month JOIN affiliate a ON a.id = affiliate_id"""
        )
    assert {row.slug: (row.own_minor, row.leg_minor) for row in found} == {
        "dora": (60_000, 60_000), "cedar": (40_000, 40_000), "birch": (0, 40_000), "alder": (0, 100_000),
    }  # fmt: skip


def test_a_client_who_is_bound_is_nobody_elses(database: Database, company: Company) -> None:
    planned(database, 1000)
    sell(database, company, (KETTLE, 1))
    again = sell(database, company, (KETTLE, 1), code="dora-code")
    assert earned(database, again) == {("all", "cedar"): 100_00}


def test_nobody_shares_with_who_is_suspended(database: Database, company: Company) -> None:
    planned(database, 1000)
    with database.work() as work:
        dora = work.value("SELECT id FROM affiliate WHERE slug = 'dora'")
        network.take_step(work, dora, "suspend", why="A complaint.")
    placed = sell(database, company, (KETTLE, 1), code="dora-code")
    assert earned(database, placed) == {("all", "cedar"): 100_00}


def test_what_one_sale_pays_at_most_is_for_each_their_part_of_it(
    database: Database, company: Company
) -> None:
    planned(database, 1000, at_most_minor={"SEK": 50_00})
    placed = sell(database, company, (KETTLE, 1), code="dora-code")
    assert earned(database, placed) == {("all", "dora"): 30_00, ("all", "cedar"): 20_00}


def test_each_is_told_how_much_of_the_order_counts_for_them(
    database: Database, company: Company
) -> None:
    planned(database, 1000, 300)
    placed = sell(database, company, (KETTLE, 1), code="dora-code")
    with database.work() as work:
        told = {
            row.slug: " ".join(tell(row.explanation, ENGLISH).split())
            for row in work.rows(
                """SELECT a.slug, e.explanation FROM earning e JOIN affiliate a ON a.id = e.beneficiary_id
                    WHERE e.source_id = %(order)s AND e.kind = 'credit'""",
                order=placed.order_id,
            )
        }
    assert (
        "60 % of the order counts here; the rest is credited to others. 10 % of that"
        in told["dora"]
    )
    assert "40 % of the order counts here" in told["birch"]


def test_whoever_asks_why_is_answered_for_each_of_them(
    database: Database, company: Company
) -> None:
    planned(database, 1000, 300)
    placed = sell(database, company, (KETTLE, 1), code="dora-code")
    with database.work() as work:
        for who, code in (
            (company.cedar, "held"),
            (company.birch, "held"),
            (company.alder, "held"),
        ):
            assert earnings.why_order_unpaid(work, who, placed.number).reason.code == code
            said = earnings.why_not_more(work, placed.home_id, placed.order_id, who, ENGLISH)
            assert said == [
                "Nothing made it less: no other rule of the plan pays your level more of this sale."
            ]


def test_a_version_by_delivery_asks_anew_of_everybody_above_each(
    database: Database, company: Company
) -> None:
    planned(database, 1000)
    with database.work() as work:
        publish(work, a_rule("late", 500, 100), credit=SPLIT, version_by="delivery", name="Late")
    placed = sell(database, company, (KETTLE, 1), code="dora-code")
    assert earned(database, placed) == {
        ("late", "dora"): 30_00, ("late", "cedar"): 20_00, ("late", "birch"): 4_00, ("late", "alder"): 6_00,
    }  # fmt: skip


def test_the_cap_of_a_rule_by_priority_is_for_all_of_them_together(
    database: Database, company: Company
) -> None:
    """10 and 5 % under 12 %: of 2,000.00 the sellers get 200.00, and 40.00 are left for those above."""
    planned(database, 1000, 500, cap_bp=1200, cap_by="priority")
    placed = sell(database, company, (KETTLE, 2), code="dora-code")
    assert earned(database, placed) == {
        ("all", "dora"): 120_00, ("all", "cedar"): 80_00, ("all", "alder"): 24_00, ("all", "birch"): 16_00,
    }  # fmt: skip


def test_in_a_period_it_counts_for_each_by_their_part_and_once_in_all(
    database: Database, company: Company, clock: FixedClock
) -> None:
    """A third of 1,000.00 and the rest: 333.30 and 666.70 count, and one cent is nobody's twice."""
    thirds = SPLIT | {"storefront_bp": 3333, "other_bp": 6667}
    plan = SALES | {"credit": thirds, "period": MONTHLY | {"tiers": [tiers()]}}
    with database.work() as work:
        book.publish(work, plan, effective_from=work.now() - timedelta(days=300), confirmed=True)
    office = an_office(database, clock)
    sell(database, company, (KETTLE, 1), code="dora-code")
    office.april_begins()
    office.preview()
    with database.work() as work:
        sold = {
            row.slug: (row.volume_minor, row.clients)
            for row in work.rows(
                """SELECT a.slug, v.volume_minor, v.clients FROM period_volume v
                     JOIN affiliate a ON a.id = v.home_id"""
            )
        }
        assert sold == {"dora": (666_70, 1), "cedar": (333_30, 1)}
        parts = work.rows(
            """SELECT affiliate_id, minor FROM credited_parts(100, 7, '[{"part_bp": 3333, "upline": [8]},
                 {"part_bp": 3333, "upline": [9]}]') ORDER BY 1"""
        )
    assert [tuple(row) for row in parts] == [(7, 34), (8, 33), (9, 33)]


def test_a_plan_that_shares_must_say_how(database: Database, company: Company) -> None:
    for wrong in ({"other_bp": 5000}, {"storefront_bp": 0, "other_bp": 10000}):
        with pytest.raises(PlanRefused):
            planned(database, 1000, credit=SPLIT | wrong)


def parts_of(database: Database, placed: Placed) -> Any:
    with database.work() as work:
        return work.value("SELECT also_credited FROM orders WHERE id = %(id)s", id=placed.order_id)


def test_what_is_kept_never_changes_with_the_network(database: Database, company: Company) -> None:
    planned(database, 1000, 300)
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 1), code="dora-code")
    [kept] = parts_of(database, placed)
    assert kept == {"part_bp": 4000, "upline": [company.cedar, company.birch, company.alder]}
