"""A member moves on the fifteenth: a team is counted where everybody stands at the close, or each sale for the upline
that it was sold under, as the plan says."""

from __future__ import annotations

import psycopg
import pytest
from tests.company import BO, Company, a_company, an_affiliate
from tests.months import MARCH, Office, a_sale, an_office, deliver, earned, pays_for_periods

from mainstem import audit, earnings, invariants, network, payments, periods, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.orders import Placed
from mainstem.periods import queries

TEAM = {
    "id": "team", "volume": "team", "depth": 1, "of": "whole", "threshold": "from",
    "tiers": [{"from_minor": {"SEK": 0}, "rate_bp": 100}],
}  # fmt: skip
RANKS = {
    "leg_share_of": "needed_volume",
    "sale_sees": "paid_as_of_last_period",
    "grace_periods": 0,
    "ranks": [
        {"id": "leader", "legs": 1, "leg_volume_minor": {"SEK": 90_000}},
        {"id": "large", "team_minor": {"SEK": 120_000}, "leg_share_bp": 5000},
    ],
}


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


@pytest.fixture
def office(database: Database, clock: FixedClock) -> Office:
    return an_office(database, clock)


def moves(work: Work, affiliate: int, sponsor: int) -> None:
    network.move(work, affiliate, sponsor, why="As both asked.", actor="system")


def a_month_with_a_move(
    database: Database, company: Company, office: Office, teams: str
) -> tuple[Placed, Placed]:
    """Cedar sells for 1,000 under Birch, moves to Alder on the fifteenth, and sells for 500 more."""
    with database.work() as work:
        pays_for_periods(work, teams=teams, tiers=[TEAM], ranks=RANKS)
        before = a_sale(work, company.shop, 100_000)
        moves(work, company.cedar, company.alder)
        after = a_sale(work, company.shop, 50_000, client=BO)
    office.april_begins()
    return before, after


def paid(database: Database, company: Company) -> dict[str, int]:
    """What the team's tier has paid each."""
    with database.work() as work:
        found = {
            name: earned(work, getattr(company, name)).get("team", 0)
            for name in ("alder", "birch", "cedar")
        }
    return {name: minor for name, minor in found.items() if minor}


def refund(work: Work, placed: Placed) -> None:
    payments.request_refund(
        work, placed.home_id, placed.order_id, amount_minor=placed.total_minor, reason="returned"
    )


def every_check_passes(database: Database) -> None:
    worker.drain(database)
    with database.work() as work:
        assert [finding for finding in invariants.check(work) if finding.wrong] == []
        assert periods.check(work, MARCH) == []
    assert audit.audit_commissions(database).named == []


def ranked(database: Database, affiliate: int) -> str:
    with database.work() as work:
        return queries.own_titles(work, periods.period(work, MARCH), affiliate).qualified


def test_as_at_the_close_all_of_a_members_month_counts_where_they_stand_at_its_end(
    database: Database, company: Company, office: Office
) -> None:
    a_month_with_a_move(database, company, office, "as_at_close")
    office.close()
    assert paid(database, company) == {"alder": 1_500, "cedar": 1_500}
    assert (ranked(database, company.alder), ranked(database, company.birch)) == ("leader", "")
    with database.work() as work:
        assert work.value("SELECT count(*) FROM period_sold_under") == 0
    every_check_passes(database)


def test_as_at_the_sale_each_sale_counts_for_the_upline_that_it_was_sold_under(
    database: Database, company: Company, office: Office
) -> None:
    a_month_with_a_move(database, company, office, "as_at_sale")
    office.close()
    assert paid(database, company) == {"alder": 500, "birch": 1_000, "cedar": 1_500}
    # Alder has Birch's leg with what Cedar sold under Birch, and Cedar's own with the rest.
    assert ranked(database, company.alder) == "leader"
    assert ranked(database, company.birch) == "leader"
    with database.work() as work:
        rows = work.rows("SELECT home_id, upline, volume_minor FROM period_sold_under")
    assert [(row.home_id, row.upline, row.volume_minor) for row in rows] == [
        (company.cedar, [company.cedar, company.birch, company.alder], 100_000)
    ]
    every_check_passes(database)


def test_a_cent_that_is_planted_in_what_was_kept_is_named(
    database: Database, database_url: str, company: Company, office: Office
) -> None:
    a_month_with_a_move(database, company, office, "as_at_sale")
    office.close()
    with psycopg.connect(database_url) as owner:
        owner.execute("ALTER TABLE period_sold_under DISABLE TRIGGER USER")
        owner.execute("UPDATE period_sold_under SET volume_minor = volume_minor - 10000")
    with database.work() as work:
        named = {one.what for one in periods.check(work, MARCH)}
    assert named == {"earning", "rank", "facts", "sales"}
    found = audit.audit_commissions(database)
    assert {(one.what, one.rule, one.affiliate_id) for one in found.named} == {
        ("rank", "", company.alder), ("credited", "team", company.birch), ("credited", "team", company.alder),
    }  # fmt: skip


def test_each_part_of_a_shared_order_counts_for_the_upline_of_whoever_has_it(
    database: Database, company: Company, office: Office
) -> None:
    """Dora has four tenths of an order of Cedar's. Dora stood under Birch then, and moves to Alder."""
    with database.work() as work:
        pays_for_periods(work, teams="as_at_sale", tiers=[TEAM])
        dora = an_affiliate(work, "dora", sponsor_id=company.birch)
        placed = a_sale(work, company.shop, 100_000)
    with database.work(office.first) as work:
        change = earnings.request_reattribution(
            work, placed.home_id, placed.order_id, affiliate="cedar", others=[earnings.Part("dora", 4_000)],
            reason="Dora brought the client.", evidence="Their mail of 2 March.",
        )  # fmt: skip
    with database.work(office.second) as work:
        earnings.approve_reattribution(work, placed.home_id, change)
        moves(work, dora, company.alder)
    office.april_begins()
    office.close()
    assert paid(database, company) == {"birch": 1_000, "cedar": 600}
    with database.work() as work:
        assert earned(work, dora) == {"team": 400}
    every_check_passes(database)


def test_whoever_has_moved_twice_is_told_why_each_got_what_they_got(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        pays_for_periods(work, teams="as_at_sale", tiers=[TEAM])
        a_sale(work, company.shop, 100_000)
        moves(work, company.cedar, company.alder)
        a_sale(work, company.shop, 50_000, client=BO)
        moves(work, company.cedar, company.birch)
        a_sale(work, company.shop, 30_000)
    office.april_begins()
    office.close()
    assert paid(database, company) == {"alder": 500, "birch": 1_300, "cedar": 1_800}
    with database.work() as work:
        [line] = queries.own_movements(work, company.birch).rows
    assert line.explanation["facts"]["teams"] == "as_at_sale"
    every_check_passes(database)


def test_what_comes_back_after_the_close_comes_back_from_whoever_it_counted_for(
    database: Database, company: Company, office: Office
) -> None:
    before, _ = a_month_with_a_move(database, company, office, "as_at_sale")
    office.close()
    with database.work() as work:
        refund(work, before)
    assert office.settle() > 0
    assert paid(database, company) == {"alder": 500, "cedar": 500}
    assert ranked(database, company.birch) == "leader", "a rank that was closed stays"
    assert office.settle() == 0, "the second time there is nothing to do"
    every_check_passes(database)


def test_a_move_after_the_close_changes_nothing_of_the_month(
    database: Database, company: Company, office: Office
) -> None:
    _, after = a_month_with_a_move(database, company, office, "as_at_sale")
    office.close()
    with database.work() as work:
        moves(work, company.cedar, company.birch)
        refund(work, after)
    office.settle()
    assert paid(database, company) == {"birch": 1_000, "cedar": 1_000}
    every_check_passes(database)


def test_an_order_that_staff_credit_to_another_counts_for_the_upline_that_they_agreed_to(
    database: Database, company: Company, office: Office
) -> None:
    before, _ = a_month_with_a_move(database, company, office, "as_at_sale")
    office.close()
    with database.work(office.first) as work:
        change = earnings.request_reattribution(
            work, before.home_id, before.order_id, affiliate="birch",
            reason="Birch brought the client.", evidence="Their mail of 2 March.",
        )  # fmt: skip
    with database.work(office.second) as work:
        earnings.approve_reattribution(work, before.home_id, change)
    office.settle()
    assert paid(database, company) == {"alder": 1_500, "birch": 1_000, "cedar": 500}
    every_check_passes(database)


@pytest.mark.parametrize("order", ["delivered-refunded-settled", "settled-between"])
def test_a_sale_before_the_move_that_is_told_late_ends_the_same_in_any_order(
    database: Database, company: Company, office: Office, order: str
) -> None:
    with database.work() as work:
        pays_for_periods(work, teams="as_at_sale", tiers=[TEAM])
        first = a_sale(work, company.shop, 100_000)
        late = a_sale(work, company.shop, 40_000, client=BO, delivered=False)
        moves(work, company.cedar, company.alder)
        told = work.now()
    office.april_begins()
    office.close()
    assert paid(database, company) == {"birch": 1_000, "cedar": 1_000}
    with database.work() as work:
        deliver(work, late, at=told)
    if order == "settled-between":
        office.settle()
        assert paid(database, company) == {"birch": 1_400, "cedar": 1_400}
    with database.work() as work:
        refund(work, first)
    worker.drain(database)
    office.settle()
    assert paid(database, company) == {"birch": 400, "cedar": 400}
    every_check_passes(database)


def test_the_sale_of_an_affiliate_under_somebody_suspended_still_reaches_those_above(
    database: Database, company: Company, office: Office
) -> None:
    """Birch was suspended when Cedar sold, so nobody stands in that place: who it was is known all the same."""
    with database.work() as work:
        pays_for_periods(work, teams="as_at_sale", tiers=[TEAM | {"depth": 2}])
        work.run("UPDATE affiliate SET state = 'suspended' WHERE id = %(id)s", id=company.birch)
        a_sale(work, company.shop, 100_000)
        moves(work, company.cedar, company.alder)
        work.run("UPDATE affiliate SET state = 'active' WHERE id = %(id)s", id=company.birch)
    office.april_begins()
    office.close()
    assert paid(database, company) == {"alder": 1_000, "birch": 1_000, "cedar": 1_000}
    every_check_passes(database)
