"""What periods pay in a backtest is what their close really paid, and ranks are seen by the sales after them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from tests.company import BO, Company, a_company
from tests.months import APRIL, MONTHLY, SALES, a_sale, an_office, pays_for_periods, tiers
from tests.periods.test_ranks import POOL, RANKS
from tests.rules.test_period_batch import months

from mainstem import lab, periods, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.lab import Facts, Report, engine_at, run
from mainstem.lab.facts import About
from mainstem.lab.period_facts import read, write_people, write_sales
from mainstem.lab.period_runs import Volumes, run_periods
from mainstem.periods import Sales, batch, span_of
from mainstem.periods.columns import InCurrency
from mainstem.plan import PlanDocument

GOAL = {"id": "goal", "personal_minor": {"SEK": 150_000}, "pays_minor": {"SEK": 3_000}}
PRIZES = {
    "id": "prizes", "prizes_minor": {"SEK": [900, 401]}, "least_minor": {"SEK": 100_000},
    "ties": "share_the_places",
}  # fmt: skip
THIN = [{"from_minor": {"SEK": 0}, "rate_bp": 30}, {"from_minor": {"SEK": 500_000}, "rate_bp": 50}]
TEAM = tiers() | {"id": "team", "volume": "team", "depth": 3, "tiers": THIN}
RULES = {
    "ranks": RANKS, "pools": [POOL], "tiers": [tiers(), TEAM], "goals": [GOAL], "leaderboards": [PRIZES],
}  # fmt: skip


@pytest.fixture
def company(database: Database, clock: FixedClock) -> Company:
    """A March and an April, both closed by two people."""
    office = an_office(database, clock)
    with database.work() as work:
        company = a_company(work)
        a_sale(work, company.birch_shop, 200_000, client=BO)
        a_sale(work, company.shop, 801_333)
        pays_for_periods(work, **RULES)
    office.april_begins()
    office.close()
    with database.work() as work:
        a_sale(work, company.shop, 300_001)
    worker.drain(database)
    office.days_pass(30)
    office.close(APRIL)
    return company


def document(**rules: Any) -> PlanDocument:
    return PlanDocument.model_validate(SALES | {"period": MONTHLY | rules})


def compared(facts: Facts, before: PlanDocument, after: PlanDocument) -> Report:
    with engine_at() as engine:
        return lab.backtest(engine, facts, before=before, after=after)


def booked(database: Database) -> dict[tuple[str, str], tuple[int, int]]:
    """What the closes posted: how many were paid by each rule of each month, and how much."""
    with database.work() as work:
        return {
            (f"{row.period_from:%Y-%m}", row.rule): (row.many, row.minor)
            for row in work.rows(
                """SELECT period_from, rule, count(DISTINCT beneficiary_id) AS many,
                          sum(amount_minor)::bigint AS minor
                     FROM earning WHERE source = 'period' GROUP BY 1, 2"""
            )
        }


def by_month(report: Report) -> Mapping[tuple[str, str], tuple[int, int]]:
    return {
        (one.period, one.rule): (one.affiliates, one.amount_minor) for one in report.after.periods
    }


def test_the_periods_of_a_backtest_are_those_that_were_really_closed(
    database: Database, company: Company, tmp_path: Path
) -> None:
    lab.export(database, tmp_path / "facts", zone="Europe/Stockholm")
    facts = Facts.at(tmp_path / "facts")
    found = compared(facts, document(**RULES), document(**RULES))
    assert by_month(found) == booked(database)
    assert {rule for _, rule in booked(database)} == {
        "gold-pool",
        "volume",
        "team",
        "goal",
        "prizes",
    }
    assert found.groups == ()
    assert found.not_counted == ()
    with database.work() as work:
        paid = work.value("SELECT sum(amount_minor)::bigint FROM earning WHERE source = 'period'")
        assert [periods.check(work, day) for day in periods.closed(work)] == [[], []]
    assert sum(row.minor for row in found.rows("after") if row.of == "period") == paid
    # Birch kept gold by a month of grace, and Cedar sold enough for silver.
    assert [(one.rank, one.affiliates) for one in found.after.ranks] == [("silver", 1), ("gold", 1)]


def test_where_only_a_periods_rules_change_its_sales_are_not_worked_out_again(
    database: Database, company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.export(database, tmp_path / "facts", zone="Europe/Stockholm")
    facts = Facts.at(tmp_path / "facts")
    richer = document(**(RULES | {"goals": [GOAL | {"pays_minor": {"SEK": 4_000}}]}))
    runs: list[str] = []

    def counted(*given: Any, **named: Any) -> Any:
        runs.append(named["called"])
        return run(*given, **named)

    monkeypatch.setattr("mainstem.lab.backtesting.run", counted)
    found = compared(facts, document(**RULES), richer)
    assert runs == ["before"]
    goals = sum(many for (_, rule), (many, _) in booked(database).items() if rule == "goal")
    assert found.cost("after", "SEK") - found.cost("before", "SEK") == 1_000 * goals > 0
    assert sum(one.change_minor for one in found.groups) == 1_000 * goals


def test_ranks_that_are_known_are_kept_for_another_tier_and_not_for_other_ranks(
    database: Database, company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.export(database, tmp_path / "facts", zone="Europe/Stockholm")
    facts = Facts.at(tmp_path / "facts")
    ranks: Any = RANKS["ranks"]
    higher = RANKS | {"ranks": [one | {"personal_minor": {"SEK": 500_000}} for one in ranks]}
    other_tier = document(**(RULES | {"tiers": [tiers(), TEAM | {"tiers": THIN[:1]}]}))
    other_ranks = document(**(RULES | {"ranks": higher}))
    qualified: list[object] = []

    work_out = batch.qualified

    def counted(*given: Any) -> Any:
        qualified.append(given)
        return work_out(*given)

    with engine_at() as engine:
        volumes = Volumes(engine, facts)
        first = run_periods(volumes, document(**RULES))
        monkeypatch.setattr(batch, "qualified", counted)
        for plan, is_worked_out in ((other_tier, False), (other_ranks, True)):
            qualified.clear()
            found = run_periods(volumes, plan)
            assert bool(qualified) == is_worked_out
            assert found.alike(first) != is_worked_out
            fresh = run_periods(Volumes(engine, facts), plan)
            assert (found.costs, found.held) == (fresh.costs, fresh.held)
            assert found.alike(fresh)


def test_a_sale_sees_the_rank_of_the_last_period_that_was_over(
    database: Database, company: Company, tmp_path: Path
) -> None:
    """April's sponsors are paid for gold that was reached in March; March's, in which nobody had any, are not."""
    lab.export(database, tmp_path / "facts", zone="Europe/Stockholm")
    facts = Facts.at(tmp_path / "facts")
    ranked = document(ranks=RANKS)
    levels = [{"rate_bp": 1000}, {"rate_bp": 200, "rank_from": "gold"}]
    ranked = ranked.model_validate(
        ranked.written() | {"rules": [SALES["rules"][0] | {"levels": levels}]}  # type: ignore[index]
    )
    found = compared(facts, document(**RULES), ranked)
    sponsors = [one for one in found.after.cells if one.level == 1]
    assert [one.credited_minor for one in sponsors] == [6_000], "2 % of April's 3,000.01"


def test_a_market_says_who_stood_where_and_one_without_a_network_says_so(tmp_path: Path) -> None:
    lab.simulate(tmp_path / "market", affiliates=300, lines=2_000, seed=7)
    facts = Facts.at(tmp_path / "market")
    found = compared(facts, document(), document(**RULES))
    assert len({one.period for one in found.after.periods}) == 12
    assert found.not_counted == ()
    held = compared(facts, document(), document(**RULES, counted_at="end_of_hold"))
    assert {one.why for one in held.not_counted} == {"no_network"}
    assert {one.rule for one in held.not_counted} == {rule for _, rule in by_month(found)}


def test_what_takes_all_of_a_period_together_is_named_as_not_counted_and_the_rest_is_worked_out(
    tmp_path: Path,
) -> None:
    lab.simulate(tmp_path / "market", affiliates=300, lines=2_000, seed=7)
    facts = Facts.at(tmp_path / "market")
    limits = {
        "caps": [{"id": "most", "of": "everything", "at_most_minor": {"SEK": 100}}],
        "first_sales": [{"id": "first", "pays_minor": {"SEK": 100}, "at_most_bp": 100}],
        "overrides": {"own_sales_min": 1},
    }
    plain = compared(facts, document(), document(**RULES))
    found = compared(facts, document(), document(**RULES, **limits))
    assert {(one.rule, one.why) for one in found.not_counted} == {
        ("most", "not_in_lab"), ("first", "not_in_lab"), ("overrides", "not_in_lab"),
    }  # fmt: skip
    assert by_month(found) == by_month(plain)


@given(months())
@settings(max_examples=15)
def test_what_is_kept_of_a_period_is_read_as_it_was(month: InCurrency) -> None:
    sold = Sales(month.people.id, month.volume, month.clients, month.reached)
    sold = sold.sorted_where(month.volume > 0)
    march = span_of(date(2026, 3, 1), "month")
    with TemporaryDirectory() as folder, duckdb.connect() as duck, engine_at() as engine:
        write_people(duck, Path(folder), march.name, month.people)
        write_sales(duck, Path(folder), "delivery", march, {"SEK": sold} if len(sold.id) else {})
        found = read(engine, Facts(Path(folder), About("rows")), "delivery", march)
    assert found.in_currency("SEK").participants() == month.participants()
    assert found.in_currency("SEK").reached_first() == month.reached_first()


def test_a_plan_that_counts_teams_as_at_the_sale_is_said_not_to_be_counted(
    database: Database, company: Company, tmp_path: Path
) -> None:
    """Facts know where everybody stood at the end of a month: it says so rather than give another plan's figures."""
    lab.export(database, tmp_path / "facts", zone="Europe/Stockholm")
    at_sale = document(teams="as_at_sale", **RULES)
    found = compared(Facts.at(tmp_path / "facts"), document(**RULES), at_sale)
    assert {(one.rule, one.why) for one in found.not_counted} == {
        (rule, "teams_as_at_sale")
        for rule in at_sale.period.rule_names  # type: ignore[union-attr]
    }
    assert found.after.periods == ()
