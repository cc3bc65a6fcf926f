"""Closed periods are audited too: ranks, what was credited and what was posted, by code that closes none."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest
from tests.company import BO, Company, a_company
from tests.months import MARCH, Office, a_sale, an_office, pays_for_periods, tiers

from mainstem import audit, cli_audit, periods
from mainstem.audit.period_facts import next_closed
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database

RANKS = {
    "leg_share_of": "needed_volume", "sale_sees": "paid_as_of_last_period", "grace_periods": 1,
    "ranks": [
        {"id": "silver", "personal_minor": {"SEK": 1_000_000}},
        {"id": "gold", "personal_minor": {"SEK": 1_000_000}, "team_minor": {"SEK": 2_000_000}, "legs": 1},
    ],
}  # fmt: skip
STEPS = [
    {"from_minor": {"SEK": 0}, "rate_bp": 50},
    {"from_minor": {"SEK": 1_500_000}, "rate_bp": 100},
]
POOL = {"id": "pool", "share_bp": 100, "rank_from": "silver", "disqualified": "lapses"}
BOARD = {
    "id": "board", "prizes_minor": {"SEK": [10_000, 5_000]}, "least_minor": {"SEK": 1_000_000},
    "ties": "share_the_places",
}  # fmt: skip
GOAL = {"id": "goal", "personal_minor": {"SEK": 900_000}, "pays_minor": {"SEK": 2_000}}


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


@pytest.fixture
def office(database: Database, clock: FixedClock) -> Office:
    return an_office(database, clock)


@pytest.fixture
def march(database: Database, company: Company, office: Office) -> Company:
    """A month with every rule that a period knows, closed."""
    with database.work() as work:
        a_sale(work, company.shop, 1_100_000)
        a_sale(work, company.birch_shop, 1_300_000, client=BO)
        pays_for_periods(
            work,
            tiers=[tiers("whole"), tiers(id="team", volume="team", depth=2, tiers=STEPS)],
            ranks=RANKS, pools=[POOL], leaderboards=[BOARD], goals=[GOAL],
        )  # fmt: skip
    office.april_begins()
    office.close()
    return company


def test_a_closed_month_of_every_rule_comes_out_the_same(
    database: Database, march: Company
) -> None:
    before = audit.audit_commissions(database)
    assert (before.wrong, before.named) == (0, [])
    with database.work() as work:
        of_periods = work.value("SELECT count(*) FROM earning WHERE source = 'period'")
        of_orders = work.value("SELECT count(*) FROM earning WHERE source = 'order'")
        rules = {row.rule for row in work.rows("SELECT rule FROM earning WHERE source = 'period'")}
    assert rules == {"volume", "team", "pool", "board", "goal"}
    assert before.lines == of_orders + of_periods, "each line of them was worked out again"


def test_a_month_that_was_settled_again_comes_out_the_same(
    database: Database, march: Company, office: Office
) -> None:
    with database.work() as work:
        order = work.one("SELECT home_id, id FROM orders ORDER BY id LIMIT 1")
        work.run(
            "UPDATE orders SET disputed_minor = total_minor / 3 WHERE id = %(id)s", id=order.id
        )
        periods.touch(work, [(order.home_id, order.id)])
    assert office.settle() > 0
    with database.work() as work:
        assert periods.check(work, MARCH) == []
    found = audit.audit_commissions(database)
    assert [one for one in found.named if not one.order_id] == []


PLANTED = {
    "an amount": "UPDATE earning SET amount_minor = amount_minor + 1 WHERE rule = 'team' AND home_id = %(id)s",
    "a rank": "UPDATE period_standing SET paid_as = 'silver' WHERE home_id = %(id)s",
    "a volume": "UPDATE period_volume SET volume_minor = volume_minor + 5000 WHERE home_id = %(id)s",
}


@pytest.mark.parametrize(
    ("planted", "named"),
    [
        ("an amount", {("credited", "team"), ("posted", "team")}),
        ("a rank", {("rank", "")}),
        ("a volume", {("credited", rule) for rule in ("volume", "team", "pool")}),
    ],
)
def test_what_is_planted_is_named_by_its_period_rule_and_affiliate(
    database: Database, database_url: str, march: Company, planted: str, named: set[tuple[str, str]]
) -> None:
    table = PLANTED[planted].split()[1]
    with psycopg.connect(database_url) as owner:
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute(PLANTED[planted].encode(), {"id": march.birch})
    found = audit.audit_commissions(database)
    of_birch = [one for one in found.named if one.affiliate_id == march.birch]
    assert {(one.what, one.rule) for one in of_birch} == named
    assert {one.order for one in found.named} == {"2026-03"}
    if planted == "an amount":
        assert found.wrong == 2
        assert cli_audit.told(of_birch[0]).startswith(
            f"period 2026-03, rule team, affiliate {march.birch}: "
        )
        [credited] = [one for one in of_birch if one.what == "credited"]
        assert credited.is_now - credited.should_be == 1


def test_a_period_is_called_what_it_is_called_elsewhere(database: Database, march: Company) -> None:
    with database.reading() as work:
        found = next_closed(work, date.min)
        assert found is not None
        assert found.name == periods.period(work, MARCH).name
        assert next_closed(work, MARCH) is None


def test_the_audit_of_the_night_goes_through_the_periods_and_is_kept(
    database: Database, march: Company
) -> None:
    found = audit.run_now(database)
    with database.work() as work:
        kept = audit.last(work)
    assert kept is not None
    assert (kept.lines, kept.wrong) == (found.lines, 0)
