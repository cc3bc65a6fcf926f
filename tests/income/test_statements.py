"""Income statements: what everybody who took part earned, those who earned nothing among them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from statistics import median_low

import msgspec
import psycopg
import pytest
from tests.company import KETTLE, Company, a_company, a_paid_order, an_affiliate
from tests.earnings.test_settling import deliver, refund

from mainstem import income, worker
from mainstem.income import IncomeStatement
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.events import record
from mainstem.kit.work import Work

MARCH, MAY = date(2026, 3, 1), date(2026, 5, 1)


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


def began(work: Work) -> date:
    """The first day of the month in which the first of them joined."""
    at = work.value("SELECT min(joined_at) FROM affiliate WHERE NOT is_house")
    return at.astimezone(work.tools.zone).date().replace(day=1)  # type: ignore[no-any-return]


def next_month(work: Work) -> date:
    """The first day of the company's next month."""
    today = work.now().astimezone(work.tools.zone).date()
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)


def test_whoever_earned_nothing_counts_and_house_accounts_do_not(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        an_affiliate(work, "idle")
        house = an_affiliate(work, "house")
        work.run("UPDATE affiliate SET is_house = true WHERE id = %(id)s", id=house)
        placed = a_paid_order(work, company.shop, (KETTLE, 1))
        deliver(work, placed, (1, 1))
    worker.drain(database)
    with database.work() as work:
        then = next_month(work)
        said = income.worked_out(work, began(work), then)
        earned = {
            row.id: row.minor
            for row in work.rows(
                """SELECT beneficiary_id AS id, sum(amount_minor)::bigint AS minor FROM earning
                    WHERE kind <> 'hold' GROUP BY 1"""
            )
        }
        people = work.value("SELECT count(*) FROM affiliate WHERE NOT is_house")
    assert said.people == people and said.nothing == people - len(earned)
    [sek] = said.currencies
    everybody = sorted([*earned.values(), *[0] * said.nothing])
    assert sek.people == people
    assert sek.quartiles.median_minor == median_low(everybody)
    assert sek.own_bp + sek.team_bp + sek.period_bp == 10_000
    assert sek.own_bp == round(max(earned.values()) * 10_000 / sum(earned.values()))
    assert sek.little == sum(0 < one < 100_000 for one in everybody)


def test_whose_commission_all_went_back_earned_nothing(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 1))
        deliver(work, placed, (1, 1))
    worker.drain(database)
    with database.work() as work:
        refund(work, placed, placed.total_minor, (1, placed.total_minor))
    worker.drain(database)
    with database.work() as work:
        said = income.worked_out(work, began(work), next_month(work))
    assert said.nothing == said.people
    assert [one.quartiles.upper_minor for one in said.currencies] == [0]


def test_it_is_published_once_a_month_and_stays(database: Database, company: Company) -> None:
    with database.work() as work:
        then = next_month(work)
        said = income.make_due(work, then)
        assert said is not None and said.until_on == then
        assert income.make_due(work, then) is None, "twice"
        assert income.newest(work) == said
        assert said.hash == work.value("SELECT hash FROM income_statement")
    with pytest.raises(psycopg.Error), database.work() as work:
        work.run("DELETE FROM income_statement")
    with pytest.raises(psycopg.Error), database.work() as work:
        work.run("UPDATE income_statement SET figures = '{}'")


def test_what_happens_later_changes_no_statement_of_before(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 1))
        deliver(work, placed, (1, 1))
    worker.drain(database)
    with database.work() as work:
        since, until = began(work), next_month(work)
        before = income.worked_out(work, since, until)
        later = datetime(until.year, until.month, 2, 12, tzinfo=UTC)
    clock.set(later)
    with database.work() as work:
        an_affiliate(work, "newcomer")
        refund(work, placed, placed.total_minor, (1, placed.total_minor))
    worker.drain(database)
    with database.work() as work:
        assert income.worked_out(work, since, until) == before
        assert work.value("SELECT count(*) FROM earning WHERE kind = 'reversal'") > 0


def test_before_a_whole_month_has_passed_there_is_nothing_to_say(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        today = began(work)
        assert income.make_due(work, today) is None
        assert income.is_current(work, today)


def test_a_statement_of_more_than_a_year_ago_is_not_current(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        then = next_month(work)
        assert not income.is_current(work, then), "it is due and not made"
        income.make_due(work, then)
        assert income.is_current(work, date(then.year + 1, then.month, 1))
        assert not income.is_current(work, date(then.year + 1, then.month, 2))


def test_it_reads_as_it_was_written() -> None:
    said = IncomeStatement(MARCH, MAY, 2, 1, 0, [], {"SEK": 100})
    assert msgspec.json.decode(msgspec.json.encode(said), type=IncomeStatement) == said
    assert said.nothing_bp == 5000 and said.last_day == date(2026, 4, 30)


def test_a_statement_that_cannot_be_made_holds_no_other_work_of_the_day_up(
    database: Database, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(work: Work, today: date) -> None:
        raise ValueError("nobody can say what they earned")

    monkeypatch.setattr(income, "make_due", fails)
    with database.work() as work:
        day = next_month(work).isoformat()
        record(work, "clock.daily", day)
    worker.drain(database)
    with database.work() as work:
        [left] = work.rows("SELECT consumer FROM fact_waiting WHERE name = 'clock.daily'")
        audited = work.value("SELECT count(*) FROM fact WHERE name = 'audit.requested'")
    assert (left.consumer, audited) == ("income", 1)
