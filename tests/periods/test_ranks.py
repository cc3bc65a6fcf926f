"""Ranks of a month: what somebody qualifies for, is paid as and has ever been; and how they go on."""

from __future__ import annotations

from datetime import date

import pytest
from tests.company import BO, Company, a_company
from tests.months import (
    APRIL,
    MARCH,
    MONTHLY,
    SALES,
    Office,
    a_sale,
    an_office,
    deliver,
    earned,
    pays_for_periods,
)

from mainstem import payments, periods, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.periods import queries
from mainstem.plan import book

MAY = date(2026, 5, 1)
RANKS = {
    "leg_share_of": "needed_volume",
    "sale_sees": "paid_as_of_last_period",
    "grace_periods": 1,
    "ranks": [
        {"id": "silver", "personal_minor": {"SEK": 100_000}},
        {
            "id": "gold",
            "personal_minor": {"SEK": 100_000},
            "team_minor": {"SEK": 900_000},
            "legs": 1,
        },
    ],
}
POOL = {"id": "gold-pool", "share_bp": 100, "rank_from": "gold", "disqualified": "lapses"}


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


@pytest.fixture
def office(database: Database, clock: FixedClock) -> Office:
    return an_office(database, clock)


def titles(database: Database, affiliate: int, day: date = MARCH) -> tuple[str, str, str, int]:
    """Highest, paid as, qualified, and the months of grace that are used."""
    with database.work() as work:
        one = queries.own_titles(work, periods.period(work, day), affiliate)
    return one.highest, one.paid_as, one.qualified, one.grace_used


def test_a_rank_is_kept_for_its_months_of_grace_and_its_title_for_ever(
    database: Database, company: Company, office: Office
) -> None:
    """Birch is gold in March, sells nothing after, is paid as gold in April, and as nothing in May."""
    with database.work() as work:
        a_sale(work, company.birch_shop, 200_000, client=BO)
        a_sale(work, company.shop, 800_000)
        pays_for_periods(work, ranks=RANKS, pools=[POOL])
    office.april_begins()
    office.close()
    assert titles(database, company.birch) == ("gold", "gold", "gold", 0)
    assert titles(database, company.cedar) == ("silver", "silver", "silver", 0)
    with database.work() as work:
        assert earned(work, company.birch) == {"gold-pool": 10_000}
    office.days_pass(30)
    office.close(APRIL)
    assert titles(database, company.birch, APRIL) == ("gold", "gold", "", 1)
    office.days_pass(31)
    office.close(MAY)
    assert titles(database, company.birch, MAY) == ("gold", "", "", 0)
    with database.work() as work:
        moves = queries.rank_moves(work, periods.period(work, MAY)).rows
        assert [(one.affiliate, one.before, one.after) for one in moves] == [
            ("Birch", "gold", ""), ("Cedar", "silver", ""),
        ]  # fmt: skip
        assert [periods.check(work, day) for day in periods.closed(work)] == [[], [], []]


def test_a_rank_that_was_closed_stays_when_what_made_it_comes_back(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        own = a_sale(work, company.birch_shop, 200_000, client=BO)
        a_sale(work, company.shop, 800_000)
        pays_for_periods(work, ranks=RANKS, pools=[POOL])
    office.april_begins()
    office.close()
    with database.work() as work:
        back = own.total_minor * 3 // 4  # it leaves less than even silver asks
        payments.request_refund(
            work, own.home_id, own.order_id, amount_minor=back, reason="returned"
        )
    worker.drain(database)
    office.settle()
    assert titles(database, company.birch) == ("gold", "gold", "gold", 0)
    with database.work() as work:
        assert earned(work, company.birch) == {"gold-pool": 8_500}, "the pool shrinks all the same"
        assert periods.check(work, MARCH) == []


def test_the_figures_so_far_say_what_the_next_rank_asks(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        a_sale(work, company.birch_shop, 200_000, client=BO)
        a_sale(work, company.shop, 500_000)
        pays_for_periods(work, ranks=RANKS, pools=[POOL])
        it = periods.refresh(work)
        assert it is not None
        [figures] = queries.own_figures(work, it, company.birch)
        assert (figures.volume_minor, figures.team_minor, figures.next_rank) == (
            200_000, 700_000, "gold",
        )  # fmt: skip
        assert figures.asked == [
            ["personal", 200_000, 100_000], ["team", 700_000, 900_000], ["legs", 1, 1],
        ]  # fmt: skip
        assert queries.own_titles(work, it, company.birch).paid_as == "silver"


def test_what_arrives_in_april_makes_nobody_gold_in_march(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        a_sale(work, company.birch_shop, 200_000, client=BO)
        a_sale(work, company.shop, 500_000)
        waits = a_sale(work, company.shop, 500_000, delivered=False)
        pays_for_periods(work, ranks=RANKS, pools=[POOL])
    office.april_begins()
    with database.work() as work:
        deliver(work, waits)
    office.close()
    assert titles(database, company.birch) == ("silver", "silver", "silver", 0)


@pytest.mark.parametrize(
    ("sees", "in_april", "in_may", "in_june"),
    [
        ("paid_as_of_last_period", 3_000, 3_000, 0),
        ("qualified_in_last_period", 3_000, 0, 0),
        ("highest_so_far", 3_000, 3_000, 3_000),
    ],
)
def test_a_sale_sees_the_rank_that_the_plan_names_as_it_was_when_it_was_made(
    database: Database,
    company: Company,
    office: Office,
    sees: str,
    in_april: int,
    in_may: int,
    in_june: int,
) -> None:
    """Birch is gold in March only; the level above Cedar is for gold. Each sale keeps what it saw."""
    levels = [{"rate_bp": 1000}, {"rate_bp": 300, "rank_from": "gold"}]
    rule = {"id": "led", "levels": levels, "cap_bp": 1400, "hold_days": 30}
    placed = []

    def sells() -> None:
        with database.work() as work:
            placed.append(a_sale(work, company.shop, 100_000))
        worker.drain(database)

    with database.work() as work:
        pays_for_periods(work, ranks=RANKS | {"sale_sees": sees})
        said = SALES | {"rules": [rule], "period": MONTHLY | {"ranks": RANKS | {"sale_sees": sees}}}
        book.publish(work, said | {"name": "Led"}, effective_from=work.now(), confirmed=True)
        a_sale(work, company.birch_shop, 200_000, client=BO)
        a_sale(work, company.shop, 800_000)
    sells()
    office.april_begins()
    office.close()
    sells()
    office.days_pass(30)
    office.close(APRIL)
    sells()
    office.days_pass(31)
    office.close(MAY)
    sells()
    worker.drain(database)
    with database.work() as work:
        above = [
            work.value(
                """SELECT coalesce(sum(amount_minor), 0)::bigint FROM earning
                    WHERE source_id = %(id)s AND beneficiary_id = %(birch)s""",
                id=one.order_id,
                birch=company.birch,
            )
            for one in placed
        ]
    assert above == [0, in_april, in_may, in_june]
