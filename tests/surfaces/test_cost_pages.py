"""What commission costs beside what was sold: rolled up by month, and equal to the books to the cent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.staff import KETTLE, SKILLET, Staff, staffed

from mainstem import invariants, ledger, reports
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import SYSTEM


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


def roll_up(database: Database) -> None:
    with database.work() as work:
        reports.roll_up(work)


def wrong(database: Database) -> dict[str, int]:
    with database.work() as work:
        found = invariants.check(work)
    return {one.invariant: one.wrong for one in found if one.invariant in reports.INVARIANTS}


def sums(database: Database) -> list[tuple[int, int]]:
    with database.work() as work:
        last = work.now().date().replace(day=1)
        return [(one.sold_minor, one.cost_minor) for one in reports.months(work, last)]


def test_a_month_says_what_was_sold_and_what_commission_cost_and_each_entry_is_added_once(
    staff: Staff, database: Database
) -> None:
    staff.delivered((KETTLE, 1))
    roll_up(database)
    [(sold, cost)] = sums(database)
    assert cost == 14000
    assert sold >= 100_000
    roll_up(database)
    assert sums(database) == [(sold, cost)]
    staff.delivered((SKILLET, 1))
    roll_up(database)
    # A skillet at 800.00 with tax is 640.00 without, of which 14 % are 89.60.
    assert [cost for _, cost in sums(database)] == [14000 + 8960]
    assert set(wrong(database).values()) == {0}


def test_a_cent_that_is_not_in_the_books_is_found_by_the_nightly_check(
    staff: Staff, database: Database
) -> None:
    staff.delivered((KETTLE, 1))
    roll_up(database)
    with database.work() as work:
        work.run(
            """UPDATE cost_month SET amount_minor = amount_minor + 1
                WHERE account = 'commission_expense'"""
        )
    assert all(wrong(database).values())


def test_whoever_earned_last_month_and_not_this_one_is_among_those_who_fell(
    staff: Staff, database: Database
) -> None:
    staff.delivered((KETTLE, 1))
    roll_up(database)
    with database.work() as work:
        this = work.now().date().replace(day=1)
        following = (this + timedelta(days=32)).replace(day=1)
        up = reports.movers(work, this, "SEK", up=True)
        down = reports.movers(work, following, "SEK", up=False)
        assert [(one.name, one.change_minor) for one in up] == [
            ("Cedar", 10000), ("Birch", 3000), ("Alder", 1000),
        ]  # fmt: skip
        assert [(one.name, one.amount_minor, one.change_minor) for one in down] == [
            ("Cedar", 0, -10000), ("Birch", 0, -3000), ("Alder", 0, -1000),
        ]  # fmt: skip


def test_fia_reads_what_commission_costs_by_month_and_rule_and_what_is_owed_until_when(
    staff: Staff, database: Database
) -> None:
    fia = staff.reader("fia")
    assert "Nothing was sold in these months" in words_of(fia.get("/console/costs"))
    staff.delivered((KETTLE, 1))
    with database.work() as work:
        later = FixedClock(work.now() + timedelta(minutes=1))
    with database.work(SYSTEM, clock=later) as work:
        ledger.roll_up(work)
        reports.roll_up(work)
    words = words_of(fia.get("/console/costs")).replace("\N{NO-BREAK SPACE}", " ")
    for told in (
        "goods SEK 140.00 100 %",
        "Whose earnings rose most",
        "Cedar SEK 0.00 SEK 100.00 +SEK 100.00",
        "Held for 15 to 31 days SEK 3 SEK 140.00",
    ):
        assert told in words, (told, words)
    rows = fia.get("/console/costs.csv?month=2026-03").text.splitlines()
    assert rows[0] == "month,currency,sold_minor,commission_minor,rule"
    assert rows[1].startswith("2026-03,SEK,")
    assert rows[2] == ",SEK,,14000,goods"
    assert fia.get("/console/costs?month=2026-13").status_code == 200
    assert staff.reader("per").get("/console/costs").status_code == 403
    fia.get("/console?lang=sv")
    assert "Vad provisionen kostar" in words_of(fia.get("/console/costs"))
