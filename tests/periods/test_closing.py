"""A month is previewed, closed by two people and paid; what comes later is settled in the month after."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import psycopg
import pytest
from tests.company import ADA, BO, Company, a_company
from tests.months import (
    APRIL,
    MARCH,
    Office,
    a_sale,
    an_office,
    deliver,
    earned,
    pays_for_periods,
    tiers,
)

from mainstem import audit, earnings, invariants, ledger, network, orders, payments, periods, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.orders import Placed
from mainstem.periods import queries


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


@pytest.fixture
def office(database: Database, clock: FixedClock) -> Office:
    return an_office(database, clock)


def refund(work: Work, placed: Placed, minor: int | None = None) -> None:
    payments.request_refund(
        work,
        placed.home_id,
        placed.order_id,
        amount_minor=minor or placed.total_minor,
        reason="returned",
    )


def every_check_passes(database: Database) -> None:
    worker.drain(database)
    with database.work() as work:
        assert [finding for finding in invariants.check(work) if finding.wrong] == []
        for day in periods.closed(work):
            assert periods.check(work, day) == []
    assert audit.audit_commissions(database).named == []


def the_golden_month(work: Work, company: Company) -> Placed:
    """27,600.00 in March, its first order 5,000.00; that one."""
    first = a_sale(work, company.shop, 500_000)
    a_sale(work, company.shop, 2_260_000, client=BO)
    return first


@pytest.mark.parametrize(
    ("of", "closed", "back"), [("marginal", 153_400, 37_800), ("whole", 248_400, 112_800)]
)
def test_the_first_order_of_a_closed_month_comes_back_whole(
    database: Database, company: Company, office: Office, of: str, closed: int, back: int
) -> None:
    with database.work() as work:
        first = the_golden_month(work, company)
        pays_for_periods(work, tiers=[tiers(of)])
    office.april_begins()
    office.close()
    with database.work() as work:
        assert earned(work, company.cedar) == {"volume": closed}
        refund(work, first)
    office.settle()
    with database.work() as work:
        assert earned(work, company.cedar) == {"volume": closed - back}
        assert work.value("SELECT sum(volume_minor) FROM period_volume") == 2_760_000
        [said] = work.rows("SELECT * FROM earning WHERE source = 'period' AND kind = 'reversal'")
        assert (said.amount_minor, said.period_from) == (-back, MARCH)
        assert work.value("SELECT max(effective_on) FROM ledger_transfer") >= APRIL
    every_check_passes(database)


def test_what_comes_back_of_march_does_not_lower_april(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        first = the_golden_month(work, company)
        in_april = a_sale(work, company.shop, 1_200_000, delivered=False)
        pays_for_periods(work, tiers=[tiers()])
    office.april_begins()
    office.close()
    with database.work() as work:
        deliver(work, in_april)
        refund(work, first)
    office.settle()
    office.days_pass(31)
    office.close(APRIL)
    with database.work() as work:
        assert earned(work, company.cedar, APRIL) == {"volume": 40_000 + 12_000}
        assert earned(work, company.cedar) == {"volume": 153_400 - 37_800}
    every_check_passes(database)


def test_what_a_month_pays_is_held_from_its_close_and_then_paid_out(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        the_golden_month(work, company)
        pays_for_periods(work, tiers=[tiers()])
    office.april_begins()
    office.close()
    with database.work() as work:
        earnings.release(work, date(2026, 5, 1))
        held = ledger.held_until(work, date(2026, 12, 31), owner_id=company.cedar)
        assert [(day, minor) for _, _, day, minor in held] == [(date(2026, 5, 2), 153_400)]
        before = ledger.balance(work, company.cedar, "payable", "SEK").minor
        earnings.release(work, date(2026, 5, 2))
        assert ledger.balance(work, company.cedar, "payable", "SEK").minor == before + 153_400
    every_check_passes(database)


def test_whoever_previewed_a_month_does_not_close_it_and_only_finance_does(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        the_golden_month(work, company)
        pays_for_periods(work, tiers=[tiers()])
    with database.work() as work:
        periods.refresh(work)
    with pytest.raises(periods.PeriodNotOver), database.work(office.first) as work:
        periods.preview(work, MARCH)
    office.april_begins()
    with pytest.raises(periods.PreviewFirst), database.work(office.second) as work:
        periods.close(work, MARCH)
    office.preview()
    with pytest.raises(periods.SamePerson), database.work(office.first) as work:
        periods.close(work, MARCH)
    with pytest.raises(periods.MayNotClose), database.work() as work:
        periods.close(work, MARCH)
    with database.work(office.second) as work:
        assert periods.close(work, MARCH).state == "closed"
    with pytest.raises(periods.PeriodClosed), database.work(office.second) as work:
        periods.close(work, MARCH)
    with pytest.raises(periods.PeriodClosed):
        office.preview()


def test_a_month_that_changed_since_its_preview_is_previewed_again(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        first = the_golden_month(work, company)
        pays_for_periods(work, tiers=[tiers()])
    office.april_begins()
    office.preview()
    with database.work() as work:
        refund(work, first)
    worker.drain(database)
    with pytest.raises(periods.PreviewOutdated), database.work(office.second) as work:
        periods.close(work, MARCH)
    it = office.preview()
    with database.work(office.second) as work:
        [volume] = queries.by_rule(work, it)
        assert (volume.amount_minor, volume.change.minor) == (153_400 - 37_800, -37_800)
        periods.close(work, MARCH)
    assert office.settle() == 0
    every_check_passes(database)


def test_months_are_closed_in_their_order(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        the_golden_month(work, company)
        pays_for_periods(work, tiers=[tiers()])
        periods.refresh(work)
    office.april_begins()
    office.days_pass(30)
    with database.work() as work:
        assert periods.refresh(work).name == "2026-05"  # type: ignore[union-attr]
        assert [it.name for it in queries.periods(work).rows] == ["2026-05", "2026-04", "2026-03"]
    with pytest.raises(periods.EarlierPeriodFirst) as no:
        office.close(APRIL)
    assert no.value.facts == {"period": "2026-03"}
    office.close()
    office.close(APRIL)
    every_check_passes(database)


def test_two_who_close_beside_each_other_close_once(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        the_golden_month(work, company)
        pays_for_periods(work, tiers=[tiers()])
    office.april_begins()
    office.preview()

    def close() -> str:
        try:
            with database.work(office.second) as work:
                return periods.close(work, MARCH).state
        except periods.PeriodClosed:
            return "closed already"

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(lambda _: close(), range(4)))
    assert said == ["closed", "closed already", "closed already", "closed already"]
    with database.work() as work:
        assert earned(work, company.cedar) == {"volume": 153_400}
    every_check_passes(database)


def test_a_delivery_that_is_told_late_adds_to_the_month_that_is_closed(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        the_golden_month(work, company)
        late = a_sale(work, company.shop, 100_000, delivered=False)
        pays_for_periods(work, tiers=[tiers()])
    office.april_begins()
    office.close()
    with database.work() as work:
        deliver(work, late, at=datetime(2026, 3, 31, 21, 59, tzinfo=UTC))
    office.settle()
    with database.work() as work:
        assert earned(work, company.cedar) == {"volume": 153_400 + 9_000}
        [added] = work.rows(
            "SELECT kind, held_until FROM earning WHERE source = 'period' AND no = 2"
        )
        assert (added.kind, added.held_until) == ("credit", date(2026, 5, 2))
    every_check_passes(database)


def test_a_sale_counts_in_the_month_of_the_companys_zone(
    database: Database, company: Company, office: Office
) -> None:
    """Two minutes before midnight in London on the last of March it is April in Stockholm."""
    with database.work() as work:
        the_golden_month(work, company)
        late = a_sale(work, company.shop, 100_000, delivered=False)
        deliver(work, late, at=datetime(2026, 3, 31, 22, 58, tzinfo=UTC))
        pays_for_periods(work, tiers=[tiers()])
    office.april_begins()
    office.close()
    with database.work() as work:
        assert earned(work, company.cedar) == {"volume": 153_400}


@pytest.mark.parametrize(
    ("counted_at", "march"), [("order", 160_000), ("delivery", 100_000), ("end_of_hold", 0)]
)
def test_a_sale_counts_in_the_month_of_its_order_its_delivery_or_the_end_of_its_hold(
    database: Database, company: Company, office: Office, counted_at: str, march: int
) -> None:
    with database.work() as work:
        a_sale(work, company.shop, 100_000)
        later = a_sale(work, company.shop, 60_000, client=BO, delivered=False)
        pays_for_periods(work, tiers=[tiers()], counted_at=counted_at)
    office.april_begins()
    with database.work() as work:
        deliver(work, later)
    worker.drain(database)
    office.preview()
    with database.work() as work:
        sold = work.value("SELECT coalesce(sum(volume_minor), 0) FROM period_volume")
        assert sold == march


def test_each_currency_is_a_sum_of_its_own(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        a_sale(work, company.shop, 1_200_000)
        a_sale(work, company.alder_shop, 500_000)
        pays_for_periods(work, tiers=[tiers()])
    office.april_begins()
    office.close()
    with database.work() as work:
        assert earned(work, company.cedar) == {"volume": 52_000}
        assert earned(work, company.alder) == {}, "the rule states no amount in euro"
        sold = work.rows("SELECT currency, volume_minor FROM period_volume ORDER BY 1")
        assert [tuple(row) for row in sold] == [("EUR", 500_000), ("SEK", 1_200_000)]
    every_check_passes(database)


def test_whoever_was_suspended_when_the_month_ended_gets_nothing(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        the_golden_month(work, company)
        network.take_step(work, company.cedar, "suspend", why="Said what is not so.")
        pays_for_periods(work, tiers=[tiers()])
    office.april_begins()
    with database.work() as work:
        network.take_step(work, company.cedar, "resume")
    office.close()
    with database.work() as work:
        assert earned(work, company.cedar) == {}
        assert work.value(
            "SELECT suspended FROM period_participant WHERE home_id = %(id)s", id=company.cedar
        )
    every_check_passes(database)


def test_nothing_of_a_closed_month_can_be_written(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        the_golden_month(work, company)
        pays_for_periods(work, tiers=[tiers()])
    office.april_begins()
    office.close()
    for deed in (
        "UPDATE period SET closed_by = 'staff:1'",
        "DELETE FROM period_volume",
        "DELETE FROM period_participant",
        "UPDATE period_volume SET volume_minor = 1",
        """INSERT INTO period_volume SELECT home_id, starts_on, 'EUR', 1, 1, reached_at FROM period_volume""",
        "INSERT INTO period_standing SELECT home_id, starts_on, 'x', 'x', '', 'x', 0 FROM period_volume",
        "DELETE FROM period_settlement",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), database.work() as work:
            work.run(deed)


def test_a_planted_cent_is_found_by_its_name(
    database: Database, database_url: str, company: Company, office: Office
) -> None:
    with database.work() as work:
        the_golden_month(work, company)
        pays_for_periods(work, tiers=[tiers()])
    office.april_begins()
    office.close()
    with psycopg.connect(database_url) as owner:
        owner.execute("ALTER TABLE earning DISABLE TRIGGER append_only")
        owner.execute("UPDATE earning SET amount_minor = amount_minor + 1 WHERE source = 'period'")
    with database.work() as work:
        [one] = periods.check(work, MARCH)
        assert (one.what, one.affiliate_id, one.rule) == ("earning", company.cedar, "volume")
        assert one.stands is not None and one.should is not None
        assert (one.stands.minor, one.should.minor) == (153_401, 153_400)
    with psycopg.connect(database_url) as owner:
        owner.execute("UPDATE earning SET amount_minor = amount_minor - 1 WHERE source = 'period'")
        owner.execute("ALTER TABLE period_volume DISABLE TRIGGER never_changed")
        owner.execute("UPDATE period_volume SET clients = clients + 1")
    with database.work() as work:
        assert {one.what for one in periods.check(work, MARCH)} == {"facts", "sales"}


def test_clients_are_counted_once_each(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        for client in (ADA, ADA, BO):
            a_sale(work, company.shop, 10_000, client=client)
        pays_for_periods(work, tiers=[tiers()])
    office.april_begins()
    office.preview()
    with database.work() as work:
        assert work.value("SELECT clients FROM period_volume") == 2


def test_an_order_that_staff_credit_to_another_counts_for_them_in_a_closed_month_too(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        first = the_golden_month(work, company)
        pays_for_periods(work, tiers=[tiers()])
    office.april_begins()
    office.close()
    with database.work(office.first) as work:
        change = earnings.request_reattribution(
            work, first.home_id, first.order_id, affiliate="alder",
            reason="Alder brought the client.", evidence="Their mail of 2 March.",
        )  # fmt: skip
    with database.work(office.second) as work:
        earnings.approve_reattribution(work, first.home_id, change)
    office.settle()
    with database.work() as work:
        assert earned(work, company.cedar) == {"volume": 153_400 - 37_800}
        assert earned(work, company.alder) == {"volume": 20_000}
    every_check_passes(database)


def test_what_the_company_bears_lowers_no_month(
    database: Database, company: Company, office: Office
) -> None:
    with database.work() as work:
        first = the_golden_month(work, company)
        pays_for_periods(work, tiers=[tiers()])
    office.april_begins()
    office.close()
    with database.work() as work:
        orders.refund(
            work, first.home_id, first.order_id, amount_minor=100_000, reason="Late.",
            lines=[(1, 100_000)], goodwill=True,
        )  # fmt: skip
    office.settle()
    with database.work() as work:
        assert earned(work, company.cedar) == {"volume": 153_400}
    every_check_passes(database)
