"""The way of a service: asked for, quoted, paid, performed, accepted, credited, and given back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.company import a_company, a_quoted_lead, pay

from mainstem import invariants, leads, ledger, payments, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import CLIENT
from mainstem_fulfillment import jobs

TUESDAY_TEN = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


def test_a_service_earns_when_it_is_signed_off_and_what_is_refunded_is_taken_back(
    database: Database, clock: FixedClock
) -> None:
    with database.work() as work:
        company = a_company(work)
        lead_id = a_quoted_lead(work, company.shop, minor=250000)
    with database.work(CLIENT) as work:
        placed = leads.accept_quote(work, company.cedar, lead_id, 1, name="Ada Lind")
    with database.work() as work:
        pay(work, placed)
    worker.drain(database)
    with database.work() as work:
        [job] = jobs.queries.of_order(work, placed.home_id, placed.order_id)
        jobs.schedule(
            work,
            job.key,
            team_id=company.north,
            starts_at=TUESDAY_TEN,
            duration=timedelta(hours=2),
        )
    clock.set(TUESDAY_TEN)
    with database.work() as work:
        jobs.depart(work, job.key)
        jobs.arrive(work, job.key)
        jobs.finish(work, job.key, report="New element fitted.")
    worker.drain(database)
    with database.work() as work:
        assert ledger.balances(work, [company.cedar, company.birch, company.alder]) == {}

    with database.work(CLIENT) as work:
        jobs.sign_off(work, job.key, by="Ada Lind")
    worker.drain(database)
    with database.work() as work:
        # 2,500.00 with 25 % tax is 2,000.00 net: 6 %, 1.5 % and 0.5 % of it.
        assert ledger.balances(work, [company.cedar, company.birch, company.alder]) == {
            (company.cedar, "pending", "SEK"): 12000,
            (company.birch, "pending", "SEK"): 3000,
            (company.alder, "pending", "SEK"): 1000,
        }
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=125000, reason="half of it hums"
        )
    worker.drain(database)
    with database.work() as work:
        assert ledger.balances(work, [company.cedar, company.birch, company.alder]) == {
            (company.cedar, "pending", "SEK"): 6000,
            (company.birch, "pending", "SEK"): 1500,
            (company.alder, "pending", "SEK"): 500,
        }
        assert [finding for finding in invariants.check(work) if finding.wrong] == []
