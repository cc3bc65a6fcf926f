"""What burns: what waits for somebody, in the order of what it costs to wait, for whoever may see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.company import BO, a_lead, a_paid_order, a_quoted_lead
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.staff import KETTLE, REPAIR, Staff, staffed

from mainstem.console import home, queries
from mainstem.console.urgency import Waiting, by_cost, per_day
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.money import Money

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RATES = {"EUR": Fraction(11)}


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


# ------------------------------------------------------------------------- the order

SEK = Money(90_000, "SEK")
LATE, COMING = NOW - timedelta(minutes=1), NOW + timedelta(days=1)

# what waits → which stands before which
ORDERS = [
    ("what is late is before what is not, however dear",
     Waiting("a", 1, due=LATE), Waiting("b", 9, amounts=(SEK,))),
    ("more money before less",
     Waiting("b", 1, amounts=(SEK,)), Waiting("a", 9, amounts=(Money(80_000, "SEK"),))),
    ("money in euros counts at its rate",
     Waiting("b", 1, amounts=(Money(10_000, "EUR"),)), Waiting("a", 9, amounts=(SEK,))),
    ("a currency with no decimals is counted whole",
     Waiting("b", 1, amounts=(Money(2_000, "JPY"),)), Waiting("a", 1, amounts=(SEK,))),
    ("what has money before what has none", Waiting("b", 1, amounts=(SEK,)), Waiting("a", 99)),
    ("many before few", Waiting("b", 2), Waiting("a", 1)),
    ("a deadline that is to come is none yet", Waiting("b", 2), Waiting("a", 1, due=COMING)),
    ("of two alike, by name", Waiting("a", 1), Waiting("b", 1)),
]  # fmt: skip


@pytest.mark.parametrize(("first", "then"), [row[1:] for row in ORDERS], ids=[r[0] for r in ORDERS])
def test_what_costs_most_to_wait_stands_first(first: Waiting, then: Waiting) -> None:
    assert by_cost([then, first], NOW, RATES) == [first, then]
    assert by_cost([first, then], NOW, RATES) == [first, then]


amounts = st.tuples(st.integers(0, 10**9), st.sampled_from(["SEK", "EUR", "JPY"])).map(
    lambda made: Money(*made)
)
waitings = st.builds(
    Waiting,
    kind=st.text("abc", min_size=1, max_size=3),
    count=st.integers(0, 50),
    due=st.none() | st.integers(-3, 3).map(lambda days: NOW + timedelta(days=days)),
    amounts=st.lists(amounts, max_size=2).map(tuple),
)


@given(st.lists(waitings, max_size=8))
def test_nothing_that_is_late_or_dearer_ever_stands_behind(waiting: list[Waiting]) -> None:
    ordered = by_cost(waiting, NOW, RATES)
    assert sorted(ordered, key=repr) == sorted((w for w in waiting if w.count), key=repr)
    for before, after in pairwise(ordered):
        assert before.is_late(NOW) >= after.is_late(NOW)
        if before.is_late(NOW) == after.is_late(NOW):
            assert per_day(before, RATES) >= per_day(after, RATES)


# ------------------------------------------------------------------------- what is counted


def found(staff: Staff) -> dict[str, Waiting]:
    with staff.database.work() as work:
        return {one.kind: one for one in queries.what_waits(work, queries.PARTS)}


def test_every_kind_that_is_counted_has_its_line_and_its_reader() -> None:
    assert home._WAITING.keys() == queries.PARTS.keys()


def test_a_company_in_which_nothing_waits_says_so(staff: Staff) -> None:
    assert found(staff) == {}
    with staff.database.work() as work:
        assert queries.what_waits(work, []) == []
    words = words_of(staff.reader("ada").get("/console"))
    assert "Nothing waits" in words
    assert "Nothing else waits" not in words


def test_goods_are_late_from_the_day_after_they_were_promised(
    staff: Staff, clock: FixedClock
) -> None:
    placed = staff.sold((KETTLE, 1))
    with staff.database.work() as work:
        promised = work.value(
            "SELECT promised_on FROM orders WHERE id = %(id)s", id=placed.order_id
        )
        total = work.value("SELECT total_minor FROM orders WHERE id = %(id)s", id=placed.order_id)
    until = (promised - clock.now().date()).days
    clock.move(timedelta(days=until))
    assert "late_promises" not in found(staff)
    clock.move(timedelta(days=1))
    late = found(staff)["late_promises"]
    assert (late.count, late.amounts) == (1, (Money(total, "SEK"),))
    assert late.is_late(clock.now())
    page = words_of(staff.reader("per").get("/console"))
    assert "Promised and not yet delivered 1" in page
    assert "Overdue" in page
    assert "Promised and not yet delivered" not in words_of(staff.reader("li").get("/console"))


def test_quotes_are_shown_before_they_run_out_and_followed_up_then(
    staff: Staff, clock: FixedClock
) -> None:
    with staff.database.work() as work:
        a_quoted_lead(work, staff.company.shop, client=BO)
        until = work.value("SELECT valid_until FROM quote")
        minor = work.value("SELECT amount_minor FROM quote")
    assert found(staff) == {}
    clock.move(until - clock.now() - timedelta(days=2))
    soon = found(staff)["quotes_expiring"]
    assert (soon.count, soon.due, soon.amounts) == (1, until, (Money(minor, "SEK"),))
    assert not soon.is_late(clock.now())
    clock.move(timedelta(days=2, minutes=1))
    over = found(staff)["leads_follow_up"]
    assert (over.count, over.amounts) == (1, (Money(minor, "SEK"),))
    assert over.is_late(clock.now())
    assert "quotes_expiring" not in found(staff)


def test_a_dispute_waits_with_its_deadline_and_in_each_currency(staff: Staff) -> None:
    with staff.database.work() as work:
        for shop, minor in ((staff.company.shop, 500), (staff.company.alder_shop, 700)):
            placed = a_paid_order(work, shop, (KETTLE, 1))
            work.run(
                """INSERT INTO dispute (home_id, id, order_id, provider_id, status, currency,
                          amount_minor, opened_at, respond_by)
                   SELECT home_id, gen_random_uuid(), id, 'du_' || id, 'needs_response', currency,
                          %(minor)s, %(now)s, %(now)s + interval '9 days'
                     FROM orders WHERE id = %(id)s""",
                minor=minor, now=work.now(), id=placed.order_id,
            )  # fmt: skip
        now = work.now()
    dispute = found(staff)["disputes_to_answer"]
    assert dispute.count == 2
    assert dispute.due == now + timedelta(days=9)
    assert set(dispute.amounts) == {Money(500, "SEK"), Money(700, "EUR")}
    assert "Disputes to answer 2" in words_of(staff.reader("fia").get("/console"))


def test_earned_money_without_an_account_to_go_to_waits(staff: Staff, clock: FixedClock) -> None:
    staff.delivered((KETTLE, 1))
    clock.move(timedelta(days=33))
    with staff.database.work() as work:
        work.run(
            """INSERT INTO ledger_balance (owner_id, account, currency, balance_minor, entries)
               VALUES (%(cedar)s, 'payable', 'SEK', 1234, 1)
               ON CONFLICT (owner_id, account, currency) DO UPDATE SET balance_minor = 1234""",
            cedar=staff.company.cedar,
        )
    waits = found(staff)["unpaid_excluded"]
    assert Money(1234, "SEK") in waits.amounts
    staff.pay_account(staff.company.cedar)
    left: Any = found(staff).get("unpaid_excluded")
    assert left is None or Money(1234, "SEK") not in left.amounts


def test_visits_and_new_leads_wait_for_the_lead_desk(staff: Staff) -> None:
    staff.sold((REPAIR, 1))
    with staff.database.work() as work:
        a_lead(work, staff.company.shop)
    waits = found(staff)
    assert waits["jobs_unscheduled"].count == 1
    assert waits["jobs_unscheduled"].amounts
    assert waits["leads_new"].count == 1
    words = words_of(staff.reader("li").get("/console"))
    assert words.index("Visits without a team 1") < words.index("New leads 1"), "money first"
    assert "Nothing else waits." in words
