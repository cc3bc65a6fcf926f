"""What a period says of all that an affiliate gets together: caps, activity at close, and first sales."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.company import BO, Company, a_company, a_shop, an_affiliate
from tests.months import SALES, Office, a_sale, an_office, deliver, earned, tiers
from tests.periods.test_closing import every_check_passes, refund

from mainstem import earnings, ledger
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.paths import TEMPLATES
from mainstem.plan import book, tell

ENGLISH = Language("en", TEMPLATES / "locale", ZoneInfo("Europe/Stockholm"))
OVERRIDES = {"own_volume_minor": {"SEK": 300_000}}


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


@pytest.fixture
def office(database: Database, clock: FixedClock) -> Office:
    return an_office(database, clock)


def pays(work: Work, **period: Any) -> None:
    """Who sold gets a tenth, their sponsor 4 %; months by these rules."""
    rule = {
        "id": "goods",
        "levels": [{"rate_bp": 1000}, {"rate_bp": 400}],
        "cap_bp": 1400,
        "hold_days": 30,
    }
    said = {"every": "month", "counted_at": "delivery", "hold_days": 30} | period
    book.publish(
        work, SALES | {"rules": [rule], "period": said},
        effective_from=datetime(2025, 1, 1, tzinfo=UTC), confirmed=True,
    )  # fmt: skip


def cap(most: int, of: str = "sales") -> dict[str, Any]:
    return {"id": "cap", "of": of, "at_most_minor": {"SEK": most}}


def told(work: Work, affiliate: int) -> list[str]:
    rows = work.rows(
        """SELECT explanation FROM earning WHERE source = 'period' AND beneficiary_id = %(id)s
            ORDER BY credited_at, rule, no""",
        id=affiliate,
    )
    return [tell(row.explanation, ENGLISH).replace("\N{NO-BREAK SPACE}", " ") for row in rows]


def test_nobody_gets_more_of_the_sales_of_a_month_than_its_cap_and_a_refund_makes_room(
    database: Database, company: Company, office: Office
) -> None:
    """500.00 and 600.00 are earned, 800.00 is the most: 300.00 goes back, and 100.00 once 200.00 have gone."""
    with database.work() as work:
        pays(work, caps=[cap(80_000)])
        a_sale(work, company.shop, 500_000)
        second = a_sale(work, company.shop, 600_000, client=BO)
    office.april_begins()
    office.close()
    with database.work() as work:
        assert earned(work, company.cedar) == {"cap": -30_000}
        assert told(work, company.cedar) == [
            "Together you would get SEK 1,100.00 for 2026-03. SEK 800.00 is the most that one affiliate gets, so"
            " SEK 300.00 goes back."
        ]
        assert earned(work, company.birch) == {}
        refund(work, second, 250_000)
    office.settle()
    with database.work() as work:
        assert earned(work, company.cedar) == {"cap": -10_000}
        refund(work, second, 500_000)
    office.settle()
    with database.work() as work:
        assert earned(work, company.cedar) == {}
        assert "nothing is due" in told(work, company.cedar)[-1]
    every_check_passes(database)


def test_what_is_above_a_cap_is_a_debt_at_once_which_what_is_still_held_fills(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        pays(work, caps=[cap(80_000)])
        a_sale(work, company.shop, 1_000_000)
    office.april_begins()
    with database.work() as work:
        earnings.release(work, date(2026, 4, 1))
    office.close()
    with database.work() as work:
        assert ledger.balance(work, company.cedar, "payable", "SEK").minor == -20_000
        assert ledger.balance(work, company.cedar, "pending", "SEK").minor == 100_000
        earnings.release(work, date(2026, 6, 1))
        assert ledger.balance(work, company.cedar, "payable", "SEK").minor == 80_000
    every_check_passes(database)


def test_a_cap_of_everything_counts_what_the_month_pays_beside_its_sales(
    database: Database, company: Company, office: Office
) -> None:
    """500.00 of the sale and 200.00 of its tier are 100.00 too many."""
    with database.work() as work:
        pays(work, tiers=[tiers()], caps=[cap(60_000, "everything")])
        a_sale(work, company.shop, 500_000)
    office.april_begins()
    office.close()
    with database.work() as work:
        assert earned(work, company.cedar) == {"volume": 20_000, "cap": -10_000}
    every_check_passes(database)


def test_a_sponsor_who_sold_too_little_in_the_month_keeps_no_share_of_what_others_sold(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        pays(work, overrides=OVERRIDES)
        a_sale(work, company.shop, 500_000)  # 200.00 for Birch
        a_sale(work, company.birch_shop, 299_999, client=BO)  # 119.99 for Alder, who sold nothing
    office.april_begins()
    office.close()
    with database.work() as work:
        assert earned(work, company.birch) == {"overrides": -20_000}
        assert earned(work, company.alder) == {"overrides": -12_000}
        assert earned(work, company.cedar) == {}
        assert told(work, company.birch) == [
            "Your shares of what others sold in 2026-03 come to SEK 200.00. You sold less yourself than the plan"
            " asks of whoever keeps them, so SEK 200.00 goes back."
        ]
    every_check_passes(database)


def test_whoever_is_told_late_of_a_sale_that_makes_them_active_keeps_their_shares_after_all(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        pays(work, overrides={"own_sales_min": 1})
        a_sale(work, company.shop, 500_000)
        late = a_sale(work, company.birch_shop, 100_000, client=BO, delivered=False)
    office.april_begins()
    office.close()
    with database.work() as work:
        assert earned(work, company.birch) == {"overrides": -20_000}
        deliver(work, late, at=datetime(2026, 3, 30, tzinfo=UTC))
    office.settle()
    with database.work() as work:
        assert earned(work, company.birch) == {}
        assert earned(work, company.alder) == {"overrides": -4_000}
        refund(work, late)
    office.settle()
    with database.work() as work:
        assert earned(work, company.birch) == {"overrides": -20_000}
        assert earned(work, company.alder) == {}
    every_check_passes(database)


FIRST = {"id": "first", "pays_minor": {"SEK": 25_000}, "at_most_bp": 500}


def test_the_first_sale_of_somebody_brought_in_pays_their_sponsor_once_and_never_for_bringing_them_in(
    database: Database, company: Company, office: Office
) -> None:
    """Cedar sells for 10,000.00: 250.00 for Birch. Dogwood sells for 1,000.00, of which 5 % is the most."""
    with database.work() as work:
        pays(work, first_sales=[FIRST])
        dogwood = an_affiliate(work, "dogwood", sponsor_id=company.birch)
        an_affiliate(work, "elm", sponsor_id=company.birch)  # who sells nothing
        a_sale(work, company.shop, 1_000_000)
        small = a_sale(work, a_shop(work, dogwood), 100_000, client=BO)
    office.april_begins()
    office.close()
    with database.work() as work:
        assert earned(work, company.birch) == {"first": 30_000}
        assert told(work, company.birch) == [
            "2 whom you brought in delivered their first sale in 2026-03, and sold SEK 11,000.00 in it: SEK 300.00."
        ]
        assert earned(work, company.alder) == {}
        a_sale(work, company.shop, 1_000_000)
        refund(work, small)
    office.settle()
    office.days_pass(31)
    office.close(date(2026, 4, 1))
    with database.work() as work:
        assert earned(work, company.birch) == {"first": 25_000}
        assert earned(work, company.birch, date(2026, 4, 1)) == {}, "it was not Cedar's first"
    every_check_passes(database)


def test_a_first_sale_that_is_told_late_moves_the_bonus_to_the_month_of_the_first(
    database: Database, company: Company, office: Office
) -> None:
    april = date(2026, 4, 1)
    with database.work() as work:
        pays(work, first_sales=[FIRST])
        late = a_sale(work, company.shop, 600_000, delivered=False)
    office.april_begins()
    office.close()
    with database.work() as work:
        a_sale(work, company.shop, 1_000_000, client=BO)
    office.days_pass(31)
    office.settle()
    office.close(april)
    with database.work() as work:
        assert earned(work, company.birch, april) == {"first": 25_000}
        deliver(work, late, at=datetime(2026, 3, 30, tzinfo=UTC))
    office.settle()
    with database.work() as work:
        assert earned(work, company.birch) == {"first": 25_000}
        assert earned(work, company.birch, april) == {}
    every_check_passes(database)


def test_an_order_of_which_a_part_has_arrived_waits_for_the_rest(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        pays(work, caps=[cap(10_000)])
        waiting = a_sale(work, company.shop, 500_000, delivered=False)
    office.april_begins()
    office.close()
    with database.work() as work:
        assert earned(work, company.cedar) == {}
        deliver(work, waiting, at=datetime(2026, 3, 31, 12, tzinfo=UTC))
    office.settle()
    with database.work() as work:
        assert earned(work, company.cedar) == {"cap": -40_000}
    assert office.settle() == 0
    every_check_passes(database)


@pytest.mark.parametrize("settles", [(), (0,), (1, 2), (0, 1, 2, 3)])
def test_the_same_month_settled_after_each_event_or_once_ends_the_same(
    database: Database, company: Company, office: Office, settles: tuple[int, ...]
) -> None:
    """Cedar: 9,000.00 less 800.00 at 10 %, and 4 % of it, are 1,148.00; 500.00 is the most."""
    with database.work() as work:
        pays(work, overrides=OVERRIDES, caps=[cap(50_000, "everything")], tiers=[tiers()])
        first = a_sale(work, company.shop, 900_000)
        own = a_sale(work, company.birch_shop, 400_000, client=BO)
        third = a_sale(work, company.shop, 300_000, client=BO)
    office.april_begins()
    office.close()
    events = [(first, 100_000), (own, 200_000), (third, None), (own, 300_000)]
    for step, (placed, minor) in enumerate(events):
        with database.work() as work:
            refund(work, placed, minor)
        if step in settles:
            office.settle()
    office.settle()
    with database.work() as work:
        assert earned(work, company.cedar) == {"volume": 32_800, "cap": -64_800}
        assert earned(work, company.birch) == {"overrides": -32_800}
        assert earned(work, company.alder) == {}
    every_check_passes(database)
